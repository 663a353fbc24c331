"""URLs of PostgreSQL as libpq and hosting providers write them; enters text, leaves one for SQLAlchemy.

Parameters are those of libpq (https://www.postgresql.org/docs/current/libpq-connect.html). What is kept here is done by
gateway/db/connecting.py; what cannot be done is refused by name, so that no URL looks safer than it is.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

DRIVER: Final = "postgresql+asyncpg"
SYSTEM: Final = "system"  # the certificate authorities that this machine trusts
MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
TLS: Final[Sequence[str]] = (
    *FILES,
    "sslpassword",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
)

_URL = re.compile(r"(?:postgres|postgresql|postgis)(?:\+\w+)?://(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d+))?")
_PORT: Final = "5432"
_PLACES: Final = frozenset({"host", "port", "user", "password", "database"})
_KEPT: Final = frozenset(
    {"ssl", *TLS, "target_session_attrs", "application_name", "options", "connect_timeout", "passfile", "service"}
    | {"krbsrvname", "gsslib", "prepared_statement_cache_size"}
)
_OTHER_WORDS: Final[Mapping[str, str]] = {"1": "require", "true": "require", "no-verify": "require", "false": "disable"}
# Values that ask for what is done anyway.
_AS_IS: Final[Mapping[str, frozenset[str]]] = {
    "channel_binding": frozenset({"disable", "prefer"}),
    "client_encoding": frozenset({"auto", "utf8", "utf-8", "unicode"}),
    "gssencmode": frozenset({"disable", "prefer"}),
    "keepalives": frozenset({"1"}),
    "load_balance_hosts": frozenset({"disable"}),
    "sslcompression": frozenset({"0", "1"}),
    "sslsni": frozenset({"1"}),
}
_INSTEAD: Final[Mapping[str, str]] = {
    "channel_binding": "use sslmode=verify-full, which keeps others out of the middle as well",
    "connection_limit": "set GATEWAY_DATABASE_POOL_SIZE",
    "currentSchema": "use options=-csearch_path%3DNAME",
    "hostaddr": "write the address as the host",
    "pgbouncer": "set GATEWAY_DATABASE_POOLER=pgbouncer",
    "pool_timeout": "set GATEWAY_DATABASE_POOL_TIMEOUT",
    "schema": "use options=-csearch_path%3DNAME",
    "sslaccept": "use sslmode=verify-full or sslmode=require",
    "statement_timeout": "set GATEWAY_DATABASE_READ_TIMEOUT_MS",
}


def normal(url: str | None) -> str | None:
    """The URL with the one driver that the gateway speaks, and nothing in it that is not done.

    Raises ValueError, without anything secret in its message.
    """
    if url is None:
        return None
    if (matched := _URL.fullmatch(url.strip())) is None:
        message = "must start with postgresql://, for example postgresql://user:password@host:5432/database"
        raise ValueError(message)
    before, _, query = matched["rest"].partition("?")
    login, at, place = before.rpartition("@")
    hosts, _, database = place.partition("/")
    user, _, password = login.partition(":")
    given = _parameters(query)
    return URL.create(
        DRIVER,
        given.pop("user", None) or (unquote(user) if at else None),
        given.pop("password", None) or unquote(password) or None,
        *_place(hosts, given),
        given.pop("database", None) or unquote(database) or None,
        given,
    ).render_as_string(hide_password=False)


def libpq(url: URL) -> URL:
    """A URL of `normal` as psql reads it, without its password."""
    query = {{"ssl": "sslmode"}.get(name, name): value for name, value in url.query.items()}
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)


def _place(hosts: str, given: dict[str, str]) -> tuple[str | None, int | None]:
    """Host and port as parts of the URL; those of a list, and sockets, stay in `given` as parameters."""
    hosts, port = given.pop("host", "") or hosts, given.pop("port", "")
    listed, ports = hosts.split(","), port.split(",")
    if len(ports) not in {1, len(listed)} or not all(not each or each.isdecimal() for each in ports):
        message = "needs one port, or one for each host"
        raise ValueError(message)
    if not hosts:
        return None, int(port) if port else None
    pairs = [_pair(unquote(host), each) for host, each in zip(listed, ports * len(listed), strict=False)]
    if len(pairs) == 1 and not pairs[0][0].startswith("/"):
        host, port = pairs[0]
        return host, int(port) if port else None
    given["host"] = ",".join(host for host, _ in pairs)
    given["port"] = ",".join(each or _PORT for _, each in pairs)
    return None, None


def _pair(host: str, port: str) -> tuple[str, str]:
    if host.startswith("/") or (host.count(":") > 1 and "[" not in host):
        return host, port
    if (matched := _HOST.fullmatch(host)) is None or not (matched["six"] or matched["name"]):
        message = (
            "has a host that cannot be read. Percent-encode what is special in user, password and database: "
            "@ is %40, / is %2F, ? is %3F, # is %23, : is %3A"
        )
        raise ValueError(message)
    return matched["six"] or matched["name"], matched["port"] or port


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        message = "has parameters that cannot be read: write ?name=value&name=value, and percent-encode ? in a password"
        raise ValueError(message) from None
    given: dict[str, str] = {}
    for written, value in pairs:
        name = {"sslmode": "ssl", "dbname": "database"}.get(written, written)
        if name == "host" and name in given:
            given[name] += f",{value}"
        elif name in _PLACES or name in _KEPT:
            given[name] = value
        elif not _needless(name, value):
            raise ValueError(_refused(name, value))
    _encryption(given, dict(pairs))
    return given


def _needless(name: str, value: str) -> bool:
    """Whether to leave it out changes nothing."""
    # Neon asks to bind the channel in each URL that it shows. Against someone in the middle, a checked certificate does
    # the same.
    return name == "fallback_application_name" or value.lower() in _AS_IS.get(name, ()) or _binds(name, value)


def _binds(name: str, value: str) -> bool:
    return name == "channel_binding" and value == "require"


def _refused(name: str, value: str) -> str:
    shown = f"{name}={value}" if name in _AS_IS else name
    instead = _INSTEAD.get(name, "leave it out")
    return f"has the parameter {shown}, which the gateway cannot do: {instead}"


def _encryption(given: dict[str, str], asked: Mapping[str, str]) -> None:
    """Complete `ssl` of `given`, and look whether its files are there."""
    if "ssl" in given:
        mode = given["ssl"] = _OTHER_WORDS.get(given["ssl"].lower(), given["ssl"])
        if mode not in MODES:
            raise ValueError(f"has sslmode={mode}, which is none of {', '.join(MODES)}")
    if any(_binds(name, value) for name, value in asked.items()):
        given["ssl"] = "verify-full"
    if given.get("sslrootcert") == SYSTEM:
        given["ssl"] = "verify-full"  # anybody has some certificate of theirs, so the name must be looked at
    for name in FILES:
        if given.get(name, SYSTEM) != SYSTEM and not Path(given[name]).is_file():
            raise ValueError(f"has {name}={given[name]}, but there is no such file")


def hosts_of(url: URL) -> Sequence[str | None]:
    """Names, addresses or directories of sockets of all servers of a URL of `normal`; None is this machine."""
    listed = url.query.get("host")
    return [url.host] if listed is None else str(listed).split(",")
