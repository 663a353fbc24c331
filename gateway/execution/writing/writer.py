"""Changes of rows in the request's transaction; enters drafts and targets, leaves a result for each item.

Whatever is wrong with any item is found before anything else is done, so that a client can mend all of it at once. In
an atomic write one failure fails all of them: it raises `Refused`, and whoever began the transaction rolls it back.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from gateway import errors
from gateway.db.sessions import RequestSession
from gateway.execution.writing.drafts import Draft, Target
from gateway.execution.writing.results import Affected, Box, Outcome, Result, around
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.planner.later import Creating
from gateway.sql import prepared_writes, writes
from gateway.sql.prepared_writes import Told


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
    target: Target | None = None
    error: errors.GatewayError | None = None


@dataclass
class _Run:
    """The write of one field on its way."""

    layer: Layer
    items: Sequence[Item]
    results: dict[int, Result] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)

    def open(self) -> Sequence[Item]:
        return [item for item in self.items if item.index not in self.results]

    def settle(self, item: Item, outcome: Outcome, row: Any) -> None:
        change = item.draft.area_change if item.draft else None
        self.results[item.index] = Result(item.index, outcome, row.id, row.version, change)
        if outcome is not Outcome.UNCHANGED:
            self.boxes.append((row.west, row.south, row.east, row.north))

    def fail(self, item: Item, error: errors.GatewayError) -> None:
        self.results[item.index] = Result(item.index, Outcome.FAILED, error=error)


Inserting = Callable[[writes.Values], Creating]
Step = Callable[[_Run, Sequence[Item]], Awaitable[None]]


class Writer:
    """Writes rows of layers on one session, within its transaction, in which it may be `alone`: nothing follows it.

    With `inserting` there is no transaction: that statement is one, and what it reads is `returned`.
    """

    def __init__(self, session: RequestSession, *, alone: bool = False, inserting: Inserting | None = None) -> None:
        self._session = session
        self._alone = alone
        self._inserting = inserting
        self.returned: dict[str, Any] = {}
        self.changed: list[tuple[str, Result]] = []  # rows that this request changed, with their layer

    async def create(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> tuple[Sequence[Result], Affected]:
        """Insert rows; one whose key is there already fails."""
        return await self._write(layer, items, self._insert, atomic=atomic)

    async def upsert(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> tuple[Sequence[Result], Affected]:
        """Insert rows, or change those whose key is there already."""
        return await self._write(layer, items, self._upsert, atomic=atomic)

    async def update(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> tuple[Sequence[Result], Affected]:
        """Change rows by their ids."""
        return await self._write(layer, items, self._update, atomic=atomic)

    async def delete(self, layer: Layer, items: Sequence[Item], *, atomic: bool) -> tuple[Sequence[Result], Affected]:
        """Delete rows by their ids."""
        return await self._write(layer, items, self._delete, atomic=atomic)

    async def _write(
        self, layer: Layer, items: Sequence[Item], step: Step, *, atomic: bool
    ) -> tuple[Sequence[Result], Affected]:
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
        changed = [r for r in results if r.outcome not in {Outcome.FAILED, Outcome.UNCHANGED}]
        self.changed += [(layer.name, result) for result in changed]
        return results, Affected(len(changed), around(run.boxes))

    async def _all_or_each(self, run: _Run, step: Step) -> None:
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

    async def _one(self, run: _Run, step: Step) -> None:
        """Do all there is: where a constraint refuses it, the transaction ends anyway, and needs no savepoint."""
        (item,) = run.items
        try:
            await step(run, [item])
        except errors.ConstraintViolated as error:
            run.fail(item, error.at(*item.path))

    async def _each(self, run: _Run, item: Item, step: Step) -> None:
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
                    run.settle(item, Outcome.CREATED, row)
                else:
                    run.fail(item, taken(run.layer, item))

    async def _inserted(self, layer: Layer, rows: Sequence[writes.Values]) -> Mapping[str, Told]:
        if self._inserting is None:
            return await self._written(*prepared_writes.insert(layer, rows))
        (row,) = rows
        statement = self._inserting(row)
        written = await self._session.fetch_once(statement.text, statement.parameters)
        for each in written:
            self.returned = statement.made(each)
        return {told.key: told for told in map(statement.told, written)}

    async def _upsert(self, run: _Run, items: Sequence[Item]) -> None:
        for group in _alike(_distinct(run, items)):
            written = await self._written(*prepared_writes.upsert(run.layer, _values(group)))
            left = [key for item in group if (key := _key(run.layer, item)) not in written]
            same = await self._by_key(writes.rows_by_key(run.layer, left)) if left else {}
            for item in group:
                key = _key(run.layer, item)
                if key in written:
                    row = written[key]
                    run.settle(item, Outcome.CREATED if row.created else Outcome.UPDATED, row)
                else:
                    run.settle(item, Outcome.UNCHANGED, same[key])

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
                run.settle(item, Outcome.UNCHANGED, before)
            else:
                run.boxes.append((before.west, before.south, before.east, before.north))
                run.settle(item, Outcome.UPDATED, row)

    async def _changed(self, layer: Layer, target: Target, draft: Draft) -> Any:
        if not draft.values:
            return None
        found = await self._session.rows(writes.update_row(layer, target.id, draft.values))
        return found[0] if found else None

    async def _delete(self, run: _Run, items: Sequence[Item]) -> None:
        held = await self._hold(run, items)
        going = [item for item in items if item.index not in run.results]
        numbers = [item.target.id for item in going if item.target]
        gone = {row.id: row for row in await self._session.rows(writes.delete_rows(run.layer, numbers))}
        for item in going:
            assert item.target is not None
            run.settle(item, Outcome.DELETED, gone.get(item.target.id, held[item.target.id]))

    async def _hold(self, run: _Run, items: Sequence[Item]) -> Mapping[int, Any]:
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
        told = dict(row._mapping)  # noqa: SLF001 - its public name
        stored = {name: value for name, value in told.items() if not name.startswith("differs_")}
        return errors.VersionConflict(
            f"The {layer.verbose_name} is at version {version}, not {item.target.expected_version}: it was changed. "
            "Merge, and send it again with the version in stored.",
            path=(*item.path, "expectedVersion"),
            stored=stored,
            differs=[_field_name(name) for name in values if told[f"differs_{name}"]],
        )

    async def _written(self, text: str, parameters: Sequence[Any]) -> Mapping[Any, Told]:
        return {row.key: row for row in starmap(Told, await self._session.fetch(text, parameters))}

    async def _by_key(self, statement: Any) -> Mapping[Any, Any]:
        return {row.key: row for row in await self._session.rows(statement)}


def _field_name(attribute: str) -> str:
    return "geometry" if attribute == "geom" else camel(attribute)


def _key(layer: Layer, item: Item) -> Any:
    assert item.draft is not None
    return item.draft.values[layer.natural_key]


def _values(items: Sequence[Item]) -> Sequence[Mapping[str, Any]]:
    return [item.draft.values for item in items if item.draft]


def taken(layer: Layer, item: Item) -> errors.KeyTaken:
    """What is wrong with a new row whose key another one has."""
    name = camel(layer.natural_key)
    message = f"A {layer.verbose_name} with this {name} is there already. Change it, or use upsert."
    return errors.KeyTaken(message, path=(*item.path, name))


def _distinct(run: _Run, items: Sequence[Item]) -> Sequence[Item]:
    """Items without those whose key another one before them has."""
    seen: set[Any] = set()
    found = []
    for item in items:
        key = _key(run.layer, item)
        if key in seen:
            name = camel(run.layer.natural_key)
            message = f"Two items have the same {name}. Send each once."
            run.fail(item, errors.KeyTaken(message, path=(*item.path, name)))
        else:
            seen.add(key)
            found.append(item)
    return found


def _alike(items: Sequence[Item]) -> Sequence[Sequence[Item]]:
    """Items in groups that give the same attributes: one statement each."""
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        if item.draft is not None:
            groups.setdefault(tuple(sorted(item.draft.values)), []).append(item)
    return list(groups.values())
