"""The reads behind one connection; enters a query, leaves its page, count and extent, each read once at most.

A connection of a whole layer reads for itself; one of related rows shares its statements with its siblings.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Protocol

from gateway.db.reader import Row
from gateway.execution.loaders.batch import heed
from gateway.execution.loaders.pages import PageOf, PageRow
from gateway.execution.loaders.registry import Loaders
from gateway.execution.values import Plain
from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.models.slots import known
from gateway.query.cells import Cells
from gateway.query.connection import Query
from gateway.query.groups import Groups
from gateway.query.page import CursorCodec
from gateway.query.values import Measure


class CountMode(Enum):
    """How totalCount counts."""

    EXACT = "EXACT"
    ESTIMATED = "ESTIMATED"
    CAPPED = "CAPPED"


class Queries(Protocol):
    """Where a connection's rows come from."""

    @property
    def parent(self) -> int | None:
        """The id of the row on the other side of the relation."""

    def page(self) -> Awaitable[PageOf]:
        """Its page."""

    def count(self, cap: int | None) -> Awaitable[int]:
        """How many rows there are beyond the page, up to `cap`."""

    def estimate(self) -> Awaitable[int]:
        """How many there are, by statistics."""

    def extent(self) -> Awaitable[list[float] | None]:
        """West, south, east, north of all of them."""

    def measure(self, measure: Measure, share: str) -> Awaitable[object]:
        """What all of them have together; `share` says how one of a relation counts."""

    def groups(self, wanted: Groups, measure: Measure) -> Awaitable[Sequence[Row]]:
        """Groups of them, with a measure of each."""


class LayerQueries:
    """Queries of a whole layer."""

    parent = None

    def __init__(self, loaders: Loaders, query: Query) -> None:
        self._loaders = loaders
        self._query = query

    def page(self) -> Awaitable[PageOf]:
        """One statement."""
        return self._loaders.page(self._query)

    def count(self, cap: int | None) -> Awaitable[int]:
        """One statement."""
        return self._loaders.count(self._query, cap)

    def estimate(self) -> Awaitable[int]:
        """One EXPLAIN."""
        return self._loaders.estimate(self._query)

    def extent(self) -> Awaitable[list[float] | None]:
        """One statement."""
        return self._loaders.extent(self._query)

    def measure(self, measure: Measure, _: str) -> Awaitable[object]:
        """One statement for all measures."""
        return self._loaders.measure(self._query).load(measure)

    def clusters(self, area: Cells, summed: LayerField | None) -> Awaitable[Sequence[Row]]:
        """One statement."""
        return self._loaders.clusters(self._query, area, summed)

    def span(self, area: Cells, cell: tuple[int, int]) -> Awaitable[Row | None]:
        """One statement for all cells."""
        return self._loaders.spans(self._query, area).load(cell)

    def groups(self, wanted: Groups, measure: Measure) -> Awaitable[Sequence[Row]]:
        """One statement for all measures of groups."""
        return self._loaders.groups(self._query, wanted).load(measure)


class RelatedQueries:
    """Queries of the rows related to one parent, batched with those of its siblings."""

    def __init__(self, loaders: Loaders, source: Layer, relation: Relation, query: Query, parent: int) -> None:
        self._loaders = loaders
        self._edge = (source, relation, query)
        self.parent = parent

    def page(self) -> Awaitable[PageOf]:
        """One statement for all parents."""
        return self._loaders.page_by_parent(*self._edge).load(self.parent)

    def count(self, cap: int | None) -> Awaitable[int]:
        """One statement for all parents."""
        return self._loaders.count_by_parent(*self._edge, cap).load(self.parent)

    def estimate(self) -> Awaitable[int]:
        """The exact count: statistics know nothing of one parent."""
        return self.count(None)

    def extent(self) -> Awaitable[list[float] | None]:
        """One statement for all parents."""
        return self._loaders.extent_by_parent(*self._edge).load(self.parent)

    def measure(self, measure: Measure, share: str) -> Awaitable[object]:
        """One statement for all parents and measures."""
        return self._loaders.measure_by_parent(*self._edge, share).load((self.parent, measure))

    def groups(self, wanted: Groups, measure: Measure) -> Awaitable[Sequence[Row]]:
        """One statement for all parents and measures."""
        return self._loaders.groups_by_parent(*self._edge, wanted).load((self.parent, measure))


class Connection:
    """What the fields of a connection type resolve from; a whole layer's knows its `filters` as they were given."""

    def __init__(self, queries: Queries, query: Query, codec: CursorCodec, *, filters: Plain = None) -> None:
        self.filters = filters
        self.parent = queries.parent
        self._query = query
        self._queries = queries
        self._codec = codec

    @property
    def moment(self) -> datetime | None:
        """The time that it is read as of; None is now."""
        return known(self._query.layer.moment)

    @cached_property
    def _page(self) -> "asyncio.Future[PageOf]":
        page = asyncio.ensure_future(self._queries.page())
        page.add_done_callback(heed)
        return page

    async def page(self) -> PageOf:
        """Its page; edges, nodes, pageInfo and featureCollection share one read."""
        return await asyncio.shield(self._page)  # a sibling that fails cancels who waits, not what is shared

    async def count(self, mode: CountMode, cap: int) -> int:
        """The number of rows that the filter keeps."""
        if mode is CountMode.ESTIMATED:
            return await self._queries.estimate()
        return await self._queries.count(cap if mode is CountMode.CAPPED else None)

    async def extent(self) -> list[float] | None:
        """West, south, east, north of all rows that the filter keeps; None where there are none."""
        return await self._queries.extent()

    async def measure(self, measure: Measure, share: str) -> object:
        """What all rows that the filter keeps have together."""
        return await self._queries.measure(measure, share)

    async def groups(self, wanted: Groups, measure: Measure) -> Sequence[Row]:
        """Groups of all rows that the filter keeps, with a measure of each."""
        return await self._queries.groups(wanted, measure)

    async def clusters(self, area: Cells, summed: LayerField | None) -> Sequence[Row]:
        """Cells with numbers of all rows that the filter keeps; only of a whole layer."""
        assert isinstance(self._queries, LayerQueries)
        return await self._queries.clusters(area, summed)

    async def span(self, area: Cells, cell: tuple[int, int]) -> Row | None:
        """Between which columns and lines the rows of a cell lie; None where there is one row."""
        assert isinstance(self._queries, LayerQueries)
        return await self._queries.span(area, cell)

    def cursor(self, row: PageRow) -> str:
        """The cursor of a row of the page."""
        return self._codec.encode(self._query.scope, row.position)
