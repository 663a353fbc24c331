"""`manage.py serve`; enters an address, leaves once the server was told to stop."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from typing import Annotated, NoReturn

import typer
import uvicorn
from uvicorn.supervisors import ChangeReload, Multiprocess

from gateway import errors
from gateway.db import pooling
from gateway.db.embedded import database_url
from gateway.management.output import err, out
from gateway.management.running import with_database
from gateway.server.protocol import Protocol
from gateway.settings import Settings
from gateway.telemetry import tracing

_PRODUCTION = "Set GATEWAY_ENVIRONMENT=production, which turns off what only developers need."
MULTIPROC_DIR = "PROMETHEUS_MULTIPROC_DIR"
APPLICATION = "gateway.asgi:application"


class _Server(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def run(config: uvicorn.Config, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight are finished first. `ready` is called once it listens."""
    require_free(config.host, config.port)
    signal.signal(signal.SIGTERM, _leave)  # uvicorn stops in order, then raises the signal again
    with suppress(KeyboardInterrupt):  # Ctrl-C is how a server is stopped, not a failure
        _run(config, ready)


def _run(config: uvicorn.Config, ready: Callable[[], None]) -> None:
    if config.should_reload or config.workers > 1:
        listener = config.bind_socket()
        ready()
        server = _Server(config, lambda: None)
        if config.should_reload:
            ChangeReload(config, target=server.run, sockets=[listener]).run()
        else:
            Multiprocess(config, sockets=[listener]).run()
    else:
        _Server(config, ready).run()


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def shared_counters(workers: int) -> Iterator[None]:
    """Where several workers add up what they count, unless the environment names a directory for that."""
    if workers == 1 or MULTIPROC_DIR in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="gateway-metrics-") as directory:
        os.environ[MULTIPROC_DIR] = directory
        yield


def require_free(host: str, port: int, advice: str = "") -> None:
    """Raise SetupError where another process listens there, before anything slow begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                advice = advice or (
                    f"choose another one, as in 'make run PORT={port + 1}' or 'manage.py serve --port {port + 1}'."
                )
                raise errors.SetupError(f"Port {port} of {host} is in use: {advice}") from error
            raise errors.SetupError(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def configure(settings: Settings, *, host: str, port: int, workers: int = 1, reload: bool = False) -> uvicorn.Config:
    """How uvicorn runs the gateway; the gateway writes its own log of requests."""
    return uvicorn.Config(
        APPLICATION,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        reload_dirs=["gateway", "schema"] if reload else None,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # gateway/http/middleware/client.py reads them
        http=Protocol,
        loop="gateway.server.loop:Loop",
        timeout_graceful_shutdown=settings.http.graceful_seconds,
        timeout_worker_healthcheck=30,  # a busy machine is no reason to kill a worker that starts
    )


def address(config: uvicorn.Config) -> str:
    """The URL to open in a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - what to show for it
    return f"http://{host}:{config.port}"


def _here(host: str) -> bool:
    """Whether only this machine reaches the address."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on [GATEWAY_HTTP_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [GATEWAY_HTTP_PORT].")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes [GATEWAY_HTTP_WORKERS].", min=1)] = None,
    *,
    reload: Annotated[bool, typer.Option(help="Restart when the code changes, for development.")] = False,
) -> None:
    """Serve GraphQL over HTTP."""
    settings = Settings()
    config = configure(
        settings,
        host=settings.http.host if host is None else host,
        port=settings.http.port if port is None else port,
        workers=settings.http.workers if workers is None else workers,
        reload=reload,
    )
    if settings.environment != "production" and not _here(config.host):
        err.print(f"Warning: {config.host} may be open to others, and this is development. {_PRODUCTION}")
    require_free(settings.metrics.host, settings.metrics.port, "set GATEWAY_METRICS_PORT to another one.")
    if settings.tracing.export != "off" and not tracing.available():
        raise errors.SetupError("GATEWAY_TRACING_EXPORT needs more packages: pip install 'spatial-gateway[tracing]'.")
    if settings.database.url is not None:
        with_database(settings, pooling.require, pooled=True)
    with database_url(settings), shared_counters(config.workers):  # the database is held here too: workers come and go
        run(config, lambda: out.print(f"Serving {address(config)}/graphql - Ctrl-C stops."))
