"""Connections to one of several servers; enters what a URL says, leaves asyncpg's connection.

SQLAlchemy passes on what stands in a URL. asyncpg reads half of it, and gives all hosts of a list together the time of
one, so that a host that says nothing hides those behind it.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg
from asyncpg.exceptions import ClientConfigurationError, TargetServerAttributeNotMatched

from gateway.db.fence import Fence
from gateway.settings.database_url import SYSTEM, TLS

_SILENT_SECONDS: Final = 1.0  # without an answer after which a host goes behind the others
_LAST_SECONDS: Final = 30.0  # that it stays there
# That a connection takes to close in order: SQLAlchemy gives it 2 s, which a read would wait for that leaves a server
# that says nothing. A cancel needs some of them to reach the server.
_CLOSING_SECONDS: Final = 0.5
# When each host was silent last: without it, every new connection would wait for a server that is gone.
_silent: dict[tuple[str, int], float] = {}
# Of lists of servers that are to give their primary: which is the newest, and the arguments of each list.
_PRIMARY: Final = frozenset({"primary", "read-write"})
_fence = Fence()
_lists: dict[tuple[Any, ...], Mapping[str, Any]] = {}


class _Connection(asyncpg.Connection):
    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's name
        await super().close(timeout=min(timeout or _CLOSING_SECONDS, _CLOSING_SECONDS))


async def connect(**given: Any) -> Any:
    """Connect as asyncpg.connect does, to the first of `host` that answers and is what target_session_attrs says.

    Each host has the whole `timeout`. Of a list that is to give its primary, one that was replaced by another is passed
    over. Raises OSError where none is there or fits, and what asyncpg raises where one refuses the login.
    """
    arguments = _arguments(given)
    hosts, ports = arguments.pop("host", None), arguments.pop("port", None)
    wanted = arguments.pop("target_session_attrs", "any")
    if not isinstance(hosts, list):
        hosts, ports = [hosts], [ports]
    places = list(zip(hosts, ports, strict=True))
    fenced = len(places) > 1 and wanted in _PRIMARY and arguments.get("statement_cache_size") != 0
    if fenced and (key := (*places, arguments.get("database"))) not in _lists:
        _lists[key] = {**arguments, "places": places}
        await _survey(**_lists[key])
    failure: Exception | None = None
    for kind in ("standby", "any") if wanted == "prefer-standby" else (wanted,):
        for host, port in _in_order(places):
            try:
                return await _try(host, port, fenced=fenced, target_session_attrs=kind, **arguments)
            except TargetServerAttributeNotMatched as error:
                failure = failure or ConnectionError(f"{host} is no server for target_session_attrs={wanted}: {error}")
            except ClientConfigurationError as error:
                raise ConnectionError(str(error)) from error
            except (OSError, asyncpg.CannotConnectNowError) as error:
                failure = error
    assert failure is not None
    raise failure


async def survey() -> None:
    """Ask all servers of all lists again which of them is the newest primary; ends connections to older ones."""
    await asyncio.gather(*(_survey(**given) for given in _lists.values()))


async def _survey(places: Sequence[tuple[str, int]], **arguments: Any) -> None:
    async def ask(host: str, port: int) -> None:
        # One that is away or no primary says nothing of timelines.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TargetServerAttributeNotMatched):
            connection = await _try(host, port, fenced=True, **arguments)
            connection.terminate()

    arguments["timeout"] = min(_SILENT_SECONDS, arguments.get("timeout", _SILENT_SECONDS))
    await asyncio.gather(*(ask(host, port) for host, port in places))


async def _try(host: str, port: int, *, fenced: bool, **arguments: Any) -> Any:
    began = time.monotonic()
    try:
        connection = await asyncpg.connect(host=host, port=port, connection_class=_Connection, **arguments)
        if fenced:
            await _admitted(connection, arguments.get("timeout"))
    except (OSError, asyncio.CancelledError) as error:
        # A timeout may be some milliseconds early by another clock.
        waited = time.monotonic() - began >= min(_SILENT_SECONDS, arguments.get("timeout", _SILENT_SECONDS))
        if waited or isinstance(error, TimeoutError):
            _silent[host, port] = time.monotonic()
        raise
    _silent.pop((host, port), None)
    return connection


async def _admitted(connection: Any, seconds: float | None) -> None:
    try:
        await _fence.admit(connection, seconds)
    except asyncpg.PostgresError as error:  # it stops, and the next of the list may be there
        connection.terminate()
        raise ConnectionError(str(error)) from error
    except BaseException:
        connection.terminate()
        raise


def _in_order(hosts: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """As they are listed, with those at the end that were silent a moment ago."""
    now = time.monotonic()
    return sorted(hosts, key=lambda host: now - _silent.get(host, -_LAST_SECONDS) < _LAST_SECONDS)


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of asyncpg.connect, from those of a URL."""
    arguments = dict(given)
    settings = {name: arguments.pop(name) for name in ("application_name", "options") if name in arguments}
    if settings:
        arguments["server_settings"] = {**arguments.get("server_settings", {}), **settings}
    if seconds := float(arguments.pop("connect_timeout", 0)):
        arguments["timeout"] = seconds
    tls = {name: arguments.pop(name) for name in TLS if name in arguments}
    mode = arguments.pop("ssl", None)
    if mode in {"verify-ca", "verify-full"} and _trusts_system(tls):
        arguments["ssl"] = _trusting_system(check_hostname=mode == "verify-full")
    elif mode is not None or tls:
        # asyncpg reads files of certificates from a DSN alone.
        arguments["dsn"] = f"postgresql://?{urlencode([('sslmode', mode or 'prefer'), *tls.items()])}"
    return arguments


def _trusts_system(tls: Mapping[str, str]) -> bool:
    """Whether certificates are those of the machine's authorities: as asked, or where no others are named."""
    if "sslrootcert" in tls:
        return tls["sslrootcert"] == SYSTEM
    return not tls and not (Path.home() / ".postgresql" / "root.crt").exists()


@lru_cache
def _trusting_system(*, check_hostname: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = check_hostname
    return context
