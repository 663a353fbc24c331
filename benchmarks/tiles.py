"""Part: vector tiles. Leaves rates and CPU of fresh ones beside a bare handler and TiPg, and of those asked for again.

Fresh tiles are those of a gateway that keeps none. `fresh` draws the same rows with the same properties in all: no
caps, and nothing is compressed. The bare handler sends the same statement, and its answers are the same bytes. The
gateway's tile holds every row of TiPg's, and those that only touch its buffer besides. `capped` is zoom 12 as both
come: the gateway draws the 10,000 largest rows, TiPg the 10,000 with the least ids.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.request import urlopen

import pyogrio
from rich.table import Table

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import County, county, places
from benchmarks.grid import tile_of
from benchmarks.load import load
from benchmarks.processes import cpu_seconds
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run

_ZOOMS = {12: 8, 14: 40, 16: 200}  # and how many tiles are drawn in a turn
_AT_ONCE = 4  # clients that ask: as many tiles as the gateway computes at a time
_TARGETS = {"bare_tiles": 0.85, "tipg_whole": 1.25}
_AGAIN = 50.0
_COLUMNS = "parcel_id,address,land_use,assessed_value,year_built"
_TIPG = f"/collections/public.parcels/tiles/WebMercatorQuad/{{}}?properties={_COLUMNS}"

Paths = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Turn:
    """One run of wrk; CPU in milliseconds a request."""

    rate: float
    server: float
    database: float

    @property
    def cpu(self) -> float:
        return self.server + self.database


def measure(run: Run) -> Mapping[str, Any]:
    """Fresh tiles at each zoom, then tiles of zoom 14 asked for again."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        points = asyncio.run(places(ground)).points
        tiles = {z: list(dict.fromkeys(tile_of(*point, z) for point in points))[:most] for z, most in _ZOOMS.items()}

        def started(*names: str) -> list[Contestant]:
            return [stack.enter_context(contestant(name, ground)) for name in names]

        if run.only("fresh"):
            servers = started("gateway_whole", *_TARGETS)
            _compare(servers, [path for paths in tiles.values() for path in paths[:3]])
            found["fresh"] = {
                str(z): _fresh(run, ground, servers, f"Fresh tiles at zoom {z}", tiles[z]) for z in _ZOOMS
            }
        if run.only("capped"):
            found["capped"] = _fresh(
                run, ground, started("gateway_fresh", "tipg"), "Fresh tiles at zoom 12, capped", tiles[12]
            )
        if run.only("again"):
            fresh, kept = started("gateway_fresh", "gateway")
            found["again"] = _again(run, ground, (fresh, kept), tiles[14])
    return {"tiles": found}


def _compare(servers: Sequence[Contestant], tiles: Paths) -> None:
    """Raise where the bare handler draws another tile, or TiPg rows that the gateway does not."""
    for path in tiles:
        ours, bare, tipg = (_get(server, _path(server, path)) for server in servers)
        if ours != bare:
            message = f"The gateway and the bare handler answer {path} differently."
            raise RuntimeError(message)
        wanted, shown = _keys(tipg, "parcel_id"), _keys(ours, "parcelId")
        if not wanted or wanted - shown:
            message = f"TiPg draws other parcels in {path}: {sorted(wanted - shown)[:5]}"
            raise RuntimeError(message)


def _keys(tile: bytes, column: str) -> set[str]:
    """The values of a column of the only layer of a tile, as GDAL reads them."""
    _, _, _, (values,) = pyogrio.raw.read(tile, columns=[column], read_geometry=False)
    return set(values)


def _fresh(run: Run, ground: County, servers: Sequence[Contestant], title: str, tiles: Paths) -> Mapping[str, Any]:
    """The first server beside the others."""
    turns = _turns(run, ground, {server: [_path(server, tile) for tile in tiles] for server in servers}, _turn)
    table = Table(title=title, title_justify="left")
    for column in ("", "tiles/s", "ms of CPU: server", "PostgreSQL", "the gateway's rate is", "by CPU", "target"):
        table.add_column(column)
    found: dict[str, Any] = {}
    ours = turns[servers[0].name]
    for name, each in turns.items():
        rate, server, database = (median(getattr(turn, of) for turn in each) for of in ("rate", "server", "database"))
        found[name] = {"rate": rate, "server_ms": server, "database_ms": database}
        told = ["", "", ""]
        if each is not ours:
            pairs = list(zip(ours, each, strict=True))
            faster, cheaper = median(a.rate / b.rate for a, b in pairs), median(b.cpu / a.cpu for a, b in pairs)
            found[name] |= {"ratio": faster, "cpu_ratio": cheaper}
            told = [f"{faster:.2f} of it", f"{cheaper:.2f}", f"{_TARGETS.get(name, '')}"]
        table.add_row(name, f"{rate:.1f}", f"{server:.1f}", f"{database:.1f}", *told)
    run.console.print(table)
    return found


