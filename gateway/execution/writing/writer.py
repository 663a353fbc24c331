"""Changes of rows in the request's transaction; enters drafts and targets, leaves a result for each item.

All that is wrong with items is collected before anything else is done, so that a client can fix all of it at once. In
an atomic write one failure fails all of them: it raises `Refused`, and what began the transaction rolls it back.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import TypeAlias

from gateway import errors
from gateway.db.reader import Row
from gateway.db.sessions import RequestSession
from gateway.execution.writing.drafts import Draft, RowTarget
from gateway.execution.writing.results import Affected, Box, RowResult, WriteOutcome, around
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.planner.later import Creating
from gateway.sql import prepared_writes, writes
from gateway.sql.prepared_writes import WrittenRow


class Refused(Exception):
    """An atomic write of which items failed, with all that is wrong."""

    def __init__(self, problems: Sequence[errors.GatewayError]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a write: its place, its path among the arguments, and what was read of it or is wrong with it."""

    index: int
    path: tuple[str | int, ...]
    draft: Draft | None = None
    target: RowTarget | None = None
    error: errors.GatewayError | None = None


@dataclass
class _Run:
    """The write of one field on its way."""

    layer: Layer
    items: Sequence[Item]
    results: dict[int, RowResult] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)

    def open(self) -> Sequence[Item]:
        return [item for item in self.items if item.index not in self.results]

    def settle(self, item: Item, outcome: WriteOutcome, row: Row) -> None:
        change = item.draft.area_change if item.draft else None
        self.results[item.index] = RowResult(item.index, outcome, row.id, row.version, change)
        if outcome is not WriteOutcome.UNCHANGED:
            self.boxes.append((row.west, row.south, row.east, row.north))

    def fail(self, item: Item, error: errors.GatewayError) -> None:
        self.results[item.index] = RowResult(item.index, WriteOutcome.FAILED, error=error)


Inserting: TypeAlias = Callable[[writes.Values], Creating]
_Step: TypeAlias = Callable[[_Run, Sequence[Item]], Awaitable[None]]
Written: TypeAlias = tuple[Sequence[RowResult], Affected]


