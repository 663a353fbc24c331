"""`/metrics` for Prometheus: the counters of this process, or of all workers.

Several workers add up where PROMETHEUS_MULTIPROC_DIR names a directory that they share, as prometheus_client has it.
What a worker that ended has counted stays; what it had in use goes, however it ended.

A port of its own is served by a thread of one worker, whatever its event loop is doing. The others try to take the port
each second, so that one of them goes on where that worker ends.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
    multiprocess,
    start_http_server,
)
from prometheus_client.registry import Collector

from gateway import telemetry
from gateway.http.answers import Receive, Scope, Send, answer
from gateway.settings import MetricsSettings
from gateway.telemetry.ended import requests

Lifespan = Callable[[object], AbstractAsyncContextManager[Mapping[str, object]]]

_SECONDS: Final = 1.0
_PROCESS = re.compile(r"_(\d+)\.db$")


async def metrics(_: Scope, __: Receive, send: Send) -> None:
    """Answer in Prometheus's text format."""
    _write_down()
    await answer(send, 200, generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST.encode())


def counted(lifespan: Lifespan, settings: MetricsSettings) -> Lifespan:
    """`lifespan` in which counts are written down, and metrics are on the port of their own, if they have one."""

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        writing = asyncio.create_task(_write(settings))
        try:
            async with lifespan(app) as state:
                yield state
        finally:
            writing.cancel()
            await asyncio.wait({writing})

    return both


def _write_down() -> None:
    requests.write()
    telemetry.write_down(len(asyncio.all_tasks()))


async def _write(settings: MetricsSettings) -> None:
    server = None
    try:
        while True:
            _write_down()
            if server is None and settings.port:
                with suppress(OSError):  # another worker has the port
                    server, _ = await asyncio.to_thread(_start, settings)
            await asyncio.sleep(_SECONDS)
    finally:
        _write_down()
        if server is not None:
            await asyncio.to_thread(server.shutdown)
            server.server_close()


def _start(settings: MetricsSettings) -> Any:
    return start_http_server(settings.port, settings.host, _registry())


class _Workers(Collector):
    """What all workers have counted."""

    def collect(self) -> Iterable[Metric]:
        directory = os.environ["PROMETHEUS_MULTIPROC_DIR"]
        _forget_dead(Path(directory))
        yield from multiprocess.MultiProcessCollector(None, directory).collect()  # type: ignore[no-untyped-call]


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    registry.register(_Workers())
    return registry


def _forget_dead(directory: Path) -> None:
    """Remove the gauges of processes that are no more: one that was killed could not."""
    for pid in {int(match[1]) for file in directory.glob("gauge_live*.db") if (match := _PROCESS.search(file.name))}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker answers at the same time
                multiprocess.mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]
        except PermissionError:
            pass  # it is someone's
