"""Analyses as jobs, as a request sees them; enters its session and principal, leaves the jobs that it may see.

A job is seen by its owner and by the scope admin; to others it is not there.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway import errors
from gateway.admission.claims import Claim
from gateway.db.reader import Reader
from gateway.db.rows import AnyRow
from gateway.execution.analyzing import Analyst
from gateway.identity.principal import Principal, Scope
from gateway.layers import Layers
from gateway.query.analysis_asked import Asked
from gateway.settings import AnalyticsSettings, LimitSettings
from gateway.sql import analysis_jobs as sql
from gateway.sql import citus
from gateway.telemetry import request_id

MOST: Final = 100
_DEED: Final = "An analysis"
_BYTES: Final = 18  # of chance in a name


@dataclass(frozen=True, slots=True)
class AnalysisJob:
    """One analysis; `state` is waiting, running, complete, failed or cancelled, `phase` what it is at while it runs."""

    id: str
    asked: Asked
    state: str
    phase: str | None
    rows: int | None
    vertices: int | None
    seconds: float | None
    written: int
    error: Mapping[str, str] | None
    principal: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, row: AnyRow, limits: LimitSettings) -> "AnalysisJob":
        """A job from its row."""
        names = ("id", "state", "phase", "rows", "vertices", "seconds", "written", "principal")
        times = ("created_at", "started_at", "finished_at", "expires_at")
        failed = row.error_code is not None
        return cls(
            **{name: getattr(row, name) for name in (*names, *times)},
            asked=Asked.read(row.layer, row.method, row.asked, limits),
            error={"code": row.error_code, "message": row.error_message} if failed else None,
        )

    def require_result(self) -> None:
        """Raise JobState where there is no result (yet)."""
        if self.state != "complete":
            message = f"The analysis is {self.state}; it has a result once it is complete."
            raise errors.JobState(message, path=("id",))


def require_scopes(principal: Principal) -> None:
    """Raise AccessError unless the principal may read and analyse."""
    principal.require(Scope.READ, _DEED)
    principal.require(Scope.ANALYZE, _DEED)


class AnalysisJobs:
    """The analyses of one principal; `session` is that of its request."""

    def __init__(
        self, session: Reader, principal: Principal, layers: Layers, limits: LimitSettings, settings: AnalyticsSettings
    ) -> None:
        session.pin()
        self._session = session
        self._principal = principal
        self._layers = layers
        self._limits = limits
        self._settings = settings

    @property
    def _owner(self) -> str | None:
        """Whose jobs are seen; None for all."""
        return None if self._principal.may(Scope.ADMIN) else self._principal.owner

    async def get(self, job: str) -> AnalysisJob | None:
        """The job, or None where there is none for this principal. Raises AccessError without the scope analyze."""
        require_scopes(self._principal)
        rows = await self._session.rows(sql.one(job, self._owner))
        return AnalysisJob.of(rows[0], self._limits) if rows else None

    async def require(self, job: str) -> AnalysisJob:
        """The job; raises NotFound where there is none for this principal."""
        visible = await self.get(job)
        if visible is None:
            raise errors.NotFound("There is no such analysis (any more), or it is someone else's.", path=("id",))
        return visible

    async def newest(self, rows: int) -> Sequence[AnalysisJob]:
        """The newest jobs, at most `rows` of them and MOST."""
        require_scopes(self._principal)
        read = await self._session.rows(sql.newest(self._owner, min(rows, MOST)))
        return [AnalysisJob.of(row, self._limits) for row in read]

    async def result(self, job: str, least_group: int) -> AnalysisJob:
        """A job whose result may be read by who might ask for it now.

        Raises NotFound and JobState, and what refuses to ask for the same.
        """
        shown = await self.require(job)
        shown.require_result()
        shown.asked.parse(self._layers, self._limits, least_group)
        return shown

    async def start(self, asked: Asked, least_group: int, analyst: Analyst, claim: Claim) -> AnalysisJob:
        """Queue an analysis once it is counted, in a transaction of the session.

        Raises what refuses its arguments, AnalysisLimit, and AnalysisJobs where too many of this principal wait.
        """
        require_scopes(self._principal)
        if await self._session.scalar(citus.JOBS_DISTRIBUTED):
            message = "This jurisdiction is distributed, and runs no analyses as jobs. Analyze a smaller area at once."
            raise errors.ClusterCannot(message)
        analysis = asked.parse(self._layers, self._limits, least_group)
        settings, owner = self._settings, self._principal.owner
        counted = await analyst.count(analysis, asked.method, asked.given, claim, settings.of_jobs)
        job = secrets.token_urlsafe(_BYTES)
        values = {
            "id": job,
            "layer": asked.layer,
            "method": asked.method,
            "asked": asked.text,
            "principal": self._principal.name,
            "identity": self._principal.identity,
            "owner": owner,
            "scopes": sorted(self._principal.scopes),
            "request_id": request_id(),
            "rows": round(counted.extent.rows),
            "vertices": round(counted.extent.vertices),
            "seconds": counted.time / 1e6,
        }
        if not await self._session.rows(sql.add(values, settings.job_waiting)):
            most = settings.job_waiting
            message = f"{most} analyses of yours wait or run already, as many as may. Wait for one, or cancel one."
            raise errors.AnalysisJobs(message, limit=most)
        await self._session.rows(sql.make_room(owner, settings.keep_results))
        return await self.require(job)

    async def cancel(self, job: str) -> AnalysisJob:
        """End a job; nothing is kept of it. Raises NotFound, and JobState where it has ended otherwise."""
        before = await self.require(job)
        ended = await self._session.rows(sql.cancel(job, self._settings.keep_seconds))
        if not ended and before.state != "cancelled":
            raise errors.JobState(f"The analysis is {before.state}, so there is nothing to cancel.", path=("id",))
        return await self.require(job)
