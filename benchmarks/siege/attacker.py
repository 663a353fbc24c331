"""One attack, an actor; enters its name and where, leaves how often each status was answered.

It runs at the lowest priority: attackers have machines of their own, and this one's cores are to be the gateway's.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from benchmarks.siege.actor import act, step_back
from benchmarks.siege.attacks import ATTACKS, Attack
from benchmarks.siege.wire import Connection, Target, connected

_PAUSE = 0.05  # seconds before a connection that was refused or cut is tried again


async def main(given: Mapping[str, Any]) -> Counter[str]:
    """Attack with all connections until the time is over; what was answered, by status."""
    attack = ATTACKS[given["attack"]]
    target = Target(given["port"], given["addresses"], given["boxes"], given["key"])
    counts: Counter[str] = Counter()
    works = [asyncio.create_task(_again(attack, target, each, counts)) for each in range(given["connections"])]
    await asyncio.wait(works, timeout=given["seconds"])
    for work in works:
        work.cancel()
    await asyncio.gather(*works, return_exceptions=True)
    return counts


async def _again(attack: Attack, target: Target, number: int, counts: Counter[str]) -> None:
    while True:
        with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            async with connected(target, number, deaf=attack.deaf) as connection:
                counts["connections"] += 1
                await attack.turn(target, _Counting(connection, counts), number)
        await asyncio.sleep(_PAUSE)


class _Counting(Connection):
    """A connection whose answers are counted by their status."""

    def __init__(self, connection: Connection, counts: Counter[str]) -> None:
        super().__init__(connection.number, connection.reader, connection.writer)
        object.__setattr__(self, "_counts", counts)

    async def answer(self) -> int:
        status = await super().answer()
        self._counts[str(status)] += 1  # type: ignore[attr-defined]
        return status


if __name__ == "__main__":
    step_back()
    act(main, lambda given: ATTACKS[given["attack"]].prepare())
