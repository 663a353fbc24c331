"""Part: parcels as files and as FeatureCollections. Leaves seconds beside those of psql and ogr2ogr, and rates.

psql writes the same Features as the export: the same properties under the same names, in the same order of rows.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any
from urllib.request import urlopen

import orjson
from rich.table import Table
from sqlalchemy import make_url

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import County, county, places
from benchmarks.load import load
from benchmarks.processes import resident_bytes
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run
from benchmarks.works import WORKS

EXPORTED = 1_000_000
_MEGABYTE = 2**20
_CHUNK = 256 * 1024
_OF_PSQL, _OF_OGR, _GROWTH_MB, _OF_NODES = 0.7, 5.0, 60, 1.0
_COLUMNS = {
    "parcelId": "parcel_id",
    "address": "address",
    "landUse": "land_use",
    "assessedValue": "assessed_value",
    "yearBuilt": "year_built",
    "version": "version",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
_COLLECTION = (
    "query ($box: BBox!) { parcels(first: 500, filters: {geometry: {bbOverlaps: {bbox: $box}}}) "
    "{ featureCollection(properties: [PARCEL_ID, ADDRESS, LAND_USE, ASSESSED_VALUE, YEAR_BUILT]) } }"
)


def measure(run: Run) -> Mapping[str, Any]:
    """Both halves, or the one that was asked for."""
    found: dict[str, Any] = {}
    if run.only("exports"):
        with county(EXPORTED) as ground, contestant("gateway", ground) as gateway:
            found["exports"] = _exports(run, ground, gateway)
    if run.only("collection"):
        with county(SIZE) as ground, contestant("gateway", ground) as gateway:
            found["collection"] = _collection(run, ground, gateway)
    return found


def _exports(run: Run, ground: County, gateway: Contestant) -> Mapping[str, Any]:
    """In turns, so that whatever else the machine does falls on all; ogr2ogr, which is slow, once."""
    url = f"http://127.0.0.1:{gateway.port}/export/parcels.geojsonl"
    output = run.scratch / "parcels.geojsonl"
    urlopen(url.replace("parcels", "zoning_districts"), timeout=60).read()
    idle = resident_bytes(gateway.process)
    most = idle

    def watch() -> None:
        nonlocal most
        most = max(most, resident_bytes(gateway.process))

    ours: list[float] = []
    psql: list[float] = []
    for _ in range(min(run.rounds.count, 3)):
        ours.append(_seconds(lambda: _fetch(url, output, watch)))
        psql.append(_seconds(lambda: _psql(ground, output)))
    ogr = _seconds(lambda: _ogr2ogr(ground, output))
    ratio, faster, grown = median(psql) / median(ours), ogr / median(ours), (most - idle) / _MEGABYTE
    table = Table(title=f"Export of {EXPORTED:,} parcels as geojsonl", title_justify="left")
    for column in ("", "seconds", "the gateway's speed is", "target"):
        table.add_column(column)
    table.add_row("gateway, over HTTP", f"{median(ours):.1f}", "", "")
    table.add_row("psql \\copy of the same features", f"{median(psql):.1f}", f"{ratio:.2f} of it", f"{_OF_PSQL}")
    table.add_row("ogr2ogr -f GeoJSONSeq", f"{ogr:.1f}", f"{faster:.1f} times it", f"{_OF_OGR}")
    table.add_row("memory above idle", f"{grown:.0f} MB", "", f"{_GROWTH_MB} MB")
    run.console.print(table)
    return {"seconds": ours, "psql": psql, "ogr2ogr": ogr, "of_psql": ratio, "of_ogr": faster, "grown_mb": grown}


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _fetch(url: str, output: Any, watch: Callable[[], None]) -> None:
    with urlopen(url, timeout=900) as answer, output.open("wb") as file:
        size = 0
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            size += len(chunk)
            if size > 10 * _MEGABYTE:
                size = 0
                watch()


def _psql(ground: County, output: Any) -> None:
    properties = ", ".join(f'{column} AS "{name}"' for name, column in _COLUMNS.items())
    rows = f"SELECT geom, {properties} FROM parcels ORDER BY id"
    select = f"SELECT ST_AsGeoJSON(f, 'geom', 7) FROM ({rows}) f"
    user, database = make_url(ground.url).username, make_url(ground.url).database
    command = ("psql", "-qX", "-h", ground.socket, "-U", user, "-d", database, "-c", f"\\copy ({select}) TO {output}")
    subprocess.run([str(word) for word in command], check=True)


def _ogr2ogr(ground: County, output: Any) -> None:
    url = make_url(ground.url)
    source = f"PG:host={ground.socket} user={url.username} dbname={url.database}"
    columns = ", ".join(("geom", *_COLUMNS.values()))
    command: Sequence[str] = ("ogr2ogr", "-f", "GeoJSONSeq", str(output), source)
    output.unlink(missing_ok=True)
    subprocess.run([*command, "-sql", f"SELECT {columns} FROM parcels"], check=True, env=os.environ)


def _collection(run: Run, ground: County, gateway: Contestant) -> Mapping[str, Any]:
    """The viewport as a FeatureCollection and as a connection, in turns."""
    viewport = next(work for work in WORKS if work.name == "viewport")
    asked = viewport.variables(asyncio.run(places(ground)))
    rates: dict[str, list[float]] = {}
    for name, document in (("collection", _COLLECTION), ("connection", viewport.gateway)):
        bodies = [orjson.dumps({"query": document, "variables": variables}) for variables in asked]
        (run.scratch / name).write_bytes(b"\n".join(bodies))
        rates[name] = []
    for _ in range(run.rounds.count + 1):  # the first one warms
        for name, found in rates.items():
            done = load(
                gateway.url(viewport),
                run.scratch / name,
                seconds=run.rounds.seconds,
                connections=run.rounds.connections,
            )
            found.append(done.rate)
    ratio = median(a / b for a, b in zip(rates["collection"][1:], rates["connection"][1:], strict=True))
    first, second = (median(found[1:]) for found in rates.values())
    run.console.print(
        f"Viewport as FeatureCollection: {first:.0f} requests a second, as connection {second:.0f}: "
        f"{ratio:.2f} of it (target {_OF_NODES:.1f})."
    )
    return {"collection": first, "connection": second, "ratio": ratio}


PART = Part("exports", ("exports", "collection"), measure)
