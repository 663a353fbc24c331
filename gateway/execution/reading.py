"""Runs prepared operations; enters what is bound, sends a statement for each level, leaves data."""

from collections.abc import Sequence
from typing import Any

from gateway.db.reader import Reader
from gateway.planner import reads as r
from gateway.planner.connections import Connections, cut
from gateway.planner.prepared import Bound
from gateway.planner.table import Table
from gateway.query.page import CursorCodec
from gateway.sql.statement import Statement


class Reading:
    """One run of a prepared operation."""

    def __init__(self, session: Reader, codec: CursorCodec, bound: Bound) -> None:
        self._session = session
        self._codec = codec
        self._bound = bound

    async def run(self) -> dict[str, Any]:
        """The `data` of the answer."""
        return {read.key: await self._root(read) for read in self._bound.reads}

    async def _root(self, read: r.RootRead) -> Any:
        match read:
            case r.ConstantRead():
                return read.value
            case r.ManyRead():
                return (await self._connections(read.connection, None))[0]
            case r.OneRead():
                _, found = await self._rows(read.rows)
                return found[0] if found else None
            case r.ByIdsRead():
                return await self._by_ids(read)

    async def _by_ids(self, read: r.ByIdsRead) -> Any:
        nodes = self._bound.terms[read.ask]
        found: dict[tuple[str, int], Any] = {}
        for name in dict.fromkeys(node.layer.name for node in nodes):
            numbers, made = await self._rows(read.rows[name])
            found |= {(name, number): row for number, row in zip(numbers, made, strict=True)}
        rows = [found.get((node.layer.name, node.id)) for node in nodes]
        return rows[0] if read.single else rows

    async def _rows(self, read: r.RowsRead) -> tuple[Sequence[int], list[dict[str, Any]]]:
        rows = await self._fetch(read.statement)
        found = Table(rows, self._bound.terms, self._codec)
        await self._relate(found, read.related, read.id)
        return found.column(read.id), read.make(found)

    async def _connections(self, read: r.ConnectionRead, parents: Sequence[int] | None) -> list[dict[str, Any]]:
        count = 1 if parents is None else len(parents)
        if read.make is None:
            return [{} for _ in range(count)]
        if read.page is None:
            found = Connections(count, Table((), self._bound.terms, self._codec))
        else:
            found = await self._page(read, read.page, parents, count)
        for counted in read.counts:
            found.counts.append(await self._count(counted, parents))
        if read.extent is not None:
            found.extents = await self._extents(read.extent, parents)
        return read.make(found)

    async def _page(
        self, read: r.ConnectionRead, page: r.PageRead, parents: Sequence[int] | None, count: int
    ) -> Connections:
        query = self._bound.terms[read.ask]
        rows = await self._fetch(page.statement, parents)
        kept, spans = cut(rows, query.page, parents, page.parent)
        found = Table(kept, self._bound.terms, self._codec, query.scope)
        await self._relate(found, page.related, page.id)
        return Connections(count, found, spans)

    async def _relate(self, found: Table, related: Sequence[r.ConnectionRead], place: int) -> None:
        """Read what is related to the rows; a row that stands there twice is read once."""
        if not related:
            return
        numbers = found.column(place)
        unique = list(dict.fromkeys(numbers))
        for read in related:
            made = await self._connections(read, unique) if unique else []
            if len(unique) < len(numbers):
                known = dict(zip(unique, made, strict=True))
                made = [known[number] for number in numbers]
            found.related.append(made)

    async def _count(self, read: r.CountRead, parents: Sequence[int] | None) -> Sequence[int]:
        rows = await self._fetch(read.statement, parents)
        if parents is not None:
            found = {row[0]: row[1] for row in rows}
            return [found.get(parent, 0) for parent in parents]
        return [rows[0][0][0]["Plan"]["Plan Rows"] if read.estimate else rows[0][0]]

    async def _extents(self, statement: Statement, parents: Sequence[int] | None) -> Sequence[Any]:
        rows = await self._fetch(statement, parents)
        if parents is not None:
            found = {row[0]: row[1] for row in rows}
            return [found.get(parent) for parent in parents]
        return [rows[0][0] if rows else None]

    async def _fetch(self, statement: Statement, parents: Sequence[int] | None = None) -> Sequence[Any]:
        return await self._session.fetch(statement.text, statement.bind(self._bound.values, parents))
