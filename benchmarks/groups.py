"""Part: sums of groups of 200,000 parcels: by columns beside PostGraphile's aggregates, by zone with kept relations.

Leaves `{group: {work: {contestant: figures}}}`: `gateway_making` reads all rows for each answer, `gateway` keeps them,
and asks each time whether the rows are still the same. PostGraphile has no number of rows of a group, and gives 0 where
nothing is added: neither is asked for.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Any, Final

import orjson

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import county, places
from benchmarks.keeping import kept
from benchmarks.reads import SIZE, prepare
from benchmarks.rounds import figures, ratio
from benchmarks.run import Part, Run
from benchmarks.works import Places, Variables, Work

_TIMES: Final = 3.0  # those of PostGraphile's requests a second, at least
_ZONES_MS: Final = 150.0
_CLOSE: Final = 1e-9
_OURS: Final = ("gateway_making", "gateway")
_SUMS: Final = "sum { assessedValue } avg { assessedValue } min { yearBuilt } max { assessedValue }"
_PEER_SUMS: Final = _SUMS.replace("avg", "average")


def _nowhere(_: Places) -> Sequence[Variables]:
    return [{}]


def _by_column(name: str, column: str, field: str) -> Work:
    return Work(
        name,
        f"sums, means and extremes of all parcels by {field}",
        f"{{ parcels {{ groupBy(keys: [{{column: {column}}}], first: 1000) "
        f"{{ groups {{ key {{ {field} }} aggregate {{ {_SUMS} }} }} }} }} }}",
        f"{{ parcels: allParcels {{ groupBy: groupedAggregates(groupBy: {column}) {{ keys {_PEER_SUMS} }} }} }}",
        _nowhere,
        {"postgraphile": _TIMES},
    )


WORKS: Final = (_by_column("use", "LAND_USE", "landUse"), _by_column("year", "YEAR_BUILT", "yearBuilt"))
ZONES: Final = Work(
    "zones",
    "assessed value by zoning district, by shares of overlap, with kept relations",
    "{ parcels { groupBy(keys: [{zoningDistricts: OVERLAP}], first: 1000) "
    "{ groups { key { zoningDistricts { code } } weight aggregate { sum { assessedValue } } } } } }",
    "",
    _nowhere,
    {},
)
PRIMARY: Final = replace(
    ZONES,
    name="primary",
    title="assessed value by the district that has most of a parcel, with kept relations",
    gateway=ZONES.gateway.replace("OVERLAP", "PRIMARY"),
)
OF_ZONES: Final = Work(
    "of_zones",
    "100 districts with the uses of their parcels, by shares, with kept relations",
    "{ zoningDistricts(first: 100) { nodes { code parcels { groupBy(keys: [{column: LAND_USE}], share: OVERLAP) "
    "{ groups { key { landUse } weight aggregate { sum { assessedValue } } } } } } } }",
    "",
    _nowhere,
    {},
)
H3: Final = Work(
    "h3",
    "assessed value by cells of H3 of resolution 8, which the server makes",
    "{ parcels { groupBy(keys: [{h3: 8}], first: 1000) "
    "{ groups { key { cell { id } } aggregate { count sum { assessedValue } } } } } }",
    "",
    _nowhere,
    {},
)
GEOHASH: Final = replace(
    H3,
    name="geohash",
    title="the same by geohashes of 6 characters, which the database makes",
    gateway=H3.gateway.replace("h3: 8", "geohash: 6"),
)


def measure(run: Run) -> Mapping[str, Any]:
    """Each work in turn, with one client at a time: heavy reads of one client take turns."""
    rounds, found = replace(run.rounds, connections=1), dict[str, Any]()
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        asyncio.run(prepare(ground))
        stack.enter_context(kept(ground))
        where = asyncio.run(places(ground))
        runs = {
            name: (stack.enter_context(contestant(name, ground, key=f"{name}-groups")), ground.postmaster)
            for name in (*_OURS, "postgraphile")
        }
        for work in (*WORKS, ZONES, PRIMARY, OF_ZONES, H3, GEOHASH):
            able = {name: each for name, each in runs.items() if name in _OURS or work.postgraphile}
            if work.postgraphile:
                _compare(*(able[name][0] for name in ("gateway", "postgraphile")), work=work)
            measured = rounds.measure(able, work, dict.fromkeys(able, work.variables(where)), run.scratch)
            seen = {name: figures(each) for name, each in measured.items()}
            found[work.name] = {name: asdict(each) for name, each in seen.items()}
            told = ", ".join(
                f"{name} p50 {each.p50_ms:.1f} ms, p99 {each.p99_ms:.1f} ms" for name, each in seen.items()
            )
            run.console.print(f"Groups, {work.title}: {told}.")
            if work.postgraphile:
                times = (f"{ratio(measured[name], measured['postgraphile']):.2f}" for name in _OURS)
                told = f"{next(times)} made from the rows, {next(times)} kept"
                run.console.print(f"  Times PostGraphile's requests a second: {told} (target {_TIMES:g}).")
            elif work is ZONES:
                run.console.print(f"  Target: under {_ZONES_MS:g} ms.")
    return {"group": found}


def _compare(one: Contestant, other: Contestant, *, work: Work) -> None:
    """Raise where both don't tell the same groups."""
    answers = [orjson.loads(each.answer(work, {}))["data"]["parcels"]["groupBy"] for each in (one, other)]
    told = {str(next(iter(group["key"].values()))): group["aggregate"] for group in answers[0]["groups"]}
    peers = {str(group["keys"][0]): group for group in answers[1]}
    if told.keys() != peers.keys():
        message = f"Groups of {work.name} differ: {sorted(told.keys() ^ peers.keys())[:5]}"
        raise RuntimeError(message)
    for key, group in told.items():
        for name, columns in group.items():
            peer = peers[key]["average" if name == "avg" else name]
            for column, value in columns.items():
                if not _same(value, peer[column]):
                    message = f"{work.name}: {name} of {column} in {key} is {value} and {peer[column]}."
                    raise RuntimeError(message)


def _same(one: Any, other: Any) -> bool:
    if None in (one, other):
        return one is other
    return math.isclose(float(one), float(other), rel_tol=_CLOSE)


PART = Part("group", ("group",), measure)
