"""Runs prepared operations; enters what is bound, sends a statement for each level, leaves data and errors."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from graphql import ExecutionResult

from gateway.db.reader import Reader, Row
from gateway.db.sessions import RequestSession
from gateway.execution.answers import Answers
from gateway.feeds.moments import check_moment
from gateway.layers import Layer
from gateway.models.slots import Slot
from gateway.planner import reads as r
from gateway.planner.connections import Connections, cut
from gateway.planner.flaws import Flaw, NulledError, Settling
from gateway.planner.prepared import Bound
from gateway.planner.table import Table
from gateway.query.connection import Query
from gateway.query.groups import RANK
from gateway.query.ids import NodeRef
from gateway.query.keys import ambiguous
from gateway.query.page import CursorCodec
from gateway.sql.explain import rows_planned
from gateway.sql.rows import stored
from gateway.sql.statement import Statement

T = TypeVar("T")


class Resolving(Protocol):
    """What calls the resolvers of fields that have their own."""

    async def values(self, own: r.OwnRead, rows: Iterable[object]) -> Sequence[object]:
        """The value of a field for each row; a Flaw where something in it failed."""


class Reading:
    """One run of a prepared operation."""

    def __init__(
        self, session: Reader, codec: CursorCodec, bound: Bound, resolving: Resolving, answers: Answers | None = None
    ) -> None:
        """`answers` are those that were made before."""
        self._session = session
        self._answers = answers
        self._codec = codec
        self._bound = bound
        self._resolving = resolving
        self._flaws: list[Flaw] = []

    async def run(self, path: Sequence[str | int] = ()) -> ExecutionResult:
        """The answer; `path` is that of the object whose fields are read."""
        data: dict[str, object] = {}
        settling = Settling()
        for read, selected in zip(self._bound.reads, self._bound.plan.selection, strict=True):
            value: object
            try:
                value = await self._root(read)
            except Exception as error:  # noqa: BLE001 - as the executor does: the client gets an answer in any case
                value = self._flaw(error)
            if self._flaws:
                try:
                    value = settling.settled(value, [selected], [*path, read.key])
                except NulledError:
                    return ExecutionResult(None, settling.errors)
            data[read.key] = value
        return ExecutionResult(data, settling.errors or None)

    async def _tried(self, value: Awaitable[T]) -> T | Flaw:
        """The value, or a flaw in its place: the rest of the answer stands."""
        try:
            return await value
        except Exception as error:  # noqa: BLE001 - likewise
            return self._flaw(error)

    def _flaw(self, error: Exception) -> Flaw:
        self._flaws.append(Flaw([error]))
        return self._flaws[-1]

    async def _each(self, values: Awaitable[Sequence[T]], count: int) -> Sequence[T | Flaw]:
        each = await self._tried(values)
        return [each] * count if isinstance(each, Flaw) else each

    async def _root(self, read: r.RootRead) -> object:
        match read:
            case r.ConstantRead():
                return read.value
            case r.OwnRead():
                return (await self._own(read, [()]))[0]
            case r.ManyRead():
                if read.moment is not None:
                    await self._check(read, read.moment)
                return (await self._connections(read.connection, None))[0]
            case r.OneRead():
                if read.moment is not None:
                    await self._check(read, read.moment)
                _, rows = await self._rows(read.rows)
                if len(rows) > 1 and read.layer.spanning:
                    raise ambiguous(read.layer, read.attribute)
                return rows[0] if rows else None
            case r.ByIdsRead():
                return await self._by_ids(read)

    async def _check(self, read: r.ManyRead | r.OneRead, number: int) -> None:
        if (moment := self._bound.values[number]) is not None:
            assert isinstance(moment, datetime)
            await check_moment(self._session, read.layer, moment)

    async def _by_ids(self, read: r.ByIdsRead) -> object:
        nodes: Sequence[NodeRef] = self._bound.term(read.ask, tuple)
        by_id: dict[tuple[str, int], object] = {}
        for name in dict.fromkeys(node.layer.name for node in nodes):
            numbers, made = await self._rows(read.rows[name])
            by_id |= {(name, number): row for number, row in zip(numbers, made, strict=True)}
        rows = [by_id.get((node.layer.name, node.id)) for node in nodes]
        return rows[0] if read.single else rows

    async def _rows(self, read: r.RowsRead, ids: Sequence[int] | None = None) -> tuple[Sequence[int], Sequence[object]]:
        table = self._table(await self._fetch(read.statement, ids))
        if read.related:
            await self._relate(table, read.related, read.id)
        return table.column(read.id), read.make(table)

    def _table(self, rows: Sequence[Row], scope: bytes = b"") -> Table:
        return Table(rows, self._bound.terms, self._codec, scope, flaws=self._flaws)

    async def _connections(self, read: r.ConnectionRead, parents: Sequence[int] | None) -> Sequence[object]:
        count = 1 if parents is None else len(parents)
        if read.make is None:
            return [{} for _ in range(count)]
        connections = Connections(count, self._table(()))
        if read.page is not None:
            page = await self._tried(self._page(read, read.page, parents, count))
            if isinstance(page, Flaw):
                return [{read.page.key: page}] * count  # which nulls the connection
            connections = page
        for summary in read.summaries:
            connections.summaries.append(await self._each(self._summary(summary, parents), count))
        return read.make(connections)

    async def _page(
        self, read: r.ConnectionRead, page: r.PageRead, parents: Sequence[int] | None, count: int
    ) -> Connections:
        query = self._bound.term(read.ask, Query)
        rows = await self._fetch(page.statement, parents)
        kept, spans = cut(rows, query.page, parents, page.parent)
        table = self._table(kept, query.scope)
        if page.related:
            await self._relate(table, page.related, page.id)
        return Connections(count, table, spans)

    async def _relate(self, table: Table, related: Sequence[r.RelatedRead], place: int) -> None:
        """Read what is related to the rows; a row that stands there twice is read once."""
        numbers = table.column(place)
        rows = dict(zip(numbers, table.rows, strict=True))
        for read in related:
            if isinstance(read, r.OwnRead):
                made = await self._own(read, rows.values())
            else:
                made = await self._connections(read, list(rows)) if rows else []
            if len(rows) < len(numbers):
                known = dict(zip(rows, made, strict=True))
                made = [known[number] for number in numbers]
            table.related.append(made)

    async def _own(self, read: r.OwnRead, rows: Iterable[Row]) -> Sequence[object]:
        """What the resolver of a field says of rows; the root has none."""
        roots = [None if read.layer is None else self._stored(read.layer, read.places, row) for row in rows]
        made = await self._resolving.values(read, roots)
        self._flaws += [value for value in made if isinstance(value, Flaw)]
        return made

    def _stored(self, layer: Layer, places: Mapping[str, int], row: Row) -> object:
        moment = self._bound.values[layer.moment.index] if isinstance(layer.moment, Slot) else layer.moment
        assert moment is None or isinstance(moment, datetime)
        return stored(layer, {name: row[place] for name, place in places.items()}, moment)

    async def _groups(self, read: r.GroupsRead, rows: Sequence[Row], parents: Sequence[int] | None) -> Sequence[object]:
        """The groups of each connection; what is related to them is read for all at once."""
        groups = [row for row in rows if row[RANK] is not None]
        table = self._table(groups)
        for place, related in read.related:
            ids = table.column(place)
            found_rows = await self._rows(related, [*dict.fromkeys(number for number in ids if number is not None)])
            by_id = dict(zip(*found_rows, strict=True))
            table.related.append([by_id.get(number) for number in ids])
        answers: dict[int | None, dict[str, Any]] = {}
        for row in rows:
            counts = {key: row[place] for key, place in read.counts.items()}
            empty: dict[str, list[object]] = {key: [] for key in read.lists}
            answers.setdefault(None if parents is None else row[-1], {**read.constants, **counts, **empty})
        for key, make in read.lists.items():
            for row, group in zip(groups, make(table), strict=True):
                answers[None if parents is None else row[-1]][key].append(group)
        return list(answers.values()) if parents is None else [answers[parent] for parent in parents]

    async def _summary(self, read: r.SummaryRead, parents: Sequence[int] | None) -> Sequence[object]:
        """What all rows of each connection have."""
        rows = await self._all(read.statement, parents)
        if isinstance(read, r.GroupsRead):
            return await self._groups(read, rows, parents)
        if isinstance(read, r.AggregateRead):
            made = read.make(self._table(rows))
            if parents is None:
                return made
            by_parent = dict(zip((row[-1] for row in rows), made, strict=True))
            return [by_parent[parent] for parent in parents]
        if parents is not None:
            values = dict(rows)
            return [values.get(parent, 0 if isinstance(read, r.CountRead) else None) for parent in parents]
        if isinstance(read, r.CountRead) and read.estimate:
            return [rows_planned(rows[0][0])]
        return [rows[0][0] if rows else None]

    async def _all(self, statement: Statement, parents: Sequence[int] | None) -> Sequence[Row]:
        """The same of a statement about all rows, whose answer may have been made before."""
        # What explains statements is to send them.
        if self._answers is None or not isinstance(self._session, RequestSession):
            return await self._fetch(statement, parents)
        return await self._answers.rows(self._session, statement, statement.bind(self._bound.values, parents))

    def _fetch(self, statement: Statement, parents: Sequence[int] | None = None) -> Awaitable[Sequence[Row]]:
        return self._session.fetch(statement.text, statement.bind(self._bound.values, parents))
