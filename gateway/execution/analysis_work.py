"""The work on one analysis that is a job; enters its row, leaves the features of its result in the database.

The engine may be a replica, so rows come here by a cursor, some at a time, and go to the database in one transaction,
of which the end of the job is a part: a result is there whole or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.admission.claims import own
from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.execution.analysis_jobs import require_scopes
from gateway.execution.analyzing import Analyst
from gateway.identity import Access, Backends
from gateway.identity.principal import ANONYMOUS, Principal, Scope
from gateway.query.analysis_asked import Asked
from gateway.query.analysis_results import features
from gateway.settings import Settings
from gateway.sql import analysis_jobs as sql
from gateway.sql import analysis_results as results
from gateway.sql.analysis_jobs import Attempt
from gateway.sql.statement import Statement, compiled
from gateway.telemetry import tracing

JOBS: Final = "analysis_jobs"  # the pool of the engine, whose statements may take as long as a job
KEEPING: Final = "keeping"  # the pool of what is written
_ROWS: Final = 200  # that are fetched and written at a time: of clusters each may have 100,000 ids


@dataclass(slots=True)
class Progress:
    """How far a job is."""

    phase: str = "counting"
    rows: int | None = None
    vertices: int | None = None
    seconds: float | None = None
    written: int = 0

    @property
    def counts(self) -> Mapping[str, object]:
        """Its numbers; those of when it was asked for stand until it is counted again."""
        told = {name: getattr(self, name) for name in ("rows", "vertices", "seconds", "written")}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def values(self) -> Mapping[str, object]:
        """What is kept of it while it runs."""
        return {"phase": self.phase, **self.counts}


class Work:
    """Does the work of jobs, one call each."""

    _engine: Database
    _database: Database

    def __init__(self, access: Access, backends: Backends, settings: Settings) -> None:
        self._access = access
        self._backends = backends
        self._settings = settings.analytics
        self._limits = settings.limits
        self._least_group = settings.auth.least_group
        self._analyst = Analyst(settings.analytics, JOBS)

    def open(self, databases: Mapping[str, Database], draining: Callable[[], bool]) -> None:
        """Take the pools."""
        self._engine, self._database = databases[JOBS], databases[KEEPING]
        self._analyst.open(databases, draining)

    async def run(self, row: AnyRow, attempt: Attempt, progress: Progress) -> None:
        """Work on a job to its end. Raises TimeoutError, and what refuses or fails it."""
        async with asyncio.timeout(self._settings.job_seconds):
            asked = Asked.read(row.layer, row.method, row.asked, self._limits)
            layers = self._access.seen_by(await self._principal(row), frozenset())
            analysis = asked.parse(layers, self._limits, self._least_group)
            limits = self._settings.of_jobs
            counted = await self._analyst.count(analysis, asked.method, asked.given, own(), limits)
            progress.rows, progress.vertices = round(counted.extent.rows), round(counted.extent.vertices)
            progress.phase, progress.seconds = "analysing", counted.time / 1e6
            statement = compiled(counted.answer(analysis)) if progress.rows else None
            await self._keep(asked.method, statement, attempt, progress)

    async def _principal(self, row: AnyRow) -> Principal:
        """Who asked, with what is still granted. Raises AccessError where the credential holds no longer."""
        if row.identity is None and row.principal == ANONYMOUS:
            principal = self._backends.anonymous
        else:
            signed = Principal(row.principal, frozenset(map(Scope, row.scopes)), identity=row.identity)
            principal = await self._backends.confirm(signed, self._database)
        require_scopes(principal)
        return principal

    async def _keep(self, method: str, statement: Statement | None, attempt: Attempt, progress: Progress) -> None:
        """Pass the rows of the answer on to the database, and end the job with the last of them."""
        async with _chunks(self._engine, statement) as chunks:
            with tracing.statement():
                if statement is not None:
                    tracing.sent(statement.text)
                first = await anext(chunks, None)  # before the transaction begins: it may take minutes
            progress.phase = "writing"
            with tracing.span("write"), faults.classified():
                async with self._database.engine.begin() as connection:
                    await connection.execute(results.PATIENT)
                    if first is not None:
                        await self._write(connection, method, first, attempt, progress)
                        async for rows in chunks:
                            await self._write(connection, method, rows, attempt, progress)
                    ended = sql.end(attempt, "complete", self._settings.keep_seconds, progress.counts)
                    if not (await connection.execute(ended)).all():
                        await connection.rollback()

    async def _write(
        self, connection: AsyncConnection, method: str, rows: Sequence[Any], attempt: Attempt, progress: Progress
    ) -> None:
        made = list(features(method, rows, progress.written + 1))
        await connection.execute(results.ADD, results.added(attempt.id, made))
        progress.written += len(made)


@asynccontextmanager
async def _chunks(database: Database, statement: Statement | None) -> AsyncIterator[AsyncIterator[Sequence[Any]]]:
    """The rows of a statement, some at a time, as asyncpg gives them."""
    if statement is None:
        yield _none()
        return
    with faults.classified():
        async with database.autocommit.connect() as connection:
            behind = (await connection.get_raw_connection()).driver_connection
            try:
                yield _fetched(behind, statement)
            except BaseException:
                # Its statement may still run; asyncpg has asked for its end.
                await connection.invalidate()
                raise


async def _fetched(behind: Any, statement: Statement) -> AsyncIterator[Sequence[Any]]:
    # Not by asyncpg's own block, whose end would wait for a statement that was cancelled.
    await behind.execute("BEGIN READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0")
    cursor = await behind.cursor(statement.text, *statement.bind(()))
    while rows := await cursor.fetch(_ROWS):
        yield rows
    await behind.execute("COMMIT")


async def _none() -> AsyncIterator[Sequence[Any]]:
    return
    yield