def _again(run: Run, ground: County, servers: tuple[Contestant, Contestant], tiles: Paths) -> Mapping[str, Any]:
    """Tiles that are kept, whole and as 304, beside fresh ones."""
    fresh, kept = servers
    paths = [_path(kept, tile) for tile in tiles]
    tags = []
    for path in paths:
        _get(kept, path)  # the first one may come before the line that hears of changes is up
        with urlopen(f"http://127.0.0.1:{kept.port}{path}", timeout=60) as answer:
            tags.append(answer.headers["etag"])
    found = {}
    for name, server, asked, turn in (
        ("fresh", fresh, paths, _turn),
        ("kept", kept, paths, _loaded),
        ("304", kept, [f"{path}\t{tag}" for path, tag in zip(paths, tags, strict=True)], _loaded),
    ):
        turns = _turns(run, ground, {server: asked}, turn)[server.name]
        rate, spent, database = (median(getattr(turn, of) for turn in turns) for of in ("rate", "server", "database"))
        found[name] = {"rate": rate, "server_ms": spent, "database_ms": database}
        run.console.print(
            f"Zoom 14, {name}: {rate:.0f} a second, {spent:.2f} ms of CPU of the server, {database:.2f} of PostgreSQL."
        )
    run.console.print(f"Kept: {found['kept']['rate'] / found['fresh']['rate']:.0f} times fresh (target {_AGAIN:.0f}).")
    return found


def _turns(
    run: Run, ground: County, asked: Mapping[Contestant, Paths], turn: Callable[..., _Turn]
) -> Mapping[str, list[_Turn]]:
    """All in turns, so that whatever else the machine does falls on all; the first turn warms."""
    found: dict[str, list[_Turn]] = {server.name: [] for server in asked}
    for _ in range(run.rounds.count + 1):
        for server, paths in asked.items():
            found[server.name].append(turn(run, ground, server, paths))
    return {name: turns[1:] for name, turns in found.items()}


def _turn(_: Run, ground: County, server: Contestant, paths: Paths) -> _Turn:
    """Every path once, so that slow and fast contestants draw the same tiles, and none is asked for twice at a time."""
    began = cpu_seconds(server.process), cpu_seconds(ground.postmaster), time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda path: _get(server, path), paths))
    ended = cpu_seconds(server.process), cpu_seconds(ground.postmaster), time.perf_counter()
    server_s, database_s, seconds = (after - before for before, after in zip(began, ended, strict=True))
    return _Turn(len(paths) / seconds, server_s * 1000 / len(paths), database_s * 1000 / len(paths))


def _loaded(run: Run, ground: County, server: Contestant, paths: Paths) -> _Turn:
    """As fast as wrk can ask, for answers that are there already."""
    file = run.scratch / "paths"
    file.write_text("\n".join(paths))
    began = cpu_seconds(server.process), cpu_seconds(ground.postmaster)
    done = load(f"http://127.0.0.1:{server.port}", file, seconds=run.rounds.seconds, connections=run.rounds.connections)
    ended = cpu_seconds(server.process), cpu_seconds(ground.postmaster)
    spent = [(after - before) * 1000 / max(done.requests, 1) for before, after in zip(began, ended, strict=True)]
    return _Turn(done.rate, *spent)


def _path(server: Contestant, tile: str) -> str:
    return _TIPG.format(tile) if server.name.startswith("tipg") else f"/tiles/parcels/{tile}.mvt"


def _get(server: Contestant, path: str) -> bytes:
    with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=60) as answer:
        body: bytes = answer.read()
        return body


PART = Part("tiles", ("fresh", "capped", "again"), measure)
