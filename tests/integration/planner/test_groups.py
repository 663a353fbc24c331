"""Groups of rows equal the same made in Python of the rows themselves, whatever the filter and the keys."""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import Point, Polygon, shape

from gateway.execution.loaders import placing
from gateway.query.groups import SHARES
from tests.fixtures.both_ways import Way, opened_ways
from tests.fixtures.examples import examples
from tests.fixtures.principals import NOBODY
from tests.integration.planner.test_aggregates import Rows, close, compare_shapes, filters, of_column

COLUMNS = """featureId landUse yearBuilt assessedValue areaSqm createdAt attributes
    centroid(precision: 15) geometry(precision: 15)
    zoningDistricts(first: 50) { edges { coverage isPrimary node { featureId } } }"""
PERCENTILE = 0.3
MEASURED = f"""count sum {{ assessedValue yearBuilt areaSqm }} avg {{ yearBuilt }}
    min {{ yearBuilt }} max {{ assessedValue }} stddev {{ areaSqm }} percentile(p: {PERCENTILE}) {{ areaSqm }}
    countDistinct {{ landUse }} areaSqm
    extent convexHull union(precision: 15)"""
GROUPS = f"""totalCount withheld groups {{
    key {{ landUse yearBuilt attribute date part bin {{ start end }} cell {{ id geometry }}
          zoningDistricts {{ featureId }} }}
    weight
    aggregate {{ {MEASURED} }}
}}"""
GROUPED = f"""query ($f: ParcelFilter, $k: [ParcelGroupKey!]!, $h: ParcelHaving, $o: [ParcelGroupOrder!]) {{
    parcels(filters: $f) {{ groupBy(keys: $k, having: $h, order: $o, first: 1000) {{ {GROUPS} }} }} }}"""
RELATED = f"""query ($f: ParcelFilter, $m: Float!, $k: [ParcelGroupKey!]!, $h: ParcelHaving, $s: GroupShare!) {{
    zoningDistricts {{ nodes {{ featureId parcels(filters: $f, minCoverage: $m) {{
        aggregate(share: $s) {{ {MEASURED} }}
        groupBy(keys: $k, having: $h, share: $s, first: 1000) {{ {GROUPS} }}
    }} }} }} }}"""
UNITS = {
    "DAY": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
    "WEEK": lambda at: UNITS["DAY"](at) - timedelta(at.weekday()),
    "MONTH": lambda at: UNITS["DAY"](at).replace(day=1),
}
PARTS = {"DAY_OF_WEEK": datetime.isoweekday, "DAY": lambda at: at.day, "HOUR": lambda at: at.hour}
MERCATOR = Transformer.from_crs(4326, 3857, always_xy=True)


@pytest.fixture(scope="module")
def parcels(steady_ways):
    """All parcels, as a page of them says."""
    on, _ = steady_ways(f"{{ parcels(first: 1000) {{ nodes {{ {COLUMNS} }} }} }}")
    return Rows(row | {"shape": shape(row["geometry"])} for row in on.answer["data"]["parcels"]["nodes"])


def counts(edge, share):
    """Whether the row of an edge counts at all."""
    return {"PRIMARY": edge["isPrimary"], "WITHIN": edge["coverage"] >= 1.0}.get(share, True)


def related(share):
    """The keys of a row by its districts, each with the share that counts."""

    def of(row):
        edges = row["zoningDistricts"]["edges"]
        kept = [edge for edge in edges if counts(edge, share)]
        found = [(edge["node"]["featureId"], edge["coverage"] if share == "OVERLAP" else 1.0) for edge in kept]
        return found or [(None, 1.0)]

    return of


def one(value):
    """The key of a row that is in one group."""
    return lambda row: [(value(row), 1.0)]


