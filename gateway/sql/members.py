"""`attributes` without what is withheld; enters a field and its column, leaves an expression of it.

Names that are private by the table `private_members` are looked up once a statement, when it runs: what ingest hides is
hidden from then on, whatever the server knew when the statement was made.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from gateway.layers import LayerField
from gateway.models.members import Members
from gateway.sql.types import SqlValue


def seen(field: LayerField, column: SqlValue) -> SqlValue:
    """The column as the principal may see it: as it is, where nothing of it is withheld."""
    return column if field.members is None else func.gateway_public(column, _hidden(field.members), type_=JSONB)


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
