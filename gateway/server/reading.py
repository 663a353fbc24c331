"""The pools that requests read by: those of the database, and of its replicas where there are some."""

from collections.abc import Mapping
from typing import Final

from gateway.db.outages import Outage
from gateway.db.replicas import Replica, Replicas
from gateway.db.routing import Routes
from gateway.db.sessions import Database, Opens
from gateway.server.pools import exporting, reading, remember
from gateway.settings import Settings

_POOLS: Final = {"reads": "database", "exports": "exports"}  # by their names in the state of requests


def replicas_of(settings: Settings, url: str) -> Replicas:
    """The replicas that the settings name, each with pools as the database at `url` has them."""
    looking = settings.database.model_copy(update={"pool_size": 1, "max_overflow": 0})
    replicas = []
    for number, each in enumerate(settings.replica.urls, 1):
        # Nothing waits for a replica that is away: there is the primary.
        outage = Outage(settings.database, waits=False)
        pools = {"reads": reading(settings, each, outage), "exports": exporting(settings, each, outage)}
        replicas.append(Replica(number, pools, Database(looking, each)))
    made = Replicas(settings.replica, Database(looking, url), replicas)
    remember(made.databases)
    return made


def routes(databases: Mapping[str, Database], replicas: Replicas) -> Mapping[str, Opens]:
    """What requests read by."""
    primary = {name: databases[pool] for name, pool in _POOLS.items()}
    return {name: Routes(database, replicas, name) for name, database in primary.items()} if replicas else primary
