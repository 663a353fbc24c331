"""Pages of rows; enters a Query, leaves a select.

Loaders read entities: with their eager-load options, `position_0` to `position_n` (the values a cursor is made of),
`distance` where the query measures one, and for related rows `parent_id`. Prepared operations read columns of their
choice. One row more than the page is asked for, to know whether there is a next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Float,
    FromClause,
    Select,
    any_,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased, load_only, raiseload
from sqlalchemy.orm.interfaces import ORMOption

from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation, RelationKind, Side
from gateway.query.connection import Query
from gateway.query.filters import Target
from gateway.query.order import DistanceTerm
from gateway.query.values import EdgeValue
from gateway.sql import keyset, relations, spatial
from gateway.sql.binding import Ids, bound, bound_ids
from gateway.sql.ctes import materialized
from gateway.sql.filters import where
from gateway.sql.kept import Pairs
from gateway.sql.kept_pages import PagesOfPairs
from gateway.sql.moments import behind, plain, rows_of
from gateway.sql.overlaps import Overlap
from gateway.sql.page_rows import PageRows, Read
from gateway.sql.pairs import pairs
from gateway.sql.types import Entity, SqlRows, SqlValue


def eager(layer: Layer, entity: Entity) -> Sequence[ORMOption]:
    """What is loaded with every row: the plain columns. Geometries and JSON come by loaders, and nothing lazily."""
    columns = [getattr(entity, field.attribute) for field in plain(layer)]
    return (load_only(*columns, raiseload=True), raiseload("*"))


def entities(layer: Layer, selected: SqlRows, entity: Entity) -> SqlRows:
    """Select entities: those of one moment are other objects than those of another, though their ids are the same."""
    return selected.options(*eager(layer, entity)).execution_options(identity_token=layer.moment)


def root_page(layers: Layers, query: Query) -> SqlRows:
    """One page of a layer, as entities."""
    entity = rows_of(query.layer)
    return entities(query.layer, root_columns(layers, query, _entities, entity), entity)


def root_columns(layers: Layers, query: Query, read: Read, entity: Entity | None = None) -> SqlRows:
    """One page of a layer, as the columns that `read` names."""
    entity = entity or rows_of(query.layer)
    if query.order and isinstance(query.order[0], DistanceTerm):
        return _nearest(layers, query, query.order[0], read, entity)
    keys = keyset.keys(query.order, entity)
    source = PageRows(entity, [key.output for key in keys], spatial.measured_to(query, entity))
    runs = keyset.runs(keys, query.page)
    if not runs or query.layer.moment is not None:
        return _page(layers, query, select(*read(source)), entity, keys)
    ids = func.array(_runs(layers, query, len(runs)).scalar_subquery())
    return _in_order(select(*read(source)).where(entity.id == any_(ids)), query, keys)


def _page(layers: Layers, query: Query, selected: SqlRows, entity: Entity, keys: Sequence[keyset.SortKey]) -> SqlRows:
    return _in_order(selected.where(where(layers, query.filter, entity), keyset.bounds(keys, query.page)), query, keys)


def _runs(layers: Layers, query: Query, count: int) -> CompoundSelect[int]:
    """The ids of a page, read in parts, each as far as those before it leave room: none of what a full page has."""
    room = bound(query.page.size, BigInteger()) + 1
    parts: list[Select[int]] = []
    for number in range(count):
        entity = rows_of(query.layer)
        run = keyset.runs(keyset.keys(query.order, entity), query.page)[number]
        kept = select(entity.id.label("id")).where(where(layers, query.filter, entity), run.condition)
        read = materialized(kept.order_by(*keyset.order_by(run.keys)).limit(room), f"run_{number}")
        room = room - select(func.count()).select_from(read).scalar_subquery()
        parts.append(select(read.c.id))
    return union_all(*parts)


def _in_order(selected: SqlRows, query: Query, keys: Sequence[keyset.SortKey]) -> SqlRows:
    ordered = keyset.order_by(keyset.ordered(keys, query.page))
    return selected.order_by(*ordered).limit(bound(query.page.size, BigInteger()) + 1)


def _nearest(layers: Layers, query: Query, term: DistanceTerm, read: Read, entity: Entity) -> SqlRows:
    """A page in the order of distances; circles hold it, so that the index finds its rows."""
    target, flat = term.target, spatial.plane(term.target)
    near = None if query.page.backward else _near(layers, query, target, flat)
    measured = _measured(entity, target, flat, near)
    keys = keyset.keys(query.order, entity, measured.c.metres)
    source = PageRows(entity, [key.output for key in keys], measured.c.metres)
    selected = select(*read(source)).select_from(entity)
    if query.page.before is not None:
        selected = selected.where(spatial.near(entity, target, bound(query.page.before[0], Float())))
    if near is not None:
        selected = selected.join(near, near.c.id == entity.id, isouter=True)
        selected = selected.where(spatial.near(entity, target, _radius(query, near)))
    return _page(layers, query, selected.join(measured, true()), entity, keys)


def _measured(entity: Entity, target: Target, flat: CTE, known: CTE | None = None) -> FromClause:
    """The distance of each row, computed once for all that a statement asks of it: OFFSET 0 keeps it so.

    `known` has those that were measured before, if any.
    """
    metres = spatial.distance(entity.geom, target, flat)
    if known is None:
        each = select(metres.label("metres")).correlate(entity)
    else:
        each = select(func.coalesce(known.c.metres, metres, type_=Float).label("metres")).correlate(entity, known)
    return each.offset(literal_column("0")).lateral("measured")


def _near(layers: Layers, query: Query, target: Target, flat: CTE) -> CTE:
    """`id` and `metres` of as many rows as the page takes, and some more, in the order of the index.

    It orders by degrees, which are not as long to the east as to the north: the page may have others.
    """
    entity = rows_of(query.layer)
    measured = _measured(entity, target, flat)
    keys = keyset.keys(query.order, entity, measured.c.metres)
    rows = select(entity.id.label("id"), measured.c.metres).select_from(entity).join(measured, true())
    if query.page.before is not None:
        # Else the index would give all rows beyond, one by one, where there are less before than the page takes.
        rows = rows.where(spatial.near(entity, target, bound(query.page.before[0], Float())))
    rows = rows.where(where(layers, query.filter, entity), keyset.bounds(keys, query.page))
    return materialized(
        rows.order_by(spatial.apart(entity, target)).limit(literal_column(str(query.page.reach))), "near"
    )


def _radius(query: Query, near: CTE) -> ColumnElement[float]:
    """How far the last row of the page can be, at most: of as many rows as it takes, the nearest have a farthest."""
    nearest = select(near.c.metres).order_by(near.c.metres).limit(bound(query.page.size, BigInteger()) + 1).subquery()
    return func.coalesce(select(func.max(nearest.c.metres)).scalar_subquery(), 0.0, type_=Float)


def _entities(source: PageRows) -> Sequence[SqlValue | Entity]:
    positions = [position.label(f"position_{i}") for i, position in enumerate(source.positions)]
    parent = [] if source.parent_id is None else [source.parent_id.label("parent_id")]
    return [source.entity, *positions, source.distance.label("distance"), *parent]


def related_page(layers: Layers, source: Layer, relation: Relation, query: Query, ids: Sequence[int]) -> SqlRows:
    """One page of related rows for each of many parents, as entities."""
    entity = rows_of(query.layer)
    page = RelatedPage(layers, source, relation, query)
    return entities(query.layer, page.columns(ids, _entities, entity), entity)


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """One page of related rows for each of many parents, in one statement."""

    layers: Layers
    source: Layer
    relation: Relation
    query: Query

    def columns(
        self,
        ids: Ids,
        read: Read,
        entity: Entity | None = None,
        *,
        of_part: Sequence[relations.PartValue] = (),
        of_edge: Sequence[EdgeValue] = (),
    ) -> SqlRows:
        """The page as the columns that `read` names, by parent and in order.

        `of_part` names what they take of the parent where the relation is computed, `of_edge` of a pair that is kept.
        """
        entity = entity or rows_of(self.query.layer)
        if pairs := Pairs.of(self.layers, self.relation):
            return PagesOfPairs(self.layers, self.query, pairs, of_edge).columns(ids, read, entity)
        parent, part = rows_of(self.source), self._part(ids, of_part)
        page = self._page(parent)
        positions = [page.c[f"position_{i}"] for i in range(len(self.query.order) + 1)]
        statement = (
            select(*read(PageRows(entity, positions, page.c.distance, parent.id.expression, parent, part)))
            .select_from(parent)
            .join(page, true())
            .join(entity, entity.id == page.c.id)
            .where(parent.id == any_(bound_ids(ids)))
            .order_by(parent.id, page.c.rank)
        )
        return statement if part is None else statement.join(part, part.c.id == parent.id)

    def paired(self, ids: Ids, read: Read, *, of_part: Sequence[relations.PartValue], measured: bool) -> SqlRows:
        """The same where the parents are parts; `measured` says that sizes are read."""
        query, near, entity = self.query, rows_of(self.query.layer), rows_of(self.query.layer)
        kept = (where(self.layers, query.filter, near), keyset.bounds(keyset.keys(query.order, near), query.page))
        pair = pairs(rows_of(self.source), near, bound_ids(ids), kept, measured=measured)
        part = self._part(ids, [value for value in of_part if value is not relations.PartValue.SIZE])
        keys = keyset.keys(query.order, entity)
        ordered = keyset.order_by(keyset.ordered(keys, query.page))
        distance = spatial.measured_to(query, entity)
        source = PageRows(entity, [key.output for key in keys], distance, pair.c.part_id, part=part, pair=pair)
        rank = func.row_number().over(partition_by=pair.c.part_id, order_by=ordered).label("rank")
        ranked = (
            select(pair.c.part_id.label("parent_id"), rank, *read(source))
            .select_from(pair)
            .join(entity, entity.id == pair.c.whole_id)
        )
        if part is not None:
            ranked = ranked.join(part, part.c.id == pair.c.part_id)
        if query.min_coverage:
            ranked = ranked.where(Overlap.of_pair(pair).coverage >= bound(query.min_coverage, Float()))
        page = ranked.subquery("page")
        parent, place, *columns = page.c
        size = bound(query.page.size, BigInteger())
        return select(*columns).where(place <= size + 1).order_by(parent, place)

    def _part(self, ids: Ids, wanted: Sequence[relations.PartValue]) -> FromClause | None:
        """What edges take of their parent, once for each: a street that runs through 130 districts ranks them once."""
        if not wanted or self.relation.part is not Side.SOURCE:
            return None
        part = rows_of(self.source)
        values = [relations.part_value(value, part, self.query.layer).label(value) for value in wanted]
        selected = select(part.id.label("id"), *values).where(part.id == any_(bound_ids(ids)))
        return materialized(selected, "part")

    def _page(self, parent: Entity) -> FromClause:
        """The page of one parent: its rows are compared with the parent's geometry one by one until it is full."""
        if self.relation.kind is RelationKind.BORDER:
            # A street has thousands of neighbours and as many vertices: to compare all borders takes half a minute.
            near, row = self._near(parent, relations.touches)
            line = select(relations.outline(parent).label("line")).offset(literal_column("0"))
            outline = line.correlate(parent).lateral("outline")
            return self._first(near, row, outline.join(near, true()), relations.borders(outline.c.line, row.geom))
        near, row = self._near(parent, relations.boxes_meet)
        return self._first(near, row, near, *relations.meeting(self.relation, self.query, parent, row))

    def _near(
        self, parent: Entity, meets: Callable[[Entity, Entity], ColumnElement[bool]]
    ) -> tuple[FromClause, Entity]:
        """What an index finds of the layer around a parent, in order; OFFSET 0 has it put in order before all else."""
        query, target = self.query, rows_of(self.query.layer)
        keys = keyset.ordered(keyset.keys(query.order, target), query.page)
        near = (
            select(*behind(target, ("id", "geom")), spatial.measured_to(query, target).label("distance"))
            .add_columns(*(key.expression.label(f"key_{i}") for i, key in enumerate(keys)))
            .add_columns(*(key.output.label(f"position_{i}") for i, key in enumerate(keys)))
            .where(meets(parent, target), where(self.layers, query.filter, target))
            .where(keyset.bounds(keyset.keys(query.order, target), query.page))
            .order_by(*keyset.order_by(keys))
            .offset(literal_column("0"))
            .correlate(parent)
            .lateral("near")
        )
        return near, aliased(query.layer.model, near)

    def _first(self, near: FromClause, row: Entity, source: FromClause, *conditions: ColumnElement[bool]) -> FromClause:
        """As many of the rows as the page takes, and one more."""
        keys = keyset.ordered(keyset.keys(self.query.order, rows_of(self.query.layer)), self.query.page)
        ordered = keyset.order_by([replace(key, expression=near.c[f"key_{i}"]) for i, key in enumerate(keys)])
        return (
            select(row.id.label("id"), *(near.c[f"position_{i}"] for i in range(len(keys))), near.c.distance)
            .add_columns(func.row_number().over(order_by=ordered).label("rank"))
            .select_from(source)
            .where(*conditions)
            .order_by(*ordered)
            .limit(bound(self.query.page.size, BigInteger()) + 1)
            .lateral()
        )
