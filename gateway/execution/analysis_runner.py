"""Runs the analyses that wait, on any host; enters the table of jobs, leaves each of them at its end.

A process takes a job when it has a slot, works on it in a task, and tells once a second how far it is, by which it also
learns that the job was cancelled. One that ends with its process is begun again by another.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Final
from uuid import uuid4

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError

from gateway import errors, telemetry
from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.execution.analysis_work import KEEPING, Progress, Work
from gateway.identity import Access, Backends
from gateway.ingest.bulk.guard import Guard
from gateway.settings import Settings
from gateway.sql import analysis_jobs as sql
from gateway.sql.analysis_jobs import Attempt
from gateway.telemetry import tracing

_PAUSE: Final = 10.0  # seconds between two looks at the table
_TICK: Final = 1.0  # the same between two notes of how far a job is
# Of the pool of what is written: a job writes rows and notes; the process holds its lock and looks around.
CONNECTIONS_OF_JOB: Final = 2
CONNECTIONS_BESIDES: Final = 2


class AnalysisRunner:
    """Runs jobs from `open` to `close`."""

    _database: Database
    _guard: Guard
    _draining: Callable[[], bool]

    def __init__(
        self, access: Access, backends: Backends, settings: Settings, peers: "list[AnalysisRunner] | None" = None
    ) -> None:
        """`peers` are the runners of all jurisdictions of a server, which have as many jobs together as one may."""
        self._peers = [] if peers is None else peers
        self._settings = settings.analytics
        self._work = Work(access, backends, settings)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closing = False

    def open(self, databases: Mapping[str, Database], draining: Callable[[], bool]) -> None:
        """Begin to look for jobs; `draining` says that the process is on its way out."""
        self._database, self._draining = databases[KEEPING], draining
        self._guard = Guard(self._database.engine)
        self._work.open(databases, draining)
        self._closing = False
        self._peers.append(self)
        self._looking = asyncio.create_task(self._look_on(), context=Context())

    def wake(self) -> None:
        """Look at once: a job was added."""
        self._wake.set()

    async def close(self) -> None:
        """Stop; another process, or the next one, begins the jobs at work again."""
        self._closing = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        while self._tasks:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.wait(self._tasks.values())
        await self._guard.close()
        self._peers.remove(self)

    async def _look_on(self) -> None:
        while True:
            try:
                await self._look()
            except (errors.GatewayError, DBAPIError, OSError) as error:
                if not self._database.outage.away:  # which has a line of its own in the log
                    telemetry.log.warning("analyses not looked for", reason=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._wake.wait()
            self._wake.clear()

    async def _look(self) -> None:
        """Delete what has expired, and take as many jobs as there are slots for."""
        await self._guard.look(needed=bool(self._tasks))
        if (await self._pending()).expired:
            await self._send(sql.sweep())
        while self._running < self._settings.job_concurrency and not (self._closing or self._draining()):
            if not (await self._pending()).open:
                return
            await self._guard.ready()
            number, mine = self._guard.number, list(self._tasks)
            await self._send(sql.give_up(number, mine, self._settings.keep_seconds))
            rows = await self._fetch(sql.begin(number, mine))
            if not rows:
                return
            self._start(rows[0])

    @property
    def _running(self) -> int:
        return sum(len(each._tasks) for each in self._peers)  # noqa: SLF001 - they are of one kind

    def _start(self, row: AnyRow) -> None:
        # A context of its own: what a request binds to its lines of the log is not the job's.
        task = asyncio.create_task(self._run(row), context=Context())
        self._tasks[row.id] = task
        task.add_done_callback(lambda _: self._ended(row.id))

    def _ended(self, job: str) -> None:
        self._tasks.pop(job, None)
        self._wake.set()

    async def _run(self, row: AnyRow) -> None:
        about = {"id": row.id, "layer": row.layer, "method": row.method, "attempt": row.attempts}
        with tracing.job("analysis", **about):
            await self._attempt(row)

    async def _attempt(self, row: AnyRow) -> None:
        attempt, progress = Attempt(row.id, row.runner, row.attempts), Progress()
        work = asyncio.create_task(self._work.run(row, attempt, progress))
        try:
            await self._watch(work, attempt, progress)
            await self._conclude(work, attempt)
        except asyncio.CancelledError:
            await _stop(work)
            with suppress(errors.GatewayError, DBAPIError, OSError):
                await self._send(sql.let_go(attempt))
        except (errors.GatewayError, DBAPIError, OSError) as error:
            telemetry.log.warning("analysis left for later", job=row.id, reason=type(error).__name__)
        finally:
            await _stop(work)

    async def _watch(self, work: "asyncio.Task[None]", attempt: Attempt, progress: Progress) -> None:
        """Tell how far the work is until it ends; end it once it is no longer wanted."""
        while not (await asyncio.wait({work}, timeout=_TICK))[0]:
            if not await self._fetch(sql.note(attempt, progress.values)):
                await _stop(work)

    async def _conclude(self, work: "asyncio.Task[None]", attempt: Attempt) -> None:
        """Keep why the work failed; what went well has said so with its last row."""
        if work.cancelled() or (failure := work.exception()) is None:
            tracing.job_ended("cancelled" if work.cancelled() else "complete")
            return
        known = failure if isinstance(failure, errors.GatewayError) else None
        if isinstance(failure, TimeoutError):
            seconds = self._settings.job_seconds
            known = errors.Timeout(f"The analysis took longer than {seconds:g} s. Filter for fewer rows.")
        if isinstance(known, errors.Unavailable):
            await self._send(sql.let_go(attempt))
            return
        if known is None:
            identity = uuid4().hex
            telemetry.log.error("unforeseen", error_id=identity, job=attempt.id, exc_info=failure)
            known = errors.Internal(f"Something went wrong here. Give the operator the id {identity}.")
        values = {"error_code": known.code, "error_message": known.message}
        await self._send(sql.end(attempt, "failed", self._settings.keep_seconds, values))
        tracing.job_ended("failed", known.code)

    async def _pending(self) -> AnyRow:
        """Whether there is something to do: read without a commit, every few seconds."""
        with faults.classified():
            async with self._database.engine.connect() as connection:
                return (await connection.execute(sql.pending())).one()

    async def _fetch(self, statement: Executable) -> Sequence[AnyRow]:
        with faults.classified():
            async with self._database.engine.begin() as connection:
                return (await connection.execute(statement)).all()

    async def _send(self, statement: Executable) -> None:
        with faults.classified():
            async with self._database.engine.begin() as connection:
                await connection.execute(statement)


async def _stop(work: "asyncio.Task[None]") -> None:
    """End the work, and wait until it has."""
    work.cancel()
    await asyncio.wait({work})
