"""Floor 2. Rows by key and values by id; enters layers and keys, leaves selects for loaders."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, any_, column, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from gateway.layers import Layer, Relation
from gateway.query.values import EdgeValue, Expression
from gateway.sql.binding import bound
from gateway.sql.encode import expression
from gateway.sql.pages import bound_ids, eager
from gateway.sql.relations import edge_value


def by_id(layer: Layer, ids: Sequence[int]) -> Select[Any]:
    """The rows of these ids."""
    entity = aliased(layer.model)
    return select(entity).where(entity.id == any_(bound_ids(ids))).options(*eager(layer, entity))


def by_key(layer: Layer, keys: Sequence[str]) -> Select[Any]:
    """The rows of these natural keys."""
    entity = aliased(layer.model)
    key: InstrumentedAttribute[Any] = getattr(entity, layer.natural_key)
    wanted = bound(keys, ARRAY(Text()))
    return select(entity).where(key == any_(wanted)).options(*eager(layer, entity))


def values(layer: Layer, wanted: Expression, ids: Sequence[int]) -> Select[Any]:
    """`id` and `value` of one expression for many rows."""
    entity = aliased(layer.model)
    return select(entity.id, expression(wanted, entity).label("value")).where(entity.id == any_(bound_ids(ids)))


def edge_values(
    source: Layer, target: Layer, relation: Relation, wanted: EdgeValue, pairs: Sequence[tuple[int, int]]
) -> Select[Any]:
    """`source_id`, `target_id` and `value` for many edges of one relation."""
    edge = (
        func.unnest(bound_ids([pair[0] for pair in pairs]), bound_ids([pair[1] for pair in pairs]))
        .table_valued(column("source_id", BigInteger), column("target_id", BigInteger))
        .render_derived(name="edge")
    )
    first, second = aliased(source.model), aliased(target.model)
    return (
        select(edge.c.source_id, edge.c.target_id, edge_value(wanted, relation, first, second).label("value"))
        .join(first, first.id == edge.c.source_id)
        .join(second, second.id == edge.c.target_id)
    )
