"""Part: search while one types. Leaves milliseconds of requests over HTTP, one at a time, and recall at 10.

Typing is each beginning of an address from its second letter on; the map's own document, with the rows of the hits.
Recall is the share of misspelt addresses (benchmarks/misspelling.py) among whose first ten hits the address is.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from random import Random
from statistics import quantiles
from typing import Any, Final

from rich.table import Table

from benchmarks.contestants import contestant
from benchmarks.county import County, county
from benchmarks.misspelling import misspelt
from benchmarks.run import Part, Run

SIZE: Final = 1_000_000
_ADDRESSES, _TYPED = 2_000, 100
_QUERY: Final = """query ($text: String!, $near: GeometryInput) { search(text: $text, near: $near, first: 10) {
  parts { text matched } node { ... on Parcel { featureId parcelId address bbox } } } }"""
_SOME = "SELECT address, ST_X(p) AS x, ST_Y(p) AS y FROM parcels, ST_PointOnSurface(geom) AS p WHERE id = ANY($1)"


def measure(run: Run) -> Mapping[str, Any]:
    """Typing without and with a place, and whole addresses with one and with two errors."""
    found: dict[str, Any] = {}
    with county(SIZE) as ground, contestant("gateway", ground) as server:
        chance = Random(7)
        rows = asyncio.run(_some(ground, chance))
        client = _Client(server.port)
        typed = [(row, row["address"][:end]) for row in rows[:_TYPED] for end in range(2, len(row["address"]) + 1)]
        for name in ("typing", "typing near"):
            near = name.endswith("near")
            times = [client.ask(text, row if near else None)[0] for row, text in typed]
            found[name] = {"requests": len(times), **_figures(times)}
        for errors in (1, 2):
            asked = [(row["address"], misspelt(row["address"], errors, chance)) for row in rows]
            answers = [(address, *client.ask(text)) for address, text in asked]
            hits = sum(address in addresses for address, _, addresses in answers)
            found[f"{errors} error{'s' * (errors > 1)}"] = {
                "requests": len(asked),
                **_figures([took for _, took, _ in answers]),
                "recall": hits / len(asked),
            }
    table = Table(title=f"Search in {SIZE:,} parcels, one request at a time", title_justify="left")
    for column in ("", "requests", "p50 ms", "p95 ms", "p99 ms", "recall at 10"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in found.items():
        recall = f"{each['recall']:.1%}" if "recall" in each else ""
        table.add_row(name, f"{each['requests']:,}", *(f"{each[p]:.1f}" for p in ("p50", "p95", "p99")), recall)
    run.console.print(table)
    return {"search": found}


async def _some(ground: County, chance: Random) -> Sequence[Mapping[str, Any]]:
    connection = await ground.connect()
    ((first, last),) = await connection.fetch("SELECT min(id), max(id) FROM parcels")
    rows = await connection.fetch(_SOME, chance.sample(range(first, last + 1), _ADDRESSES))
    await connection.close()
    return chance.sample([dict(row) for row in rows], len(rows))


def _figures(seconds: Sequence[float]) -> Mapping[str, float]:
    cuts = quantiles(seconds, n=100)
    return {f"p{part}": cuts[part - 1] * 1e3 for part in (50, 95, 99)}


class _Client:
    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)

    def ask(self, text: str, near: Mapping[str, Any] | None = None) -> tuple[float, set[str]]:
        """Seconds, and the addresses of the hits."""
        variables: dict[str, Any] = {"text": text}
        if near is not None:
            variables["near"] = {"geojson": {"type": "Point", "coordinates": [near["x"], near["y"]]}}
        body = json.dumps({"query": _QUERY, "variables": variables})
        began = time.perf_counter()
        self._connection.request("POST", "/graphql", body, {"content-type": "application/json"})
        answer = self._connection.getresponse().read()
        took = time.perf_counter() - began
        return took, {hit["node"].get("address") for hit in json.loads(answer)["data"]["search"]}


PART = Part("search", ("search",), measure)
