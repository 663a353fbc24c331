"""Runs analyses on an engine of their own; enters terms, leaves rows, or why they would be too much."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.db.closing import close
from gateway.db.reader import Row
from gateway.db.sessions import Database
from gateway.query.analysis import Analysis, KMeans
from gateway.query.analysis_costs import Extent
from gateway.query.work import units
from gateway.settings import AnalyticsSettings
from gateway.sql.analysis import answered, measured, plane
from gateway.sql.statement import compiled
from gateway.sql.types import SqlRows

_WIDEST: Final = 90.0  # degrees; beyond, no plane is true enough


class Analyst:
    """Analyses of one server, on connections that nothing else takes."""

    def __init__(self, limits: AnalyticsSettings) -> None:
        self.limits = limits
        self._database: Database | None = None

    def open(self, database: Database, _draining: Callable[[], bool]) -> None:
        """Take the pool of the engine."""
        self._database = database

    async def close(self) -> None:
        """Nothing goes on after its request."""

    async def run(
        self, analysis: Analysis, name: str, given: Mapping[str, Any], claim: Claim
    ) -> tuple[Sequence[Row], float]:
        """The rows of an analysis for the client of `claim`, and the seconds that they took.

        What it takes is counted first. Raises AnalysisLimit where that is too much.
        """
        (found,), counted = await self._fetch(measured(analysis), claim, 0.0)
        if not found["rows"]:
            return (), counted
        extent = Extent(*(float(found[each]) for each in ("rows", "vertices", "pairs", "paired")))
        _check(analysis, found["rows"], found["box"])
        time = extent.check(name, given, self.limits)
        rows, spent = await self._fetch(answered(analysis, plane(found["box"])), claim, time)
        return rows, counted + spent

    async def _fetch(self, select: SqlRows, client: Claim, time: float) -> tuple[Sequence[Row], float]:
        assert self._database is not None  # a server that takes requests has opened it
        claim = Claim(client.client, Lane.ANALYSIS, client.account)
        claim.price(units(time), self.limits.statement_timeout_ms / 1000)
        session, statement = self._database.session(claim), compiled(select)
        try:
            return await session.fetch(statement.text, statement.bind(())), session.busy
        finally:
            await close(session)
            claim.settle()


def _check(analysis: Analysis, rows: int, box: Sequence[float]) -> None:
    """Refuse more clusters than rows, and rows that no plane has room for."""
    west, south, east, north = box
    if (east - west) % 360.0 > _WIDEST or north - south > _WIDEST:
        message = (
            f"The rows reach over more than {_WIDEST:.0f} degrees, which no plane shows. Filter for a part of them."
        )
        raise errors.AnalysisLimit(message, path=("filters",), limit=_WIDEST)
    if isinstance(analysis.method, KMeans) and analysis.method.clusters > rows:
        message = f"There are {rows} rows, of which {analysis.method.clusters} clusters can't be made. Ask for fewer."
        raise errors.OutOfRange(message, path=("clusters",), limit=rows)
