"""Measures what gateway/query/weights.py holds; enters nothing, leaves a table of microseconds, measured and in use.

    python -m benchmarks.siege.weights

Each is the CPU of a backend for a statement that does the work for many rows of the county of 200,000 parcels, less
that of the same statement without it, for each row.
"""

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from benchmarks.county import County, county
from gateway.planner.derived import WEIGHTS
from gateway.query import weights

_VERTICES = (5, 100, 1_000, 9_990)
_CONDITIONS = {
    "intersects": "ST_Intersects(geom, {g})",
    "within": "ST_Within(geom, {g})",
    "contains": "ST_Contains(geom, {g})",
    "covers": "ST_Covers(geom, {g})",
    "coveredBy": "ST_CoveredBy(geom, {g})",
    "touches": "ST_Touches(geom, {g})",
    "crosses": "ST_Crosses(geom, {g})",
    "overlaps": "ST_Overlaps(geom, {g})",
    "equals": "ST_Equals(geom, {g})",
    "relate": "ST_Relate(geom, {g}, 'T********')",
    "bbOverlaps": "geom && {g}",
    "dwithin": "ST_DWithin(geom::geography, {g}::geography, 100)",
    "isValid": "NOT ST_IsValid(geom)",
}
_COMPUTED = {
    "areaSqm": "ST_Area(geom::geography) + 0 < 0",
    "perimeterM": "ST_Perimeter(geom::geography) < 0",
    "centroid": "ST_X(ST_Centroid(geom)) > 400",
    "pointOnSurface": "ST_X(ST_PointOnSurface(geom)) > 400",
    "bbox": "ST_NPoints(ST_Envelope(geom)) > 9",
}
_FIELDS = {
    "geometry": "ST_AsGeoJSON(geom, 7, 0)",
    "projectedGeometry": "ST_AsGeoJSON(ST_Transform(geom, 3857), 7, 0)",
    "buffer": "ST_AsGeoJSON(geometry(ST_Buffer(geom::geography, 10)), 7, 0)",
    "perimeterM": "ST_Perimeter(geom::geography)::text",
    "attributes": "attributes::text",
}


class _Meter:
    """A connection, with the CPU of its backend."""

    def __init__(self, connection: asyncpg.Connection, pid: int) -> None:
        self._connection = connection
        self._stat = Path(f"/proc/{pid}/schedstat")

    async def row(self, work: str, argument: str | None, rows: int) -> float:
        """Microseconds for one row."""
        given = [] if argument is None else [argument]
        source = "(SELECT * FROM parcels ORDER BY geom <-> (SELECT geom FROM parcels OFFSET 99999 LIMIT 1)"
        source += f" LIMIT {rows} OFFSET 0) AS parcels"
        plain = "$1::geometry IS NOT NULL" if given else "geom IS NOT NULL"
        least = [
            min([await self._time(f"SELECT {asked} FROM {source}", given) for _ in range(2)])
            for asked in (f"count({plain})", f"count({work})")
        ]
        return (least[1] - least[0]) / rows

    async def _time(self, statement: str, given: list[str]) -> float:
        before = self._cpu()
        await self._connection.fetch(statement, *given)
        return self._cpu() - before

    def _cpu(self) -> float:
        return int(self._stat.read_text().split()[0]) / 1e3


async def _measured(ground: County) -> Iterator[tuple[str, str, float, float]]:
    connection = await ground.connect()
    await connection.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
    meter = _Meter(connection, await connection.fetchval("SELECT pg_backend_pid()"))
    place = "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Centroid(geom) AS p FROM parcels OFFSET 99999 LIMIT 1) AS middle"
    ((x, y),) = await connection.fetch(place)
    mean = float(await connection.fetchval("SELECT avg(ST_NPoints(geom)) FROM parcels TABLESAMPLE SYSTEM (1)"))
    found = []
    for name, condition in _CONDITIONS.items():
        held = weights.SPATIAL[name]
        for count in _VERTICES if "{g}" in condition else _VERTICES[:1]:
            rows = 3_000 if count <= 100 else 600 if count <= 1_000 else 100
            argument = _star(x, y, count) if "{g}" in condition else None
            took = await meter.row(condition.format(g="$1::geometry"), argument, rows)
            each = (
                held.base + held.row * mean + count * (held.argument + held.square * count) + held.once * count / rows
            )
            found.append((name, f"{count} vertices", took, each))
    for name, condition in _COMPUTED.items():
        value = weights.COMPUTED[name]
        found.append((name, "computed", await meter.row(condition, None, 3_000), value.base + value.vertex * mean))
    for name, made in _FIELDS.items():
        field = WEIGHTS[name]
        found.append((name, "field", await meter.row(made, None, 3_000), field.base + field.vertex * mean))
    await connection.close()
    return iter(found)


def _star(x: float, y: float, count: int) -> str:
    """A jagged polygon around the rows: GEOS takes longest for edges that turn at each vertex."""
    turns = [2 * math.pi * step / (count - 1) for step in range(count - 1)]
    reach = [0.03 * (1.02 if step % 2 else 0.98) for step in range(count - 1)]
    places = [(x + r * math.cos(turn), y + r * math.sin(turn)) for r, turn in zip(reach, turns, strict=True)]
    return "SRID=4326;POLYGON((" + ",".join(f"{a} {b}" for a, b in [*places, places[0]]) + "))"


def main() -> None:
    """Measure and print."""
    table = Table("work", "of", "measured us", "in use us")
    with county(200_000) as ground:
        for name, kind, took, held in asyncio.run(_measured(ground)):
            table.add_row(name, kind, f"{took:.2f}", f"{held:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
