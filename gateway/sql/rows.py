"""Rows by key and values by id; enters layers and keys, leaves selects for loaders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Executable,
    Numeric,
    TableValuedAlias,
    and_,
    any_,
    bindparam,
    column,
    func,
    inspect,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import set_committed_value

from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation, Side
from gateway.query.values import EdgeValue, Expression
from gateway.sql.binding import bound, bound_ids
from gateway.sql.ctes import materialized
from gateway.sql.encode import expression
from gateway.sql.kept import Pairs, current
from gateway.sql.moments import rows_of
from gateway.sql.pages import entities
from gateway.sql.relations import edge_value, primary
from gateway.sql.types import SqlRows

_IDS: Final = "given_ids"


def by_id(layer: Layer, ids: Sequence[int]) -> SqlRows:
    """The rows of these ids."""
    statement = _by_id(layer) if layer.moment is None else _by_id.__wrapped__(layer)
    return statement.params({_IDS: ids})


@lru_cache  # one for each layer: to make the select again takes longer than to run it
def _by_id(layer: Layer) -> SqlRows:
    entity = rows_of(layer)
    wanted = bindparam(_IDS, type_=ARRAY(BigInteger()))
    return entities(layer, select(entity).where(entity.id == any_(wanted)), entity)


def by_key(layer: Layer, attribute: str, keys: Sequence[object]) -> Executable:
    """The rows that have these values in a unique column."""
    entity = rows_of(layer)
    key: InstrumentedAttribute[Any] = getattr(entity, attribute)
    wanted = bound(keys, ARRAY(key.type))
    return entities(layer, select(entity).where(key == any_(wanted)), entity)


def stored(layer: Layer, values: Mapping[str, Any], moment: datetime | None) -> Any:
    """A row as an entity of its own with these values, as the driver gives them; what else is asked of it fails."""
    mapper = inspect(layer.model)
    row = mapper.class_manager.new_instance()
    for name, value in values.items():
        decimal = isinstance(value, str) and isinstance(mapper.columns[name].type, Numeric)
        set_committed_value(row, name, Decimal(value) if decimal else value)
    inspect(row).key = mapper.identity_key_from_primary_key((values["id"],), identity_token=moment)
    return row


def values(layer: Layer, wanted: Expression, ids: Sequence[int]) -> SqlRows:
    """`id` and `value` of one expression for many rows."""
    entity = rows_of(layer)
    return select(entity.id.label("id"), expression(wanted, entity).label("value")).where(
        entity.id == any_(bound_ids(ids))
    )


def edge_values(
    layers: Layers, source: Layer, relation: Relation, wanted: EdgeValue, edges: Sequence[tuple[int, int]]
) -> Executable:
    """`source_id`, `target_id` and `value` for many edges of one relation."""
    edge, target = _edges(edges), layers[relation.target]
    if (pairs := Pairs.of(layers, relation)) is not None:
        return (
            select(edge.c.source_id, edge.c.target_id, pairs.value(wanted).label("value"))
            .join(pairs.rows, and_(pairs.own == edge.c.source_id, pairs.other == edge.c.target_id))
            .where(*current(pairs))
        )
    if wanted is EdgeValue.IS_PRIMARY:
        return _primaries(source, target, relation, edge)
    first, second = rows_of(source), rows_of(target)
    return (
        select(edge.c.source_id, edge.c.target_id, edge_value(wanted, relation, first, second).label("value"))
        .join(first, first.id == edge.c.source_id)
        .join(second, second.id == edge.c.target_id)
    )


def _edges(pairs: Sequence[tuple[int, int]]) -> TableValuedAlias:
    return (
        func.unnest(bound_ids([pair[0] for pair in pairs]), bound_ids([pair[1] for pair in pairs]))
        .table_valued(column("source_id", BigInteger), column("target_id", BigInteger))
        .render_derived(name="edge")
    )


def _primaries(source: Layer, target: Layer, relation: Relation, edge: TableValuedAlias) -> Executable:
    """Whether edges are primary; each part ranks its wholes once, however many edges it has.

    A street that runs through 130 districts took 130 times 130 intersections.
    """
    ends = (source, edge.c.source_id), (target, edge.c.target_id)
    (part_layer, part_id), (whole_layer, whole_id) = ends if relation.part is Side.SOURCE else ends[::-1]
    part = rows_of(part_layer)
    primaries = select(part.id.label("id"), primary(part, rows_of(whole_layer)).label("whole_id"))
    ranked = materialized(primaries.where(part.id.in_(select(part_id))), "ranked")
    return select(edge.c.source_id, edge.c.target_id, (ranked.c.whole_id == whole_id).label("value")).join(
        ranked, ranked.c.id == part_id
    )