def binned(column, width):
    def start(row):
        value = row[column]
        return None if value is None else float(Decimal(str(value)) // Decimal(str(width)) * Decimal(str(width)))

    return start


@st.composite
def keys(draw):
    """A key, what Python makes of a row by it, and what it is in an answer."""
    kind = draw(st.sampled_from(["landUse", "yearBuilt", "member", "date", "part", "bin", "square", "h3", "related"]))
    if kind in {"landUse", "yearBuilt"}:
        name = {"landUse": "LAND_USE", "yearBuilt": "YEAR_BUILT"}[kind]
        return {"column": name}, one(lambda row: row[kind]), lambda key: key[kind]
    if kind == "member":
        return {"attribute": "n"}, one(lambda row: row["attributes"].get("n")), lambda key: key["attribute"]
    if kind == "date":
        unit = draw(st.sampled_from(list(UNITS)))
        made = one(lambda row: UNITS[unit](datetime.fromisoformat(row["createdAt"])).isoformat())
        return {"date": {"column": "CREATED_AT", "unit": unit}}, made, lambda key: key["date"]
    if kind == "part":
        part = draw(st.sampled_from(list(PARTS)))
        made = one(lambda row: PARTS[part](datetime.fromisoformat(row["createdAt"])))
        return {"part": {"column": "CREATED_AT", "part": part}}, made, lambda key: key["part"]
    if kind == "bin":
        column, name = draw(st.sampled_from([("yearBuilt", "YEAR_BUILT"), ("assessedValue", "ASSESSED_VALUE")]))
        width = draw(st.sampled_from([10, 12.5, 50_000]))
        told = lambda key: key["bin"] and key["bin"]["start"]  # noqa: E731
        return {"bin": {"column": name, "width": width}}, one(binned(column, width)), told
    if kind == "square":
        size = draw(st.sampled_from([50, 333.3]))

        def cell(row):
            x, y = MERCATOR.transform(*row["centroid"]["coordinates"])
            return f"{math.floor(x / size)},{math.floor(y / size)}"

        return {"grid": {"shape": "SQUARE", "size": size}}, one(cell), lambda key: key["cell"]["id"]
    if kind == "h3":
        resolution = draw(st.sampled_from([0, 9, 11]))

        def h3_cell(row):
            longitude, latitude = row["centroid"]["coordinates"]
            return h3.latlng_to_cell(latitude, longitude, resolution)

        return {"h3": resolution}, one(h3_cell), lambda key: key["cell"]["id"]
    share = draw(st.sampled_from(SHARES))
    told = lambda key: key["zoningDistricts"] and key["zoningDistricts"]["featureId"]  # noqa: E731
    return {"zoningDistricts": share}, related(share), told


def kind_of(key):
    """Of a list no two may be of one kind, nor tell two cells."""
    name = next(iter(key))
    return key["column"] if name == "column" else {"h3": "grid"}.get(name, name)


def planned(answer, chosen, sent):
    """Whether there was a plan of so many statements; cells of H3 are made between two, for which there is none."""
    return not answer.planned if any("h3" in key for key in chosen) else answer.planned and answer.sent <= sent


KEYS = st.lists(keys(), min_size=1, max_size=3, unique_by=lambda each: kind_of(each[0]))


def combined(rows, chosen):
    """Rows and their shares by combinations of keys, of rows that each have a share already."""
    groups = defaultdict(list)
    for row, whole in rows:
        found = [((), whole)]
        for _, made, _ in chosen:
            found = [((*key, part), share * more) for key, share in found for part, more in made(row)]
        for key, share in found:
            groups[key].append((row, share))
    return groups


def check(told, expected, chosen, least):
    """Whether groups are those that are expected, in order."""
    kept = {key: rows for key, rows in expected.items() if len(rows) >= least}
    assert (told["totalCount"], told["withheld"]) == (len(kept), 0)
    assert len(told["groups"]) == len(kept)
    counts = [group["aggregate"]["count"] for group in told["groups"]]
    assert counts == sorted(counts, reverse=True)
    for group in told["groups"]:
        rows = kept.pop(tuple(said(group["key"]) for _, _, said in chosen))
        assert close(group["weight"], math.fsum(share for _, share in rows))
        compare(group["aggregate"], rows)


@settings(max_examples=examples(40, 2_000), deadline=None)
@given(asked=filters(), chosen=KEYS, least=st.integers(0, 4))
def test_every_group_is_what_python_makes_of_the_rows(steady_ways, parcels, asked, chosen, least):
    wanted, passes = asked
    having = {"count": {"gte": least}} if least else None
    variables = {"f": wanted, "k": [key for key, _, _ in chosen], "h": having}
    on, off = steady_ways(GROUPED, variables)
    assert on.answer == off.answer
    assert planned(on, variables["k"], sent=2)
    expected = combined(((row, 1.0) for row in filter(passes, parcels)), chosen)
    check(on.answer["data"]["parcels"]["groupBy"], expected, chosen, least)


@settings(max_examples=examples(12, 2_000), deadline=None)
@given(
    asked=filters(),
    chosen=KEYS,
    least=st.integers(0, 4),
    covered=st.sampled_from([0, 0.1, 0.9]),
    share=st.sampled_from(SHARES),
)
def test_every_group_of_a_relation_is_what_python_makes_of_its_rows(
    steady_ways, parcels, asked, chosen, least, covered, share
):
    wanted, passes = asked
    having = {"count": {"gte": least}} if least else None
    keys = [key for key, _, _ in chosen]
    on, off = steady_ways(RELATED, {"f": wanted, "m": covered, "k": keys, "h": having, "s": share})
    assert on.answer == off.answer
    assert planned(on, keys, sent=4)
    for district in on.answer["data"]["zoningDistricts"]["nodes"]:
        rows = [
            (row, edge["coverage"] if share == "OVERLAP" else 1.0)
            for row in filter(passes, parcels)
            for edge in row["zoningDistricts"]["edges"]
            if edge["node"]["featureId"] == district["featureId"]
            and edge["coverage"] >= covered
            and counts(edge, share)
        ]
        compare(district["parcels"]["aggregate"], rows)
        check(district["parcels"]["groupBy"], combined(rows, chosen), chosen, least)


def compare(told, rows):
    """What is told of rows with what they have, each with its share."""
    assert told["count"] == len(rows)
    assert close(told["areaSqm"] or 0.0, math.fsum(row["areaSqm"] * share for row, share in rows))
    for column in ("assessedValue", "yearBuilt", "areaSqm"):
        found = [float(row[column]) * share for row, share in rows if row[column] is not None]
        assert close(told["sum"][column], math.fsum(found)) if found else told["sum"][column] is None
    years = [(row["yearBuilt"], share) for row, share in rows if row["yearBuilt"] is not None]
    if years:
        mean = math.fsum(year * share for year, share in years) / math.fsum(share for _, share in years)
        assert close(told["avg"]["yearBuilt"], mean)
    worth = [Decimal(row["assessedValue"]) for row, _ in rows if row["assessedValue"] is not None]
    assert told["max"]["assessedValue"] == (str(max(worth)) if worth else None)
    assert told["countDistinct"]["landUse"] == len({row["landUse"] for row, _ in rows} - {None})
    assert told["min"]["yearBuilt"] == min((year for year, _ in years), default=None)
    areas = [row["areaSqm"] for row, _ in rows]
    for found, name in ((told["stddev"], "stddev"), (told["percentile"], "percentile")):
        wanted = of_column(name, areas, PERCENTILE)
        assert found["areaSqm"] == wanted if wanted is None else close(found["areaSqm"], wanted), name
    compare_shapes(told, [row["shape"] for row, _ in rows])


def grouped(ways, keys, **variables):
    on, off = ways(GROUPED, {"k": keys, **variables})
    assert on.answer == off.answer
    return on.answer["data"]["parcels"]["groupBy"]["groups"]


@pytest.mark.parametrize(("kind", "size"), [("SQUARE", 80), ("HEXAGON", 45)])
def test_a_cell_holds_the_centroids_of_its_rows(steady_ways, parcels, kind, size):
    groups = grouped(steady_ways, [{"grid": {"shape": kind, "size": size}}])
    assert len(groups) > 10
    cells = [shape(group["key"]["cell"]["geometry"]) for group in groups]
    assert all(len(cell.exterior.coords) == {"SQUARE": 5, "HEXAGON": 7}[kind] for cell in cells)
    points = [Point(row["centroid"]["coordinates"]) for row in parcels]
    for group, cell in zip(groups, cells, strict=True):
        around = sum(cell.buffer(1e-7).contains(point) for point in points)
        inside = sum(cell.buffer(-1e-7).contains(point) for point in points)
        assert inside <= group["aggregate"]["count"] <= around


def test_a_cell_of_a_geohash_holds_the_centroids_of_its_rows(steady_ways, parcels):
    groups = grouped(steady_ways, [{"geohash": 8}])
    for group in groups:
        cell = shape(group["key"]["cell"]["geometry"]).buffer(1e-7)
        inside = sum(cell.contains(Point(row["centroid"]["coordinates"])) for row in parcels)
        assert group["aggregate"]["count"] <= inside


@pytest.mark.parametrize("resolution", [0, 8, 11, 15])
def test_a_cell_of_h3_has_the_outline_that_the_library_gives_it(steady_ways, resolution):
    for group in grouped(steady_ways, [{"h3": resolution}])[:30]:
        cell = group["key"]["cell"]
        told, wanted = shape(cell["geometry"]), Polygon([(x, y) for y, x in h3.cell_to_boundary(cell["id"])])
        assert told.exterior.is_ccw
        assert told.symmetric_difference(wanted).area < 1e-6 * wanted.length


def test_cells_of_h3_stand_beside_other_keys_and_conditions(steady_ways, parcels):
    keys = [{"h3": 9}, {"column": "LAND_USE"}]
    order, having = [{"sum": {"areaSqm": "DESC"}}], {"avg": {"yearBuilt": {"gt": 1915}}}
    groups = grouped(steady_ways, keys, o=order, h=having)
    assert len({group["key"]["cell"]["id"] for group in groups}) > 1
    sums = [group["aggregate"]["sum"]["areaSqm"] for group in groups]
    assert sums == sorted(sums, reverse=True)
    assert all(group["aggregate"]["avg"]["yearBuilt"] > 1915 for group in groups)
    assert 0 < sum(group["aggregate"]["count"] for group in groups) < len(parcels)


def test_cells_of_h3_are_those_of_a_moment(steady_ways):
    document = """query ($at: DateTime) { parcels(asOf: $at) { totalCount groupBy(keys: [{h3: 9}]) {
        groups { key { cell { id } } aggregate { count } } } } }"""
    on, off = steady_ways(document, {"at": "2026-01-20T00:00:00Z"})
    assert on.answer == off.answer
    told = on.answer["data"]["parcels"]
    assert sum(group["aggregate"]["count"] for group in told["groupBy"]["groups"]) == told["totalCount"] > 0


async def test_cells_of_h3_of_too_many_rows_are_refused(small, monkeypatch):
    monkeypatch.setattr(placing, "MOST", 20)
    document = """query ($f: ParcelFilter) {
        parcels(filters: $f) { groupBy(keys: [{column: LAND_USE}, {h3: 9}]) { totalCount } } }"""
    async with opened_ways(small) as ways:
        for answer in await ways.run(document):
            assert answer.codes == ["LIST_LIMIT"]
            assert answer.answer["errors"][0]["extensions"]["argument"] == ["keys", 1, "h3"]
        for answer in await ways.run(document, {"f": {"featureId": {"lte": 20}}}):
            assert answer.codes == []


@pytest.mark.parametrize("quantiles", [2, 4, 10])
def test_quantiles_have_about_as_many_rows_each(steady_ways, parcels, quantiles):
    key = {"bin": {"column": "ASSESSED_VALUE", "quantiles": quantiles}}
    groups = grouped(steady_ways, [key], o=[{"key": "ASC"}])
    *bins, missing = groups
    assert missing["key"]["bin"] is None
    assert len(bins) == quantiles
    worth = [float(row["assessedValue"]) for row in parcels if row["assessedValue"] is not None]
    assert missing["aggregate"]["count"] == len(parcels) - len(worth)
    assert (bins[0]["key"]["bin"]["start"], bins[-1]["key"]["bin"]["end"]) == (min(worth), max(worth))
    for group in bins:
        assert abs(group["aggregate"]["count"] - len(worth) / quantiles) < 4
        start, end = group["key"]["bin"].values()
        least = sum(start <= value < end for value in worth)
        assert least <= group["aggregate"]["count"] <= least + worth.count(max(worth))


def test_groups_are_ordered_by_what_is_asked(steady_ways):
    groups = grouped(steady_ways, [{"column": "LAND_USE"}], o=[{"sum": {"assessedValue": "ASC"}}])
    worth = [Decimal(group["aggregate"]["sum"]["assessedValue"]) for group in groups]
    assert worth == sorted(worth)
    uses = [group["key"]["landUse"] for group in grouped(steady_ways, [{"column": "LAND_USE"}], o=[{"key": "DESC"}])]
    assert uses == sorted(uses, reverse=True)


def test_groups_are_chosen_by_what_they_have(steady_ways):
    having = {
        "max": {"yearBuilt": {"lt": 1980}, "updatedAt": {"gt": "2026-01-01T00:00:00Z"}},
        "sum": {"assessedValue": {"gt": "1000000"}, "areaSqm": {"range": {"start": 1.5}}, "yearBuilt": {"gt": 0.5}},
        "avg": {"assessedValue": {"isNull": False}},
        "min": {"assessedValue": {"lt": "1000000"}},
        "countDistinct": {"address": {"gte": 2}},
        "count": {"gt": 2},
        "areaSqm": {"gt": 10},
    }
    every = grouped(steady_ways, [{"column": "LAND_USE"}, {"attribute": "n"}])
    some = grouped(steady_ways, [{"column": "LAND_USE"}, {"attribute": "n"}], h=having)
    assert 0 < len(some) < len(every)
    assert all(float(group["aggregate"]["sum"]["assessedValue"]) > 1_000_000 for group in some)
    assert all(group["aggregate"]["count"] > 2 for group in some)


async def test_small_groups_are_withheld_and_counted(small):
    async with opened_ways(small) as ways:
        for way in (ways.on, ways.off):
            every = await way.run(GROUPED, {"k": [{"column": "YEAR_BUILT"}]})
            way._parser = replace_least(way, 5)
            some = await way.run(GROUPED, {"k": [{"column": "YEAR_BUILT"}]})
            every, some = (each.answer["data"]["parcels"]["groupBy"] for each in (every, some))
            large = [group for group in every["groups"] if group["aggregate"]["count"] >= 5]
            assert some["groups"] == large
            assert some["withheld"] == len(every["groups"]) - len(large) > 0
            assert some["totalCount"] == len(large)


def replace_least(way: Way, least):
    return replace(way._parser, least_group=least)


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ("keys: []", "LIST_LIMIT", ["keys"]),
        ("keys: [{column: LAND_USE}, {column: LAND_USE}]", "BAD_ARGUMENT", ["keys", 1, "column"]),
        ("keys: [{geohash: 0}]", "OUT_OF_RANGE", ["keys", 0, "geohash"]),
        ("keys: [{h3: 16}]", "OUT_OF_RANGE", ["keys", 0, "h3"]),
        ("keys: [{geohash: 5}, {h3: 9}]", "BAD_ARGUMENT", ["keys", 1, "h3"]),
        ("keys: [{geohash: 5}, {grid: {shape: SQUARE, size: 9}}]", "BAD_ARGUMENT", ["keys", 1, "grid"]),
        ("keys: [{grid: {shape: SQUARE, size: 0}}]", "OUT_OF_RANGE", ["keys", 0, "grid", "size"]),
        ('keys: [{grid: {shape: SQUARE, size: 9, crs: "EPSG:1"}}]', "BAD_CRS", ["keys", 0, "grid", "crs"]),
        ("keys: [{bin: {column: YEAR_BUILT}}]", "BAD_ARGUMENT", ["keys", 0, "bin"]),
        ("keys: [{bin: {column: YEAR_BUILT, width: 1, quantiles: 2}}]", "BAD_ARGUMENT", ["keys", 0, "bin"]),
        ("keys: [{bin: {column: YEAR_BUILT, quantiles: 1}}]", "OUT_OF_RANGE", ["keys", 0, "bin", "quantiles"]),
        ("keys: [{bin: {column: YEAR_BUILT, width: -1}}]", "OUT_OF_RANGE", ["keys", 0, "bin", "width"]),
        ("keys: [{column: LAND_USE}], first: 1001", "BAD_PAGE", ["first"]),
        ("keys: [{column: LAND_USE}], having: {count: {}}", "NO_VALUE", ["having", "count"]),
        ("keys: [{column: LAND_USE}], having: {stddev: null, count: {gt: 1}}", "NO_VALUE", ["having", "stddev"]),
        ("keys: [{column: LAND_USE}], having: {stddev: {}}", "NO_VALUE", ["having", "stddev"]),
        (
            "keys: [{column: LAND_USE}], having: {sum: {yearBuilt: {gt: null}}}",
            "NO_VALUE",
            ["having", "sum", "yearBuilt", "gt"],
        ),
    ],
)
def test_what_is_wrong_with_an_argument_is_said_with_its_place(steady_ways, arguments, code, argument):
    for way in steady_ways(f"{{ parcels {{ groupBy({arguments}) {{ totalCount }} }} }}"):
        (error,) = way.answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
        assert error["path"] == ["parcels", "groupBy"]


