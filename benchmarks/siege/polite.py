"""The polite client, an actor; enters where to ask and for how long, leaves latencies and failures.

It asks at fixed times, whether or not earlier answers are there, as people at a map do. A client that waited for each
answer would ask less the longer the server takes, and so hide what it waits for.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import aiohttp

from benchmarks.grid import tile_of
from benchmarks.siege.actor import act

ADDRESS = "127.0.0.2"
_EVERY = 0.05  # seconds between requests
_PROBE = 0.25  # seconds between looks at /readyz
_PATIENCE = 30.0
_GOOD = frozenset({200, 204, 304})
_POINT = "query ($key: String!) { parcel(parcelId: $key) { parcelId address geometry } }"
_VIEWPORT = (
    "query ($box: BBox!) { parcels(first: 100, filters: {geometry: {bbOverlaps: {bbox: $box}}}) "
    "{ nodes { id parcelId geometry } } }"
)


class Polite:
    """Rows, viewports, tiles and small exports in turn, and a probe beside them."""

    def __init__(self, given: Mapping[str, Any], session: aiohttp.ClientSession) -> None:
        self._base = f"http://127.0.0.1:{given['port']}"
        self._session = session
        self._until = time.monotonic() + given["seconds"]
        self._asks = cycle(list(_asks(given["boxes"], given["keys"])))
        self.latencies: list[float] = []
        self.failures: list[str] = []
        self.probes: list[int] = []

    async def run(self) -> Mapping[str, Any]:
        """Ask until the time is over, then wait for what is under way."""
        await asyncio.gather(self._at(_EVERY, self._ask), self._at(_PROBE, self._probe))
        return {"latencies": self.latencies, "failures": self.failures, "probes": self.probes}

    async def _at(self, every: float, work: Any) -> None:
        tasks = []
        begin = time.monotonic()
        while (now := time.monotonic()) < self._until:
            tasks.append(asyncio.create_task(work()))
            await asyncio.sleep(max(begin + len(tasks) * every - now, 0))
        await asyncio.gather(*tasks)

    async def _ask(self) -> None:
        path, body = next(self._asks)
        begin = time.monotonic()
        status = await self._status(path, body)
        self.latencies.append(time.monotonic() - begin)
        if status not in _GOOD:
            self.failures.append(f"{path[:8]} {status}")

    async def _probe(self) -> None:
        self.probes.append(await self._status("/readyz", None))

    async def _status(self, path: str, body: Mapping[str, Any] | None) -> int:
        """The status; 0 where there was no answer in time, 1 where it told errors."""
        try:
            method = "GET" if body is None else "POST"
            async with self._session.request(method, self._base + path, json=body) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return 0
        return 1 if body is not None and b'"errors"' in content[:10] else response.status


def _asks(boxes: Sequence[Sequence[float]], keys: Sequence[str]) -> Any:
    for box, key in zip(boxes, keys, strict=False):
        yield "/graphql", {"query": _POINT, "variables": {"key": key}}
        yield "/graphql", {"query": _VIEWPORT, "variables": {"box": box}}
        yield f"/tiles/parcels/{tile_of(box[0], box[1], 16)}.mvt", None
        yield f"/export/parcels.csv?bbox={','.join(map(str, box))}", None


async def main(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Be polite for a while."""
    connector = aiohttp.TCPConnector(local_addr=(ADDRESS, 0), limit=30)
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        return await Polite(given, session).run()


if __name__ == "__main__":
    act(main)
