"""The replicas that reads go to, beside the database that they should follow; leaves messages."""

from collections.abc import AsyncIterator, Iterator

from asyncpg import PostgresError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from gateway.checks import rules
from gateway.checks.inspection import Inspection
from gateway.checks.messages import Message
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.sql import catalog

_BYTES = 16 * 2**20  # of the log that a replica may be behind and pass for one that follows


def needs_url(settings: Settings) -> Iterator[Message]:
    if settings.replica.urls and settings.database.url is None:
        yield rules.REPLICAS_WITHOUT_URL(
            "Replicas are named, but no database that they follow.",
            hint="Set GATEWAY_DATABASE_URL to the primary.",
            about="GATEWAY_REPLICA_URLS",
        )


async def replicas(at: Inspection) -> AsyncIterator[Message]:
    urls = at.settings.replica.urls
    if not urls:
        return
    primary = await at.row(catalog.PRIMARY)
    for number, url in enumerate(urls, 1):
        host = make_url(url).render_as_string()
        about = f"replica {number}"
        database = Database(at.settings.database, url)
        try:
            async with database.session() as session:
                (seen,) = await session.rows(catalog.REPLICA.bindparams(position=primary.position))
        except (DBAPIError, PostgresError, GatewayError, OSError) as error:
            yield rules.REPLICA_AWAY(
                f"{host}: {error.message if isinstance(error, GatewayError) else type(error).__name__}",
                hint="Reads go to the others, or to the database itself. Start it, or correct GATEWAY_REPLICA_URLS.",
                about=about,
            )
        else:
            for message in _judge(at.settings, primary, seen, about):
                yield message
        finally:
            await database.dispose()


def _judge(settings: Settings, primary: AnyRow, seen: AnyRow, about: str) -> Iterator[Message]:
    if not seen.recovery or seen.system != primary.system:
        yield rules.NOT_A_REPLICA(
            "It is another cluster." if seen.system != primary.system else "It is a primary, not in recovery.",
            hint="Nothing is read there. Name only streaming replicas of GATEWAY_DATABASE_URL; make one with "
            "pg_basebackup -R.",
            about=about,
        )
        return
    if seen.behind > _BYTES:
        yield rules.REPLICA_BEHIND(
            f"It is {seen.behind // 2**20} MiB behind.",
            hint="Reads leave it out while it is more than GATEWAY_REPLICA_LAG seconds behind. Look at "
            "pg_stat_wal_receiver there, and at its disk.",
            about=about,
        )
    if seen.feedback != "on":
        seconds = settings.export.statement_timeout_ms // 1000
        yield rules.REPLICA_CONFLICTS(
            f"hot_standby_feedback is off: what VACUUM removes ends reads there after {seen.delay}.",
            hint="On the replica: ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf(); or "
            f"ALTER SYSTEM SET max_standby_streaming_delay = '{seconds}s'; for the longest export.",
            about=about,
        )
    if not seen.statistics:
        yield rules.REPLICA_TIMELINE(
            "The role can't see which timeline is received.",
            hint="On the primary: GRANT pg_read_all_stats TO the role of the gateway; without it a replica is left "
            "out for minutes after a failover.",
            about=about,
        )
    wanted = settings.database.pool_size + settings.database.max_overflow + settings.export.concurrency + 1
    if wanted * settings.http.workers > seen.server:
        yield rules.CONNECTIONS(
            f"{settings.http.workers} worker(s) may open {wanted * settings.http.workers} connections, but it has "
            f"{seen.server}.",
            hint="Raise max_connections there, or lower GATEWAY_DATABASE_POOL_SIZE or GATEWAY_HTTP_WORKERS.",
            about=about,
        )
