"""Settings that suit a developer and not production; enters settings, leaves messages."""

import resource
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import make_url

from gateway.checks import rules
from gateway.checks.messages import Message
from gateway.db.engine import connection_settings
from gateway.settings import Settings
from gateway.settings.database_url import hosts_of
from gateway.settings.http import SPARE_FILES, THIS_MACHINE
from gateway.sources.jail import walls

_ENCRYPTED = {"require", "verify-ca", "verify-full"}
_LEAVE_OUT = "Leave out {}, which production turns off, or silence {} if the API is public."
_LOCAL = {None, "", "localhost", "127.0.0.1", "::1"}


def environment(settings: Settings) -> Iterator[Message]:
    if settings.environment != "production":
        yield rules.NOT_PRODUCTION(
            f"The environment is {settings.environment}.",
            hint="Set GATEWAY_ENVIRONMENT=production.",
            about="GATEWAY_ENVIRONMENT",
        )


def secret(settings: Settings) -> Iterator[Message]:
    if settings.secret_key is None:
        yield rules.NO_SECRET(
            "A cursor that one host gave is refused by the next.",
            hint="Set GATEWAY_SECRET_KEY, the same on every host, from: "
            "python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            about="GATEWAY_SECRET_KEY",
        )


def comforts(settings: Settings) -> Iterator[Message]:
    http = settings.http
    if http.introspection:
        yield rules.INTROSPECTION(
            "Anyone can read the whole schema.",
            hint=_LEAVE_OUT.format("GATEWAY_HTTP_INTROSPECTION", "gateway.W103"),
            about="GATEWAY_HTTP_INTROSPECTION",
        )
    if http.graphiql:
        yield rules.GRAPHIQL(
            "/graphql answers browsers with the explorer.",
            hint=_LEAVE_OUT.format("GATEWAY_HTTP_GRAPHIQL", "gateway.W104"),
            about="GATEWAY_HTTP_GRAPHIQL",
        )
    if http.explain == "anyone":
        yield rules.EXPLAIN(
            "Anyone can see SQL and plans, and have each statement run twice.",
            hint="Set GATEWAY_HTTP_EXPLAIN=admin, or leave it out: in production nobody may.",
            about="GATEWAY_HTTP_EXPLAIN",
        )
    if http.suggestions:
        yield rules.SUGGESTIONS(
            "'Did you mean ...?' gives away names even where introspection is off.",
            hint=_LEAVE_OUT.format("GATEWAY_HTTP_SUGGESTIONS", "gateway.W105"),
            about="GATEWAY_HTTP_SUGGESTIONS",
        )


def origins(settings: Settings) -> Iterator[Message]:
    if "*" in settings.http.cors_origins:
        yield rules.CORS_ANY(
            "CORS is open to every site.",
            hint="Set GATEWAY_HTTP_CORS_ORIGINS to the sites of your maps, or silence gateway.W106 for open data.",
            about="GATEWAY_HTTP_CORS_ORIGINS",
        )


def hosts(settings: Settings) -> Iterator[Message]:
    if "*" in settings.http.allowed_hosts:
        yield rules.HOSTS_ANY(
            "Links that the server writes follow whatever Host header a client sends.",
            hint="Set GATEWAY_HTTP_ALLOWED_HOSTS to the names that you serve.",
            about="GATEWAY_HTTP_ALLOWED_HOSTS",
        )
    elif settings.http.allowed_hosts == THIS_MACHINE:
        yield rules.HOSTS_LOCAL(
            "A client that asks by any other name is answered BAD_HOST.",
            hint="Set GATEWAY_HTTP_PUBLIC_URL, for example https://maps.example.org, or GATEWAY_HTTP_ALLOWED_HOSTS.",
            about="GATEWAY_HTTP_ALLOWED_HOSTS",
        )


def public_url(settings: Settings) -> Iterator[Message]:
    url = urlsplit(settings.http.public_url or "")
    if url.scheme == "http" and url.hostname not in _LOCAL:
        yield rules.PLAIN_URL(
            f"Keys, tokens and signed URLs go to {url.hostname} in the clear.",
            hint="Serve TLS in front of the gateway, and set GATEWAY_HTTP_PUBLIC_URL to the https URL.",
            about="GATEWAY_HTTP_PUBLIC_URL",
        )


def audience(settings: Settings) -> Iterator[Message]:
    auth = settings.auth
    if (auth.jwt_key_set or auth.jwt_public_key) and not auth.jwt_audience:
        yield rules.NO_AUDIENCE(
            "The provider signs tokens of all its applications with the same keys.",
            hint="Set GATEWAY_AUTH_JWT_AUDIENCE to the audience (aud) that the provider gives to this API.",
            about="GATEWAY_AUTH_JWT_AUDIENCE",
        )


