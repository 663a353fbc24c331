"""Runs prepared operations; enters what is bound, sends a statement for each level, leaves data and errors."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from graphql import ExecutionResult

from gateway.db.reader import Reader
from gateway.execution.loaders.moments import check_moment
from gateway.layers import Layer
from gateway.planner import reads as r
from gateway.planner.connections import Connections, cut
from gateway.planner.flaws import Flaw, NulledError, Settling
from gateway.planner.prepared import Bound
from gateway.planner.table import Table
from gateway.query.page import CursorCodec
from gateway.query.slots import Slot
from gateway.sql.rows import stored
from gateway.sql.statement import Statement


class Resolving(Protocol):
    """What calls the resolvers of fields that have their own."""

    async def values(self, own: r.OwnRead, rows: Iterable[Any]) -> Sequence[Any]:
        """The value of a field for each row; a Flaw where something in it failed."""


class Reading:
    """One run of a prepared operation."""

    def __init__(self, session: Reader, codec: CursorCodec, bound: Bound, resolving: Resolving) -> None:
        self._session = session
        self._codec = codec
        self._bound = bound
        self._resolving = resolving
        self._flaws: list[Flaw] = []

    async def run(self, path: Sequence[str | int] = ()) -> ExecutionResult:
        """The answer; `path` is that of the object whose fields are read."""
        data: dict[str, Any] = {}
        settling = Settling()
        for read, selected in zip(self._bound.reads, self._bound.plan.selection, strict=True):
            found = await self._tried(self._root(read))
            if self._flaws:
                try:
                    found = settling.settled(found, [selected], [*path, read.key])
                except NulledError:
                    return ExecutionResult(None, settling.errors)
            data[read.key] = found
        return ExecutionResult(data, settling.errors or None)

    async def _tried(self, value: Awaitable[Any]) -> Any:
        """The value, or a flaw in its place: the rest of the answer stands."""
        try:
            return await value
        except Exception as error:  # noqa: BLE001 - as the executor does: whatever it is, the client gets an answer
            self._flaws.append(Flaw([error]))
            return self._flaws[-1]

    async def _each(self, values: Awaitable[Sequence[Any]], count: int) -> Sequence[Any]:
        found = await self._tried(values)
        return [found] * count if isinstance(found, Flaw) else found

    async def _root(self, read: r.RootRead) -> object:
        match read:
            case r.ConstantRead():
                return read.value
            case r.OwnRead():
                return (await self._own(read, [()]))[0]
            case r.ManyRead():
                await self._check(read)
                return (await self._connections(read.connection, None))[0]
            case r.OneRead():
                await self._check(read)
                _, found = await self._rows(read.rows)
                return found[0] if found else None
            case r.ByIdsRead():
                return await self._by_ids(read)

    async def _check(self, read: r.ManyRead | r.OneRead) -> None:
        if read.moment is not None and (moment := self._bound.values[read.moment]) is not None:
            await check_moment(self._session, read.layer, moment)

    async def _by_ids(self, read: r.ByIdsRead) -> Any:
        nodes = self._bound.terms[read.ask]
        found: dict[tuple[str, int], Any] = {}
        for name in dict.fromkeys(node.layer.name for node in nodes):
            numbers, made = await self._rows(read.rows[name])
            found |= {(name, number): row for number, row in zip(numbers, made, strict=True)}
        rows = [found.get((node.layer.name, node.id)) for node in nodes]
        return rows[0] if read.single else rows

    async def _rows(self, read: r.RowsRead) -> tuple[Sequence[int], list[dict[str, Any]]]:
        found = self._table(await self._fetch(read.statement))
        await self._relate(found, read.related, read.id)
        return found.column(read.id), read.make(found)

    def _table(self, rows: Sequence[Any], scope: bytes = b"") -> Table:
        return Table(rows, self._bound.terms, self._codec, scope, flaws=self._flaws)

    async def _connections(self, read: r.ConnectionRead, parents: Sequence[int] | None) -> Sequence[Any]:
        count = 1 if parents is None else len(parents)
        if read.make is None:
            return [{} for _ in range(count)]
        found = Connections(count, self._table(()))
        if read.page is not None:
            page = await self._tried(self._page(read, read.page, parents, count))
            if isinstance(page, Flaw):
                return [{read.page.key: page}] * count  # which nulls the connection
            found = page
        for counted in read.counts:
            found.counts.append(await self._each(self._count(counted, parents), count))
        if read.extent is not None:
            found.extents = await self._each(self._extents(read.extent, parents), count)
        return read.make(found)

    async def _page(
        self, read: r.ConnectionRead, page: r.PageRead, parents: Sequence[int] | None, count: int
    ) -> Connections:
        query = self._bound.terms[read.ask]
        rows = await self._fetch(page.statement, parents)
        kept, spans = cut(rows, query.page, parents, page.parent)
        found = self._table(kept, query.scope)
        await self._relate(found, page.related, page.id)
        return Connections(count, found, spans)

    async def _relate(self, found: Table, related: Sequence[r.RelatedRead], place: int) -> None:
        """Read what is related to the rows; a row that stands there twice is read once."""
        if not related:
            return
        numbers = found.column(place)
        rows = dict(zip(numbers, found.rows, strict=True))
        for read in related:
            if isinstance(read, r.OwnRead):
                made = await self._own(read, rows.values())
            else:
                made = await self._connections(read, list(rows)) if rows else []
            if len(rows) < len(numbers):
                known = dict(zip(rows, made, strict=True))
                made = [known[number] for number in numbers]
            found.related.append(made)

    async def _own(self, read: r.OwnRead, rows: Iterable[Any]) -> Sequence[Any]:
        """What the resolver of a field says of rows; the root has none."""
        roots = [None if read.layer is None else self._stored(read.layer, read.places, row) for row in rows]
        made = await self._resolving.values(read, roots)
        self._flaws += [value for value in made if isinstance(value, Flaw)]
        return made

    def _stored(self, layer: Layer, places: Mapping[str, int], row: Sequence[Any]) -> Any:
        moment = self._bound.values[layer.moment.index] if isinstance(layer.moment, Slot) else layer.moment
        return stored(layer, {name: row[place] for name, place in places.items()}, moment)

    async def _count(self, counted: r.CountRead, parents: Sequence[int] | None) -> Sequence[int]:
        rows = await self._fetch(counted.statement, parents)
        if parents is not None:
            found = {row[0]: row[1] for row in rows}
            return [found.get(parent, 0) for parent in parents]
        return [rows[0][0][0]["Plan"]["Plan Rows"] if counted.estimate else rows[0][0]]

    async def _extents(self, statement: Statement, parents: Sequence[int] | None) -> Sequence[Any]:
        rows = await self._fetch(statement, parents)
        if parents is not None:
            found = {row[0]: row[1] for row in rows}
            return [found.get(parent) for parent in parents]
        return [rows[0][0] if rows else None]

    async def _fetch(self, statement: Statement, parents: Sequence[int] | None = None) -> Sequence[Any]:
        return await self._session.fetch(statement.text, statement.bind(self._bound.values, parents))
