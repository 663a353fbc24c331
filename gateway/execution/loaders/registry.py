"""The loaders of one request; enters layers, relations and queries, leaves a loader for each distinct one.

Loaders of different arguments are different loaders: geometries asked for with two precisions are two batches. Names
state value and key.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from gateway import errors
from gateway.db.reader import Reader, Row
from gateway.execution.loaders.batch import BatchLoader
from gateway.execution.loaders.pages import EMPTY, PageOf, page_of
from gateway.execution.loaders.placing import Placing, outlined
from gateway.execution.values import LayerRow
from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation
from gateway.query.cells import MOST, Cells
from gateway.query.connection import Query
from gateway.query.groups import Groups
from gateway.query.keys import ambiguous
from gateway.query.revisions import RevisionPage
from gateway.query.values import EdgeValue, Expression, Measure
from gateway.sql import aggregates, overviews, pages, revisions, rows, summaries
from gateway.sql.explain import Explain, rows_planned
from gateway.sql.groups import groups, related_groups
from gateway.sql.parents import Related
from gateway.sql.positions import positions, related_positions

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loaders:
    """Makes each loader once; all of them share the request's session."""

    def __init__(self, session: Reader, layers: Layers) -> None:
        self._session = session
        self._layers = layers
        self._made: dict[Hashable, BatchLoader[Row, Row]] = {}
        self._placing = Placing(session)

    def feature_by_id(self, layer: Layer) -> BatchLoader[int, LayerRow | None]:
        """Rows by integer id."""
        return self._loader(("id", layer), partial(self._feature_by_id, layer))

    def feature_by_key(self, layer: Layer, attribute: str) -> BatchLoader[object, LayerRow | None]:
        """Rows by a unique column."""
        return self._loader(("key", layer, attribute), partial(self._feature_by_key, layer, attribute))

    def value_by_id(self, layer: Layer, wanted: Expression) -> BatchLoader[int, object]:
        """One computed value by the id of its row."""
        return self._loader(("value", layer, wanted), partial(self._value_by_id, layer, wanted), _gone())

    def page_by_parent(self, source: Layer, relation: Relation, query: Query) -> BatchLoader[int, PageOf]:
        """Pages of related rows by the id of their parent."""
        fetch = partial(self._page_by_parent, source, relation, query)
        return self._loader(("page", source, relation, query), fetch, EMPTY)

    def count_by_parent(
        self, source: Layer, relation: Relation, query: Query, cap: int | None
    ) -> BatchLoader[int, int]:
        """Numbers of related rows by the id of their parent."""
        fetch = partial(self._count_by_parent, source, relation, query, cap)
        return self._loader(("count", source, relation, query, cap), fetch, 0)

    def extent_by_parent(self, source: Layer, relation: Relation, query: Query) -> BatchLoader[int, list[float] | None]:
        """Extents of related rows by the id of their parent."""
        fetch = partial(self._extent_by_parent, source, relation, query)
        return self._loader(("extent", source, relation, query), fetch)

    def measure(self, query: Query) -> BatchLoader[Measure, object]:
        """What all rows of a whole layer that the filter keeps have together, by measure."""
        return self._loader(("measures", query), partial(self._measure, query))

    def measure_by_parent(
        self, source: Layer, relation: Relation, query: Query, share: str
    ) -> BatchLoader[tuple[int, Measure], object]:
        """The same of related rows, by the id of their parent and measure."""
        fetch = partial(self._measure_by_parent, source, relation, query, share)
        return self._loader(("measures", source, relation, query, share), fetch)

    def groups(self, query: Query, wanted: Groups) -> BatchLoader[Measure, Sequence[Row]]:
        """Groups of rows by a measure of them, as their statement gives them for it alone."""
        return self._loader(("groups", query, wanted), partial(self._groups, query, wanted))

    def groups_by_parent(
        self, source: Layer, relation: Relation, query: Query, wanted: Groups
    ) -> BatchLoader[tuple[int, Measure], Sequence[Row]]:
        """The same of related rows, by the id of their parent and measure."""
        fetch = partial(self._groups_by_parent, source, relation, query, wanted)
        return self._loader(("groups", source, relation, query, wanted), fetch)

    async def clusters(self, query: Query, area: Cells, summed: LayerField | None) -> Sequence[Row]:
        """Cells with how many rows lie there: column, line, number, sums of places and of a column."""
        statement = overviews.cells(self._layers, query.layer, query.filter, area, summed).limit(MOST + 1)
        rows = await self._session.rows(statement)
        if len(rows) > MOST:
            message = f"There are more than {MOST} clusters here. Give a lower zoom, or a bbox."
            raise errors.OutOfRange(message, path=("zoom",), limit=MOST)
        rows = [tuple(row) if summed else (*row, None) for row in rows]
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def spans(self, query: Query, area: Cells) -> BatchLoader[tuple[int, int], Row | None]:
        """Between which columns and lines of level 31 the rows of a cell lie, by its column and line."""
        return self._loader(("spans", query, area), partial(self._spans, query, area))

    def value_by_edge(
        self, source: Layer, relation: Relation, wanted: EdgeValue
    ) -> BatchLoader[tuple[int, int], object]:
        """One value of an edge by the ids of its two ends."""
        fetch = partial(self._value_by_edge, source, relation, wanted)
        return self._loader(("edge", source, relation, wanted), fetch, _gone())

    def revisions_by_id(self, layer: Layer, page: RevisionPage) -> BatchLoader[int, Sequence[Row]]:
        """Changes of rows by their ids, newest first, one more than the page where there are more."""
        return self._loader(("revisions", layer, page), partial(self._revisions_by_id, layer, page), ())

    def value_by_revision(self, layer: Layer, wanted: Expression) -> BatchLoader[tuple[int, datetime], object]:
        """One computed value of a row before a change, by the id and the time of the change."""
        return self._loader(("before", layer, wanted), partial(self._value_by_revision, layer, wanted), _gone())

    async def page(self, query: Query) -> PageOf:
        """One page of a whole layer."""
        return page_of(query, await self._session.rows(pages.root_page(self._layers, query)))

    async def count(self, query: Query, cap: int | None) -> int:
        """The number of rows of a whole layer that the filter keeps, up to `cap`."""
        return int(await self._session.scalar(summaries.count(self._layers, query, cap)))

    async def estimate(self, query: Query) -> int:
        """What PostgreSQL's planner expects `count` to be, from its statistics."""
        plan = await self._session.scalar(Explain(summaries.rows(self._layers, query)))
        return rows_planned(plan)

    async def extent(self, query: Query) -> list[float] | None:
        """West, south, east, north of all rows that the filter keeps."""
        box: list[float] | None = await self._session.scalar(summaries.extent(self._layers, query))
        return box

    def _loader(
        self, key: Hashable, fetch: Callable[[list[K]], Awaitable[Mapping[K, V]]], missing: object = None
    ) -> BatchLoader[K, V]:
        if key not in self._made:
            self._made[key] = BatchLoader(fetch, missing)
        return self._made[key]

    async def _feature_by_id(self, layer: Layer, ids: list[int]) -> Mapping[int, LayerRow]:
        statement = rows.by_id(self._layers[layer.name], ids)
        return {row.id: row for row in await self._session.entities(statement)}

    async def _feature_by_key(self, layer: Layer, attribute: str, keys: list[object]) -> Mapping[object, Any]:
        seen = self._layers[layer.name]
        found: dict[object, Any] = {}
        for row in await self._session.entities(rows.by_key(seen, attribute, keys)):
            key = getattr(row, attribute)
            found[key] = ambiguous(seen, attribute) if seen.spanning and key in found else row
        return found

    async def _value_by_id(self, layer: Layer, wanted: Expression, ids: list[int]) -> Mapping[int, object]:
        statement = rows.values(self._layers[layer.name], wanted, ids)
        return {row.id: row.value for row in await self._session.rows(statement)}

    async def _revisions_by_id(self, layer: Layer, page: RevisionPage, ids: list[int]) -> Mapping[int, Sequence[Row]]:
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in await self._session.rows(revisions.revisions(self._layers[layer.name], ids, page)):
            grouped[row.id].append(row)
        return grouped

    async def _value_by_revision(
        self, layer: Layer, wanted: Expression, entries: list[tuple[int, datetime]]
    ) -> Mapping[tuple[int, datetime], object]:
        statement = revisions.values(layer, wanted, entries)
        return {(row.id, row.changed_at): row.value for row in await self._session.rows(statement)}

    async def _page_by_parent(
        self, source: Layer, relation: Relation, query: Query, ids: list[int]
    ) -> Mapping[int, PageOf]:
        statement = pages.related_page(self._layers, self._layers[source.name], relation, query, ids)
        grouped: dict[int, list[Row]] = defaultdict(list)
        for row in await self._session.rows(statement):
            grouped[row.parent_id].append(row)
        # A page without rows still knows whether there is one before it.
        return {parent: page_of(query, grouped[parent]) for parent in ids}

    async def _count_by_parent(
        self, source: Layer, relation: Relation, query: Query, cap: int | None, ids: list[int]
    ) -> Mapping[int, int]:
        statement = summaries.related_count(self._layers, self._layers[source.name], relation, query, ids, cap=cap)
        return {row.parent_id: row.number for row in await self._session.rows(statement)}

    async def _extent_by_parent(
        self, source: Layer, relation: Relation, query: Query, ids: list[int]
    ) -> Mapping[int, list[float]]:
        statement = summaries.related_extent(self._layers, self._layers[source.name], relation, query, ids)
        return {row.parent_id: row.box for row in await self._session.rows(statement)}

    async def _measure(self, query: Query, measures: list[Measure]) -> Mapping[Measure, object]:
        (row,) = await self._session.rows(aggregates.aggregate(self._layers, query, measures))
        return dict(zip(measures, row, strict=True))

    async def _measure_by_parent(
        self, source: Layer, relation: Relation, query: Query, share: str, keys: list[tuple[int, Measure]]
    ) -> Mapping[tuple[int, Measure], object]:
        ids, measures = ([*dict.fromkeys(part)] for part in zip(*keys, strict=True))
        of = Related(self._layers[source.name], relation, ids, share)
        rows = await self._session.rows(aggregates.related_aggregate(self._layers, of, query, measures))
        return {(row[-1], measure): value for row in rows for measure, value in zip(measures, row, strict=False)}

    async def _groups(self, query: Query, wanted: Groups, measures: list[Measure]) -> Mapping[Measure, Sequence[Row]]:
        wanted = await self._placing.groups(query, wanted, partial(positions, self._layers, query))
        rows = await self._session.rows(groups(self._layers, query, wanted, measures))
        return _by_measure(measures, outlined(wanted, rows))

    async def _groups_by_parent(
        self, source: Layer, relation: Relation, query: Query, wanted: Groups, keys: list[tuple[int, Measure]]
    ) -> Mapping[tuple[int, Measure], Sequence[Row]]:
        ids, measures = ([*dict.fromkeys(part)] for part in zip(*keys, strict=True))
        of = Related(self._layers[source.name], relation, ids, wanted.share)
        rows_of = (source, relation, query, *ids)
        wanted = await self._placing.groups(rows_of, wanted, partial(related_positions, self._layers, of, query))
        grouped: dict[int, list[Row]] = defaultdict(list)
        rows = await self._session.rows(related_groups(self._layers, of, query, wanted, measures))
        for *row, parent in outlined(wanted, rows):
            grouped[parent].append(row)
        return {
            (parent, measure): own
            for parent, rows in grouped.items()
            for measure, own in _by_measure(measures, rows).items()
        }

    async def _spans(self, query: Query, area: Cells, _: list[tuple[int, int]]) -> Mapping[tuple[int, int], Row]:
        rows = await self._session.rows(overviews.spans(self._layers, query.layer, query.filter, area))
        return {(row.x, row.y): tuple(row)[2:] for row in rows}

    async def _value_by_edge(
        self, source: Layer, relation: Relation, wanted: EdgeValue, pairs: list[tuple[int, int]]
    ) -> Mapping[tuple[int, int], object]:
        statement = rows.edge_values(self._layers, self._layers[source.name], relation, wanted, pairs)
        return {(row.source_id, row.target_id): row.value for row in await self._session.rows(statement)}


def _by_measure(measures: Sequence[Measure], rows: Sequence[Row]) -> Mapping[Measure, Sequence[Row]]:
    """Rows of groups as they would be read for each measure alone."""
    before = len(rows[0]) - len(measures)
    return {measure: [(*row[:before], row[before + place]) for row in rows] for place, measure in enumerate(measures)}


def _gone() -> errors.Conflict:
    """Each statement sees the rows of its own moment; one that was there a statement ago may be deleted by now."""
    return errors.Conflict("A row was deleted while it was being read. Ask again.")
