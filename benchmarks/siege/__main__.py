"""`make siege`: enters ONLY, SIEGE_SECONDS and OUT, leaves a table of attacks, and of the cost of operations.

    make siege ONLY=perimeters,unread SIEGE_SECONDS=10

Each attack runs at 20 connections of one address, and at 200 of ten, against a gateway of 200,000 parcels as it is by
default in production, a new one for each attack. A polite client of another address asks 20 times a second: without the
attack at first, since what a shared machine gives changes within minutes, and then beside it. The attackers are of the
same machine. So each attack first runs against another server: what the polite client meets then, the control, is the
attackers' own work. An attack that breaks is told, and the next one goes on.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.contestants import Contestant, contestant, free_port
from benchmarks.county import ROOT, County, county, places
from benchmarks.machine import machine
from benchmarks.processes import resident_bytes
from benchmarks.siege.actor import Actor, actor
from benchmarks.siege.attacks import ATTACKS

SIZE = 200_000
_SIZES: Mapping[int, Sequence[str]] = {20: ["127.0.0.3"], 200: [f"127.0.1.{number}" for number in range(10)]}
_MEGABYTE = 2**20
_WARM = 3.0  # seconds until a gateway has read its caches
_CONTROL = 0.3  # of the seconds of an attack
_LEAD = 2.0  # seconds of an attack before the polite client begins
_REST = 3.0  # seconds after an attack, for what it has left to end
# What the table must show: times the p99 without an attack, and seconds; bytes above idle.
_TIMES, _SECONDS, _MEMORY = 3.0, 0.5, 150 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class Polite:
    """What the polite client met: seconds, failures and the answers of /readyz."""

    latencies: Sequence[float]
    failures: Sequence[str]
    probes: Sequence[int]

    @property
    def p99(self) -> float:
        """The time within which 99 of 100 answers were there."""
        return statistics.quantiles(self.latencies, n=100)[98]


@dataclass(frozen=True, slots=True)
class Result:
    """One attack at one size."""

    attack: str
    connections: int
    quiet: Polite
    polite: Polite
    control: Polite
    memory: int
    answers: Mapping[str, int]

    @property
    def held(self) -> bool:
        """Whether the polite client was served as it must be."""
        bound = min(max(_TIMES * self.quiet.p99, 0.05), _SECONDS)
        good = self.polite.p99 <= bound and self.memory <= _MEMORY
        return good and not self.polite.failures and set(self.polite.probes) == {200}


class Memory:
    """The most that a server's processes hold while the block runs."""

    def __init__(self, process: int) -> None:
        self.most = 0
        self._process = process
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self.most = max(self.most, resident_bytes(self._process))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


class Siege:
    """Attacks on one gateway."""

    def __init__(self, gateway: Contestant, given: Mapping[str, Any], seconds: float) -> None:
        self._gateway = gateway
        self._given = {**given, "port": gateway.port}
        self._seconds = seconds

    def alone(self, seconds: float) -> Polite:
        """The polite client without an attack."""
        with self._client(seconds) as client:
            client.begin()
            return Polite(**client.result())

    def attack(self, name: str, connections: int, quiet: Polite) -> Result:
        """One attack beside the polite client, elsewhere at first; `quiet` is what the client met without it."""
        attack = {"attack": name, "connections": connections, "addresses": _SIZES[connections]}
        with actor("elsewhere", {"port": free_port()}) as other:
            other.begin()
            control, _ = self._beside(attack | {"port": other.given["port"]}, self._seconds * _CONTROL)
        time.sleep(_REST)
        idle = resident_bytes(self._gateway.process)
        with Memory(self._gateway.process) as memory:
            polite, answers = self._beside(attack, self._seconds)
        time.sleep(_REST)
        return Result(name, connections, quiet, polite, control, memory.most - idle, answers)

    def _beside(self, attack: Mapping[str, Any], seconds: float) -> tuple[Polite, Mapping[str, int]]:
        attacking = actor("attacker", {**self._given, **attack, "seconds": seconds + _LEAD})
        with self._client(seconds) as client, attacking as attacker:
            attacker.begin()
            time.sleep(_LEAD)
            client.begin()
            return Polite(**client.result()), attacker.result()

    def _client(self, seconds: float) -> AbstractContextManager[Actor]:
        return actor("polite", self._given | {"seconds": seconds})