@pytest.mark.parametrize(
    "arguments",
    [
        "keys: [{column: OWNER_NAME}]",
        'keys: [{attribute: "Owner"}]',
        "keys: [{column: LAND_USE}], having: {countDistinct: {ownerName: {gt: 1}}}",
        "keys: [{column: LAND_USE}], order: [{countDistinct: {ownerName: ASC}}]",
    ],
)
async def test_nothing_is_grouped_by_what_is_private(small, arguments):
    async with opened_ways(small, principal=NOBODY) as ways:
        for each in await ways.run(f"{{ parcels {{ groupBy({arguments}) {{ totalCount }} }} }}"):
            assert each.codes == ["PRIVATE_FIELD"]


def test_groups_of_a_relation_are_those_of_the_moment(steady_ways):
    document = """query ($at: DateTime) { zoningDistricts(asOf: $at, first: 3) { nodes { parcels(first: 500) {
        groupBy(keys: [{column: ADDRESS}], share: OVERLAP) { groups { key { address } weight aggregate { count } } }
        edges { coverage node { address } } } } } }"""
    on, off = steady_ways(document, {"at": "2026-01-20T00:00:00Z"})
    assert on.answer == off.answer
    for district in on.answer["data"]["zoningDistricts"]["nodes"]:
        related, largest = district["parcels"], district["parcels"]["groupBy"]["groups"][0]
        assert largest["key"]["address"] == "1 Old Road"
        shares = [edge["coverage"] for edge in related["edges"] if edge["node"]["address"] == "1 Old Road"]
        assert largest["aggregate"]["count"] == len(shares) > 5
        assert close(largest["weight"], math.fsum(shares))
