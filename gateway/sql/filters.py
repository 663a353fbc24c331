"""Filters as SQL conditions; enters a Filter and an entity, leaves one boolean expression.

Every condition is true or not: `not` turns missing values around too (IS NOT TRUE), so that a filter and its negation
share no row and leave none out.
"""

import operator
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from gateway.layers import Layers
from gateway.models.declaration import RelationKind
from gateway.models.kinds import Kind
from gateway.query.filters import (
    And,
    Compare,
    Filter,
    InCell,
    IsValid,
    Not,
    Or,
    Quantifier,
    Related,
    RelatedCount,
    Searched,
    Spatial,
)
from gateway.query.patterns import ILIKE, LIKE
from gateway.sql import relations, search, spatial
from gateway.sql.binding import bound
from gateway.sql.kept import Pairs, filters_current
from gateway.sql.members import seen
from gateway.sql.moments import rows_of
from gateway.sql.places import in_cell
from gateway.sql.types import Entity, SqlValue


def where(layers: Layers, wanted: Filter | None, entity: Entity) -> ColumnElement[bool]:
    """The condition of `wanted` on the rows of `entity`; of pairs it begins with whether they are current.

    That stands here and not where they are read: of rows that have no pair, PostgreSQL would never look at it.
    """
    condition = _where(layers, wanted, entity)
    return and_(*checks, condition) if (checks := filters_current(layers, wanted)) else condition


def _where(layers: Layers, wanted: Filter | None, entity: Entity) -> ColumnElement[bool]:
    match wanted:
        case None:
            return true()
        case And(items):
            return and_(true(), *(_where(layers, item, entity) for item in items))
        case Or(items):
            return or_(false(), *(_where(layers, item, entity) for item in items))
        case Not(item):
            return _where(layers, item, entity).is_not(true())
        case Related() | RelatedCount():
            return _related(layers, wanted, entity)
        case Searched():
            return search.matches(wanted, entity)
        case _:
            return _lookup(wanted, getattr(entity, wanted.field.attribute), entity)


def _lookup(wanted: Compare | Spatial | IsValid | InCell, column: SqlValue, entity: Entity) -> ColumnElement[bool]:
    match wanted:
        case Compare():
            return _compare(wanted, column)
        case Spatial():
            return spatial.condition(wanted, column, entity)
        case InCell():
            return in_cell(wanted, column)
        case IsValid():
            valid = func.ST_IsValid(column)
            return valid if wanted.value else not_(valid)


def _compare(compare: Compare, column: SqlValue) -> ColumnElement[bool]:
    if compare.field.kind is Kind.JSON:
        holds = _JSON[compare.lookup](column, compare.value)
        if compare.field.members is None:
            return holds
        # What the index finds is looked at again without what is withheld.
        return and_(holds, _JSON[compare.lookup](seen(compare.field, column), compare.value))
    return _SCALAR[compare.lookup](column, compare.value)


def _is_null(column: SqlValue, value: bool) -> ColumnElement[bool]:  # noqa: FBT001
    return column.is_(None) if value else column.is_not(None)


def _in_list(column: SqlValue, values: tuple[object, ...]) -> ColumnElement[bool]:
    """One array, whatever its length: a parameter for each value would end at 32,767 and fill statement caches."""
    return column == any_(bound(values, ARRAY(column.type)))


_SIGNS = {"gt": "gt", "gte": "ge", "lt": "lt", "lte": "le"}
_SCALAR: Mapping[str, Callable[[SqlValue, Any], ColumnElement[bool]]] = {
    "exact": lambda column, value: column == bound(value, column.type),
    "inList": _in_list,
    "isNull": _is_null,
    "gt": lambda column, value: column > bound(value, column.type),
    "gte": lambda column, value: column >= bound(value, column.type),
    "lt": lambda column, value: column < bound(value, column.type),
    "lte": lambda column, value: column <= bound(value, column.type),
    "iExact": lambda column, value: func.lower(column) == func.lower(bound(value, Text())),
    **{lookup: lambda column, value: column.like(bound(value, Text()), escape="\\") for lookup in LIKE},
    **{lookup: lambda column, value: column.ilike(bound(value, Text()), escape="\\") for lookup in ILIKE},
}


def _each_member(compare: Callable[[Any, Any], SqlValue]) -> Callable[[SqlValue, object], ColumnElement[bool]]:
    """Compare each member of the value that is given with that of the column; those of other types don't compare."""

    def holds(column: SqlValue, value: object) -> ColumnElement[bool]:
        given = func.jsonb_each(cast(bound(value, Text()), JSONB)).table_valued("key", "value", name="given")
        own = column.op("->")(given.c.key)
        same = func.jsonb_typeof(own) == func.jsonb_typeof(given.c.value)
        every = func.bool_and(func.coalesce(and_(same, compare(own, given.c.value)), false()))
        return select(every).select_from(given).scalar_subquery()

    return holds


