"""Part: overviews. Leaves milliseconds of fresh overview tiles over HTTP, one at a time, of a million parcels.

"filter" is of a server that keeps nothing, so that each tile counts its own rows; "filter, counted once" of one as it
comes, which is asked for each tile once, and counts the cells of all rows for the first: percentiles are of the others.

All tiles of each zoom below that of parcels that meet the county, at most some of a zoom. TiPg, which has no overviews,
draws the first 10,000 parcels of the same tiles.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import quantiles
from typing import Any, Final
from urllib.request import urlopen

from rich.table import Table

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import county
from benchmarks.grid import tile_of
from benchmarks.run import Part, Run
from gateway.layers import PARCELS

SIZE: Final = 1_000_000
_MOST: Final = 40  # tiles of a zoom
_TARGET: Final = 100.0  # milliseconds
_HEARING: Final = 3.0  # seconds
_QUERIES: Final = {
    "plain": "",
    "sum": "?sum=assessedValue",
    "points": "?cells=points",
    "filter": "?filters=%7B%22yearBuilt%22%3A%7B%22gt%22%3A1990%7D%7D",
}
_TIPG: Final = "/collections/public.parcels/tiles/WebMercatorQuad/{}?properties=parcel_id"


def measure(run: Run) -> Mapping[str, Any]:
    """Tiles as they come, with a sum, as points, with a filter; and those of TiPg."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        ours = stack.enter_context(contestant("gateway_fresh", ground))
        tiles = _tiles(ours)
        for name, query in _QUERIES.items():
            found[name] = _figures(ours, _paths(tiles, query))
        keeping = stack.enter_context(contestant("gateway", ground))
        _hear(keeping, tiles[0])
        found["filter, counted once"] = _figures(keeping, _paths(tiles, _QUERIES["filter"]), warm=False)
        tipg = stack.enter_context(contestant("tipg", ground))
        found["tipg"] = _figures(tipg, [_TIPG.format(tile) for tile in tiles])
    title = f"Overview tiles of {SIZE:,} parcels, zoom 0 to {PARCELS.minzoom - 1} (target: p95 of {_TARGET:.0f} ms)"
    table = Table(title=title, title_justify="left")
    for column in ("", "tiles", "first ms", "p50 ms", "p95 ms", "most ms", "most bytes"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in found.items():
        times = (f"{each[part]:.1f}" for part in ("first", "p50", "p95", "most"))
        table.add_row(name, str(each["tiles"]), *times, f"{each['bytes']:,}")
    run.console.print(table)
    return {"overview": found}


def _tiles(server: Contestant) -> Sequence[str]:
    west, south, east, north = json.loads(_get(server, "/tiles/parcels.json"))["bounds"]
    steps = [step / 60 for step in range(61)]
    points = [(west + (east - west) * x, south + (north - south) * y) for x in steps for y in steps]
    every = (list(dict.fromkeys(tile_of(*point, z) for point in points)) for z in range(PARCELS.minzoom))
    return [tile for tiles in every for tile in tiles[:: max(len(tiles) // _MOST, 1)]]


def _paths(tiles: Sequence[str], query: str) -> Sequence[str]:
    return [f"/tiles/parcels/{tile}.mvt{query}" for tile in tiles]


def _hear(server: Contestant, tile: str) -> None:
    """Have a server hear of changes, without which it keeps nothing: it begins to listen with its first tile."""
    _get(server, f"/tiles/parcels/{tile}.mvt")
    time.sleep(_HEARING)


def _figures(server: Contestant, paths: Sequence[str], *, warm: bool = True) -> Mapping[str, float]:
    if warm:
        _get(server, paths[0])
    times, sizes = [], []
    for path in paths:
        began = time.perf_counter()
        sizes.append(len(_get(server, path)))
        times.append((time.perf_counter() - began) * 1e3)
    cuts = quantiles(times if warm else times[1:], n=100)
    return {
        "tiles": len(paths),
        "first": times[0],
        "p50": cuts[49],
        "p95": cuts[94],
        "most": max(times),
        "bytes": max(sizes),
    }


def _get(server: Contestant, path: str) -> bytes:
    with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=120) as answer:
        body: bytes = answer.read()
        return body


PART = Part("overview", ("overview",), measure)
