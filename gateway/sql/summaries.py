"""What a connection says of all its rows; enters a Query, leaves selects of a count or an extent."""

from sqlalchemy import BigInteger, ColumnElement, Executable, Text, any_, cast, func, select, true

from gateway.layers import Layer, Layers
from gateway.models import antimeridian
from gateway.models.declaration import Relation
from gateway.models.slots import Slot
from gateway.query.connection import Query
from gateway.sql import relations
from gateway.sql.binding import Ids, bound, bound_ids
from gateway.sql.encode import narrowest
from gateway.sql.filters import where
from gateway.sql.kept import Pairs, current
from gateway.sql.moments import rows_of
from gateway.sql.types import Entity, SqlRows, SqlValue

Cap = int | Slot[int | None] | None
_HALF = 180.0


def _limit(cap: Cap) -> SqlValue | None:
    return None if cap is None else bound(cap, BigInteger())


def rows(layers: Layers, query: Query) -> SqlRows:
    """The ids of all rows that the filter keeps, for EXPLAIN's estimate."""
    entity = rows_of(query.layer)
    return select(entity.id).where(where(layers, query.filter, entity))


def count(layers: Layers, query: Query, cap: Cap) -> SqlRows:
    """How many rows the filter keeps; with a cap, no more than that are looked at."""
    limited = rows(layers, query).limit(_limit(cap))
    return select(func.count()).select_from(limited.subquery())


def extent(layers: Layers, query: Query) -> SqlRows:
    """West, south, east, north of all rows that the filter keeps; null where there are none."""
    entity = rows_of(query.layer)
    condition = where(layers, query.filter, entity)
    extents = select(func.ST_Extent(entity.geom).label("extent")).where(condition).cte("extents")
    wide = select(antimeridian.width(extents.c.extent) > _HALF).scalar_subquery()
    # Read only where the box is wider than half of the world: PostgreSQL looks at that before it reads.
    eastward = select(func.ST_Extent(antimeridian.eastward(entity.geom)).label("extent")).where(wide, condition)
    return select(narrowest(extents.c.extent, eastward.scalar_subquery()).label("box")).where(
        extents.c.extent.is_not(None)
    )


def kinds(layer: Layer, most: int) -> Executable:
    """`kind` and `number` of rows for each value that colours them on a map, the oldest first.

    Then come, of each other column of the legend, a value that such rows have, and whether all of them have it.
    """
    entity = rows_of(layer)
    kind, *others = (getattr(entity, attribute) for attribute in layer.legend)
    told = [part for each in others for part in (func.min(each), func.min(each) == func.max(each))]
    return (
        select(cast(kind, Text).label("kind"), func.count().label("number"), *told)
        .where(kind.is_not(None))
        .group_by(kind)
        .order_by(func.min(entity.id), kind)
        .limit(most)
    )


def related_count(layers: Layers, source: Layer, relation: Relation, query: Query, ids: Ids, *, cap: Cap) -> Executable:
    """`parent_id` and `number` for each of many parents."""
    parent, target, pairs = rows_of(source), rows_of(query.layer), Pairs.of(layers, relation)
    if pairs is None:
        related = select(target.id).where(*_related(layers, relation, query, parent, target))
    else:
        related = select(pairs.other).where(pairs.own == parent.id, *pairs.covering(query.min_coverage))
        if query.filter is not None:
            related = related.join(target, target.id == pairs.other).where(where(layers, query.filter, target))
    limited = related.limit(_limit(cap)).correlate(parent).lateral()
    counted = select(func.count().label("number")).select_from(limited).lateral()
    return (
        select(parent.id.label("parent_id"), counted.c.number)
        .select_from(parent)
        .join(counted, true())
        .where(parent.id == any_(bound_ids(ids)), *current(pairs))
    )


def related_extent(layers: Layers, source: Layer, relation: Relation, query: Query, ids: Ids) -> Executable:
    """`parent_id` and `box` for each of many parents that have related rows."""
    parent, target, pairs = rows_of(source), rows_of(query.layer), Pairs.of(layers, relation)
    every = select(
        parent.id.label("parent_id"),
        func.ST_Extent(target.geom).label("extent"),
        func.ST_Extent(antimeridian.eastward(target.geom)).label("eastward"),
    ).where(parent.id == any_(bound_ids(ids)), *current(pairs))
    if pairs is None:
        first, *others = _related(layers, relation, query, parent, target)
        every = every.join(target, first).where(*others)
    else:
        every = every.select_from(parent).join(pairs.rows, pairs.own == parent.id)
        every = every.join(target, target.id == pairs.other)
        every = every.where(where(layers, query.filter, target), *pairs.covering(query.min_coverage))
    extents = every.group_by(parent.id).subquery()
    return select(extents.c.parent_id, narrowest(extents.c.extent, extents.c.eastward).label("box"))


def _related(
    layers: Layers, relation: Relation, query: Query, parent: Entity, target: Entity
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a relation with its own filter and least coverage."""
    return (*relations.meeting(relation, query, parent, target), where(layers, query.filter, target))
