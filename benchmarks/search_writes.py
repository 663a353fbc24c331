"""Part: what the indexes of searched columns cost writes. Leaves rows a second, milliseconds and sizes for each kind.

Copies of one database without these indexes, with those whose list of new entries has the 4 MB of PostgreSQL, and with
those of 256 kB. Each step is done on one copy after the other, in turn.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from io import BytesIO
from random import Random
from statistics import quantiles
from typing import Any, Final

import asyncpg
from rich.table import Table
from sqlalchemy import make_url

from benchmarks.county import County, county
from benchmarks.run import Part, Run
from gateway.layers import LAYERS
from gateway.query.search import parse_search
from gateway.settings import LimitSettings
from gateway.sql.search import hits
from gateway.sql.statement import compiled

SIZE: Final = 200_000
_CHUNK, _SINGLE, _TYPED = 10_000, 1_000, 25
_KINDS: Final = {"without": None, "4 MB": "4096", "256 kB": "256"}
_COLUMNS: Final = ("parcel_id", "address", "owner_name", "land_use", "assessed_value", "year_built", "geom")
_INDEXES: Final = "SELECT indexrelid::regclass::text FROM pg_index WHERE indexrelid::regclass::text LIKE '%search%'"
_ROW: Final = f"SELECT {', '.join(_COLUMNS)} FROM county WHERE n = $1"
_STEPS: Final = {
    "INSERT of a row": f"INSERT INTO parcels ({', '.join(_COLUMNS)}) {_ROW}",
    "UPDATE of the address": "UPDATE parcels SET address = address || ' Rear' WHERE id = $1",
    "UPDATE of another column": "UPDATE parcels SET assessed_value = 1 WHERE id = $1",
}


def measure(run: Run) -> Mapping[str, Any]:
    """The copies side by side."""
    with county(SIZE) as ground:
        found = asyncio.run(_measured(ground))
    steps = list(found["4 MB"])
    table = Table(title=f"Writes to {SIZE:,} parcels beside indexes of searched columns", title_justify="left")
    for column in ("", *found):
        table.add_column(column, justify="right" if column else "left")
    for step in steps:
        table.add_row(step, *(each.get(step, "") for each in found.values()))
    run.console.print(table)
    return {"search writes": found}


async def _measured(ground: County) -> Mapping[str, Mapping[str, str]]:
    copies = [await _copied(ground, number, most) for number, most in enumerate(_KINDS.values())]
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    try:
        for kind, rate in zip(_KINDS, await _loads(copies), strict=True):
            found[kind]["COPY, rows a second"] = f"{rate:,.0f}"
        await _typing(copies[1:], list(found.values())[1:], "right after")
        for copy in copies:
            await copy.execute("VACUUM (ANALYZE) parcels")
        await _typing(copies[1:], list(found.values())[1:], "after VACUUM")
        for step, statement in _STEPS.items():
            for kind, times in zip(
                _KINDS, await _singles(copies, statement, new=step.startswith("INSERT")), strict=True
            ):
                found[kind][f"{step}, p50 / p95 / p99 / max ms"] = _figures(times)
    finally:
        for copy in copies:
            await copy.close()
    return found


async def _copied(ground: County, number: int, most: str | None) -> asyncpg.Connection:
    """A connection to a copy of the county's database, with its rows in `county` and an empty `parcels`."""
    user, name = make_url(ground.url).username, f"searchwrites_{number}"
    postgres = await asyncpg.connect(host=ground.socket, user=user, database="postgres")
    await postgres.execute(f"DROP DATABASE IF EXISTS {name}")
    await postgres.execute(f"CREATE DATABASE {name} TEMPLATE gateway")
    await postgres.close()
    copy = await asyncpg.connect(host=ground.socket, user=user, database=name)
    await copy.execute(
        f"CREATE TABLE county AS SELECT {', '.join(_COLUMNS)}, row_number() OVER (ORDER BY id) AS n FROM parcels; "
        "ALTER TABLE county ADD PRIMARY KEY (n); TRUNCATE parcels CASCADE; "
        "ALTER TABLE parcels SET (autovacuum_enabled = off)"
    )
    for (index,) in await copy.fetch(_INDEXES):
        await copy.execute(
            f"DROP INDEX {index}" if most is None else f"ALTER INDEX {index} SET (gin_pending_list_limit = {most})"
        )
    return copy


async def _loads(copies: Sequence[asyncpg.Connection]) -> Sequence[float]:
    """Rows a second of COPY, a chunk at a time as `ingest` does it; the last rows are left for INSERT."""
    seconds = [0.0] * len(copies)
    last = SIZE - _SINGLE
    for first in range(1, last, _CHUNK):
        chunk = BytesIO()
        names = ", ".join(_COLUMNS)
        end = min(first + _CHUNK - 1, last)
        await copies[0].copy_from_query(f"SELECT {names} FROM county WHERE n BETWEEN {first} AND {end}", output=chunk)
        for number, copy in enumerate(copies):
            chunk.seek(0)
            began = time.perf_counter()
            await copy.copy_to_table("parcels", source=chunk, columns=_COLUMNS)
            seconds[number] += time.perf_counter() - began
    return [last / each for each in seconds]


async def _singles(copies: Sequence[asyncpg.Connection], statement: str, *, new: bool) -> Sequence[Sequence[float]]:
    times: list[list[float]] = [[] for _ in copies]
    prepared = [await copy.prepare(statement) for copy in copies]
    ids = [[row[0] for row in await copy.fetch("SELECT id FROM parcels ORDER BY id")] for copy in copies]
    places = Random(7).sample(range(SIZE - _SINGLE), _SINGLE)
    for at, place in enumerate(places):
        for number, each in enumerate(prepared):
            began = time.perf_counter()
            await each.fetch(SIZE - _SINGLE + 1 + at if new else ids[number][place])
            times[number].append(time.perf_counter() - began)
    return times


async def _typing(copies: Sequence[asyncpg.Connection], found: Sequence[dict[str, str]], when: str) -> None:
    addresses = [row[0] for row in await copies[0].fetch("SELECT address FROM county WHERE n % 8000 = 1")]
    texts = [text[:end] for text in addresses[:_TYPED] for end in range(2, len(text) + 1)]
    times: list[list[float]] = [[] for _ in copies]
    for text in texts:
        statement = compiled(hits(parse_search(LAYERS, LimitSettings(), text, first=10)))
        for number, copy in enumerate(copies):
            began = time.perf_counter()
            await copy.fetch(statement.text, *statement.bind(()))
            times[number].append(time.perf_counter() - began)
    for number, copy in enumerate(copies):
        found[number][f"typing {when}, p50 / p95 / p99 / max ms"] = _figures(times[number])
        size = await copy.fetchval(
            f"SELECT sum(pg_relation_size(i::regclass)) FROM ({_INDEXES}) AS t(i) WHERE i LIKE '%parcels%'"
        )
        found[number][f"indexes {when}, bytes a row"] = f"{size / SIZE:,.0f}"


def _figures(seconds: Sequence[float]) -> str:
    cuts = quantiles(seconds, n=100)
    return " / ".join(f"{each * 1e3:.2f}" for each in (cuts[49], cuts[94], cuts[98], max(seconds)))


PART = Part("searchwrites", ("searchwrites",), measure)
