"""The database without an administrator; enters settings, leaves the URL of a PostGIS that runs.

Where GATEWAY_DATABASE_URL names no server, the gateway keeps a private cluster under `data_dir`: reached by a Unix
socket only, started by its first user, shared by all of them, stopped with the last one, however that one ends.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway import errors
from gateway.db.embedded import neighbours
from gateway.db.embedded.claims import claimed
from gateway.db.embedded.cluster import Cluster
from gateway.settings import Settings

_NAMED = 3  # directories of others that a message names


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


def require(settings: Settings) -> None:
    """Raise SetupError where the settings mean a private database that was never made; nothing is written."""
    if settings.database.url is None and not (_home(settings) / "data" / "PG_VERSION").exists():
        others = served_elsewhere(settings)
        advice = f"One runs with GATEWAY_DATA_DIR={others[0]}" if others else "Run manage.py migrate to make one"
        raise errors.SetupError(
            f"There is no private database in {_home(settings).parent}. {advice}, or set GATEWAY_DATABASE_URL."
        )


def served_elsewhere(settings: Settings) -> Sequence[Path]:
    """Data directories of private databases that run while the one of these settings does not."""
    running = set() if settings.database.url is not None else set(neighbours.running())
    return [] if _home(settings) in running else sorted(home.parent for home in running)[:_NAMED]


def _home(settings: Settings) -> Path:
    return Path(os.path.abspath(settings.data_dir / "postgres"))  # noqa: PTH100 - as Cluster.at
