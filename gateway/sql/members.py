"""`attributes` without what is withheld; enters a field and its column, leaves an expression of it.

Names that are private by the table `private_members` are looked up once a statement, when it runs: what ingest hides is
hidden from then on, whatever the server knew when the statement was made.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, case, func, literal, literal_column, null, select
from sqlalchemy.dialects.postgresql import JSONB

from gateway.layers import LayerField
from gateway.models.members import Members
from gateway.sql.types import SqlValue


def seen(field: LayerField, column: SqlValue) -> SqlValue:
    """The column as the principal may see it: as it is, where nothing of it is withheld."""
    return column if field.members is None else func.gateway_public(column, _hidden(field.members), type_=JSONB)


def seen_member(field: LayerField, column: SqlValue, name: SqlValue) -> SqlValue:
    """One member of the column as the principal may see it; to withhold from a whole row's takes ten times as long."""
    value = column.op("->")(name)
    if field.members is None:
        return value
    hidden = _hidden(field.members)
    withheld = select(func.to_json(name).cast(Text).op("~*")(func.nullif(hidden, ""))).scalar_subquery()
    parts = func.jsonb_typeof(value).in_([literal_column("'object'"), literal_column("'array'")])
    return case((withheld, null()), (parts, func.gateway_public(value, hidden)), else_=value)


def with_unseen(
    field: LayerField, new: SQLColumnExpression[object], old: SQLColumnExpression[object]
) -> SQLColumnExpression[object]:
    """A new value with the members of the old one that the principal does not see."""
    return new if field.members is None else func.gateway_restored(new, old, _hidden(field.members), type_=JSONB)


def _hidden(members: Members) -> ColumnElement[str]:
    """The regular expression of what is withheld; a select of its own is computed once a statement."""
    pattern = literal(members.pattern, Text())
    if not members.named:
        return pattern
    return select(func.gateway_hidden(literal(members.layer, Text()), pattern, type_=Text)).scalar_subquery()
