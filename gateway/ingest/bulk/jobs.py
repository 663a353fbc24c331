"""Jobs as a request sees them; enters its session and principal, leaves the jobs that this principal may see.

A job is seen by its owner and by the scope admin; to others it is not there.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Executable

from gateway import errors
from gateway.db.reader import Reader
from gateway.db.rows import AnyRow
from gateway.geo.positions import JsonObject
from gateway.identity.principal import Principal, Scope
from gateway.ingest import IngestOptions
from gateway.ingest.bulk.formats import FORMATS, Format
from gateway.ingest.bulk.guard import gone
from gateway.ingest.bulk.options import stored
from gateway.ingest.bulk.runner import Runner
from gateway.ingest.bulk.spool import Upload
from gateway.models.declaration import camel
from gateway.sql import jobs
from gateway.telemetry import request_id

MOST: Final = 100
_DEED: Final = "A bulk load"
_COLUMNS: Final = frozenset(
    ("id", "layer", "state", "format", "bytes", "total", "principal", "created_at", "started_at", "finished_at")
)


@dataclass(frozen=True, slots=True)
class Job:
    """One bulk load; `state` is waiting, running, interrupted, complete, failed or cancelled."""

    id: str
    layer: str
    state: str
    format: str
    dry_run: bool
    bytes: int
    total: int | None
    counts: Mapping[str, int]
    notes: Sequence[str]
    error: Mapping[str, str] | None
    principal: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: AnyRow) -> "Job":
        """A job from its row."""
        failed = row.error_code is not None and row.state == "failed"
        return cls(
            **{name: getattr(row, name) for name in _COLUMNS},
            dry_run=row.options["dry_run"],
            counts={name: getattr(row, name) for name in jobs.COUNTS},
            notes=row.notes or (),
            error={"code": row.error_code, "message": row.error_message} if failed else None,
        )

    def as_json(self) -> Mapping[str, object]:
        """The job as `/jobs/{id}` answers it, with the names of GraphQL."""
        return {camel(field.name): getattr(self, field.name) for field in fields(self)}


class Jobs:
    """The jobs of one request; `session` is its session."""

    def __init__(self, session: Reader, principal: Principal, runner: Runner) -> None:
        session.pin()
        self._session = session
        self._principal = principal
        self._runner = runner
        self._resumed: list[Job] = []

    @property
    def _owner(self) -> str | None:
        """Whose jobs are seen; None for all."""
        return None if self._principal.may(Scope.ADMIN) else self._principal.owner

    async def get(self, job: str) -> Job | None:
        """The job, or None where there is none for this principal. Raises AccessError without the scope bulk."""
        self._principal.require(Scope.BULK, _DEED)
        return next(iter(await self._read(jobs.one(job, self._owner, await gone(self._session.rows)))), None)

    async def require(self, job: str) -> Job:
        """The job; raises NotFound where there is none for this principal."""
        visible = await self.get(job)
        if visible is None:
            raise errors.NotFound("There is no such job, or it is someone else's.", path=("id",))
        return visible

    async def newest(self, rows: int) -> Sequence[Job]:
        """The newest jobs, at most `rows` of them and MOST."""
        self._principal.require(Scope.BULK, _DEED)
        return await self._read(jobs.newest(self._owner, min(rows, MOST), await gone(self._session.rows)))

    async def _read(self, statement: Executable) -> Sequence[Job]:
        """Jobs as they are; who is told that one is complete finds its rows wherever they are read then."""
        jobs = [Job.of(row) for row in await self._session.rows(statement)]
        await self._session.writing.mark()
        return jobs

    async def report(self, job: Job) -> AsyncIterator[Sequence[JsonObject]]:
        """The features of a job that were not inserted as they were, chunk by chunk."""
        number = -1
        while rows := await self._session.rows(jobs.outcomes(job.id, number)):
            number = rows[0].number
            yield rows[0].outcomes

    async def add(self, job: str, upload: Upload, layer: str, form: Format, options: IngestOptions) -> None:
        """Make a job of a body that is there whole."""
        await self._runner.ready()
        values = {
            "id": job,
            "layer": layer,
            "principal": self._principal.name,
            "owner": self._principal.owner,
            "request_id": request_id(),
            "format": form.name,
            "options": stored(options),
            "bytes": upload.bytes,
            "digest": upload.digest,
            "state": "waiting",
            "runner": self._runner.guard.number,
        }
        async with self._session.writing.transaction():
            await self._session.rows(jobs.add(values))
        self._runner.start(job, layer)

    async def cancel(self, job: str) -> Job:
        """End a job; one that runs ends after its chunk. What is committed stays. In a transaction of the session.

        Raises NotFound, and JobState where it has ended otherwise.
        """
        before = await self.require(job)
        ended = await gone(self._session.rows)
        if not await self._session.rows(jobs.cancel(job, ended)) and before.state != "cancelled":
            raise errors.JobState(f"The job is {before.state}, so there is nothing to cancel.", path=("id",))
        return await self.require(job)

    async def resume(self, job: str) -> Job:
        """Go on with a job after its committed chunks, once the session's transaction is committed: see `committed`.

        Raises NotFound, JobState where it is at work or complete, SpoolGone where its body is not here.
        """
        before = await self.require(job)
        if before.state in {"complete", *jobs.OPEN}:
            message = f"The job is {before.state}; one that failed, was cancelled or interrupted can be resumed."
            raise errors.JobState(message, path=("id",))
        if not (await self._runner.spool()).file(job, before.layer, FORMATS[before.format]).exists():
            raise errors.SpoolGone(
                f"The body of the job is not on this server any more. Send it to /bulk/{before.layer} again with the "
                "same options: it goes on after the chunks that are committed.",
                path=("id",),
            )
        await self._runner.ready()
        ended = await gone(self._session.rows)
        await self._session.rows(jobs.resume(job, self._runner.guard.number, ended))
        resumed = await self.require(job)
        self._resumed.append(resumed)
        return resumed

    def committed(self) -> None:
        """Begin what was resumed in a transaction that is committed now."""
        for job in self._resumed:
            self._runner.start(job.id, job.layer)
        self._resumed.clear()
