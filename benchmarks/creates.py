"""Part: new parcels, one a request, each with its history. Leaves `{create: {contestant: figures}}`.

The gateway knows its client by an API key and checks what it is given; the bare handler does neither. Rows that were
made are deleted at the end, from the history too. Each lies at another parcel: where many are made at one place all are
neighbors of each other, which no city has. With KEPT the same gateway takes its turns in a copy of the database whose
relations are kept.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any

import orjson
from rich.table import Table
from sqlalchemy import make_url

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import County, county, settle
from benchmarks.keeping import kept
from benchmarks.rounds import figures, frugality, ratio
from benchmarks.run import Part, Run
from benchmarks.works import Places, Variables, Work
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import DatabaseSettings

SIZE = 20_000
_TARGET = 0.5
_TARGET_KEPT = 0.8
_COPY = "bench_kept"
_SIDE = 0.0005  # degrees
_PREFIX = "bench-"
_SPOTS = """
SELECT ST_X(spot) AS x, ST_Y(spot) AS y
FROM (SELECT parcel_id, ST_PointOnSurface(geom) AS spot FROM parcels) each ORDER BY md5(parcel_id)
"""


def _inputs(where: Places) -> Sequence[Variables]:
    """Parcels of five corners at the points of the county."""
    found = []
    for x, y in where.points:
        ring = [(x, y), (x + _SIDE, y), (x + _SIDE, y + _SIDE), (x + _SIDE / 3, y + _SIDE), (x, y + _SIDE / 2), (x, y)]
        geometry = {"geojson": {"type": "Polygon", "coordinates": [ring]}}
        row = {"parcelId": _PREFIX + "{unique}", "address": "1 Elm St", "landUse": "R1", "assessedValue": 250000.5}
        found.append({"input": row | {"yearBuilt": 1987, "geometry": geometry}})
    return found


WORK = Work(
    "create",
    "a new parcel: 5 columns and geometry",
    "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { parcelId version } } }",
    "",
    _inputs,
    {"bare_writes": _TARGET},
)


def measure(run: Run) -> Mapping[str, Any]:
    """Look at one answer of each, then measure in turns."""
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        os.environ["BENCH_AUTHORIZATION"] = f"Bearer {asyncio.run(_key(ground))}"
        stack.callback(os.environ.pop, "BENCH_AUTHORIZATION")
        stack.callback(lambda: asyncio.run(_clear(ground)))
        copy = stack.enter_context(_copied(ground)) if run.kept else None  # while nobody is connected
        if copy:
            stack.enter_context(kept(copy))
        names = ("gateway", "bare_writes")
        runs = {name: (stack.enter_context(contestant(name, ground)), ground.postmaster) for name in names}
        if copy:
            runs["gateway_kept"] = (stack.enter_context(contestant("gateway", copy)), ground.postmaster)
        asked = dict.fromkeys(runs, WORK.variables(Places({}, asyncio.run(_spots(ground)), ())))
        for each, _ in runs.values():
            _check(each, asked[each.name][0])
        rounds = run.rounds.measure(runs, WORK, asked, run.scratch)
    found = {name: figures(each) for name, each in rounds.items()}
    table = Table(title=f"{WORK.name}: {WORK.title} (CPU: seconds for 1,000 requests)", title_justify="left")
    for column in ("", "requests/s", "p50 ms", "p99 ms", "server CPU", "PostgreSQL CPU"):
        table.add_column(column, justify="right" if column else "left")
    for name, seen in found.items():
        cpu = (f"{seen.server_cpu_s:.2f}", f"{seen.postgres_cpu_s:.2f}")
        table.add_row(name, f"{seen.rps:.0f}", f"{seen.p50_ms:.1f}", f"{seen.p99_ms:.1f}", *cpu)
    gateway, bare, *more = rounds.values()
    rate, frugal = ratio(gateway, bare), frugality(gateway, bare)
    told = f"The gateway makes {rate:.2f} times the parcels of the bare handler a second (target {_TARGET})"
    run.console.print(table, f"{told}, and {frugal:.2f} times as many for a second of CPU.")
    for keeping in more:
        rate, frugal = ratio(keeping, gateway), frugality(keeping, gateway)
        told = f"With relations kept it makes {rate:.2f} times the parcels of without (target {_TARGET_KEPT})"
        run.console.print(f"{told}, and {frugal:.2f} times as many for a second of CPU.")
    return {WORK.name: {name: asdict(each) for name, each in found.items()}}


@contextmanager
def _copied(ground: County) -> Iterator[County]:
    """A copy of a county's database beside it, for as long as the block runs."""
    copy = replace(ground, url=make_url(ground.url).set(database=_COPY).render_as_string(hide_password=False))

    async def say(*statements: str) -> None:
        connection = await ground.connect()
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    dropped = f"DROP DATABASE IF EXISTS {_COPY} WITH (FORCE)"
    asyncio.run(say(dropped, f"CREATE DATABASE {_COPY} TEMPLATE {make_url(ground.url).database}"))
    try:
        asyncio.run(settle(copy))
        yield copy
    finally:
        asyncio.run(say(dropped))


def _check(each: Contestant, variables: Variables) -> None:
    row = {**variables["input"], "parcelId": f"{_PREFIX}{each.name}"}
    answer = orjson.loads(each.answer(WORK, {"input": row}))
    parcel = {"parcelId": row["parcelId"], "version": 1}
    if answer.get("data") != {"createParcel": {"outcome": "CREATED", "parcel": parcel}}:
        message = f"{each.name} does not make a parcel: {str(answer)[:500]}"
        raise RuntimeError(message)


async def _spots(ground: County) -> Sequence[tuple[float, float]]:
    """A point in each parcel, in an order that has nothing to do with the map."""
    connection = await ground.connect()
    found = await connection.fetch(_SPOTS)
    await connection.close()
    return [(round(each["x"], 7), round(each["y"], 7)) for each in found]


async def _key(ground: County) -> str:
    await _clear(ground)
    database = Database(DatabaseSettings(), ground.url)
    key = await api_keys.create(database, "benchmark", [Scope.WRITE], None)
    await database.dispose()
    return key


async def _clear(ground: County) -> None:
    connection = await ground.connect()
    await connection.execute("DELETE FROM parcels WHERE starts_with(parcel_id, $1)", _PREFIX)
    await connection.execute("TRUNCATE parcel_history")
    await connection.execute("VACUUM ANALYZE parcels")
    await connection.execute("DELETE FROM api_keys WHERE name = 'benchmark'")
    await connection.close()


PART = Part("creates", (WORK.name,), measure)
