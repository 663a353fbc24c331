"""What attackers do; enters one connection, leaves when its turn is over: the attacker then begins again.

Each attack is a kind that was seen against gateways of this sort, not one request: numbers make each try another one.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Final

import zstandard

from benchmarks.siege import heavy
from benchmarks.siege.wire import Connection, Target, graphql, request

Turn = Callable[[Target, Connection, int], Awaitable[None]]

_MEGABYTE: Final = 2**20
_EXPORT: Final = request("GET", "/export/parcels.geojson")
_PAGE: Final = "parcels(first: 1000) { nodes { id parcelId address landUse attributes geometry } }"
_PAGES: Final = f"{{ {' '.join(f'p{page}: {_PAGE}' for page in range(10))} }}"


@dataclass(frozen=True, slots=True)
class Attack:
    """One kind of attack; `title` is what its row of the report says; who is `deaf` reads no answer."""

    title: str
    turn: Turn
    deaf: bool = False
    prepare: Callable[[], object] = lambda: None


def _asking(make: Callable[[int, Target], bytes]) -> Turn:
    """Ask, read the answer, ask again."""

    async def turn(target: Target, connection: Connection, number: int) -> None:
        for step in count():
            await connection.ask(make(number * 1_000_000 + step, target))

    return turn


async def _unread(_: Target, connection: Connection, __: int) -> None:
    """Answers of megabytes."""
    await connection.send(graphql(_PAGES) * 8)
    await _drip(connection, b"\r\n")  # who reads nothing learns only by sending that the connection is gone


async def _export(_: Target, connection: Connection, __: int) -> None:
    await connection.send(_EXPORT)
    await _drip(connection, b"\r\n")


async def _body(_: Target, connection: Connection, __: int) -> None:
    """Nearly all of a body of 1 MB."""
    await connection.send(request("POST", "/graphql", headers=_length(_MEGABYTE)))
    await connection.send(b" " * (_MEGABYTE - 1))
    await connection.writer.wait_closed()


async def _slow_body(_: Target, connection: Connection, __: int) -> None:
    await connection.send(request("POST", "/graphql", headers=_length(_MEGABYTE)))
    await _drip(connection, b" ")


async def _slow_head(_: Target, connection: Connection, __: int) -> None:
    await connection.send(b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\n")
    await _drip(connection, b"x-a: b\r\n")


async def _idle(_: Target, connection: Connection, __: int) -> None:
    await connection.writer.wait_closed()


async def _pipelined(_: Target, connection: Connection, number: int) -> None:
    """A thousand requests at once, whose answers are read late."""
    await connection.send(graphql("{ parcels(first: 100) { nodes { id geometry } } }") * 1_000)
    for _step in range(1_000):
        await connection.answer()
        await asyncio.sleep(0.001 * (number % 7))


async def _cancelled(target: Target, connection: Connection, number: int) -> None:
    """Heavy work that is begun, and that nobody waits for."""
    await connection.send(heavy.measured(number, target.boxes))
    await asyncio.sleep(0.05)


async def _reconnecting(_: Target, connection: Connection, __: int) -> None:
    await connection.ask(request("GET", "/healthz"))


def _refused(number: int, _: Target) -> bytes:
    """A document of 17 kB that repeats a field which isn't there."""
    return graphql(f"{{ n{number}: __typename parcels {{ nodes {{ {'geometri ' * 1_900} }} }} }}")


def _refused_alike(_: int, __: Target) -> bytes:
    return graphql(f"{{ parcels {{ nodes {{ {'geometri ' * 1_900} }} }} }}")


def _fragments(number: int, _: Target) -> bytes:
    """Fragments that spread one another, so that merging compares each with each."""
    parts = " ".join(f"fragment f{i} on Parcel {{ a{i}: id ...f{(i + 1) % 150} id }}" for i in range(150))
    return graphql(f"{{ n{number}: __typename parcels {{ nodes {{ ...f0 ...f70 }} }} }} {parts}")


