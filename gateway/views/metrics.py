"""Floor 5. `/metrics` for Prometheus: the counters of this process, or of all workers.

Several workers add up where PROMETHEUS_MULTIPROC_DIR names a directory that they share, as prometheus_client has it.
What a worker that ended has counted stays; what it had in use goes, however it ended.
"""

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from gateway import telemetry
from gateway.answers import Receive, Scope, Send, answer

_PROCESS = re.compile(r"_(\d+)\.db$")


async def metrics(_: Scope, __: Receive, send: Send) -> None:
    """Answer in Prometheus's text format."""
    telemetry.tasks.set(len(asyncio.all_tasks()))
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        _forget_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    await answer(send, 200, generate_latest(registry), content_type=CONTENT_TYPE_LATEST.encode())


def _forget_dead(directory: Path) -> None:
    """Remove the gauges of processes that are no more: one that was killed could not."""
    for pid in {int(found[1]) for file in directory.glob("gauge_live*.db") if (found := _PROCESS.search(file.name))}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker answers at the same time
                multiprocess.mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]
        except PermissionError:
            pass  # it is someone's
