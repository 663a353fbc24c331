"""Measuring in turns; enters contestants and a work, leaves what each did in every round.

In a round each contestant runs once, and each round begins with another one: whatever else the machine does falls on
all of them. Each round begins with another request, too, so that rows that are made lie beside those of rounds before
rather than upon them. A round begins when all is idle: PostgreSQL goes on for seconds with what slow contestants asked
when wrk had stopped, which was counted as the next one's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.contestants import Contestant
from benchmarks.load import Measurement, load
from benchmarks.processes import cpu_seconds, wait_until_idle
from benchmarks.works import Variables, Work

_T = TypeVar("_T")
_WARM_SECONDS = 1
_LONGEST_SECONDS = 32


@dataclass(frozen=True, slots=True)
class Round:
    """What one contestant did in one round; CPU in seconds, of the server and of PostgreSQL."""

    measured: Measurement
    server_cpu: float
    database_cpu: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The middle of the rounds; CPU is seconds for 1,000 requests, bytes are those of an answer."""

    rps: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    postgres_cpu_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """How long each round is, and how many there are."""

    count: int
    seconds: int
    connections: int

    def measure(
        self,
        runs: Mapping[str, tuple[Contestant, int]],
        work: Work,
        asked: Mapping[str, Sequence[Variables]],
        scratch: Path,
    ) -> dict[str, list[Round]]:
        """Run a work on several contestants; each stands with the process id of its PostgreSQL."""
        files = {name: scratch / f"{name}.{work.name}" for name in runs}
        bodies = {name: [each.body(work, asks) for asks in asked[name]] for name, (each, _) in runs.items()}
        for name, (contestant, _) in runs.items():
            files[name].write_bytes(b"\n".join(reversed(bodies[name])))
            self._load(contestant, work, files[name], _WARM_SECONDS)
        found: dict[str, list[Round]] = {name: [] for name in runs}
        order = list(runs)
        processes = {
            process for contestant, postmaster in runs.values() for process in (contestant.process, postmaster)
        }
        for number in range(self.count):
            for name in _from(order, number % len(order)):
                files[name].write_bytes(b"\n".join(_from(bodies[name], number * len(bodies[name]) // self.count)))
                wait_until_idle(processes)
                found[name].append(self._round(*runs[name], work, files[name]))
        return found

    def _round(self, contestant: Contestant, postmaster: int, work: Work, bodies: Path, seconds: int = 0) -> Round:
        seconds = seconds or self.seconds
        server, database = cpu_seconds(contestant.process), cpu_seconds(postmaster)
        measured = self._load(contestant, work, bodies, seconds)
        if measured.requests < 2 * self.connections and seconds < _LONGEST_SECONDS:
            return self._round(contestant, postmaster, work, bodies, seconds * 2)  # too slow for figures in that time
        return Round(measured, cpu_seconds(contestant.process) - server, cpu_seconds(postmaster) - database)

    def _load(self, contestant: Contestant, work: Work, bodies: Path, seconds: int) -> Measurement:
        return load(contestant.url(work), bodies, seconds=seconds, connections=self.connections)


def _from(items: Sequence[_T], first: int) -> Sequence[_T]:
    """The same items in turn, from another one on."""
    return [*items[first:], *items[:first]]


def figures(rounds: Sequence[Round]) -> Figures:
    """The middle of each figure."""
    return Figures(
        rps=round(median(r.measured.rate for r in rounds), 1),
        p50_ms=round(median(r.measured.p50_ms for r in rounds), 2),
        p99_ms=round(median(r.measured.p99_ms for r in rounds), 2),
        server_cpu_s=round(median(r.server_cpu / r.measured.requests * 1000 for r in rounds), 3),
        postgres_cpu_s=round(median(r.database_cpu / r.measured.requests * 1000 for r in rounds), 3),
        bytes=round(median(r.measured.bytes / r.measured.requests for r in rounds)),
    )


def frugality(one: Sequence[Round], other: Sequence[Round]) -> float:
    """The same of requests for a second of CPU, server and PostgreSQL together: without what else the machine does."""
    return median(_for_cpu(a) / _for_cpu(b) for a, b in zip(one, other, strict=True))


def _for_cpu(found: Round) -> float:
    return found.measured.requests / max(found.server_cpu + found.database_cpu, 0.01)


def ratio(one: Sequence[Round], other: Sequence[Round]) -> float:
    """How many times the rate of the other: the middle of the rounds, each compared with its neighbour in time."""
    return median(a.measured.rate / b.measured.rate for a, b in zip(one, other, strict=True))