def _wrong_key(number: int, _: Target) -> bytes:
    headers = {"authorization": f"Bearer gw_{number:040x}", "content-length": "2", "content-type": "application/json"}
    return request("POST", "/graphql", b"{}", headers)


def _scraping(number: int, target: Target) -> bytes:
    """Plain reads, one after another, as fast as they come."""
    box = target.boxes[number % len(target.boxes)]
    document = "query ($b: BBox!) { parcels(first: 500, filters: {geometry: {bbOverlaps: {bbox: $b}}}) "
    return graphql(document + "{ nodes { id parcelId address geometry } } }", {"b": box})


def _introspection(number: int, _: Target) -> bytes:
    inside = "name"
    for _step in range(7):
        inside = f"name ofType {{ {inside} }}"
    fields = f"fields {{ name args {{ name type {{ {inside} }} }} type {{ {inside} }} }}"
    return graphql(f"{{ n{number}: __typename __schema {{ types {{ name {fields} }} }} }}")


def _bulk(make: Callable[[], bytes], kind: str, coding: str) -> Turn:
    """Uploads of a key with the scope bulk, one after another."""

    async def turn(target: Target, connection: Connection, _: int) -> None:
        content = make()
        headers = {
            "authorization": f"Bearer {target.key}",
            "content-type": kind,
            "content-length": str(len(content)),
            "content-encoding": coding,
        }
        await connection.ask(request("POST", "/bulk/parcels?dry-run=true", content, headers))

    return turn


def _length(size: int) -> Mapping[str, str]:
    return {"content-type": "application/json", "content-length": str(size)}


async def _drip(connection: Connection, data: bytes) -> None:
    while True:
        await connection.send(data)
        await asyncio.sleep(1)


@cache
def _zstd() -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join(packer.compress(bytes(_MEGABYTE)) for _ in range(2_048)) + packer.flush()


@cache
def _gzip() -> bytes:
    return zlib.compress(bytes(2**30), 1, wbits=31)


ATTACKS: Mapping[str, Attack] = {
    "farthest": Attack("last row by distance", _asking(lambda n, _: heavy.farthest(n))),
    "polygon": Attack("polygon of 9,990 vertices", _asking(lambda n, t: heavy.polygon(n, t.boxes))),
    "texts": Attack("100 texts of 9,000 characters", _asking(lambda n, _: heavy.texts(n))),
    "nested": Attack("relations nine deep", _asking(lambda n, _: heavy.nested(n))),
    "perimeters": Attack("200 terms on perimeterM", _asking(lambda n, _: heavy.perimeters(n))),
    "tiles": Attack("heavy tiles", _asking(lambda n, t: heavy.tile(n, t.boxes))),
    "refused": Attack("documents that are refused, each new", _asking(_refused)),
    "refused_alike": Attack("one document that is refused", _asking(_refused_alike)),
    "fragments": Attack("fragments that spread each other", _asking(_fragments)),
    "introspection": Attack("introspection", _asking(_introspection)),
    "scraping": Attack("viewports without a pause", _asking(_scraping)),
    "keys": Attack("wrong API keys", _asking(_wrong_key)),
    "unread": Attack("answers that nobody reads", _unread, deaf=True),
    "exports": Attack("exports that nobody reads", _export, deaf=True),
    "bodies": Attack("bodies of 1 MB that stall", _body),
    "slow_bodies": Attack("bodies, a byte a second", _slow_body),
    "slow_heads": Attack("heads, a line a second", _slow_head),
    "idle": Attack("sockets that say nothing", _idle),
    "pipelining": Attack("1,000 requests at once", _pipelined),
    "cancels": Attack("heavy work, then gone", _cancelled),
    "connects": Attack("a connection a request", _reconnecting),
    "zstd": Attack("65 kB of zstd that are 2 GB", _bulk(_zstd, "text/csv", "zstd"), prepare=_zstd),
    "gzip": Attack("1 MB of gzip that is 1 GB", _bulk(_gzip, "text/csv", "gzip"), prepare=_gzip),
}
