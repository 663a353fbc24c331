"""The server as a whole: versions, connections, sessions, extensions; leaves messages."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from gateway.checks import rules
from gateway.checks.inspection import Inspection
from gateway.checks.messages import Message
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of
from gateway.sql import catalog

POSTGRESQL_MINIMUM = 14
POSTGIS_MINIMUM = (3, 2)
# The releases of November 2026, with security fixes (https://www.postgresql.org/support/security/). Older ones may
# take rows out of a GiST index under writes (docs/explanation/faults.md).
POSTGRESQL_FLOORS: Mapping[int, int] = {18: 6, 17: 12, 16: 16, 15: 20}
# 3.5.4 stops a crash on deeply nested geometries (https://postgis.net/2025/10/PostGIS-3.5.4).
POSTGIS_FLOOR = (3, 5, 4)
# 3.12 stops crashes of ST_Buffer on NaN and infinite coordinates (https://github.com/libgeos/geos/pull/836).
GEOS_FLOOR = (3, 12)
IDLE_SECONDS = 60.0


def parts(version: str) -> tuple[int, ...]:
    """`3.11.1` -> (3, 11, 1); what follows the numbers, as in `3.6.0beta1`, is left out."""
    numbers: list[int] = []
    for word in version.split("."):
        digits = word[: next((at for at, letter in enumerate(word) if not letter.isdigit()), len(word))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


async def versions(at: Inspection) -> AsyncIterator[Message]:
    server = await at.row(catalog.VERSIONS)
    for message in judge_postgresql(server.number):
        yield message
    if server.encoding != "UTF8":
        yield rules.ENCODING(
            f"The database's encoding is {server.encoding}: it cannot hold every text, nor search it.",
            hint="Dump it and restore it into: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0;",
            about="server_encoding",
        )
    if server.postgis is None:
        yield rules.POSTGIS_MISSING(
            "PostGIS is not installed in this database.",
            hint="Run manage.py migrate as a role that may: CREATE EXTENSION postgis;",
            about="PostGIS",
        )
        return
    libraries = await at.row(catalog.LIBRARIES)
    for message in judge_postgis(server.postgis, libraries.postgis, libraries.geos):
        yield message


def judge_postgresql(number: int) -> Iterator[Message]:
    """Judge a server_version_num such as 150018."""
    major, minor = divmod(number, 10_000)
    seen = f"PostgreSQL is {major}.{minor}."
    if major < POSTGRESQL_MINIMUM:
        hint = f"Upgrade to PostgreSQL {max(POSTGRESQL_FLOORS)}; {POSTGRESQL_MINIMUM} is the oldest that works."
        yield rules.POSTGRESQL_TOO_OLD(seen, hint=hint, about="PostgreSQL")
    elif major < min(POSTGRESQL_FLOORS):
        hint = f"Upgrade to PostgreSQL {max(POSTGRESQL_FLOORS)}: {major} gets no more fixes."
        yield rules.POSTGRESQL_FLOOR(seen, hint=hint, about="PostgreSQL")
    elif minor < POSTGRESQL_FLOORS.get(major, 0):
        hint = (
            f"Install {major}.{POSTGRESQL_FLOORS[major]} or newer; a minor release needs a restart only. "
            "Then look for rows that an index lost meanwhile: manage.py check --database --tag indexes"
        )
        yield rules.POSTGRESQL_FLOOR(seen, hint=hint, about="PostgreSQL")


def judge_postgis(extension: str, library: str, geos: str) -> Iterator[Message]:
    """Judge the versions of the extension in the database, of its library and of GEOS."""
    if parts(library) < POSTGIS_MINIMUM:
        yield rules.POSTGIS_TOO_OLD(
            f"PostGIS is {library}.", hint="Install PostGIS 3.2 or newer, best 3.5.4 or newer.", about="PostGIS"
        )
    elif parts(library) < POSTGIS_FLOOR:
        yield rules.POSTGIS_FLOOR(
            f"PostGIS is {library}. Geometries from outside can crash it; the gateway refuses those it knows of.",
            hint="Install PostGIS 3.5.4 or newer, then: SELECT postgis_extensions_upgrade();",
            about="PostGIS",
        )
    if parts(geos) < GEOS_FLOOR:
        yield rules.GEOS_FLOOR(
            f"GEOS is {geos}. NaN and infinite coordinates can crash it; the gateway refuses them.",
            hint="Install GEOS 3.12 or newer and restart PostgreSQL.",
            about="GEOS",
        )
    if parts(extension) != parts(library):
        yield rules.POSTGIS_UPGRADE(
            f"The extension in this database is {extension}, the library is {library}.",
            hint="SELECT postgis_extensions_upgrade();",
            about="PostGIS",
        )


async def connections(at: Inspection) -> AsyncIterator[Message]:
    settings = at.settings.database
    if settings.pooler != "none":
        return
    analytics, exports = at.settings.analytics, at.settings.export.concurrency
    analyses = analytics.concurrency if analytics.url is None else 0
    jobs = analytics.job_concurrency * (3 if analytics.url is None else 2) + 2
    wanted = (settings.pool_size + settings.max_overflow + exports + analyses + jobs + 1) * at.settings.http.workers
    limits = await at.row(catalog.CONNECTIONS)
    granted = limits.server if limits.role is None else min(limits.server, limits.role)
    if wanted > granted:
        yield rules.CONNECTIONS(
            f"{at.settings.http.workers} worker(s) may open {wanted} connections, but {limits.name} gets {granted}.",
            hint="Lower GATEWAY_DATABASE_POOL_SIZE, GATEWAY_DATABASE_MAX_OVERFLOW, GATEWAY_EXPORT_CONCURRENCY, "
            "GATEWAY_ANALYTICS_CONCURRENCY, GATEWAY_ANALYTICS_JOB_CONCURRENCY or GATEWAY_HTTP_WORKERS, or raise "
            f"max_connections (restart) or: ALTER ROLE {limits.name} CONNECTION LIMIT {wanted};",
            about="max_connections",
        )


async def powers(at: Inspection) -> AsyncIterator[Message]:
    if at.settings.environment != "production":
        return
    role = await at.row(catalog.POWERS)
    if role.powers:
        yield rules.ROLE_TOO_STRONG(
            f"{role.name} has {', '.join(role.powers)}: an attacker who finds a hole has the whole server.",
            hint="Connect as a role that owns its database and no more: docs/howto/run-in-production.md, section 1.",
            about=role.name,
        )


async def idle_in_transaction(at: Inspection) -> AsyncIterator[Message]:
    visible = await at.reading.scalar(catalog.ACTIVITY_VISIBLE)
    if not visible:
        role = (await at.row(catalog.CONNECTIONS)).name
        yield rules.ACTIVITY_HIDDEN(
            "Sessions of other roles that sit idle in a transaction are not found.",
            hint=f"GRANT pg_read_all_stats TO {role};",
            about="pg_stat_activity",
        )
    seconds = at.settings.database.idle_in_transaction_timeout_ms / 1000 or IDLE_SECONDS
    for session in await at.rows(catalog.IDLE_IN_TRANSACTION, seconds=seconds):
        yield rules.IDLE_IN_TRANSACTION(
            f"Session {session.pid} of {session.role} ({session.application or 'no application name'}) has been idle "
            f"in a transaction for {session.seconds:.0f} s: it keeps its locks and stops VACUUM.",
            hint=f"SELECT pg_terminate_backend({session.pid}); then "
            f"ALTER ROLE {session.role} SET idle_in_transaction_session_timeout = '30s';",
            about=f"pid {session.pid}",
        )


async def autovacuum(at: Inspection) -> AsyncIterator[Message]:
    switches = {row.name: row.setting for row in await at.rows(catalog.SETTINGS, names=["autovacuum", "track_counts"])}
    for name in sorted(name for name, setting in switches.items() if setting != "on"):
        yield rules.AUTOVACUUM_OFF(
            f"{name} is off, so statistics grow stale and dead rows stay.",
            hint=f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            about=name,
        )


async def codes(at: Inspection) -> AsyncIterator[Message]:
    """What is private in a jurisdiction is shown where its code is misspelt."""
    for each in await at.rows(catalog.NO_SCHEMAS, names=_in_schemas(at.settings)):
        yield rules.CODE_UNKNOWN(
            f"{each.name} has settings, and there is no jurisdiction of that code: they hold nowhere.",
            hint="Correct it in GATEWAY_JURISDICTIONS; manage.py jurisdiction list has the codes.",
            about=each.name,
        )


def _in_schemas(settings: Settings) -> Sequence[str]:
    return sorted(set(settings.jurisdictions or ()) - set(apart_of(settings)))


async def statements(at: Inspection) -> AsyncIterator[Message]:
    if not await at.rows(catalog.EXTENSIONS, names=["pg_stat_statements"]):
        yield rules.STATEMENTS_MISSING(
            "Without it nobody knows which statements cost the most.",
            hint="Add it to shared_preload_libraries, restart, then: CREATE EXTENSION pg_stat_statements;",
            about="pg_stat_statements",
        )
