"""Floor 5. `/metrics` for Prometheus: the counters of this process, or of all workers.

Several workers add up where PROMETHEUS_MULTIPROC_DIR names a directory that they share, as prometheus_client has it.
"""

import asyncio
import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from gateway import telemetry
from gateway.answers import Receive, Scope, Send, answer


async def metrics(_: Scope, __: Receive, send: Send) -> None:
    """Answer in Prometheus's text format."""
    telemetry.tasks.set(len(asyncio.all_tasks()))
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    await answer(send, 200, generate_latest(registry), content_type=CONTENT_TYPE_LATEST.encode())
