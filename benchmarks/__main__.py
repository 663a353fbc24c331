"""`make bench`: enters OUT, ONLY, ROUNDS, ROUND_SECONDS and CONNECTIONS, leaves tables, and JSON in OUT.

    make bench ONLY=viewport,point ROUNDS=9 OUT=bench.json

ONLY takes names of works (viewport, join, ...) and of parts (reads, growth, memory, workers); without it, all run but
`partitions`, whose counties take an hour to fill.
BEFORE names a worktree of another revision, bootstrapped, which then is one more contestant of the reads.
"""

import os
import sys
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from rich.console import Console

from benchmarks import (
    bulk,
    creates,
    exports,
    groups,
    growth,
    inprocess,
    maps,
    memory,
    overview,
    partitions,
    reads,
    relations,
    search,
    search_writes,
    tiles,
    workers,
)
from benchmarks.machine import interpreter, machine
from benchmarks.rounds import Rounds
from benchmarks.run import Part, Run

PARTS: tuple[Part, ...] = (
    *(reads.PART, inprocess.PART, growth.PART, memory.PART, workers.PART),
    *(exports.PART, tiles.PART, overview.PART, maps.PART, creates.PART, bulk.PART, relations.PART),
    *(search.PART, search_writes.PART, groups.PART),
    *((partitions.PART,) if "partitions" in os.environ.get("ONLY", "").split(",") else ()),  # takes an hour to fill
)


def main() -> None:
    """Measure what is asked for."""
    console = Console(highlight=False, width=100)
    wanted = set(filter(None, os.environ.get("ONLY", "").split(",")))
    if unknown := wanted - {name for part in PARTS for name in (part.name, *part.names)}:
        sys.exit(f"ONLY names nothing of {', '.join(sorted(unknown))}; see benchmarks/__main__.py.")
    rounds = Rounds(
        count=int(os.environ.get("ROUNDS") or 5),
        seconds=int(os.environ.get("ROUND_SECONDS") or 2),
        connections=int(os.environ.get("CONNECTIONS") or 8),
    )
    kept = bool(os.environ.get("KEPT"))
    found: dict[str, Any] = {"machine": machine(), "interpreter": interpreter()}
    console.print(found["machine"], found["interpreter"], sep="\n")
    with TemporaryDirectory() as scratch:
        for part in PARTS:
            if names := _names(part, wanted):
                found |= part.measure(Run(rounds, Path(scratch), console, names.__contains__, kept))
    if out := os.environ.get("OUT"):
        Path(out).write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


def _names(part: Part, wanted: Collection[str]) -> Collection[str]:
    """What is asked of a part; nothing where it is left out."""
    if not wanted or part.name in wanted:
        return part.names
    return [name for name in part.names if name in wanted]


main()
