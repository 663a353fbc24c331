"""The way of an ingest: source -> preparation -> writing; enters a file and a layer, leaves a report.

Reading and preparing run in one thread, writing in the event loop, so the database works while the next chunk is made.
A large source for an empty layer, which nobody can be reading, is written two chunks at a time. Memory is that of four
chunks at most, whatever the size of the source.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import DDL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.db import faults
from gateway.db.engine import create_engine
from gateway.errors import GatewayError, SourceError
from gateway.ingest import choosing, geometry, mapping, missing, preview, resuming, runs
from gateway.ingest.catching_up import catch_up
from gateway.ingest.geometry import GeometryTarget
from gateway.ingest.lanes import Write, in_order
from gateway.ingest.options import IngestOptions, OnMissing, Start
from gateway.ingest.prepare import PreparedBatch, Preparer
from gateway.ingest.repair import Repairer
from gateway.ingest.report import Counts, FeatureOutcome, Listener, Report, Silent
from gateway.ingest.source import FileSource
from gateway.ingest.write import Chunk, ChunkWriter
from gateway.layers import Layer
from gateway.settings import DatabaseSettings
from gateway.sources.batches import Description, Source
from gateway.sql import rebuilding
from gateway.sql.ingest import Staging, unread

# A chunk of large geometries ends before it has its number of features.
_CHUNK_BYTES = 64 * 2**20
# From so many features on, a source is worth a second connection.
_LARGE = 50_000
_FEW = 1_000


async def ingest(
    target: AsyncEngine | str,
    layer: Layer,
    source: Source | Path | str,
    options: IngestOptions | None = None,
    listener: Listener | None = None,
) -> Report:
    """Load `source` into `layer` of the database `target` (an engine, or a URL of SQLAlchemy).

    Raises SourceError (and BadMapping, DuplicateFeature) for a source that can't be loaded, Locked while another ingest
    into the layer runs. Chunks that were committed before the error stay, and the same call goes on after them.
    """
    mapping.check_loadable(layer)
    chosen = options or IngestOptions()
    opened = source if not isinstance(source, str | Path) else await asyncio.to_thread(_opened, source, chosen)
    description = await asyncio.to_thread(lambda: opened.description)
    job = _job(layer, opened, description, chosen)
    async with _engine(target) as engine:
        with faults.classified():
            async with runs.alone(engine, layer):
                return await _run(engine, job, listener or Silent())


def _opened(source: Path | str, options: IngestOptions) -> FileSource:
    return FileSource(source, encoding=options.encoding)


@dataclass(frozen=True)
class _Job:
    layer: Layer
    source: Source
    description: Description
    options: IngestOptions
    preparer: Preparer
    writer: ChunkWriter
    chosen: choosing.Chosen


def _job(layer: Layer, source: Source, description: Description, options: IngestOptions) -> _Job:
    """Check all that can be checked before anything is read."""
    chosen = choosing.choose(layer, description, options)
    plan = chosen.plan
    to_wgs84 = geometry.transformer(preview.crs(description, options))
    repairer = Repairer(options.repair_seconds, options.repair_tolerance)
    preparer = Preparer(plan, GeometryTarget.of(layer), to_wgs84, options, repairer)
    writer = ChunkWriter(layer, Staging(layer, plan.columns), options)
    return _Job(layer, source, description, options, preparer, writer, chosen)


@asynccontextmanager
async def _engine(target: AsyncEngine | str) -> AsyncIterator[AsyncEngine]:
    if isinstance(target, AsyncEngine):
        yield target
        return
    engine = create_engine(DatabaseSettings(), target, timeout_ms=0)
    try:
        yield engine
    finally:
        await engine.dispose()


async def _run(engine: AsyncEngine, job: _Job, listener: Listener) -> Report:
    started = time.monotonic()
    report = Report(job.layer.name, job.description.name, dry_run=job.options.dry_run)
    async with engine.connect() as connection:
        seen = await preview.preview(connection, job.layer, job.source, job.options)
        public = await choosing.disclosed(connection, job.layer, job.chosen)
    report.about, report.warnings = (*seen.lines, *public), seen.warnings
    if job.options.dry_run:
        await _rehearse(engine, job, report, listener)
    else:
        await _perform(engine, job, report, listener)
    report.seconds = time.monotonic() - started
    return report


async def _perform(engine: AsyncEngine, job: _Job, report: Report, listener: Listener) -> None:
    run = await _begin(engine, job, report)
    report.run_id, report.resumed_at = run.id, run.features
    await listener.begun(report, job.description.features)
    await choosing.hide(engine, job.layer, job.chosen.hide)  # before there is a row
    async for earlier in runs.finished(engine, run):
        await _account(report, earlier, listener)
    try:
        async with (
            aclosing(_chunks(job, run.features, report)) as chunks,
            aclosing(in_order(chunks, _write(engine, job, run), await _at_once(engine, job, run))) as done,
        ):
            async for chunk in done:
                await _account(report, chunk, listener)
        await _compare(engine, job, run, report, listener)
    except GatewayError as error:
        await runs.end(engine, run.id, f"{error.code}: {error.message}")
        raise
    await _analyze(engine, job.layer)
    await runs.end(engine, run.id, None)
    try:
        await catch_up(engine, job.layer)
    except GatewayError as error:  # the rows are there, and what is related to them is computed at read
        report.notes[f"manage.py relations --rebuild is to be run: {error.message}"] += 1


async def _compare(engine: AsyncEngine, job: _Job, run: runs.Run, report: Report, listener: Listener) -> None:
    """Look for rows that the source lacks, where that is asked for; their account is a chunk without features."""
    if job.options.missing is OnMissing.KEEP:
        return
    async with engine.connect() as connection, connection.begin():
        lacked = runs.Finished(Counts(), await _missing(connection, job), Counter())
        await runs.append(connection, run, lacked)
    await _account(report, lacked, listener)


async def _missing(connection: AsyncConnection, job: _Job) -> Sequence[FeatureOutcome]:
    return await missing.settle(connection, job.layer, job.source, job.preparer, job.options)


async def _begin(engine: AsyncEngine, job: _Job, report: Report) -> runs.Run:
    """The run to go on with, if what it wrote is there; else a new one."""
    begin = partial(runs.begin, engine, job.layer, job.description.name, await _identity(job))
    run = await begin(job.options)
    if await resuming.stands(engine, job.layer, run, job.source, job.preparer):
        return run
    gone = f"the rows of its unfinished run {run.id} are not in {job.layer.name} any more"
    if job.options.start is Start.RESUME:
        raise SourceError(f"{job.description.name} can't be gone on with: {gone}. Begin again with --restart.")
    report.notes[f"begun at the first feature, since {gone}"] += 1
    return await begin(replace(job.options, start=Start.RESTART))


def _write(engine: AsyncEngine, job: _Job, run: runs.Run) -> Write:
    numbers = itertools.count(run.chunks)
    # Few rows have their relations at once. Two chunks that are written at a time must not wait for each other's.
    few = (job.description.features or _LARGE) < _FEW

    async def write(chunk: Chunk, turn: Callable[[], Awaitable[None]]) -> runs.Finished:
        place = (run.id, next(numbers), chunk.first)
        async with engine.connect() as connection, connection.begin():
            if not few:
                await connection.execute(rebuilding.LATER)
            done = await job.writer.write(connection, chunk)
            await runs.record(connection, place, done, chunk.checksum())
            await turn()
        return done

    return write


async def _at_once(engine: AsyncEngine, job: _Job, run: runs.Run) -> int:
    """How many chunks to write at a time: two would take from readers of the layer, where it can have any."""
    if run.features or (job.description.features or 0) < _LARGE:
        return 1
    async with engine.connect() as connection:
        return 2 if (await connection.execute(unread(job.layer))).scalar_one() else 1


async def _identity(job: _Job) -> str:
    return runs.identity(job.layer, await asyncio.to_thread(job.source.fingerprint), job.options)


async def _analyze(engine: AsyncEngine, layer: Layer) -> None:
    """Let the planner know the new rows, so that the first queries use the indexes."""
    table = layer.model.__table__
    statement = DDL("ANALYZE %(fullname)s")  # type: ignore[no-untyped-call]
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(statement.against(table))


async def _rehearse(engine: AsyncEngine, job: _Job, report: Report, listener: Listener) -> None:
    """All of it in one transaction that is rolled back, so that each chunk sees those before."""
    run, number = None, 0
    if job.options.account:
        run = await runs.rehearse(engine, job.layer, job.description.name, await _identity(job), job.options)
        report.run_id = run.id
    await listener.begun(report, job.description.features)
    async with engine.connect() as connection, _rolled_back(connection), aclosing(_chunks(job, 0, report)) as chunks:
        await connection.execute(rebuilding.LATER)
        async for chunk in chunks:
            done = await job.writer.write(connection, chunk)
            if run is not None:
                async with engine.begin() as apart:
                    await runs.record(apart, (run.id, number, chunk.first), done, chunk.checksum())
            number += 1
            await _account(report, done, listener)
        if job.options.missing is not OnMissing.KEEP:
            lacked = runs.Finished(Counts(), await _missing(connection, job), Counter())
            if run is not None:
                async with engine.begin() as apart:
                    await runs.append(apart, run, lacked)
            await _account(report, lacked, listener)
    if run is not None:
        await runs.end(engine, run.id, None)


@asynccontextmanager
async def _rolled_back(connection: AsyncConnection) -> AsyncIterator[None]:
    transaction = await connection.begin()
    try:
        yield
    finally:
        await transaction.rollback()


async def _account(report: Report, chunk: runs.Finished, listener: Listener) -> None:
    report.add(chunk.counts, chunk.outcomes)
    report.notes.update(chunk.notes)
    await listener.chunk(report, chunk.outcomes)


async def _chunks(job: _Job, first: int, report: Report) -> AsyncGenerator[Chunk, None]:
    """Chunks from a thread of their own; the next one is made while the caller writes the last."""
    remarks: set[str] = set()
    made = _cut(job, first, remarks)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "ingest") as thread, job.preparer.repairer:
        following = loop.run_in_executor(thread, next, made, None)
        try:
            while (chunk := await following) is not None:
                following = loop.run_in_executor(thread, next, made, None)
                yield chunk
        finally:
            # Where the caller stops early the thread is still at work, and its source must be closed there.
            await loop.run_in_executor(thread, made.close)
            if following.done() and not following.cancelled():
                following.exception()  # seen, though nobody waits for that chunk any more
            report.notes.update(remarks)


def _cut(job: _Job, first: int, remarks: set[str]) -> Generator[Chunk, None, None]:
    """Gather prepared batches into chunks of at most `options.chunk` features."""
    most = job.options.chunk
    seen: Counter[str] = Counter()
    gathered: list[PreparedBatch] = []
    rows = size = 0
    for batch in job.source.batches(first, most, remarks):
        if gathered and (rows + batch.rows > most or size > _CHUNK_BYTES):
            yield Chunk(tuple(gathered))
            seen, gathered, rows, size = Counter(), [], 0, 0
        gathered.append(job.preparer.batch(batch, seen))
        if not batch.first:  # notes on the whole source are kept with its first chunk
            gathered[-1].notes.update([*job.description.notes, *job.preparer.plan.notes])
        rows += batch.rows
        size += gathered[-1].lines.nbytes
    if gathered:
        yield Chunk(tuple(gathered))
