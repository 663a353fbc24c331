"""The engine: a pool of connections that set themselves up; enters settings, leaves an AsyncEngine."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool, NullPool, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gateway import telemetry
from gateway.db.connecting import connect
from gateway.db.driver import literal
from gateway.db.paths import placed
from gateway.settings import DatabaseSettings
from gateway.telemetry import tracing

_IDLE_SINCE = "idle_since"
_COUNTED = "counted"
# PgBouncer refuses a connection that asks for other settings, and sets these on each server connection that it gives.
_KEPT_BY_POOLERS = ("application_name", "timezone")


def connection_settings(settings: DatabaseSettings, *, timeout_ms: int) -> Mapping[str, str]:
    """What each connection sets on the server when it opens."""
    return {
        "application_name": settings.application_name,
        "statement_timeout": str(timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
        "client_connection_check_interval": str(settings.client_check_interval_ms),
        "work_mem": settings.work_mem,
        # A statement that is given others' processors as well takes more than its client's share of them.
        "max_parallel_workers_per_gather": str(settings.parallel_workers),
        "random_page_cost": str(settings.random_page_cost),
        "effective_cache_size": settings.effective_cache_size,
        "timezone": "UTC",  # PostgreSQL itself writes the times of exports
        "jit": "off",
        # Of two plans that seem to cost the same within 1% PostgreSQL takes the one that begins sooner. For a relation
        # in a filter that was a list of all that is related, gone through again for each row: 20 s instead of 0.1 s.
        "enable_material": "off",
    }


def create_engine(
    settings: DatabaseSettings,
    url: str,
    *,
    timeout_ms: int | None = None,
    autocommit: bool = False,
    connect: Callable[..., Awaitable[object]] = connect,
) -> AsyncEngine:
    """Make the engine. It connects at the first statement, by `connect`, so it may be made while the database is down.

    With `autocommit` its connections are in AUTOCOMMIT from when they open: to set it at each checkout takes longer.
    """
    timeout = settings.read_timeout_ms if timeout_ms is None else timeout_ms
    arguments, options = _pooling(settings, connection_settings(settings, timeout_ms=timeout))
    arguments |= {"timeout": settings.connect_timeout, "async_creator_fn": connect}
    if autocommit:
        options["isolation_level"] = "AUTOCOMMIT"
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, **options)
    if settings.pool_pre_ping:
        _test_idle_connections(engine, settings.pool_ping_idle)
    event.listen(engine.sync_engine, "engine_connect", placed)
    # After the test: a connection that fails it does not leave the pool.
    _count_pool_events(engine)
    if tracing.on():
        event.listen(engine.sync_engine, "before_cursor_execute", lambda _, __, text, *___: tracing.sent(text))
    if not autocommit:
        set_in_transactions(engine, local_settings(settings, timeout_ms=timeout))
    return engine


def _pooling(settings: DatabaseSettings, wanted: Mapping[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """What each connection is opened with, and what the pool is made with."""
    if settings.pooler != "none":
        wanted = {name: wanted[name] for name in _KEPT_BY_POOLERS}
    if settings.pooler == "pgbouncer":
        # In transaction mode whatever is sent next may meet another server connection, which knows no statement that
        # was prepared before. One without a name and out of any cache is parsed again with what runs it, in one unit.
        arguments = {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
            "server_settings": wanted,
        }
        return arguments, {"poolclass": NullPool}
    return {"server_settings": wanted}, {
        "poolclass": AsyncAdaptedQueuePool,
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_recycle": settings.pool_recycle,
    }


def local_settings(settings: DatabaseSettings, *, timeout_ms: int) -> str:
    """A statement that sets for its transaction what connections behind a pooler can't set; none where they can."""
    if settings.pooler == "none":
        return ""
    wanted = connection_settings(settings, timeout_ms=timeout_ms)
    local = (
        f"set_config({literal(name)}, {literal(value)}, true)"
        for name, value in wanted.items()
        if name not in _KEPT_BY_POOLERS
    )
    return f"SELECT {', '.join(local)}"


def set_in_transactions(engine: AsyncEngine, statement: str) -> None:
    """Begin each transaction of `engine` with a statement of `local_settings`."""
    if statement:
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(statement))


def _test_idle_connections(engine: AsyncEngine, idle: float) -> None:
    """Replace broken connections as they leave the pool, without a round trip for those that were just in use.

    SQLAlchemy's own pre-ping is three round trips with asyncpg (BEGIN, an empty statement, ROLLBACK): more than a short
    read itself. A connection that the server closed is known to be closed, so only one that lay idle is asked.
    """

    def leaves(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        since = record.info.pop(_IDLE_SINCE, None)
        if since is not None and not _alive(connection, time.monotonic() - since >= idle):
            raise InvalidatePoolError

    def comes_back(_: object, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    event.listen(engine.sync_engine.pool, "checkout", leaves)
    event.listen(engine.sync_engine.pool, "checkin", comes_back)


def _alive(connection: Any, ask: bool) -> bool:  # noqa: FBT001
    if connection.driver_connection.is_closed():
        return False
    try:
        if ask:
            connection.ping()
    except connection.dbapi.Error:
        return False
    return True


def _count_pool_events(engine: AsyncEngine) -> None:
    pool = engine.sync_engine.pool

    def checked_out(_: object, record: ConnectionPoolEntry, __: object) -> None:
        record.info[_COUNTED] = True
        telemetry.pool_checkouts.inc()

    def checked_in(_: object, record: ConnectionPoolEntry) -> None:
        # One whose request was cancelled before it had left the pool comes in without having gone out.
        if record.info.pop(_COUNTED, False):
            telemetry.pool_checkins.inc()

    event.listen(pool, "connect", lambda *_: telemetry.pool_connects.inc())
    event.listen(pool, "invalidate", lambda *_: telemetry.pool_invalidations.inc())
    event.listen(pool, "checkout", checked_out)
    event.listen(pool, "checkin", checked_in)
