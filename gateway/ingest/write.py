"""Prepared chunks into the table; enters COPY text, leaves the outcome of every feature.

One chunk is one transaction: its rows, and the account of them.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO

import numpy as np
import pyarrow as pa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.errors import DuplicateFeature
from gateway.ingest import runs
from gateway.ingest.options import IngestOptions, OnDuplicate
from gateway.ingest.prepare import PreparedBatch
from gateway.ingest.report import Action, Counts, FeatureOutcome, Position, Reason
from gateway.layers import Layer
from gateway.sql.ingest import Staging

_PIECE = 2**20


@dataclass(frozen=True)
class Chunk:
    """Batches that are written together."""

    batches: Sequence[PreparedBatch]

    @property
    def first(self) -> int:
        return self.batches[0].first

    @property
    def end(self) -> int:
        """The index after the last feature."""
        return self.batches[-1].first + self.batches[-1].read

    @property
    def read(self) -> int:
        return sum(batch.read for batch in self.batches)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key for batch in self.batches for key in batch.keys)

    @property
    def rows(self) -> int:
        """Those to be written."""
        return sum(len(batch.lines) for batch in self.batches)

    @property
    def notes(self) -> Counter[str]:
        return sum((batch.notes for batch in self.batches), Counter[str]())

    @property
    def ranks(self) -> int:
        """How often the most frequent key is in the chunk."""
        return max((int(np.max(batch.ranks, initial=0)) for batch in self.batches), default=0)

    def checksum(self) -> str:
        digest = hashlib.sha256()
        for batch in self.batches:
            digest.update(batch.copy)
        return digest.hexdigest()


class ChunkWriter:
    """Writes the chunks of one ingest."""

    def __init__(self, layer: Layer, staging: Staging, options: IngestOptions) -> None:
        self._layer = layer
        self._staging = staging
        self._on_duplicate = options.on_duplicate
        self._author = options.author
        self._straight = True

    async def write(self, connection: AsyncConnection, chunk: Chunk) -> runs.Finished:
        """Write one chunk in the transaction of `connection`."""
        await runs.hold_chunk(connection, self._layer, self._author)
        fates: dict[int, FeatureOutcome] = {}
        if not (self._straight and await self._append(connection, chunk)):
            fates = await self._by_staging(connection, chunk)
        # Where rows were in the way, some are likely to be in the way of the next chunk.
        self._straight = not fates
        outcomes = _settle(chunk, fates)
        return runs.Finished(Counts.of(chunk.read, outcomes), outcomes, chunk.notes)

    async def _append(self, connection: AsyncConnection, chunk: Chunk) -> bool:
        """Copy the rows straight into the table; False, and nothing is done, where one of them can't be a new row."""
        if chunk.ranks > 1:
            return False
        savepoint = await connection.begin_nested()
        try:
            done = await self._copy(
                connection, self._staging.target.name, self._staging.columns, (b.copy for b in chunk.batches)
            )
        except Exception as error:
            if not faults.of_a_row(error):
                raise
            await savepoint.rollback()
            return False
        await savepoint.commit()
        assert done == chunk.rows, f"{done} rows for {chunk.rows}"
        return True

    async def _by_staging(self, connection: AsyncConnection, chunk: Chunk) -> dict[int, FeatureOutcome]:
        """Merge the rows from a staging table, which says what becomes of each; those that are no new rows as such."""
        await connection.execute(self._staging.create())
        done = await self._copy(connection, self._staging.name, self._staging.names, (b.staged for b in chunk.batches))
        assert done == chunk.rows, f"{done} rows for {chunk.rows}"
        if self._on_duplicate is OnDuplicate.ERROR:
            await self._refuse_duplicates(connection)
        fates: dict[int, FeatureOutcome] = {}
        for rank in range(1, chunk.ranks + 1):
            await self._merge(connection, rank, (chunk.first, chunk.end), fates)
        await connection.execute(self._staging.drop())
        return fates

    async def _copy(
        self, connection: AsyncConnection, table: str, columns: Sequence[str], texts: Iterable[pa.Buffer]
    ) -> int:
        """The number of rows that were copied."""
        return await copy_in(connection, table, columns, _pieces(texts))

    async def _refuse_duplicates(self, connection: AsyncConnection) -> None:
        keys = await connection.scalar(self._staging.keys()) or ()
        there = await connection.scalar(self._staging.there(keys)) or ()
        duplicate = (await connection.execute(self._staging.first_duplicate(there))).first()
        if duplicate is None:
            return
        place = f"is in {self._layer.name} already" if duplicate.there else "came earlier in the source"
        count = (await connection.execute(self._staging.distinct())).one()
        key = self._layer.natural_key
        advice = (
            "Run it again with --on-duplicate skip to keep the first, or update to take the last; the chunks before "
            "are kept and not read again."
        )
        if count.keys < count.rows:  # the field is no key: to keep one feature of each would drop the others
            advice = (
                f"Its field is not unique: {count.keys:,} distinct of {count.rows:,} in this chunk. Map another field "
                f"to {key}, or the feature's own number: --map {key}=fid."
            )
        raise DuplicateFeature(
            f"Feature {duplicate.n}: the key {key} = {duplicate.key!r} {place}. Nothing of its chunk was written. "
            f"{advice}",
            index=duplicate.n,
            key=duplicate.key,
            distinct=count.keys,
            features=count.rows,
        )

    async def _merge(
        self, connection: AsyncConnection, rank: int, span: tuple[int, int], fates: dict[int, FeatureOutcome]
    ) -> None:
        """Merge the rows of `span`; where the database refuses one, halve the span until that row stands alone."""
        savepoint = await connection.begin_nested()
        try:
            left = await self._statement(connection, {"rank": rank, "low": span[0], "high": span[1]})
        except DBAPIError as error:
            await savepoint.rollback()
            if not faults.of_a_row(error):
                raise
            if span[1] - span[0] == 1:
                fates[span[0]] = await self._refused(connection, span[0], error)
                return
            middle = sum(span) // 2
            await self._merge(connection, rank, (span[0], middle), fates)
            await self._merge(connection, rank, (middle, span[1]), fates)
        else:
            await savepoint.commit()
            fates.update((row.n, self._left(row)) for row in left)

    async def _statement(self, connection: AsyncConnection, terms: dict[str, int]) -> Sequence[AnyRow]:
        if self._on_duplicate is OnDuplicate.ERROR:
            await connection.execute(self._staging.append(), terms)
            return ()
        merge = self._staging.keep() if self._on_duplicate is OnDuplicate.SKIP else self._staging.change()
        left: Sequence[AnyRow] = (await connection.execute(merge, terms)).all()
        return left

    def _left(self, row: AnyRow) -> FeatureOutcome:
        """A row that was not inserted: changed, unchanged, or left out because its key is there."""
        if row.changed:
            action, code, why = Action.UPDATED, Reason.UPDATED, "The row of this key was changed."
        elif self._on_duplicate is OnDuplicate.UPDATE:
            action, code, why = Action.SKIPPED, Reason.UNCHANGED, "The row of this key is the same already."
        else:
            action, code, why = Action.SKIPPED, Reason.DUPLICATE_FEATURE, "The key is there already."
        return FeatureOutcome(row.n, row.key, action, code, why, place(row))

    async def _refused(self, connection: AsyncConnection, index: int, error: DBAPIError) -> FeatureOutcome:
        row = (await connection.execute(self._staging.one(), {"n": index})).one()
        why = faults.refusal(error)
        return FeatureOutcome(index, row.key, Action.REJECTED, Reason.REFUSED, why, place(row))


