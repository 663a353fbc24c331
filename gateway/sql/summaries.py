"""What a connection says of all its rows; enters a Query, leaves selects of a count or an extent."""

from sqlalchemy import BigInteger, ColumnElement, Executable, FromClause, Text, any_, cast, func, select, true

from gateway.layers import Layer, Layers
from gateway.models import antimeridian
from gateway.models.declaration import Relation
from gateway.models.slots import Slot
from gateway.query.connection import Query
from gateway.sql import relations
from gateway.sql.binding import Ids, bound, bound_ids, rows_of_ids
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
    target, pairs = rows_of(query.layer), Pairs.of(layers, relation)
    if pairs is None:
        parent = rows_of(source)
        related = select(target.id).where(*_related(layers, relation, query, parent, target))
        return _counted(parent, parent.id.expression, related, cap).where(parent.id == any_(bound_ids(ids)))
    parents = rows_of_ids(ids, "parents")
    related = select(pairs.other).where(pairs.own == parents.c.id, *pairs.covering(query.min_coverage))
    if query.filter is not None:
        related = related.join(target, target.id == pairs.other).where(where(layers, query.filter, target))
    return _counted(parents, parents.c.id, related, cap).where(*current(pairs))


def _counted(parents: FromClause | Entity, parent_id: SqlValue, related: SqlRows, cap: Cap) -> SqlRows:
    limited = related.limit(_limit(cap)).correlate(parents).lateral()
    counted = select(func.count().label("number")).select_from(limited).lateral()
    return select(parent_id.label("parent_id"), counted.c.number).select_from(parents).join(counted, true())


def related_extent(layers: Layers, source: Layer, relation: Relation, query: Query, ids: Ids) -> Executable:
    """`parent_id` and `box` for each of many parents that have related rows."""
    target, pairs = rows_of(query.layer), Pairs.of(layers, relation)
    if pairs is None:
        parent = rows_of(source)
        first, *others = _related(layers, relation, query, parent, target)
        boxes = _boxes(parent.id.expression, target).join_from(parent, target, first)
        boxes = boxes.where(parent.id == any_(bound_ids(ids)), *others)
    else:
        boxes = _boxes(pairs.own, target).join_from(pairs.rows, target, target.id == pairs.other)
        boxes = boxes.where(pairs.own == any_(bound_ids(ids)), where(layers, query.filter, target))
        boxes = boxes.where(*pairs.covering(query.min_coverage), *current(pairs))
    extents = boxes.subquery()
    return select(extents.c.parent_id, narrowest(extents.c.extent, extents.c.eastward).label("box"))


def _boxes(parent_id: SqlValue, target: Entity) -> SqlRows:
    extent, eastward = func.ST_Extent(target.geom), func.ST_Extent(antimeridian.eastward(target.geom))
    columns = (parent_id.label("parent_id"), extent.label("extent"), eastward.label("eastward"))
    return select(*columns).group_by(parent_id)


def _related(
    layers: Layers, relation: Relation, query: Query, parent: Entity, target: Entity
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a relation with its own filter and least coverage."""
    return (*relations.meeting(relation, query, parent, target), where(layers, query.filter, target))
