"""Part: parcels into the database, by ogr2ogr, by ingest and over HTTP. Leaves rates, memory, and reads meanwhile.

All three fill the same empty table, with its indexes, constraints and triggers, from the same parcels of the sample
county; ogr2ogr checks nothing but what the table does, and copies.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table
from sqlalchemy import make_url

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import ROOT, SEED, County, places
from benchmarks.load import load
from benchmarks.processes import resident_bytes
from benchmarks.run import Part, Run
from benchmarks.works import WORKS
from gateway.db.embedded import database_url
from gateway.settings import DatabaseSettings, Settings

LOADED, SIZES = 200_000, (100_000, 1_000_000)
_INGEST, _BULK, _APART_MB, _READS = 1.0, 0.8, 30, 0.7
_MEGABYTE = 2**20
_HOME = ROOT / ".data" / "bench" / "0"  # where a contestant of a county of no parcels keeps its state
# ogr2ogr copies only rows that lack no column with a default; else it inserts them one by one.
_COLUMNS = (
    "parcel_id, address, owner_name, land_use, assessed_value, year_built, attributes, geom, "
    "1 AS version, CURRENT_TIMESTAMP AS created_at, CURRENT_TIMESTAMP AS updated_at"
)


def measure(run: Run) -> Mapping[str, Any]:
    """The halves that were asked for."""
    found: dict[str, Any] = {}
    with _ground() as ground:
        if run.only("bulk"):
            found["bulk"] = _rates(run, ground)
        if run.only("bulkmemory"):
            found["bulkmemory"] = _memory(run, ground)
        if run.only("bulkreads"):
            found["bulkreads"] = _reads(run, ground)
    return found


@contextmanager
def _ground() -> Iterator[County]:
    """A private PostGIS with the tables."""
    with database_url(Settings(data_dir=_HOME, database=DatabaseSettings(url=None))) as url:
        ground = County(0, url, _HOME / "postgres")
        _manage(ground, "migrate")
        yield ground


def _manage(ground: County, *words: str) -> str:
    environment = os.environ | {"GATEWAY_DATABASE_URL": ground.url, "GATEWAY_DATA_DIR": str(_HOME)}
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _file(size: int, ending: str) -> Path:
    """A file of that many parcels, made once."""
    path = ROOT / ".data" / "bench" / f"{size}.{ending}"
    if not path.exists():
        draft = path.with_stem(f"draft-{size}")
        draft.unlink(missing_ok=True)
        if ending == "gpkg":
            sample = ("sample", "--parcels", str(size), "--seed", str(SEED), "--output", str(draft))
            subprocess.run([sys.executable, "manage.py", *sample], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        else:
            subprocess.run(["ogr2ogr", "-f", "FlatGeobuf", draft, _file(size, "gpkg"), "parcels"], check=True)
        draft.rename(path)
    return path


def _seconds(ground: County, work: Callable[[], None], rows: int = LOADED) -> float:
    """The time that `work` takes to fill the empty table."""
    asyncio.run(_execute(ground, "TRUNCATE parcels, parcel_history, jobs, ingest_chunks, ingest_runs", "CHECKPOINT"))
    began = time.perf_counter()
    work()
    taken = time.perf_counter() - began
    found = asyncio.run(_execute(ground, "SELECT count(*) FROM parcels"))
    assert found == rows, f"{found} rows of {rows}"
    return taken


async def _execute(ground: County, *statements: str) -> Any:
    connection = await ground.connect()
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


def _ogr2ogr(ground: County, file: Path) -> None:
    url = make_url(ground.url)
    target = f"PG:host={ground.socket} user={url.username} dbname={url.database}"
    options = ("-append", "-nln", "parcels", "-nlt", "MULTIPOLYGON", "-unsetFid", "-gt", "65536", "-q")
    select = ("-sql", f"SELECT {_COLUMNS} FROM parcels", "--config", "PG_USE_COPY", "YES")
    subprocess.run(["ogr2ogr", "-f", "PostgreSQL", target, str(file), *options, *select], check=True)
    asyncio.run(_execute(ground, "ANALYZE parcels"))


def _ingest(ground: County, *options: str) -> None:
    _manage(ground, "ingest", "parcels", str(_file(LOADED, "gpkg")), "--layer", "parcels", *options)


class _Sender:
    """Sends files to a server with a key of its own."""

    def __init__(self, ground: County, server: Contestant) -> None:
        made = _manage(ground, "createkey", "--name", "bench", "--scope", "bulk", "--scope", "write")
        key = next(word for word in made.split() if word.startswith("gwk_"))
        self._headers = {"Authorization": f"Bearer {key}"}
        self._port = server.port

    def load(self, file: Path) -> None:
        """Send a file, and wait until its job is complete."""
        size = {"Content-Length": str(file.stat().st_size), "Content-Type": "application/flatgeobuf"}
        with file.open("rb") as body:
            job = self._ask("POST", "/bulk/parcels", body, {**size, "Prefer": "wait=60"})
        while job["finishedAt"] is None:
            time.sleep(0.1)
            job = self._ask("GET", f"/jobs/{job['id']}", None, {})
        assert job["state"] == "complete", job

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=600)
        connection.request(method, path, body, {**self._headers, **headers})
        answer = json.load(connection.getresponse())
        connection.close()
        return answer


def _rates(run: Run, ground: County) -> Mapping[str, Any]:
    """In turns, so that whatever else the machine does falls on all."""
    package, flat = _file(LOADED, "gpkg"), _file(LOADED, "fgb")
    taken: dict[str, list[float]] = {"ogr2ogr": [], "ingest": [], "bulk": []}
    with contestant("gateway", ground) as server:
        sender = _Sender(ground, server)
        for _ in range(min(run.rounds.count, 3)):
            taken["ogr2ogr"].append(_seconds(ground, lambda: _ogr2ogr(ground, package)))
            taken["ingest"].append(_seconds(ground, lambda: _ingest(ground)))
            taken["bulk"].append(_seconds(ground, lambda: sender.load(flat)))
    of_ogr = {
        name: median(a / b for a, b in zip(taken["ogr2ogr"], taken[name], strict=True)) for name in ("ingest", "bulk")
    }
    table = Table(title=f"{LOADED:,} parcels into an empty layer", title_justify="left")
    for column in ("", "seconds", "parcels a second", "the rate is", "target"):
        table.add_column(column)
    targets = {"ingest": _INGEST, "bulk": _BULK}
    told = {name: (f"{ratio:.2f} of ogr2ogr", str(targets[name])) for name, ratio in of_ogr.items()}
    for name, seconds in taken.items():
        table.add_row(name, f"{median(seconds):.1f}", f"{LOADED / median(seconds):,.0f}", *told.get(name, ("", "")))
    run.console.print(table)
    return {"seconds": taken, "of_ogr2ogr": of_ogr}


def _memory(run: Run, ground: County) -> Mapping[str, Any]:
    """The most that a fresh server takes while it loads a small file, and a large one."""
    most: dict[int, float] = {}
    for size in SIZES:
        file = _file(size, "fgb")
        with contestant("gateway", ground) as server:
            sender = _Sender(ground, server)
            with _watched(server) as seen:
                _seconds(ground, lambda: sender.load(file), size)  # noqa: B023 - called at once
            most[size] = max(seen) / _MEGABYTE
    apart = most[SIZES[1]] - most[SIZES[0]]
    sizes = ", ".join(f"{size:,} parcels {found:.0f} MB" for size, found in most.items())
    run.console.print(f"Memory of the server during a bulk load: {sizes}; {apart:.0f} MB apart (target {_APART_MB}).")
    return {"most_mb": {str(size): found for size, found in most.items()}, "apart_mb": apart}


@contextmanager
def _watched(server: Contestant) -> Iterator[list[int]]:
    """The resident sizes of a server while the block runs."""
    seen, over = [resident_bytes(server.process)], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            seen.append(resident_bytes(server.process))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _reads(run: Run, ground: County) -> Mapping[str, Any]:
    """The viewport alone, and while an ingest of as many parcels runs."""
    _seconds(ground, lambda: _ingest(ground))
    viewport = next(work for work in WORKS if work.name == "viewport")
    with contestant("gateway", ground) as server:
        asked = viewport.variables(asyncio.run(places(ground)))
        bodies = run.scratch / "viewport"
        bodies.write_bytes(b"\n".join(server.body(viewport, variables) for variables in asked))

        def rate() -> float:
            rounds = run.rounds
            return load(server.url(viewport), bodies, seconds=rounds.seconds, connections=rounds.connections).rate

        rate()  # warms
        alone = [rate() for _ in range(run.rounds.count)]
        ingest = threading.Thread(target=lambda: _ingest(ground, "--map", "parcel_id=fid"))
        ingest.start()
        beside = [rate()]
        while ingest.is_alive():
            beside.append(rate())
        ingest.join()
    ratio = median(beside) / median(alone)
    run.console.print(
        f"Viewport alone {median(alone):.0f} requests a second, while {LOADED:,} parcels are ingested "
        f"{median(beside):.0f}: {ratio:.2f} of it (target {_READS})."
    )
    return {"alone": alone, "beside": beside, "ratio": ratio}


PART = Part("load", ("bulk", "bulkmemory", "bulkreads"), measure)
