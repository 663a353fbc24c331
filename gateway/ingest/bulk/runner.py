"""The jobs of one process; enters jobs, leaves each of them at its end, or for another process to take up.

A task each: one at a time for a layer, and so many at once. At its start and now and then the process looks through
the bodies that lie here, for jobs of processes that ended and for files that nobody needs any more.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import errors, telemetry
from gateway.db import faults
from gateway.db.outages import Outage
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.ingest.bulk.formats import FORMATS
from gateway.ingest.bulk.guard import Guard, gone
from gateway.ingest.bulk.spool import Spool
from gateway.ingest.bulk.work import Cancelled, Stopped, Watch, message_of, work
from gateway.layers import Layers
from gateway.settings import Settings
from gateway.sql import jobs
from gateway.telemetry import tracing

_PAUSE: Final = 30.0  # seconds between two looks at the bodies that lie here
_OFTEN: Final = 5.0  # the same while it has jobs
_SOON: Final = 1.0  # the same while another process has one of their jobs, or the database is away
# A job holds its layer, writes two chunks and keeps how far it is; the process holds its lock and looks around.
CONNECTIONS_OF_JOB: Final = 4
CONNECTIONS_BESIDES: Final = 2


class Runner:
    """Runs jobs from `open` to `close`; `guard` and the pool are there in between."""

    guard: Guard
    _engine: AsyncEngine
    _outage: Outage
    _draining: Callable[[], bool]

    def __init__(self, layers: Layers, settings: Settings, slots: asyncio.Semaphore | None = None) -> None:
        """`slots` are those of all jurisdictions of a server."""
        self._directory = settings.bulk.directory or settings.data_dir / "tmp" / "bulk"
        self._spool: Spool | None = None
        self._layers = layers
        self._all = settings
        self._settings = settings.bulk
        self._closing = False
        self._receiving = 0
        self._slots = slots or asyncio.Semaphore(settings.bulk.concurrency)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._at_work: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def open(self, databases: Mapping[str, Database], draining: Callable[[], bool]) -> None:
        """Begin to look for jobs to take up; `draining` says that the process is on its way out."""
        database = databases["bulk"]
        self.guard = Guard(database.engine)
        self._engine = database.engine
        self._outage = database.outage
        self._draining = draining
        self._closing = False
        self._looking = asyncio.create_task(self._look_on(), context=Context())

    async def spool(self) -> Spool:
        """The bodies of this database, which lie apart from those of others: there their jobs are known, and not here.

        Raises Unavailable where the database is away for too long.
        """
        if self._spool is None:
            identity = await self._outage.patiently(lambda: self._scalar(jobs.database()))
            self._spool = Spool(self._directory / str(identity), self._all)
        return self._spool

    async def ready(self) -> None:
        """Take the lock by which others see that this process lives; raises Unavailable as `spool` does."""
        await self._outage.patiently(self.guard.ready)

    async def close(self) -> None:
        """Let the jobs at work end their chunk and stop; another process, or the next one, goes on with all of them."""
        self._closing = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        for job, task in self._tasks.items():
            if job not in self._at_work:
                task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks.values())
        await self.guard.close()

    def _stopping(self) -> bool:
        return self._closing or self._draining()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Receive a body in the block; raises BulkLimit where as many jobs and bodies are under way as may be."""
        if self._receiving + len(self._tasks) >= self._settings.waiting:
            most = self._settings.waiting
            message = f"{most} bulk loads wait or run already, as many as may at a time. Send it again later."
            raise errors.BulkLimit(message, limit=most)
        self._receiving += 1
        try:
            yield
        finally:
            self._receiving -= 1

    def start(self, job: str, layer: str) -> None:
        """Run a job of this process when its turn comes."""
        if job not in self._tasks and not self._closing:
            # A context of its own: what a request binds to its lines of the log is not the job's.
            task = asyncio.create_task(self._run(job, layer), context=Context())
            self._tasks[job] = task
            task.add_done_callback(lambda _: self._tasks.pop(job, None))

    async def wait(self, job: str, seconds: float) -> None:
        """Wait for the end of a job of this process, as long as that at most."""
        if (task := self._tasks.get(job)) is not None:
            await asyncio.wait({task}, timeout=seconds)

    async def _run(self, job: str, layer: str) -> None:
        try:
            await self.guard.ready()
            while not self._stopping() and await self._turn(job, layer):
                pass
        except asyncio.CancelledError:
            if not self._closing:
                raise
        except (errors.GatewayError, DBAPIError, OSError) as error:
            telemetry.log.warning("job left for later", job=job, reason=type(error).__name__)
            self._wake.set()

    async def _turn(self, job: str, layer: str) -> bool:
        """Do the job; true where it must wait on, because someone else loads into the layer."""
        async with self._turns[layer], self._slots:
            rows = await self._fetch(jobs.begin(job, self.guard.number))
            if not rows:
                return False
            self._at_work.add(job)
            about = {"id": job, "layer": layer, "format": rows[0].format, "attempt": rows[0].attempts}
            try:
                with tracing.job("bulk load", **about):
                    again = await self._attempt(rows[0])
            finally:
                self._at_work.discard(job)
        if again:
            await asyncio.sleep(_SOON)
        return again

    async def _attempt(self, row: AnyRow) -> bool:
        try:
            await self._work(row)
        except errors.Locked:
            await self._send(jobs.let_go(row.id, self.guard.number))
            return True
        except Stopped:
            await self._send(jobs.let_go(row.id, None))
        except Cancelled:
            await self._end(row, "cancelled")
        except errors.Unavailable:
            raise
        except errors.GatewayError as error:
            await self._end(row, "failed", error.code, message_of(error))
        except Exception as error:  # noqa: BLE001 - every job must come to an end that its owner sees
            identity = uuid4().hex
            telemetry.log.error("unforeseen", error_id=identity, job=row.id, exc_info=error)
            message = f"Something went wrong here, not in your file. Give the operator the id {identity}."
            await self._end(row, "failed", errors.Internal.code, message)
        else:
            await self._end(row, "complete")
            await asyncio.to_thread((await self.spool()).remove, row.id)
        return False

    async def _work(self, row: AnyRow) -> None:
        if row.layer not in self._layers.by_name or row.format not in FORMATS:
            raise errors.NotFound(f"There is no layer {row.layer} any more.")
        layer = self._layers[row.layer]
        file = (await self.spool()).file(row.id, row.layer, FORMATS[row.format])
        watch = Watch(row.id, self._scalar, self._stopping)
        await work(self._engine, layer, row, file, watch, settings=self._all.files)

    async def _end(self, row: AnyRow, state: str, code: str | None = None, message: str | None = None) -> None:
        await self._send(jobs.end(row.id, state, code, message))
        tracing.job_ended(state, code)
        (shown,) = await self._fetch(jobs.one(row.id, None, ()))
        counts = {name: getattr(shown, name) for name in jobs.COUNTS}
        told_of = {"job": row.id, "layer": row.layer, "state": state, "code": code, "bytes": row.bytes}
        telemetry.log.info("bulk", principal=row.principal, request_id=row.request_id, **told_of, **counts)

    async def _look_on(self) -> None:
        while True:
            try:
                pause = await self._look()
            except (errors.GatewayError, DBAPIError, OSError) as error:
                if not self._outage.away:  # which has a line of its own in the log
                    telemetry.log.warning("jobs not looked for", reason=type(error).__name__)
                pause = _OFTEN
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
                self._wake.clear()
                await asyncio.sleep(_SOON)

    async def _look(self) -> float:
        """Look once; the seconds until the next time."""
        await self.guard.look(needed=bool(self._tasks))
        pause = _OFTEN if self.guard.held else _PAUSE
        if not await asyncio.to_thread(self._directory.exists):
            return pause
        spool = await self.spool()
        names = set(await asyncio.to_thread(spool.names)) - self._tasks.keys()
        if not names:
            return pause
        ended = await gone(self._fetch)
        rows = await self._fetch(jobs.known(names, self.guard.number, ended))
        for name in names - {row.id for row in rows}:
            await self._clear(spool, name)
        for row in rows:
            if row.state in jobs.OPEN and not row.others:
                await self._adopt(row, ended)
            elif row.state == "complete" or self._old(row.finished_at):
                await asyncio.to_thread(spool.remove, row.id)
        return _SOON if any(row.others and row.state in jobs.OPEN for row in rows) else pause

    async def _adopt(self, row: AnyRow, ended: jobs.Gone) -> None:
        await self.guard.ready()
        taken = await self._fetch(jobs.adopt(row.id, self.guard.number, ended))
        if taken and taken[0].state == "waiting":
            telemetry.log.info("job taken up", job=row.id, layer=row.layer)
            self.start(row.id, row.layer)

    async def _clear(self, spool: Spool, name: str) -> None:
        """Remove what a process that was killed had begun to receive."""
        with spool.held(name) as alone:
            # A job is added while its body is still held: what is held here and no job then will never be one.
            if alone and not await self._fetch(jobs.known({name}, self.guard.number)):
                await asyncio.to_thread(spool.remove, name)

    def _old(self, finished_at: datetime | None) -> bool:
        kept = timedelta(seconds=self._settings.keep_seconds)
        return finished_at is not None and datetime.now(UTC) - finished_at > kept

    async def _fetch(self, statement: Executable) -> Sequence[AnyRow]:
        with faults.classified():
            async with self._engine.begin() as connection:
                return (await connection.execute(statement)).all()

    async def _scalar(self, statement: Executable) -> object:
        rows = await self._fetch(statement)
        return rows[0][0] if rows else None

    async def _send(self, statement: Executable) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement)
