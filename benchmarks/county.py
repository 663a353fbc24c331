"""Databases to measure on; enters a number of parcels, leaves a private PostGIS with the sample county and its places.

A county of one size is made once and kept under `.data/bench`; its data and its places are the same every time.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from benchmarks.works import Places
from gateway.db.embedded import database_url
from gateway.settings import DatabaseSettings, Settings

ROOT = Path(__file__).parent.parent
SEED = 7
DISTRICTS = {200_000: 400}  # other sizes take the generator's own number: one for 500 parcels
_SPOTS = 400
# At least so many rows in a box, of which the query takes that many; the query of districts looks for those.
_BOXES: Mapping[str, tuple[str, int]] = {
    "viewport": ("parcels", 500),
    "join": ("parcels", 100),
    "overlay": ("parcels", 50),
    "deep": ("zoning_districts", 20),
}
# The box around the nearest rows of a point: square in degrees, with a few rows more than are asked for.
_BOX = """
WITH far AS (
  SELECT max(greatest(abs(ST_X($1::geometry) - (ST_XMin(geom) + ST_XMax(geom)) / 2),
                      abs(ST_Y($1::geometry) - (ST_YMin(geom) + ST_YMax(geom)) / 2))) AS reach
  FROM (SELECT geom FROM {table} ORDER BY geom <-> $1::geometry LIMIT {rows}) near
)
SELECT ST_X($1::geometry) - reach, ST_Y($1::geometry) - reach, ST_X($1::geometry) + reach, ST_Y($1::geometry) + reach
FROM far
"""


@dataclass(frozen=True, slots=True)
class County:
    """A database that runs; `url` is for SQLAlchemy, `home` is the directory of its cluster."""

    size: int
    url: str
    home: Path

    @property
    def socket(self) -> str:
        """The directory of the server's socket."""
        return str(make_url(self.url).query["host"])

    async def connect(self) -> asyncpg.Connection:
        """A connection past the gateway."""
        url = make_url(self.url)
        return await asyncpg.connect(host=self.socket, user=url.username, database=url.database)

    @property
    def postmaster(self) -> int:
        """The process whose children serve the connections."""
        # Not beside the socket, which stands elsewhere where its path would be long or its account may not pass.
        return int((self.home / "data" / "postmaster.pid").read_text().partition("\n")[0])


@contextmanager
def county(size: int, parts: int = 0) -> Iterator[County]:
    """The county of `size` parcels in a private PostGIS that runs for as long as the block does; in `parts`, if any."""
    home = ROOT / ".data" / "bench" / (f"{size}-{parts}" if parts else str(size))
    settings = Settings(data_dir=home, database=DatabaseSettings(url=None))
    with database_url(settings) as url:
        found = County(size, url, home / "postgres")
        if not (home / "filled").exists():
            _fill(home, size)
            if parts:
                _manage(home, "partitions", "make", "parcels", "--hash", str(parts), "--yes")
            asyncio.run(settle(found))
            (home / "filled").touch()
        else:
            _manage(home, "migrate")  # it may have been filled by an older version
        yield found


def _fill(home: Path, size: int) -> None:
    districts = ["--districts", str(DISTRICTS[size])] if size in DISTRICTS else []
    _manage(home, "migrate")
    _manage(home, "sample", "--parcels", str(size), *districts, "--seed", str(SEED), "--replace", "--yes")


def _manage(home: Path, *command: str) -> None:
    environment = os.environ | {"GATEWAY_DATA_DIR": str(home)}
    environment.pop("GATEWAY_DATABASE_URL", None)
    subprocess.run([sys.executable, "manage.py", *command], check=True, cwd=ROOT, env=environment)


async def settle(found: County) -> None:
    """Give every contestant the settings that the gateway gives its own sessions; leave nothing for autovacuum."""
    connection = await found.connect()
    database = DatabaseSettings()
    settings = {
        "jit": "off",
        "work_mem": database.work_mem,
        "random_page_cost": database.random_page_cost,
        "effective_cache_size": database.effective_cache_size,
    }
    for name, value in settings.items():
        await connection.execute(f"ALTER DATABASE {make_url(found.url).database} SET {name} = '{value}'")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()


async def places(found: County) -> Places:
    """Boxes, points and keys spread over the county; the same ones each time."""
    connection = await found.connect()
    # Those of a sample that was loaded twice, or broken off before, do not begin at 1.
    ((first, last),) = await connection.fetch("SELECT min(id), max(id) FROM parcels")
    ids = [first + step * (last - first) // (_SPOTS - 1) for step in range(_SPOTS)]
    spread = [ids[step * 151 % _SPOTS] for step in range(_SPOTS)]  # neighbours in the list are none on the ground
    rows = await connection.fetch(
        "SELECT id, parcel_id, ST_PointOnSurface(geom) AS spot FROM parcels WHERE id = ANY ($1::bigint[])"
        " ORDER BY array_position($1::bigint[], id)",
        spread,
    )
    spots = [row["spot"] for row in rows]
    boxes = {
        kind: await _around(connection, spots, *wanted)
        for kind, wanted in _BOXES.items()
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {wanted[0]})")
    }
    points = await connection.fetch("SELECT ST_X(s) AS x, ST_Y(s) AS y FROM unnest($1::geometry[]) AS s", spots)
    await connection.close()
    return Places(boxes, [(round(p["x"], 7), round(p["y"], 7)) for p in points], [row["parcel_id"] for row in rows])


async def _around(
    connection: asyncpg.Connection, spots: Sequence[str], table: str, rows: int
) -> Sequence[Sequence[float]]:
    found = []
    for spot in spots[: _SPOTS // 2]:
        sides = await connection.fetch(_BOX.format(table=table, rows=rows), spot)
        found.append([round(side, 7) for side in sides[0]])
    return found
