"""Floor 8. `manage.py serve`; enters an address, leaves once the server was told to stop."""

import errno
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, NoReturn

import typer
import uvicorn
from uvicorn.supervisors import ChangeReload, Multiprocess

from gateway import errors
from gateway.embedded import database_url
from gateway.management.output import out
from gateway.protocol import Protocol
from gateway.settings import Settings

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


def require_free(host: str, port: int) -> None:
    """Raise SetupError where another process listens there, before anything slow begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise errors.SetupError(
                    f"Port {port} of {host} is in use: choose another one, as in 'make run PORT={port + 1}' "
                    f"or 'manage.py serve --port {port + 1}'."
                ) from error
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
        proxy_headers=False,  # gateway/middleware/client.py reads them
        http=Protocol,
        timeout_graceful_shutdown=settings.http.graceful_seconds,
        timeout_worker_healthcheck=30,  # a busy machine is no reason to kill a worker that starts
    )


def address(config: uvicorn.Config) -> str:
    """The URL to open in a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - what to show for it
    return f"http://{host}:{config.port}"


def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on [GATEWAY_HTTP_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [GATEWAY_HTTP_PORT].")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes [GATEWAY_HTTP_WORKERS].", min=1)] = None,
    *,
    reload: Annotated[bool, typer.Option(help="Start anew when the code changes, for development.")] = False,
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
    with database_url(settings):  # held here too, so that workers come and go on one server
        run(config, lambda: out.print(f"Serving {address(config)}/graphql - Ctrl-C stops."))
