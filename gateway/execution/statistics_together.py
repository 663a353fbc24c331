"""Statistics of all jurisdictions; enters the database and their paths, leaves those of their tables together.

The catalogue knows nothing of a view, so that each jurisdiction is asked as if it were alone.
"""

from collections.abc import Sequence

from gateway.db.closing import close
from gateway.db.sessions import Database
from gateway.execution.statistics import Counting
from gateway.layers import Layers
from gateway.query.statistics import Statistics
from gateway.query.statistics_together import together
from gateway.sql import spanning


class CountingTogether:
    """Reads the statistics of several schemas."""

    def __init__(self, layers: Layers, database: Database, paths: Sequence[str]) -> None:
        self._database = database
        self._parts = [Counting(layers, database.within(path)) for path in paths]

    async def read(self) -> Statistics:
        """The statistics of all rows."""
        return together([await part.read() for part in self._parts])

    async def kept(self) -> frozenset[str]:
        """The overviews that are kept in each of them; pairs are none, which know of no row of another one."""
        session = self._database.session()
        try:
            return frozenset(row.overview for row in await session.rows(spanning.OVERVIEWS))
        finally:
            await close(session)

    async def followed(self) -> frozenset[str]:
        """None: views have no state of their own."""
        return frozenset()
