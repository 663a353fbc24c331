"""Runs analyses on an engine of their own; enters terms, leaves rows, or why they would be too much."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.db.closing import close
from gateway.db.reader import Row
from gateway.db.sessions import Database
from gateway.query.analysis import Analysis, KMeans
from gateway.query.analysis_costs import Extent
from gateway.query.values import Given
from gateway.query.work import units
from gateway.settings import AnalyticsSettings
from gateway.sql.analysis import answered, measured, plane
from gateway.sql.statement import compiled
from gateway.sql.types import SqlRows

_WIDEST: Final = 90.0  # degrees; beyond, no plane is true enough


class Counted(NamedTuple):
    """What an analysis is of: its rows, the plane around their middle, and the microseconds that it may take."""

    extent: Extent
    plane: str
    time: float
    seconds: float  # that counting took

    def answer(self, analysis: Analysis) -> SqlRows:
        """The select of its answer."""
        return answered(analysis, self.plane)


class Analyst:
    """Analyses of one server, on connections that nothing else takes."""

    def __init__(self, limits: AnalyticsSettings, pool: str = "analysis") -> None:
        self.limits = limits
        self._pool = pool
        self._database: Database | None = None

    def open(self, databases: Mapping[str, Database], _draining: Callable[[], bool]) -> None:
        """Take the pool of the engine."""
        self._database = databases[self._pool]

    async def close(self) -> None:
        """Nothing goes on after its request."""

    async def run(self, analysis: Analysis, name: str, given: Given, claim: Claim) -> tuple[Sequence[Row], float]:
        """The rows of an analysis for the client of `claim`, and the seconds that they took.

        What it takes is counted first. Raises AnalysisLimit where that is too much.
        """
        counted = await self.count(analysis, name, given, claim, self.limits)
        if not counted.extent.rows:
            return (), counted.seconds
        rows, spent = await self._fetch(counted.answer(analysis), claim, counted.time)
        return rows, counted.seconds + spent

    async def count(
        self, analysis: Analysis, name: str, given: Given, claim: Claim, limits: AnalyticsSettings
    ) -> Counted:
        """Count what an analysis takes; raises AnalysisLimit where that is more than `limits` allow."""
        (counted,), seconds = await self._fetch(measured(analysis), claim, 0.0)
        extent = Extent(*(float(counted[each]) for each in ("rows", "vertices", "pairs", "paired")))
        if not extent.rows:
            return Counted(extent, "", 0.0, seconds)
        _check(analysis, counted["rows"], counted["box"])
        return Counted(extent, plane(counted["box"]), extent.check(name, given, limits), seconds)

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
