"""What many rows have together equals the same computed in Python of the rows themselves, whatever the filter."""

import math
import statistics
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPoint, get_coordinates, union_all
from shapely.geometry import shape

from gateway.layers import PARCELS
from gateway.planner.aggregates import functions
from tests.fixtures.both_ways import opened_ways
from tests.fixtures.examples import examples
from tests.fixtures.principals import NOBODY

COLUMNS = "parcelId landUse yearBuilt assessedValue areaSqm perimeterM updatedAt geometry(precision: 15)"
NUMBERS = ("yearBuilt", "assessedValue", "areaSqm", "perimeterM")
ALL = """query ($f: ParcelFilter, $p: Float!) { parcels(filters: $f) { aggregate {
    count sum { N } avg { N } min { N updatedAt } max { N updatedAt } stddev { N } percentile(p: $p) { N }
    countDistinct { landUse yearBuilt assessedValue } areaSqm
} } }""".replace("N", " ".join(NUMBERS))
SHAPES = """query ($f: ParcelFilter) { parcels(filters: $f) {
    aggregate { extent convexHull union(precision: 15) } } }"""


DEPTH = 2  # of filters
_OF_COLUMNS = ["year", "use", "value", "area"]
KINDS = {True: ["all", *_OF_COLUMNS], False: _OF_COLUMNS}  # within others {} is refused


class Rows(list):
    """Rows that hypothesis does not print."""

    def __repr__(self):
        return f"{len(self)} rows"


@pytest.fixture(scope="module")
def parcels(steady_ways):
    """All parcels, as a page of them says."""
    on, _ = steady_ways(f"{{ parcels(first: 1000) {{ nodes {{ {COLUMNS} }} }} }}")
    rows = on.answer["data"]["parcels"]["nodes"]
    assert len(rows) == 300
    return Rows(row | {"shape": shape(row["geometry"])} for row in rows)


def close(first, second):
    return first == second or math.isclose(float(first), float(second), rel_tol=1e-9, abs_tol=1e-9)


def values(rows, column):
    return [Decimal(str(row[column])) for row in rows if row[column] is not None]


