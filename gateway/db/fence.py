"""Which primary is the newest; enters connections to servers of a list, leaves none to a primary that was replaced.

After a failover the old primary may come back and take writes that the new one never gets. Each promotion begins a
timeline (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES): of two primaries of one
cluster, the one with the higher timeline is the newer. Two standbys that were both promoted of the same primary have
the same number, and nothing here tells them apart.
"""

from collections import defaultdict
from typing import Any, Final
from weakref import WeakSet

from gateway import telemetry

# The cluster and its timeline; no row on a standby, which takes no writes.
ORIGIN: Final = """
    SELECT (SELECT system_identifier FROM pg_control_system()),
           ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
    WHERE NOT pg_is_in_recovery()
"""


class Fence:
    """The newest timeline of each cluster that this process has met, and its connections by timeline."""

    def __init__(self) -> None:
        self._newest: dict[int, int] = {}
        self._open: dict[tuple[int, int], WeakSet[Any]] = defaultdict(WeakSet)

    async def admit(self, connection: Any, seconds: float | None) -> None:
        """Let a new connection of asyncpg pass, unless its server is a primary that was replaced.

        Ends the connections to primaries that this one shows to be older. Raises ConnectionError.
        """
        row = await connection.fetchrow(ORIGIN, timeout=seconds)
        if row is None:
            return
        cluster, timeline = row
        newest = self._newest.get(cluster, timeline)
        if timeline < newest:
            message = f"it is on timeline {timeline}, and a newer primary on {newest}"
            raise ConnectionError(message)
        if timeline > newest:
            self._end_older(cluster, timeline)
        self._newest[cluster] = timeline
        self._open[cluster, timeline].add(connection)

    def _end_older(self, cluster: int, timeline: int) -> None:
        telemetry.log.warning("database replaced", timeline=timeline)
        for origin in [each for each in self._open if each[0] == cluster and each[1] < timeline]:
            for connection in self._open.pop(origin):
                connection.terminate()

    def clear(self) -> None:
        """Forget all clusters."""
        self._newest.clear()
        self._open.clear()