def anonymous(settings: Settings) -> Iterator[Message]:
    more = [scope for scope in settings.auth.anonymous if scope != "read"]
    if more:
        yield rules.ANONYMOUS_WRITES(
            f"Anyone has the scope {' and '.join(more)}.",
            hint="Set GATEWAY_AUTH_ANONYMOUS=read, and give each who writes a key: manage.py createkey.",
            about="GATEWAY_AUTH_ANONYMOUS",
        )


def metrics(settings: Settings) -> Iterator[Message]:
    if not settings.metrics.port:
        yield rules.METRICS_OPEN(
            "Anyone can read how much the server has to do, and which errors it gives.",
            hint="Leave out GATEWAY_METRICS_PORT, which is 9464 in production, or silence gateway.W123 where the proxy "
            "keeps /metrics to itself.",
            about="GATEWAY_METRICS_PORT",
        )


def files(settings: Settings) -> Iterator[Message]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.http.connections + SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        yield rules.FEW_FILES(
            f"The limit is {hard}, so a worker takes fewer connections than GATEWAY_HTTP_CONNECTIONS.",
            hint=f"Let the service open {wanted} files (systemd: LimitNOFILE={wanted}), or lower the setting.",
            about="GATEWAY_HTTP_CONNECTIONS",
        )


def timeouts(settings: Settings) -> Iterator[Message]:
    for name, harm in (
        ("lock_timeout_ms", "A write waits for ever for another one's lock."),
        ("idle_in_transaction_timeout_ms", "A transaction that was left open keeps its locks and stops VACUUM."),
        ("client_check_interval_ms", "A statement runs on after its client has gone."),
    ):
        if getattr(settings.database, name) == 0:
            default = type(settings.database).model_fields[name].default
            about = f"GATEWAY_DATABASE_{name.upper()}"
            yield rules.TIMEOUT_OFF(harm, hint=f"Set {about}={default}.", about=about)


def pool(settings: Settings) -> Iterator[Message]:
    if settings.database.pooler == "none" and not settings.database.pool_pre_ping:
        yield rules.PRE_PING_OFF(
            "After a restart of the database each old connection fails one request.",
            hint="Set GATEWAY_DATABASE_POOL_PRE_PING=true.",
            about="GATEWAY_DATABASE_POOL_PRE_PING",
        )


def pooler_role(settings: Settings) -> Iterator[Message]:
    if settings.database.pooler == "none":
        return
    wanted = connection_settings(settings.database, timeout_ms=settings.database.read_timeout_ms)
    commands = "; ".join(
        f"ALTER ROLE <role> SET {name} = '{value}'" for name, value in wanted.items() if name != "application_name"
    )
    yield rules.POOLER_ROLE(
        "A pooler in transaction mode lets no connection set its own timeouts and planner costs.",
        hint=f"{commands}. check --database tells whether they are in effect.",
        about="GATEWAY_DATABASE_POOLER",
    )


def logs(settings: Settings) -> Iterator[Message]:
    if settings.log.format == "console":
        yield rules.LOG_FORMAT(
            f"The log format is {settings.log.format}.", hint="Set GATEWAY_LOG_FORMAT=json.", about="GATEWAY_LOG_FORMAT"
        )
    if settings.log.level == "debug":
        yield rules.LOG_DEBUG(
            "Debug messages are many and may hold data of users.",
            hint="Set GATEWAY_LOG_LEVEL=info.",
            about="GATEWAY_LOG_LEVEL",
        )


def database(settings: Settings) -> Iterator[Message]:
    url = settings.database.url
    if url is None:
        yield rules.PRIVATE_DATABASE(
            "The private PostGIS has no backups and no other host can reach it.",
            hint="Set GATEWAY_DATABASE_URL to a server that you back up.",
            about="GATEWAY_DATABASE_URL",
        )
        return
    parts = make_url(url)
    away = [host for host in hosts_of(parts) if host not in _LOCAL and not str(host).startswith("/")]
    if away and parts.query.get("ssl") not in _ENCRYPTED:
        yield rules.NO_TLS(
            f"Anyone on the network between here and {away[0]} can read the rows and the password.",
            hint="Add ?sslmode=verify-full to GATEWAY_DATABASE_URL (or sslmode=require where no certificate can be "
            "checked).",
            about="GATEWAY_DATABASE_URL",
        )


def jail(_: Settings) -> Iterator[Message]:
    there = walls.standing()
    for wall, harm in (
        (walls.FILES, "A file that breaks what reads it can have it read other files that the server may read."),
        (walls.CALLS, "A file that breaks what reads it can have it ask the network, and write files."),
    ):
        if wall not in there:
            yield rules.NO_WALL(
                harm,
                hint="Serve on Linux 5.13 or newer with Landlock and seccomp, and let the container use them.",
                about=wall,
            )
