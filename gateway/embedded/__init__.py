"""Floor 1. The database without an administrator; enters settings, leaves the URL of a PostGIS that runs.

Where GATEWAY_DATABASE_URL names no server, the gateway keeps a private cluster under `data_dir`: reached by a Unix
socket only, started by its first user, shared by all of them, stopped with the last one, however that one ends.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.embedded.claims import claimed
from gateway.embedded.cluster import Cluster
from gateway.settings import Settings

__all__ = ["Cluster", "database_url"]


@contextmanager
def database_url(settings: Settings, options: Mapping[str, str] | None = None) -> Iterator[str]:
    """The asyncpg URL of the given database, or of the private one, which runs for as long as the block does.

    `options` are further settings of the private server (postgresql.conf); they count when this call starts it.
    Raises SetupError where PostgreSQL or PostGIS is missing or the cluster cannot run.
    """
    if settings.database.url is not None:
        yield settings.database.url
        return
    cluster = Cluster.at(settings.data_dir / "postgres", options or {})
    with claimed(cluster.home, start=cluster.start, stop=cluster.stop):
        yield cluster.url()