async def copy_in(
    connection: AsyncConnection,
    table: str,
    columns: Sequence[str],
    source: AsyncIterator[bytes] | IO[bytes],
    form: str = "text",
) -> int:
    """Copy `source` into a table; the number of rows that were copied."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    done: str = await driver.copy_to_table(table, columns=list(columns), source=source, format=form)
    return int(done.removeprefix("COPY "))


async def _pieces(texts: Iterable[pa.Buffer]) -> AsyncIterator[bytes]:
    for text in texts:
        for start in range(0, text.size, _PIECE):
            yield text.slice(start, min(_PIECE, text.size - start)).to_pybytes()


def place(row: AnyRow) -> Position | None:
    """The position x, y of a row, if it has one."""
    return None if row.x is None else (round(row.x, 7), round(row.y, 7))


def _settle(chunk: Chunk, fates: dict[int, FeatureOutcome]) -> list[FeatureOutcome]:
    """Put together what preparation and database say of each feature, in the order of the source."""
    outcomes = {outcome.index: outcome for batch in chunk.batches for outcome in batch.left_out}
    marked = {outcome.index: outcome for batch in chunk.batches for outcome in batch.marked}
    for index, fate in fates.items():
        mark = marked.pop(index, None)
        if mark is None or fate.action in {Action.SKIPPED, Action.REJECTED}:
            outcomes[index] = fate
        else:
            outcomes[index] = replace(mark, action=mark.action if mark.action is Action.REPAIRED else fate.action)
    return [outcome for _, outcome in sorted((outcomes | marked).items())]
