"""Arguments that no one should send, as literals and as variables: each gets its code, and nothing else is hurt.

What no JSON or document can hold (NaN, bytes that are not UTF-8) is refused at the door: see test_corpus.py.
"""

import json

import asyncpg
import pytest
from sqlalchemy import make_url

BOX = {"bbox": [-71.12, 42.36, -71.11, 42.37]}
SQUARE = [[-71.12, 42.36], [-71.11, 42.36], [-71.11, 42.37], [-71.12, 42.37], [-71.12, 42.36]]
G = ("geometry", "intersects")
FIVE = {"yearBuilt": {"gt": 1, "gte": 1, "lt": 1, "lte": 1, "exact": 1}}


def polygon(*rings):
    return {"geojson": {"type": "Polygon", "coordinates": list(rings)}}


def nested(depth):
    found = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(depth):
        found = {"type": "GeometryCollection", "geometries": [found]}
    return {"geojson": found}


def intersecting(target):
    return {"geometry": {"intersects": target}}


def within(distance):
    return {"geometry": {"dwithin": {"geometry": BOX, "distance": distance}}}


def deep(levels):
    found = {"yearBuilt": {"exact": 1}}
    for _ in range(levels - 1):
        found = {"not": found}
    return found


def literal(value):
    """A JSON value as a GraphQL literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)


# Filters: what is given, the code (of a literal and of a variable, where they differ), and the path below `filters`.
FILTERS = {
    "NUL": ({"address": {"contains": "a\0b"}}, "BAD_TEXT", ("address", "contains")),
    "NUL in JSON": ({"attributes": {"contains": {"a": "\0"}}}, "BAD_TEXT", ("attributes", "contains", "a")),
    "long text": ({"address": {"exact": "x" * 10_001}}, "BAD_TEXT", ("address", "exact")),
    "int32 overflow": (
        {"yearBuilt": {"gt": 2**31}},
        ("GRAPHQL_VALIDATION_FAILED", "BAD_VARIABLES"),
        ("yearBuilt", "gt"),
    ),
    "int64 overflow": ({"featureId": {"gt": 2**63}}, "OUT_OF_RANGE", ("featureId", "gt")),
    "int64 overflow in a list": (
        {"featureId": {"inList": [1, 2**63]}},
        "OUT_OF_RANGE",
        ("featureId", "inList", 1),
    ),
    "int64 overflow in a range": (
        {"featureId": {"range": {"end": 2**63}}},
        "OUT_OF_RANGE",
        ("featureId", "range", "end"),
    ),
    "null": ({"yearBuilt": {"exact": None}}, "NO_VALUE", ("yearBuilt", "exact")),
    "no zone": ({"createdAt": {"gt": "2026-01-01T00:00:00"}}, "BAD_ARGUMENT", ("createdAt", "gt")),
    "no time": (
        {"createdAt": {"gt": "soon"}},
        ("GRAPHQL_VALIDATION_FAILED", "BAD_VARIABLES"),
        ("createdAt", "gt"),
    ),
    "year 0": (
        {"createdAt": {"gt": "0001-01-01T00:00:00+14:00"}},
        ("GRAPHQL_VALIDATION_FAILED", "BAD_VARIABLES"),
        ("createdAt", "gt"),
    ),
    "1,001 items": ({"yearBuilt": {"inList": [1] * 1001}}, "LIST_LIMIT", ("yearBuilt", "inList")),
    "257 lookups": ({"or": [FIVE] * 52}, "PREDICATE_LIMIT", ("or", 51, "yearBuilt")),
    "11 levels": (deep(11), "PREDICATE_LIMIT", ("not",) * 10),
    "no object": ({"attributes": {"contains": [1]}}, "BAD_ARGUMENT", ("attributes", "contains")),
    "negative distance": (within(-1), "OUT_OF_RANGE", ("geometry", "dwithin", "distance")),
    "huge distance": (within(1e300), "OUT_OF_RANGE", ("geometry", "dwithin", "distance")),
    "pattern": (
        {"geometry": {"relate": {"geometry": BOX, "pattern": "T*F**F**"}}},
        "BAD_ARGUMENT",
        ("geometry", "relate", "pattern"),
    ),
    "collection to relate": (
        {
            "geometry": {
                "relate": {"geometry": {"wkt": "GEOMETRYCOLLECTION (LINESTRING (0 0, 0 1))"}, "pattern": "T********"}
            }
        },
        "BAD_GEOMETRY",
        ("geometry", "relate", "geometry"),
    ),
    "negative radius": (
        intersecting({"circle": {"center": [0, 0], "radius": -5}}),
        "OUT_OF_RANGE",
        (*G, "circle", "radius"),
    ),
    "radius of 1e300": (
        intersecting({"circle": {"center": [0, 0], "radius": 1e300}}),
        "OUT_OF_RANGE",
        (*G, "circle", "radius"),
    ),
    "center of three": (
        intersecting({"circle": {"center": [0, 0, 0], "radius": 5}}),
        "DIMENSION",
        (*G, "circle", "center"),
    ),
    "swapped": (intersecting({"wkt": "POINT(42.37 -171.11)"}), "OUT_OF_RANGE", (*G, "wkt")),
    "box upside down": (intersecting({"bbox": [0, 1, 1, 0]}), "OUT_OF_RANGE", (*G, "bbox", 1)),
    "box of text": (intersecting({"bbox": ["a", 0, 1, 1]}), "BAD_GEOMETRY", (*G, "bbox", 0)),
    "Feature": (intersecting({"geojson": {"type": "Feature"}}), "BAD_GEOMETRY", (*G, "geojson", "type")),
    "empty": (
        intersecting({"geojson": {"type": "Polygon", "coordinates": []}}),
        "BAD_GEOMETRY",
        (*G, "geojson", "coordinates"),
    ),
    "open ring": (intersecting(polygon(SQUARE[:-1])), "RING_NOT_CLOSED", (*G, "geojson", "coordinates", 0, 3)),
    "bow tie": (
        intersecting(polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])),
        "INVALID_GEOMETRY",
        (*G, "geojson", "coordinates", 0, 1),
    ),
    "altitude": (
        intersecting({"geojson": {"type": "Point", "coordinates": [0, 0, 0]}}),
        "DIMENSION",
        (*G, "geojson", "coordinates"),
    ),
    "another CRS": (
        intersecting(
            {
                "geojson": {
                    "type": "Point",
                    "coordinates": [0, 0],
                    "crs": {"type": "name", "properties": {"name": "EPSG:3857"}},
                }
            }
        ),
        "BAD_CRS",
        (*G, "geojson", "crs"),
    ),
    "5 collections": (
        intersecting(nested(5)),
        "GEOMETRY_DEPTH",
        (*G, "geojson", *("geometries", 0) * 4),
    ),
    "infinite WKT": (intersecting({"wkt": "POINT(1e400 0)"}), "NON_FINITE", (*G, "wkt")),
    "NaN in WKT": (intersecting({"wkt": "POINT(nan 0)"}), "NON_FINITE", (*G, "wkt")),
    "deep WKT": (
        intersecting({"wkt": "GEOMETRYCOLLECTION(" * 4_000 + "POINT(0 0)" + ")" * 4_000}),
        "GEOMETRY_DEPTH",
        (*G, "wkt"),
    ),
    "no WKT": (intersecting({"wkt": "POLYGON((0 0, 1 1"}), "BAD_GEOMETRY", (*G, "wkt")),
    "another type's name": (intersecting({"node": "Um9hZDox"}), "BAD_ID", (*G, "node")),
    "id of 30 digits": (intersecting({"node": "UGFyY2VsOjk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="}), "BAD_ID", (*G, "node")),
    "two forms": (intersecting(BOX | {"wkt": "POINT(0 0)"}), ("GRAPHQL_VALIDATION_FAILED", "BAD_VARIABLES"), G),
    "no form": (intersecting({}), ("GRAPHQL_VALIDATION_FAILED", "BAD_VARIABLES"), G),
}
# Other arguments, in a document of their own, with the type of the variable and its value.
ARGUMENTS = {
    "negative page": ("{ parcels(first: %s) { nodes { id } } }", "Int", -1, "BAD_PAGE", ["first"]),
    "page of 1,001": ("{ parcels(last: %s) { nodes { id } } }", "Int", 1001, "BAD_PAGE", ["last"]),
    "cursor": ("{ parcels(after: %s) { nodes { id } } }", "String", "x" * 100, "BAD_CURSOR", ["after"]),
    "cursor beyond ASCII": ("{ parcels(before: %s) { nodes { id } } }", "String", "é", "BAD_CURSOR", ["before"]),
    "9 terms": ("{ parcels(order: %s) { nodes { id } } }", "[ParcelOrder!]", None, "LIST_LIMIT", ["order"]),
    "count cap": (
        "{ parcels(first: 0) { totalCount(mode: CAPPED, cap: %s) } }",
        "Int",
        10_001,
        "OUT_OF_RANGE",
        ["cap"],
    ),
    "no id": ("{ node(id: %s) { id } }", "ID!", "zzz", "BAD_ID", ["id"]),
    "ids with a bad one": ("{ nodes(ids: %s) { id } }", "[ID!]!", ["UGFyY2VsOjE=", ""], "BAD_ID", ["ids", 1]),
    "id of another type": ("{ parcel(id: %s) { id } }", "ID", "Wm9uaW5nRGlzdHJpY3Q6MQ==", "BAD_ID", ["id"]),
    "integer id": ("{ parcel(featureId: %s) { id } }", "BigInt", 2**63, "OUT_OF_RANGE", ["featureId"]),
    "key with NUL": ("{ parcel(parcelId: %s) { id } }", "String", "\0", "BAD_TEXT", ["parcelId"]),
}
# Arguments of fields of a row, refused after the page was read.
ROW_ARGUMENTS = {
    "precision": ("geometry(precision: %s)", "Int!", 16, "OUT_OF_RANGE", ["precision"]),
    "negative precision": ("centroid(precision: %s)", "Int!", -1, "OUT_OF_RANGE", ["precision"]),
    "simplify": ("geometry(simplify: %s)", "Float!", -1, "OUT_OF_RANGE", ["simplify"]),
    "buffer": ("buffer(meters: %s)", "Float!", 10_001, "OUT_OF_RANGE", ["meters"]),
    "buffer within": ("buffer(meters: %s)", "Float!", -1e300, "OUT_OF_RANGE", ["meters"]),
    "coverage": ("zoningDistricts(minCoverage: %s) { totalCount }", "Float!", 2, "OUT_OF_RANGE", ["minCoverage"]),
    "unknown CRS": ("projectedGeometry(crs: %s) { crs }", "String!", "EPSG:99999", "BAD_CRS", ["crs"]),
    "heights": ("projectedGeometry(crs: %s) { crs }", "String!", "EPSG:5703", "BAD_CRS", ["crs"]),
    "three dimensions": ("projectedGeometry(crs: %s) { crs }", "String!", "EPSG:4979", "BAD_CRS", ["crs"]),
    "CRS of text": ("projectedGeometry(crs: %s) { crs }", "String!", "'; DROP", "BAD_CRS", ["crs"]),
}


@pytest.fixture
async def bystander(cambridge):
    """An idle connection of someone else, which a crash of the server would end."""
    parts = make_url(cambridge)
    connection = await asyncpg.connect(
        host=parts.query["host"], port=parts.query["port"], user=parts.username, database=parts.database
    )
    pid = connection.get_server_pid()
    yield connection
    assert await connection.fetchval("SELECT pg_backend_pid()") == pid
    await connection.close()


def expected(codes, as_variable):
    return codes[as_variable] if isinstance(codes, tuple) else codes


@pytest.mark.parametrize("as_variable", [False, True], ids=["literal", "variable"])
@pytest.mark.parametrize("name", FILTERS)
async def test_a_bad_filter_is_told_with_its_place_before_any_statement(
    refused, checkouts, bystander, name, as_variable
):
    value, codes, path = FILTERS[name]
    if as_variable:
        error = await refused("query ($f: ParcelFilter) { parcels(filters: $f) { nodes { id } } }", f=value)
    else:
        error = await refused(f"{{ parcels(filters: {literal(value)}) {{ nodes {{ id }} }} }}")
    assert error["extensions"]["code"] == expected(codes, as_variable), error
    assert checkouts() == 0
    told = error["extensions"]["argument"]
    # What stops a whole document is told of the variable; what a field refuses, of its argument.
    assert told[1:] == list(path)[: len(told) - 1] if told[0] == "$f" else told == ["filters", *path]


@pytest.mark.parametrize("as_variable", [False, True], ids=["literal", "variable"])
@pytest.mark.parametrize("name", ARGUMENTS)
async def test_a_bad_argument_is_told_before_any_statement(refused, checkouts, bystander, name, as_variable):
    document, kind, value, code, path = ARGUMENTS[name]
    if name == "9 terms":
        value = [{"yearBuilt": "ASC"}] * 9
    error = await _refused(refused, document, kind, value, as_variable)
    assert (error["extensions"]["code"], checkouts()) == (code, 0)
    assert error["extensions"]["argument"] in (path, [f"${'v'}", *path[1:]])


@pytest.mark.parametrize("as_variable", [False, True], ids=["literal", "variable"])
@pytest.mark.parametrize("name", ROW_ARGUMENTS)
async def test_a_bad_argument_of_a_row_is_told_with_its_place(refused, bystander, name, as_variable):
    field, kind, value, code, path = ROW_ARGUMENTS[name]
    document = f"{{ parcels(first: 1) {{ nodes {{ {field} }} }} }}"
    error = await _refused(refused, document, kind, value, as_variable)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, path)
    assert error["path"][:3] == ["parcels", "nodes", 0]


async def _refused(refused, document, kind, value, as_variable):
    if as_variable:
        return await refused(f"query ($v: {kind}) {document % '$v'}", v=value)
    return await refused(document % literal(value).replace('"ASC"', "ASC"))


async def test_a_collection_nested_30_000_deep_in_wkt_is_refused(refused, checkouts, bystander):
    wkt = "GEOMETRYCOLLECTION(" * 30_000 + ")" * 30_000
    error = await refused(
        "query ($g: GeometryInput!) { parcels(filters: {geometry: {covers: $g}}) { nodes { id } } }", g={"wkt": wkt}
    )
    assert (error["extensions"]["code"], checkouts()) == ("BAD_TEXT", 0)


async def test_10_001_vertices_are_refused_and_10_000_are_taken(refused, ask, bystander):
    document = (
        "query ($g: GeometryInput!) { parcels(first: 1, filters: {geometry: {intersects: $g}}) { nodes { id } } }"
    )
    line = [[-71.2 + n / 1e5, 42.3] for n in range(10_001)]
    error = await refused(document, g={"geojson": {"type": "LineString", "coordinates": line}})
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("VERTEX_LIMIT", 10_000)
    assert (await ask(document, g={"geojson": {"type": "LineString", "coordinates": line[:-1]}}))["parcels"]


async def test_numbers_at_the_ends_of_their_types_are_taken(ask, bystander):
    document = """query ($f: ParcelFilter) { parcels(first: 0, filters: $f) { totalCount } }"""

    async def count(**filters):
        return (await ask(document, f=filters))["parcels"]["totalCount"]

    assert await count(featureId={"range": {"start": -(2**63), "end": 2**63 - 1}}) == 13_115
    assert await count(yearBuilt={"gte": -(2**31)}) > 10_000
    assert await count(yearBuilt={"lt": 2**31 - 1}) == await count(yearBuilt={"isNull": False})
    assert await count(assessedValue={"lt": 1e308}) == await count(assessedValue={"isNull": False})
    assert await count(assessedValue={"inList": [1e308, 5e-324]}) == 0
    assert await count(assessedValue={"lt": -0.0}) == await count(assessedValue={"lt": 0})
    assert await count(areaSqm={"gt": -1e308}) == 13_115
    assert await count(createdAt={"range": {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"}}) == 13_115
    assert await count(yearBuilt={"inList": []}) == 0


async def test_a_row_that_is_not_there_is_no_geometry(ask, bystander):
    gone = '{node: "UGFyY2VsOjk5OTk5OTk5"}'
    found = await ask(f"""{{
      a: parcels(first: 1) {{ nodes {{ distance(to: {gone}) }} }}
      b: parcels(first: 1, filters: {{geometry: {{disjoint: {gone}}}}}) {{ totalCount }}
      c: parcels(first: 1, order: [{{distanceTo: {gone}}}]) {{ nodes {{ parcelId }} }}
    }}""")
    assert found == {"a": {"nodes": [{"distance": None}]}, "b": {"totalCount": 0}, "c": {"nodes": []}}
