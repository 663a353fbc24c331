"""The pools of connections of one process, each for work that must not wait for that of the others."""

import os
from collections.abc import Iterable
from typing import Final
from weakref import WeakSet

from gateway import errors
from gateway.admission.claims import Lane
from gateway.admission.slots import Rules
from gateway.db.outages import Outage
from gateway.db.sessions import Database
from gateway.execution.analysis_runner import CONNECTIONS_BESIDES as CONNECTIONS_BESIDES_ANALYSES
from gateway.execution.analysis_runner import CONNECTIONS_OF_JOB as CONNECTIONS_OF_ANALYSIS
from gateway.execution.analysis_work import JOBS, KEEPING
from gateway.ingest.bulk.runner import CONNECTIONS_BESIDES, CONNECTIONS_OF_JOB
from gateway.settings import Settings

# Connections of runners beyond those of one jurisdiction: each has a lock while it has jobs, and looks around.
_JURISDICTIONS: Final = 64


_made: WeakSet[Database] = WeakSet()


def pools(settings: Settings, url: str, outage: Outage) -> dict[str, Database]:
    """The pools by what they are for: `database` is that of all other requests. Probes wait for no outage to end."""
    made = {
        "database": reading(settings, url, outage),
        "exports": exporting(settings, url, outage),
        "bulk": _loading(settings, url, outage),
        "analysis": _analysing(settings, url, outage),
        JOBS: _analysing_long(settings, url, outage),
        KEEPING: _keeping(settings, url, outage),
        "probes": Database(settings.database.model_copy(update={"pool_size": 1, "max_overflow": 0}), url),
    }
    remember(made.values())
    return made


def remember(databases: Iterable[Database]) -> None:
    """Have a child process forget the connections of pools, which it inherits."""
    _made.update(databases)


def _forget() -> None:
    for database in _made:
        database.forget()


os.register_at_fork(after_in_child=_forget)


def reading(settings: Settings, url: str, outage: Outage) -> Database:
    """All that is short; of the database itself also what is written."""
    return Database(settings.database, url, outage=outage, rules=_rules(settings))


def _rules(settings: Settings) -> Rules:
    size, budget = settings.database.pool_size + settings.database.max_overflow, settings.budget
    heavy = _heavy(settings)
    return Rules(
        lanes={Lane.GRAPHQL: max(1, size - size // 5 - 1), Lane.TILES: settings.tiles.concurrency},
        spare=1,
        levels=((budget.heavy_cost, heavy),),
        cores=2 * heavy,
        waiting=budget.waiting,
        seconds=settings.database.pool_timeout,
    )


def _heavy(settings: Settings) -> int:
    """Heavy work at a time: half of the cores of this machine, where the settings don't say."""
    return settings.budget.heavy or max(1, (os.cpu_count() or 1) // 2 // settings.http.workers)


def exporting(settings: Settings, url: str, outage: Outage) -> Database:
    """Exports hold connections for minutes, which other requests must not wait for."""
    pool = {"pool_size": settings.export.concurrency, "max_overflow": 0}
    rules = Rules(
        waiting=settings.budget.waiting,
        seconds=settings.database.pool_timeout,
        refusal=errors.ExportLimit,
        message="As many exports run already as may run at a time. Try again shortly.",
    )
    limits, timeout = settings.database.model_copy(update=pool), settings.export.statement_timeout_ms
    return Database(limits, url, timeout_ms=timeout, outage=outage, rules=rules)


def _analysing(settings: Settings, url: str, outage: Outage) -> Database:
    """Analyses, on the database or an engine of their own, which may be away while the database is there."""
    analytics = settings.analytics
    limits = settings.database.model_copy(update={"pool_size": analytics.concurrency, "max_overflow": 0})
    rules = Rules(
        waiting=settings.budget.waiting,
        seconds=settings.database.pool_timeout,
        message="As many analyses run already as may run at a time. Try again shortly.",
    )
    own = outage if analytics.url is None else Outage(settings.database)
    timeout = analytics.statement_timeout_ms
    return Database(limits, analytics.url or url, timeout_ms=timeout, outage=own, rules=rules)


def _analysing_long(settings: Settings, url: str, outage: Outage) -> Database:
    """Analyses as jobs: as those of requests, but that a statement may take as long as its job."""
    analytics = settings.analytics
    limits = settings.database.model_copy(update={"pool_size": analytics.job_concurrency, "max_overflow": 0})
    own = outage if analytics.url is None else Outage(settings.database)
    timeout = round(analytics.job_seconds * 1000)
    return Database(limits, analytics.url or url, timeout_ms=timeout, outage=own)


def _keeping(settings: Settings, url: str, outage: Outage) -> Database:
    """What analyses as jobs write: their results, and how far they are."""
    size = settings.analytics.job_concurrency * CONNECTIONS_OF_ANALYSIS + CONNECTIONS_BESIDES_ANALYSES
    pool = settings.database.model_copy(update={"pool_size": size, "max_overflow": _JURISDICTIONS})
    return Database(pool, url, timeout_ms=settings.database.maintenance_timeout_ms, outage=outage)


def _loading(settings: Settings, url: str, outage: Outage) -> Database:
    """Statements of bulk loads take as long as they take."""
    size = settings.bulk.concurrency * CONNECTIONS_OF_JOB + CONNECTIONS_BESIDES
    pool = settings.database.model_copy(update={"pool_size": size, "max_overflow": _JURISDICTIONS})
    return Database(pool, url, timeout_ms=settings.database.maintenance_timeout_ms, outage=outage)