_JSON: Mapping[str, Callable[[SqlValue, object], ColumnElement[bool]]] = {
    "contains": lambda column, value: column.bool_op("@>")(cast(bound(value, Text()), JSONB)),
    **{name: _each_member(getattr(operator, sign)) for name, sign in _SIGNS.items()},
    "hasKey": lambda column, value: column.bool_op("?")(bound(value, Text())),
}


def _related(layers: Layers, wanted: Related | RelatedCount, entity: Entity) -> ColumnElement[bool]:
    pairs = Pairs.of(layers, wanted.relation)
    if isinstance(wanted, RelatedCount):
        return _counted_as(layers, wanted, entity, pairs)
    if pairs is not None:
        return _paired(layers, wanted, entity, pairs)
    if wanted.quantifier is Quantifier.SOME:
        return _some(layers, wanted, entity)
    other = rows_of(layers[wanted.relation.target])
    meets = relations.meets(wanted.relation, entity, other)
    alone = not_(exists(select(other.id).where(meets, _counted(layers, wanted, other))))
    if wanted.relation.kind is RelationKind.OVERLAP and not _is_nested(wanted.filter):
        return and_(_lies_in_none(layers, wanted, entity), alone)
    return alone


def _paired(layers: Layers, wanted: Related, entity: Entity, pairs: Pairs) -> ColumnElement[bool]:
    """The same of pairs that are kept."""
    met = select(pairs.own)
    if wanted.filter is not None:
        other = rows_of(layers[wanted.relation.target])
        met = met.join(other, other.id == pairs.other).where(_counted(layers, wanted, other))
    elif wanted.quantifier is Quantifier.EVERY:
        return true()
    if wanted.quantifier is Quantifier.SOME:
        return entity.id.in_(met)
    return not_(exists(met.where(pairs.own == entity.id)))


def _counted_as(layers: Layers, wanted: RelatedCount, entity: Entity, pairs: Pairs | None) -> ColumnElement[bool]:
    met = select(func.count())
    if pairs is not None:
        met = met.select_from(pairs.rows).where(pairs.own == entity.id)
    else:
        other = rows_of(layers[wanted.relation.target])
        met = met.select_from(other).where(relations.meets(wanted.relation, entity, other))
    counted: Any = SimpleNamespace(count=met.scalar_subquery())
    return _where(layers, wanted.condition, counted)


def _counted(layers: Layers, wanted: Related, other: Entity) -> ColumnElement[bool]:
    """Which related rows there must be none of."""
    matches = _where(layers, wanted.filter, other)
    return matches.is_not(true()) if wanted.quantifier is Quantifier.EVERY else matches


def _lies_in_none(layers: Layers, wanted: Related, entity: Entity) -> ColumnElement[bool]:
    """What has no related row lies in none, so this asks for nothing more; but it leaves few rows to ask the rest of.

    Rows by id, so that PostgreSQL may go through the wholes, each of which is prepared once for all of its parts. Of
    NOT EXISTS it would make an anti-join that goes through the parts, since it expects most of them to be left.
    IS NOT TRUE keeps it a subplan: of many rows its answers are read at once and hashed, of few it is asked for each.
    """
    source, other = rows_of(wanted.layer), rows_of(layers[wanted.relation.target])
    lies_in = relations.lies_in(wanted.relation, source, other)
    pairs = select(source.id).join(other, lies_in).where(source.id == entity.id, _counted(layers, wanted, other))
    return exists(pairs).is_not(true())


def _is_nested(wanted: Filter | None) -> bool:
    """Whether a filter asks for related rows itself: written twice on each level, it would grow with their power."""
    match wanted:
        case Related() | RelatedCount():
            return True
        case And(items) | Or(items):
            return any(map(_is_nested, items))
        case Not(item):
            return _is_nested(item)
        case _:
            return False


def _some(layers: Layers, wanted: Related, entity: Entity) -> ColumnElement[bool]:
    """`id IN (...)` rather than EXISTS: PostgreSQL may then begin at either side of the relation."""
    source, other = rows_of(wanted.layer), rows_of(layers[wanted.relation.target])
    matches = _where(layers, wanted.filter, other)
    meets = relations.meets(wanted.relation, source, other)
    return entity.id.in_(select(source.id).join(other, meets).where(matches))
