"""The accounts of runs in the database; enters what a run is, leaves where to go on, and keeps each chunk.

A chunk's account is written in the transaction of its rows: either both are there or neither.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import ColumnElement, Integer, Text, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.db.transactions import NOBODY, Author
from gateway.errors import Locked, SourceError
from gateway.ingest.options import IngestOptions, OnDuplicate, Start
from gateway.ingest.report import Counts, FeatureOutcome
from gateway.layers import Layer
from gateway.models import IngestChunk, IngestRun

_RUNS = IngestRun.__table__
_CHUNKS = IngestChunk.__table__
# The first of the two numbers of an advisory lock: one ingest at a time, and its chunks.
WHOLE, _CHUNK = 0x1A6E57, 0x1A6E58
_PATIENCE_S = 5


@dataclass(frozen=True)
class Run:
    """A run that is under way, and how far it has come."""

    id: int
    chunks: int = 0
    features: int = 0


@dataclass(frozen=True)
class Finished:
    """A chunk that an earlier attempt committed."""

    counts: Counts
    outcomes: Sequence[FeatureOutcome]
    notes: Counter[str]


def identity(layer: Layer, fingerprint: str, options: IngestOptions) -> str:
    """A digest that is equal where a run may go on: same layer, same content, same options."""
    text = orjson.dumps([layer.name, fingerprint, dict(options.identity)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def continues(before: OnDuplicate, now: OnDuplicate) -> bool:
    """Whether the rows written so far are those that the options of now would have written.

    A chunk committed under `error` had no duplicate, so `skip` and `update` would have written the same.
    """
    return before is now or before is OnDuplicate.ERROR


def _lock_of(layer: Layer) -> ColumnElement[int]:
    """The second number: of the layer, and of the jurisdiction where it is one."""
    own = func.coalesce(func.hashtext(cast(func.nullif(func.current_schema(), "public"), Text)), 0)
    return cast(zlib.crc32(layer.name.encode()) - 2**31, Integer).bitwise_xor(own)


@asynccontextmanager
async def alone(engine: AsyncEngine, layer: Layer) -> AsyncIterator[None]:
    """Hold the layer for one ingest; raise Locked if another one holds it.

    The lock lasts as long as a transaction that does nothing else, so it also works behind a pooler and ends with us.
    """
    async with engine.connect() as guard, guard.begin():
        await guard.execute(select(func.set_config("idle_in_transaction_session_timeout", "0", True)))
        await hold(guard, layer)
        yield


async def hold(connection: AsyncConnection, layer: Layer) -> None:
    """Hold the layer until the transaction of `connection` ends; raise Locked if an ingest holds it."""
    await connection.execute(select(func.set_config("lock_timeout", f"{_PATIENCE_S}s", True)))
    # A killed ingest holds its lock for the moment that PostgreSQL takes to notice: hence no try-lock.
    try:
        await connection.execute(select(func.pg_advisory_xact_lock(WHOLE, _lock_of(layer))))
    except Exception as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) != "55P03":
            raise
        raise Locked(f"Another ingest into {layer.name} is running. Wait until it ends, or stop it.") from error


async def hold_chunk(
    connection: AsyncConnection, layer: Layer, author: Author = NOBODY, *, alone: bool = False
) -> None:
    """Hold a chunk of the layer; `alone` waits for those of an ingest that was killed, which may still be ending."""
    patience = {"lock_timeout": "60s", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    settings = {**patience, **author.settings}
    await connection.execute(select(*(func.set_config(name, value, True) for name, value in settings.items())))
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    await connection.execute(select(lock(_CHUNK, _lock_of(layer))))


async def begin(engine: AsyncEngine, layer: Layer, source: str, digest: str, options: IngestOptions) -> Run:
    """Find the run to go on with, or begin one."""
    async with engine.begin() as connection:
        await hold_chunk(connection, layer, alone=True)
        last = (
            await connection.execute(
                select(_RUNS.c.id, _RUNS.c.on_duplicate)
                .where(_RUNS.c.identity == digest, _RUNS.c.state.in_(("running", "failed")))
                .order_by(_RUNS.c.id.desc())
                .limit(1)
            )
        ).first()
        fits = last is not None and continues(OnDuplicate(last.on_duplicate), options.on_duplicate)
        if last is not None and fits and options.start is not Start.RESTART:
            return await _resume(connection, last.id, options)
        if options.start is Start.RESUME:
            raise SourceError(
                f"There is no unfinished ingest of {source} into {layer.name} with these options. "
                "Leave --resume away to begin one."
            )
        return await _create(connection, layer, source, digest, options)


async def rehearse(engine: AsyncEngine, layer: Layer, source: str, digest: str, options: IngestOptions) -> Run:
    """Begin the account of a dry run, which nothing can go on with."""
    async with engine.begin() as connection:
        return await _create(connection, layer, source, f"rehearsal of {digest}", options)


async def _resume(connection: AsyncConnection, run_id: int, options: IngestOptions) -> Run:
    values = {"state": "running", "error": None, "finished_at": None, "on_duplicate": options.on_duplicate.value}
    await connection.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(values))
    chunks, features = (
        await connection.execute(
            select(func.count(), func.coalesce(func.sum(_CHUNKS.c.read), 0)).where(_CHUNKS.c.run_id == run_id)
        )
    ).one()
    return Run(run_id, int(chunks), int(features))


async def _create(connection: AsyncConnection, layer: Layer, source: str, digest: str, options: IngestOptions) -> Run:
    await connection.execute(
        update(_RUNS)
        .where(_RUNS.c.identity == digest, _RUNS.c.state.in_(("running", "failed")))
        .values(state="abandoned", finished_at=func.now())
    )
    values = {
        "layer": layer.name,
        "source": source,
        "identity": digest,
        "on_duplicate": options.on_duplicate.value,
        "state": "running",
    }
    return Run(int((await connection.execute(_RUNS.insert().values(values).returning(_RUNS.c.id))).scalar_one()))


async def finished(engine: AsyncEngine, run: Run) -> AsyncIterator[Finished]:
    """The chunks that earlier attempts committed, in order, one at a time."""
    for number in range(run.chunks):
        yield (await _chunk(engine, run, number))[1]


async def last(engine: AsyncEngine, run: Run) -> tuple[int, Finished]:
    """The last chunk that earlier attempts committed, with the index of its first feature."""
    return await _chunk(engine, run, run.chunks - 1)


async def _chunk(engine: AsyncEngine, run: Run, number: int) -> tuple[int, Finished]:
    async with engine.connect() as connection:
        row = (
            await connection.execute(select(_CHUNKS).where(_CHUNKS.c.run_id == run.id, _CHUNKS.c.number == number))
        ).one()
    counts = Counts(row.inserted, row.updated, row.repaired, row.skipped, row.rejected)
    return row.first, Finished(counts, [FeatureOutcome.from_json(line) for line in row.outcomes], Counter(row.notes))


async def record(
    connection: AsyncConnection,
    place: tuple[int, int, int],
    chunk: Finished,
    checksum: str,
) -> None:
    """Write the account of a chunk; `place` is its run, its number and the index of its first feature."""
    run_id, number, first = place
    await connection.execute(
        _CHUNKS.insert().values(
            run_id=run_id,
            number=number,
            first=first,
            read=chunk.counts.read,
            **asdict(chunk.counts),
            checksum=checksum,
            outcomes=[outcome.as_json() for outcome in chunk.outcomes],
            notes=dict(chunk.notes),
        )
    )


async def append(connection: AsyncConnection, run: Run, account: Finished) -> None:
    """Append an account without features to those of all chunks; writes nothing if the account is empty."""
    if not account.outcomes:
        return
    written = select(func.count(), func.coalesce(func.sum(_CHUNKS.c.read), 0)).where(_CHUNKS.c.run_id == run.id)
    number, read = (await connection.execute(written)).one()
    await record(connection, (run.id, int(number), int(read)), account, hashlib.sha256().hexdigest())


async def end(engine: AsyncEngine, run_id: int, error: str | None) -> None:
    """Close the run: complete, or failed with its reason."""
    async with engine.begin() as connection:
        await connection.execute(
            update(_RUNS)
            .where(_RUNS.c.id == run_id)
            .values(state="failed" if error else "complete", error=error, finished_at=func.now())
        )
