"""Connections to one of several servers; enters what a URL says, leaves asyncpg's connection.

SQLAlchemy passes on what stands in a URL. asyncpg reads half of it, and gives all hosts of a list together the time of
one, so that a host that says nothing hides those behind it.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg
from asyncpg.exceptions import ClientConfigurationError, TargetServerAttributeNotMatched

from gateway.settings.database_url import SYSTEM, TLS

_SILENT_SECONDS: Final = 1.0  # without an answer after which a host goes behind the others
_LAST_SECONDS: Final = 30.0  # that it stays there
# When each host was silent last: without it, every new connection would wait for a server that is gone.
_silent: dict[tuple[str, int], float] = {}


async def connect(**given: Any) -> Any:
    """Connect as asyncpg.connect does, to the first of `host` that answers and is what target_session_attrs says.

    Each host has the whole `timeout`. Raises OSError where none is there or fits, and what asyncpg raises where one
    refuses the login.
    """
    arguments = _arguments(given)
    hosts, ports = arguments.pop("host", None), arguments.pop("port", None)
    wanted = arguments.pop("target_session_attrs", "any")
    if not isinstance(hosts, list):
        hosts, ports = [hosts], [ports]
    failure: Exception | None = None
    for kind in ("standby", "any") if wanted == "prefer-standby" else (wanted,):
        for host, port in _in_order(list(zip(hosts, ports, strict=True))):
            try:
                return await _try(host, port, target_session_attrs=kind, **arguments)
            except TargetServerAttributeNotMatched as error:
                failure = failure or ConnectionError(f"{host} is no server for target_session_attrs={wanted}: {error}")
            except ClientConfigurationError as error:
                raise ConnectionError(str(error)) from error
            except (OSError, asyncpg.CannotConnectNowError) as error:
                failure = error
    assert failure is not None
    raise failure


async def _try(host: str, port: int, **arguments: Any) -> object:
    began = time.monotonic()
    try:
        connection = await asyncpg.connect(host=host, port=port, **arguments)
    except (OSError, asyncio.CancelledError):
        if time.monotonic() - began >= min(_SILENT_SECONDS, arguments.get("timeout", _SILENT_SECONDS)):
            _silent[host, port] = time.monotonic()
        raise
    _silent.pop((host, port), None)
    return connection


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
