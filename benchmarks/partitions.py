"""Part: whether partitions help. Leaves p50 of one client on 100,000 parcels and on 10,000,000, in one table and in 16.

Filling the two large counties takes an hour and 30 GB under `.data/bench`, so it runs only where ONLY names it.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import Any
from urllib.request import urlopen

from rich.table import Table

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import county, places
from benchmarks.grid import tile_of
from benchmarks.rounds import figures
from benchmarks.run import Part, Run
from benchmarks.works import WORKS, Places

GROUNDS: Mapping[str, tuple[int, int]] = {
    "100,000": (100_000, 0),
    "10,000,000": (10_000_000, 0),
    "10,000,000 in 16": (10_000_000, 16),
}
_WORKS = ("point", "viewport", "nearest")
_ZOOM, _TILES = 16, 60
_TARGET = 1.3


def measure(run: Run) -> Mapping[str, Any]:
    """The same works on each, in turns, one request at a time."""
    rounds = replace(run.rounds, connections=1)
    table = Table(title=f"Partitions: p50 in ms and times the first (at most {_TARGET})", title_justify="left")
    for column in ("", *GROUNDS):
        table.add_column(column, justify="right" if column else "left")
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        grounds = {name: stack.enter_context(county(*about)) for name, about in GROUNDS.items()}
        where = {name: asyncio.run(places(ground)) for name, ground in grounds.items()}
        servers = {
            name: stack.enter_context(contestant("gateway_fresh", ground, key=f"partitions-{number}"))
            for number, (name, ground) in enumerate(grounds.items())
        }
        runs = {name: (server, grounds[name].postmaster) for name, server in servers.items()}
        for work in (work for work in WORKS if work.name in _WORKS):
            asked = {name: work.variables(place) for name, place in where.items()}
            measured = rounds.measure(runs, work, asked, run.scratch)
            found[work.name] = {name: figures(each).p50_ms for name, each in measured.items()}
        found["tile"] = _tiles(run, servers, where)
    for work_name, p50 in found.items():
        first = p50[next(iter(GROUNDS))]
        table.add_row(work_name, *(f"{value:.2f} ({value / first:.2f})" for value in p50.values()))
    run.console.print(table)
    return {"partitions": found}


def _tiles(run: Run, servers: Mapping[str, Contestant], where: Mapping[str, Places]) -> dict[str, float]:
    """Tiles that no memory keeps; each is drawn once a round, and the first round warms."""
    taken: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(run.rounds.count + 1):
        for name, server in servers.items():
            for tile in [tile_of(*point, _ZOOM) for point in where[name].points][:_TILES]:
                began = time.perf_counter()
                with urlopen(f"http://127.0.0.1:{server.port}/tiles/parcels/{tile}.mvt", timeout=60) as answer:
                    answer.read()
                if number:
                    taken[name].append((time.perf_counter() - began) * 1000)
    return {name: round(median(each), 2) for name, each in taken.items()}


PART = Part("partitions", ("partitions",), measure)