def percentile(ordered, share):
    """As percentile_cont has it."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low]) + (place - low) * float(ordered[high] - ordered[low])


def of_column(name, numbers, share):
    if not numbers:
        return None
    match name:
        case "sum":
            return sum(numbers)
        case "avg":
            return statistics.mean(numbers)
        case "min" | "max":
            return {"min": min, "max": max}[name](numbers)
        case "stddev":
            return statistics.stdev(numbers) if len(numbers) > 1 else None
        case "percentile":
            return percentile(sorted(numbers), share)


def compare_shapes(told, shapes):
    """The shapes that are told of rows with those of the rows."""
    if not shapes:
        assert (told["extent"], told["convexHull"], told["union"]) == (None, None, None)
        return
    around = MultiPoint(get_coordinates(shapes))
    assert all(map(close, told["extent"], around.bounds))
    assert close(shape(told["convexHull"]).area, around.convex_hull.area)
    assert close(shape(told["union"]).symmetric_difference(union_all(shapes)).area * 1e6, 0)


@st.composite
def filters(draw, depth=DEPTH):
    """A filter of parcels, and whether Python says that a row passes it."""
    kind = draw(st.sampled_from([*KINDS[depth == DEPTH], *(["not", "or"] if depth else [])]))
    if kind == "all":
        return {}, lambda _: True
    if kind == "not":
        given, passes = draw(filters(depth - 1))
        return {"not": given}, lambda row: not passes(row)
    if kind == "or":
        branches = draw(st.lists(filters(depth - 1), min_size=1, max_size=3))
        return {"or": [given for given, _ in branches]}, lambda row: any(passes(row) for _, passes in branches)
    if kind == "use":
        uses = draw(
            st.lists(
                st.sampled_from(["Single-family", "Two-family", "Condominium", "Office", "Retail"]),
                max_size=3,
                unique=True,
            )
        )
        return {"landUse": {"inList": uses}}, lambda row: row["landUse"] in uses
    column, bound = {
        "year": ("yearBuilt", draw(st.integers(1900, 1970))),
        "value": ("assessedValue", draw(st.integers(50_000, 400_000))),
        "area": ("areaSqm", draw(st.integers(200, 800))),
    }[kind]
    if column != "areaSqm" and draw(st.booleans()):
        missing = draw(st.booleans())
        return {column: {"isNull": missing}}, lambda row: (row[column] is None) is missing
    if draw(st.booleans()):
        return {column: {"gte": bound}}, lambda row: row[column] is not None and Decimal(str(row[column])) >= bound
    return {column: {"lt": bound}}, lambda row: row[column] is not None and Decimal(str(row[column])) < bound


@settings(max_examples=examples(25, 2_000), deadline=None)
@given(asked=filters(), share=st.floats(0, 1))
def test_every_aggregate_is_what_python_makes_of_the_rows(steady_ways, parcels, asked, share):
    given, passes = asked
    on, off = steady_ways(ALL, {"f": given, "p": share})
    assert on.answer == off.answer
    assert on.planned
    assert on.sent == 1
    told, rows = on.answer["data"]["parcels"]["aggregate"], [row for row in parcels if passes(row)]
    assert told["count"] == len(rows)
    for name in ("sum", "avg", "min", "max", "stddev", "percentile"):
        for column in NUMBERS:
            wanted, found = of_column(name, values(rows, column), share), told[name][column]
            assert found == wanted if None in (found, wanted) else close(found, wanted), (name, column)
    for name, of in (("min", min), ("max", max)):
        assert told[name]["updatedAt"] == of((row["updatedAt"] for row in rows), default=None)
    for column in ("landUse", "yearBuilt", "assessedValue"):
        assert told["countDistinct"][column] == len({row[column] for row in rows} - {None})
    if rows:
        assert close(told["areaSqm"], math.fsum(row["areaSqm"] for row in rows))
    else:
        assert told["areaSqm"] is None


@settings(max_examples=examples(10, 500), deadline=None)
@given(asked=filters())
def test_every_shape_is_what_python_makes_of_the_rows(steady_ways, parcels, asked):
    given, passes = asked
    on, off = steady_ways(SHAPES, {"f": given})
    assert on.answer == off.answer
    compare_shapes(on.answer["data"]["parcels"]["aggregate"], [row["shape"] for row in parcels if passes(row)])


def test_of_relations_each_parent_has_its_own(steady_ways):
    document = """{ zoningDistricts(first: 8) { nodes { parcels(first: 300, minCoverage: 0.5) {
        totalCount aggregate { count sum { assessedValue } max { yearBuilt } }
        nodes { assessedValue yearBuilt } } } } }"""
    on, off = steady_ways(document)
    assert on.answer == off.answer
    assert on.sent == 4
    related = [each["parcels"] for each in on.answer["data"]["zoningDistricts"]["nodes"]]
    assert sum(each["totalCount"] for each in related) > 200
    for each in related:
        assert each["aggregate"]["count"] == each["totalCount"] == len(each["nodes"])
        worth = values(each["nodes"], "assessedValue")
        assert each["aggregate"]["sum"]["assessedValue"] == (str(sum(worth)) if worth else None)
        years = (row["yearBuilt"] for row in each["nodes"])
        assert each["aggregate"]["max"]["yearBuilt"] == max((year for year in years if year), default=None)


def test_rows_of_a_moment_are_those_that_are_added(steady_ways):
    document = """query ($at: DateTime) { parcels(first: 1000, asOf: $at) {
        aggregate { count sum { areaSqm } countDistinct { address } } nodes { areaSqm address } } }"""
    on, off = steady_ways(document, {"at": "2026-01-20T00:00:00Z"})
    assert on.answer == off.answer
    told = on.answer["data"]["parcels"]
    assert told["aggregate"]["count"] == len(told["nodes"]) > 100
    assert told["aggregate"]["countDistinct"]["address"] == len({row["address"] for row in told["nodes"]} - {None})
    assert close(told["aggregate"]["sum"]["areaSqm"], math.fsum(row["areaSqm"] for row in told["nodes"]))


@pytest.mark.parametrize(
    ("layer", "name", "columns"),
    [
        ("parcels", "neighbors", ["sharedBorderM"]),
        ("parcels", "zoningDistricts", ["coverage", "overlapAreaSqm"]),
        ("zoningDistricts", "parcels", ["coverage", "overlapAreaSqm"]),
    ],
)
def test_edges_of_a_moment_are_those_that_are_added(steady_ways, layer, name, columns):
    functions = ("sum", "avg", "min", "max", "stddev", "percentile")
    selected = " ".join(
        f"{each}{'(p: 0.3)' if each == 'percentile' else ''} {{ {' '.join(columns)} }}" for each in functions
    )
    document = f"""query ($at: DateTime) {{ {layer}(first: 100, asOf: $at) {{ nodes {{ {name}(first: 500) {{
        edgeAggregate {{ count {selected} }} edges {{ {" ".join(columns)} }} }} }} }} }}"""
    on, off = steady_ways(document, {"at": "2026-01-20T00:00:00Z"})
    assert on.planned
    assert on.answer == off.answer
    related = [row[name] for row in on.answer["data"][layer]["nodes"]]
    assert sum(len(each["edges"]) for each in related) > 40
    for each in related:
        assert each["edgeAggregate"]["count"] == len(each["edges"])
        for column in columns:
            numbers = [edge[column] for edge in each["edges"]]
            for function in functions:
                wanted, found = of_column(function, numbers, 0.3), each["edgeAggregate"][function][column]
                assert found == wanted if None in (found, wanted) else close(found, wanted), (function, column)


@pytest.mark.parametrize(
    ("selected", "path"),
    [
        ("percentile(p: 1.5) { areaSqm }", ["parcels", "aggregate", "percentile"]),
        ("percentile(p: -1) { __typename }", ["parcels", "aggregate", "percentile"]),
        ("union(precision: 16)", ["parcels", "aggregate", "union"]),
        ("union(simplify: -1)", ["parcels", "aggregate", "union"]),
    ],
)
def test_an_argument_that_is_out_of_range_is_refused(steady_ways, selected, path):
    for answer in steady_ways(f"{{ parcels {{ aggregate {{ count {selected} }} }} }}"):
        assert answer.codes == ["OUT_OF_RANGE"]
        assert answer.answer["errors"][0]["path"] == path


async def test_a_private_column_is_withheld_from_aggregates(small):
    async with opened_ways(small, principal=NOBODY) as ways:
        answers = await ways.run("{ parcels { aggregate { countDistinct { ownerName address } } } }")
    for each in answers:
        distinct = each.answer["data"]["parcels"]["aggregate"]["countDistinct"]
        assert distinct["ownerName"] is None
        assert distinct["address"] > 100
        (reason,) = each.answer["extensions"]["withheld"]
        assert (reason["field"], reason["code"]) == ("Parcel.ownerName", "PRIVATE_FIELD")


def test_a_layer_has_no_function_without_sense():
    assert [each.name for each in functions(PARCELS)["sum"].columns.of(PARCELS)] == [
        "assessedValue",
        "yearBuilt",
        "areaSqm",
        "perimeterM",
    ]
