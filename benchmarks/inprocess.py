"""Part: what a request costs the server's own code. Leaves CPU of one request in microseconds, without sockets.

The application runs in a process of its own, which calls it as a server would, one request after another, and looks at
its thread's CPU time around each. PostgreSQL is not counted, nor are uvicorn and the kernel; caches of the CPU are
warm, which under load they are not: there all of it takes up to twice as long.

    python -m benchmarks.inprocess MODULE FACTORY PATH FILE
"""

import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rich.table import Table

from benchmarks import bare
from benchmarks.contestants import UNLIMITED, Contestant
from benchmarks.county import ROOT, County, county, places
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run
from benchmarks.works import WORKS, Work

_WARM, _REQUESTS = 300, 3_000
_APPS = {"gateway": ("gateway.asgi", "application"), "bare": (bare.__name__, "")}


def measure(run: Run) -> Mapping[str, Any]:
    """The works that read one level or none, in turns."""
    table = Table(title="One request in one process: us of CPU, the 5th of 100 and the 50th", title_justify="left")
    for column in ("", "gateway", "bare"):
        table.add_column(column)
    found: dict[str, Any] = {}
    with county(SIZE) as ground:
        where = asyncio.run(places(ground))
        for work in (work for work in WORKS if work.name in {"point", "viewport", "nearest"}):
            least: dict[str, list[float]] = {}
            for name in [*_APPS] * run.rounds.count:
                bodies = run.scratch / f"{work.name}.{name}"
                contestant = Contestant(name, 0, 0)
                bodies.write_bytes(b"\n".join(contestant.body(work, each) for each in work.variables(where)))
                figures = _in_process(name, work, bodies, ground)
                least[name] = min(figures, least.get(name, figures))
            found[work.name] = least
            table.add_row(work.name, *(f"{low:.0f}, {middle:.0f}" for low, middle in least.values()))
    run.console.print(table)
    return {"inprocess": found}


def _in_process(name: str, work: Work, bodies: Path, ground: County) -> list[float]:
    module, factory = _APPS[name]
    path = "/graphql" if name == "gateway" else f"/{work.name}"
    home = ROOT / ".data" / "bench" / str(ground.size)
    environment = {
        "GATEWAY_DATABASE_URL": ground.url,
        "GATEWAY_DATA_DIR": str(home),
        "BENCH_SOCKET": ground.socket,
        **UNLIMITED,
    }
    command = [sys.executable, "-m", __name__, module, factory, path, str(bodies)]
    done = subprocess.run(
        command, check=True, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    found: list[float] = json.loads(done.stdout)
    return found


async def _times(app: Any, path: str, bodies: Sequence[bytes]) -> Sequence[float]:
    """Microseconds of CPU of each request, in order of size."""
    state: dict[str, Any] = {}
    told, heard = asyncio.Queue[Any](), asyncio.Queue[Any]()
    lifespan = asyncio.create_task(app({"type": "lifespan", "asgi": {}, "state": state}, told.get, heard.put))
    await told.put({"type": "lifespan.startup"})
    await heard.get()
    times = []
    for number in range(_WARM + _REQUESTS):
        begun = time.thread_time_ns()
        await asyncio.create_task(_request(app, path, bodies[number % len(bodies)], state))
        times.append((time.thread_time_ns() - begun) / 1e3)
    await told.put({"type": "lifespan.shutdown"})
    await lifespan
    return sorted(times[_WARM:])


async def _request(app: Any, path: str, body: bytes, state: Mapping[str, Any]) -> None:
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    statuses = []

    async def receive() -> Mapping[str, Any]:
        return asked.pop() if asked else await asyncio.get_running_loop().create_future()

    async def send(message: Mapping[str, Any]) -> None:
        statuses.append(message.get("status", 200))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "state": dict(state),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    if set(statuses) != {200}:
        message = f"{path} answered {statuses[0]}"
        raise RuntimeError(message)


def main(module: str, factory: str, path: str, bodies: str) -> None:
    """Measure one application; prints the 5th of 100 requests and the 50th."""
    made = importlib.import_module(module)
    app = getattr(made, factory)() if factory else made.app
    times = uvloop.run(_times(app, path, Path(bodies).read_bytes().splitlines()))
    sys.stdout.write(json.dumps([times[len(times) // 20], times[len(times) // 2]]))


PART = Part("inprocess", ("inprocess",), measure)

if __name__ == "__main__":
    main(*sys.argv[1:])
