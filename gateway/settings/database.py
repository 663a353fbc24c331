"""Settings of the connection to PostgreSQL."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from gateway.settings.database_url import normal
from gateway.settings.values import config


class DatabaseSettings(BaseSettings):
    """The connection to PostgreSQL and the pool (`GATEWAY_DATABASE_*`)."""

    model_config = config("GATEWAY_DATABASE_")

    url: Annotated[str | None, AfterValidator(normal)] = Field(
        None, description="PostgreSQL to use, as a URL; without one the gateway runs its own private PostGIS."
    )
    pool_size: int = Field(10, ge=1, description="Connections that one worker keeps open.")
    max_overflow: int = Field(5, ge=0, description="Connections that one worker may open above pool_size under load.")
    pool_timeout: float = Field(
        5.0, gt=0, description="Seconds a request waits for a connection before it is answered OVERLOADED."
    )
    pool_recycle: int = Field(1800, ge=-1, description="Seconds after which a connection is replaced; -1 keeps it.")
    pool_pre_ping: bool = Field(default=True, description="Test a connection that lay idle when it leaves the pool.")
    pool_ping_idle: float = Field(
        1.0, ge=0, description="Seconds that a connection may lie idle before it is tested; 0 tests it every time."
    )
    pooler: Literal["none", "pgbouncer", "pgbouncer-prepared"] = Field(
        "none",
        description="Which pooler in transaction mode the URL names. pgbouncer: no prepared statements, no own pool; "
        "pgbouncer-prepared: one that keeps prepared statements, as PgBouncer does from 1.21 on.",
    )
    direct_url: Annotated[str | None, AfterValidator(normal)] = Field(
        None,
        description="PostgreSQL itself, if the URL names a pooler: commands and what listens to changes connect there.",
    )
    connect_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a new connection.")
    outage_seconds: float = Field(
        20.0,
        ge=0,
        description="Seconds after the database went away for which requests wait for it, within their deadline; "
        "afterwards they are answered UNAVAILABLE at once, until it is back. 0: none waits.",
    )
    outage_waiting: int = Field(
        200, ge=0, description="Most requests of one worker that wait for the database at a time."
    )
    read_timeout_ms: int = Field(10_000, ge=1, description="statement_timeout of reads, in milliseconds.")
    write_timeout_ms: int = Field(
        30_000,
        ge=1,
        description="statement_timeout of writes, in milliseconds; that of one new row, which is one statement without "
        "a transaction around it, is read_timeout_ms.",
    )
    maintenance_timeout_ms: int = Field(
        0, ge=0, description="statement_timeout of ingest, migrate and check, in milliseconds; 0 sets none."
    )
    lock_timeout_ms: int = Field(5_000, ge=0, description="lock_timeout of a session, in milliseconds.")
    idle_in_transaction_timeout_ms: int = Field(
        30_000, ge=0, description="idle_in_transaction_session_timeout, in milliseconds."
    )
    client_check_interval_ms: int = Field(
        1_000, ge=0, description="How often the server looks whether the client of a running statement is still there."
    )
    changes_seconds: float = Field(
        2.0,
        gt=0,
        le=60,
        description="How often a worker that keeps tiles looks for changes that no trigger tells, such as a restore.",
    )
    work_mem: str = Field("64MB", description="Memory for one sort or hash of a session.")
    parallel_workers: int = Field(
        0,
        ge=0,
        description="Processes that PostgreSQL may put to one statement beside the session's own "
        "(max_parallel_workers_per_gather). With 0 a statement takes one processor: what it costs, and its share.",
    )
    spare_workers: int = Field(
        1,
        ge=0,
        description="The same for a statement about many rows (a count, a box, `aggregate`, `groupBy`) while no other "
        "request of the worker has a connection or waits for one.",
    )
    random_page_cost: float = Field(1.1, gt=0, description="The planner's cost of a random page; 1.1 suits SSDs.")
    effective_cache_size: str = Field("4GB", description="The planner's estimate of the memory that caches files.")
    application_name: str = Field("spatial-gateway", description="Name shown in pg_stat_activity.")

    @property
    def direct(self) -> Self:
        """The same past the pooler, where `direct_url` is set."""
        if self.direct_url is None:
            return self
        return self.model_copy(update={"url": self.direct_url, "pooler": "none"})