class RowWriter:
    """Writes rows of layers on one session, within its transaction, in which it may be `alone`: nothing follows it.

    With `inserting` there is no transaction: that statement is one, and what it reads is `returned`.
    """

    def __init__(self, session: RequestSession, *, alone: bool = False, inserting: Inserting | None = None) -> None:
        self._session = session
        self._alone = alone
        self._inserting = inserting
        self.returned: dict[str, object] = {}
        self.changed: list[tuple[str, RowResult]] = []  # rows that this request changed, with their layer

    async def create(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> Written:
        """Insert rows; one whose key is there already fails."""
        return await self._write(layer, items, self._insert, atomic=atomic)

    async def upsert(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> Written:
        """Insert rows, or change those whose key is there already."""
        return await self._write(layer, items, self._upsert, atomic=atomic)

    async def update(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> Written:
        """Change rows by their ids."""
        return await self._write(layer, items, self._update, atomic=atomic)

    async def delete(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> Written:
        """Delete rows by their ids."""
        return await self._write(layer, items, self._delete, atomic=atomic)

    async def _write(self, layer: Layer, items: Sequence[Item], step: _Step, *, atomic: bool) -> Written:
        run = _Run(layer, items)
        for item in items:
            if item.error is not None:
                run.fail(item, item.error)
        if not (atomic and run.results) and run.open():
            await (self._one(run, step) if atomic and self._alone and len(items) == 1 else self._all_or_each(run, step))
        problems = [result.error for result in run.results.values() if result.error is not None]
        if atomic and problems:
            raise Refused(problems)
        results = [run.results[item.index] for item in items]
        changed = [r for r in results if r.outcome not in {WriteOutcome.FAILED, WriteOutcome.UNCHANGED}]
        self.changed += [(layer.name, result) for result in changed]
        return results, Affected(len(changed), around(run.boxes))

    async def _all_or_each(self, run: _Run, step: _Step) -> None:
        """Do all at once; where a constraint refuses that, one by one, to tell which item it is that it refuses."""
        before = len(run.boxes)
        kept = dict(run.results)
        try:
            async with self._session.savepoint():
                await step(run, run.open())
        except errors.ConstraintViolated:
            run.results, run.boxes[before:] = kept, []
            for item in run.open():
                await self._each(run, item, step)

    async def _one(self, run: _Run, step: _Step) -> None:
        """Do all there is: where a constraint refuses it, the transaction ends anyway, and needs no savepoint."""
        (item,) = run.items
        try:
            await step(run, [item])
        except errors.ConstraintViolated as error:
            run.fail(item, error.at(*item.path))

    async def _each(self, run: _Run, item: Item, step: _Step) -> None:
        try:
            async with self._session.savepoint():
                await step(run, [item])
        except errors.ConstraintViolated as error:
            run.fail(item, error.at(*item.path))

    async def _insert(self, run: _Run, items: Sequence[Item]) -> None:
        for group in _alike(_distinct(run, items)):
            written = await self._inserted(run.layer, _values(group))
            for item in group:
                if (row := written.get(_key(run.layer, item))) is not None:
                    run.settle(item, WriteOutcome.CREATED, row)
                else:
                    run.fail(item, taken(run.layer, item))

    async def _inserted(self, layer: Layer, rows: Sequence[writes.Values]) -> Mapping[object, WrittenRow]:
        if self._inserting is None:
            return await self._written(*prepared_writes.insert(layer, rows))
        (row,) = rows
        statement = self._inserting(row)
        written = await self._session.fetch_once(statement.text, statement.parameters)
        for each in written:
            self.returned = statement.made(each)
        return {row.key: row for row in map(statement.written, written)}

    async def _upsert(self, run: _Run, items: Sequence[Item]) -> None:
        for group in _alike(_distinct(run, items)):
            written = await self._written(*prepared_writes.upsert(run.layer, _values(group)))
            left = [key for item in group if (key := _key(run.layer, item)) not in written]
            same = await self._session.rows(writes.rows_by_key(run.layer, left)) if left else ()
            unchanged = {row.key: row for row in same}
            for item in group:
                key = _key(run.layer, item)
                if key in written:
                    row = written[key]
                    run.settle(item, WriteOutcome.CREATED if row.created else WriteOutcome.UPDATED, row)
                else:
                    run.settle(item, WriteOutcome.UNCHANGED, unchanged[key])

    async def _update(self, run: _Run, items: Sequence[Item]) -> None:
        held = await self._hold(run, items)
        for item in items:
            if item.index in run.results:
                continue
            assert item.target is not None
            assert item.draft is not None
            before = held[item.target.id]
            row = await self._changed(run.layer, item.target, item.draft)
            if row is None:
                run.settle(item, WriteOutcome.UNCHANGED, before)
            else:
                run.boxes.append((before.west, before.south, before.east, before.north))
                run.settle(item, WriteOutcome.UPDATED, row)

    async def _changed(self, layer: Layer, target: RowTarget, draft: Draft) -> Row:
        if not draft.values:
            return None
        rows = await self._session.rows(writes.update_row(layer, target.id, draft.values))
        return rows[0] if rows else None

    async def _delete(self, run: _Run, items: Sequence[Item]) -> None:
        held = await self._hold(run, items)
        going = [item for item in items if item.index not in run.results]
        numbers = [item.target.id for item in going if item.target]
        gone = {row.id: row for row in await self._session.rows(writes.delete_rows(run.layer, numbers))}
        for item in going:
            assert item.target is not None
            run.settle(item, WriteOutcome.DELETED, gone.get(item.target.id, held[item.target.id]))

    async def _hold(self, run: _Run, items: Sequence[Item]) -> Mapping[int, Row]:
        """Lock the rows of the items; items fail whose row is not there, of another version, or named before."""
        targets = {item.target.id for item in items if item.target}
        held = {row.id: row for row in await self._session.rows(writes.lock_rows(run.layer, sorted(targets)))}
        seen: set[int] = set()
        for item in items:
            assert item.target is not None
            row, expected = held.get(item.target.id), item.target.expected_version
            if item.target.id in seen:
                message = "Two items name the same row. Send each row once."
                run.fail(item, errors.WriteError(message, path=(*item.path, "id")))
            elif row is None:
                message = f"There is no such {run.layer.verbose_name}, or no more. Read the rows again."
                run.fail(item, errors.RowNotFound(message, path=(*item.path, "id")))
            elif expected is not None and expected != row.version:
                run.fail(item, await self._conflict(run.layer, item, row.version))
            seen.add(item.target.id)
        return held

    async def _conflict(self, layer: Layer, item: Item, version: int) -> errors.VersionConflict:
        assert item.target is not None
        values = item.draft.values if item.draft else {}
        (row,) = await self._session.rows(writes.stored_row(layer, item.target.id, values))
        columns = dict(row._mapping)  # noqa: SLF001 - its public name
        stored = {name: value for name, value in columns.items() if not name.startswith("differs_")}
        return errors.VersionConflict(
            f"The {layer.verbose_name} is at version {version}, not {item.target.expected_version}: it was changed. "
            "Merge, and send it again with the version in stored.",
            path=(*item.path, "expectedVersion"),
            stored=stored,
            differs=[_field_name(name) for name in values if columns[f"differs_{name}"]],
        )

    async def _written(self, text: str, parameters: Sequence[object]) -> Mapping[object, WrittenRow]:
        return {row.key: row for row in starmap(WrittenRow, await self._session.fetch(text, parameters))}


def _field_name(attribute: str) -> str:
    return "geometry" if attribute == "geom" else camel(attribute)


def _key(layer: Layer, item: Item) -> object:
    assert item.draft is not None
    return item.draft.values[layer.natural_key]


def _values(items: Sequence[Item]) -> Sequence[writes.Values]:
    return [item.draft.values for item in items if item.draft]


def taken(layer: Layer, item: Item) -> errors.KeyTaken:
    """What is wrong with a new row whose key another one has."""
    name = camel(layer.natural_key)
    message = f"A {layer.verbose_name} with this {name} is there already. Change it, or use upsert."
    return errors.KeyTaken(message, path=(*item.path, name))


def _distinct(run: _Run, items: Sequence[Item]) -> Sequence[Item]:
    """Items without those whose key another one before them has."""
    seen: set[object] = set()
    distinct = []
    for item in items:
        key = _key(run.layer, item)
        if key in seen:
            name = camel(run.layer.natural_key)
            message = f"Two items have the same {name}. Send each once."
            run.fail(item, errors.KeyTaken(message, path=(*item.path, name)))
        else:
            seen.add(key)
            distinct.append(item)
    return distinct


def _alike(items: Sequence[Item]) -> Sequence[Sequence[Item]]:
    """Items in groups that give the same attributes: one statement each."""
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        if item.draft is not None:
            groups.setdefault(tuple(sorted(item.draft.values)), []).append(item)
    return list(groups.values())