@contextmanager
def _siege(ground: County, given: Mapping[str, Any], seconds: float) -> Iterator[Siege]:
    """A gateway that nobody has attacked yet."""
    with contestant("gateway_open", ground) as gateway:
        siege = Siege(gateway, given, seconds)
        siege.alone(_WARM)
        yield siege


def _key(ground: County) -> str:
    """An API key with the scope bulk."""
    environment = os.environ | {"GATEWAY_DATABASE_URL": ground.url}
    command = [sys.executable, "manage.py", "createkey", "--scope", "read", "--scope", "bulk", "--expires", "1d"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    return done.stdout.strip()


def besiege(console: Console, wanted: Sequence[str], seconds: float) -> Mapping[str, Any]:
    """All attacks that are wanted, one after another."""
    results: list[Result] = []
    broken = {}
    with county(SIZE) as ground:
        where = asyncio.run(places(ground))
        given = {"boxes": where.boxes["overlay"], "keys": where.keys, "key": _key(ground)}
        for name in wanted:
            try:
                with _siege(ground, given, seconds) as siege:
                    quiet = siege.alone(seconds)
                    for connections in _SIZES:
                        results.append(siege.attack(name, connections, quiet))
                        console.print(" ".join(f"{key}={value}" for key, value in _figures(results[-1]).items()))
            except Exception as error:  # noqa: BLE001 - the other attacks are run whatever this one met
                broken[name] = repr(error)
                console.print(f"attack={name} broke: {error!r}", markup=False)
    console.print(_table(results))
    if broken:
        console.print(f"Broken, and so not held: {', '.join(broken)}.")
    return {"attacks": [_figures(result) for result in results], "broken": broken}


def _figures(result: Result) -> Mapping[str, Any]:
    polite = result.polite
    return {
        "attack": result.attack,
        "connections": result.connections,
        "answers": len(polite.latencies),
        "failed": dict(Counter(polite.failures)),
        "p99_ms": round(polite.p99 * 1000),
        "quiet_ms": round(result.quiet.p99 * 1000),
        "times": round(polite.p99 / result.quiet.p99, 1),
        "control_ms": round(result.control.p99 * 1000),
        "memory_mb": round(result.memory / _MEGABYTE),
        "readyz": f"{polite.probes.count(200)}/{len(polite.probes)}",
        "held": result.held,
        "attacker": result.answers,
    }


def _table(results: Sequence[Result]) -> Table:
    table = Table(
        title="The polite client: the p99 of its answers beside an attack, without it, and beside the control"
    )
    left = {"attack", "the attacker met"}
    names = ("attack", "connections", "failed", "p99", "quiet", "times", "control", "memory", "/readyz", "held")
    for column in (*names, "the attacker met"):
        table.add_column(column, justify="left" if column in left else "right")
    for result in results:
        found = _figures(result)
        met = ", ".join(f"{number} x {status}" for status, number in sorted(result.answers.items()))
        table.add_row(
            *(
                ATTACKS[result.attack].title,
                str(result.connections),
                f"{len(result.polite.failures)} of {found['answers']}",
            ),
            *(f"{found['p99_ms']} ms", f"{found['quiet_ms']} ms", f"{found['times']}", f"{found['control_ms']} ms"),
            *(f"{found['memory_mb']:+} MB", found["readyz"]),
            *("yes" if found["held"] else "NO", met),
        )
    return table


def main() -> None:
    """Besiege, as the environment says."""
    console = Console(highlight=False, width=160)
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name]
    if unknown := set(wanted) - {*ATTACKS, "pricing"}:
        sys.exit(f"ONLY names nothing of {', '.join(sorted(unknown))}; there are pricing, {', '.join(ATTACKS)}.")
    found: dict[str, Any] = {"machine": machine()}
    console.print(found["machine"])
    if attacks := [name for name in ATTACKS if not wanted or name in wanted]:
        found |= besiege(console, attacks, float(os.environ.get("SIEGE_SECONDS") or 30))
    if out := os.environ.get("OUT"):
        Path(out).write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
