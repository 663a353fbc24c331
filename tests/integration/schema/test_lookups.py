"""Every lookup of every kind of field over HTTP keeps the rows that plain SQL keeps."""

import asyncpg
import pytest
from sqlalchemy import make_url

from gateway.models.kinds import Kind
from gateway.query.lookups import LOOKUPS

BOX = {"bbox": [-71.112, 42.372, -71.108, 42.374]}
ENVELOPE = "ST_MakeEnvelope(-71.112, 42.372, -71.108, 42.374, 4326)"
POINT = {"wkt": "POINT(-71.11 42.373)"}
LINE = {"wkt": "LINESTRING(-71.112 42.372, -71.108 42.374)"}
HERE = "ST_SetSRID(ST_MakePoint(-71.11, 42.373), 4326)"
ALONG = "ST_GeomFromText('LINESTRING(-71.112 42.372, -71.108 42.374)', 4326)"
MIDDLE = "ST_Centroid(ST_Envelope(geom))"
LAND = "(attributes->>'land_area_sqft')::numeric"
# For each lookup of a kind: a field, what it is given, and the SQL that means the same.
CASES = {
    Kind.TEXT: {
        "exact": ("landUse", "101", "land_use = '101'"),
        "inList": ("landUse", ["101", "104"], "land_use IN ('101', '104')"),
        "isNull": ("address", True, "address IS NULL"),
        "gt": ("landUse", "104", "land_use > '104'"),
        "gte": ("landUse", "104", "land_use >= '104'"),
        "lt": ("landUse", "104", "land_use < '104'"),
        "lte": ("landUse", "104", "land_use <= '104'"),
        "range": ("landUse", {"start": "101", "end": "105"}, "land_use BETWEEN '101' AND '105'"),
        "iExact": ("address", "1 brattle sq", "lower(address) = '1 brattle sq'"),
        "contains": ("address", "BRATTLE", "strpos(address, 'BRATTLE') > 0"),
        "iContains": ("address", "brattle", "strpos(lower(address), 'brattle') > 0"),
        "startsWith": ("address", "1 ", "left(address, 2) = '1 '"),
        "iStartsWith": ("address", "1 b", "left(lower(address), 3) = '1 b'"),
        "endsWith": ("address", "ST", "right(address, 2) = 'ST'"),
        "iEndsWith": ("address", "st", "right(lower(address), 2) = 'st'"),
    },
    Kind.INTEGER: {
        "exact": ("yearBuilt", 1900, "year_built = 1900"),
        "inList": ("yearBuilt", [1900, 1901], "year_built IN (1900, 1901)"),
        "isNull": ("yearBuilt", False, "year_built IS NOT NULL"),
        "gt": ("yearBuilt", 1950, "year_built > 1950"),
        "gte": ("yearBuilt", 1950, "year_built >= 1950"),
        "lt": ("yearBuilt", 1950, "year_built < 1950"),
        "lte": ("yearBuilt", 1950, "year_built <= 1950"),
        "range": ("yearBuilt", {"start": 1900}, "year_built >= 1900"),
    },
    Kind.BIGINT: {
        "exact": ("featureId", 7, "id = 7"),
        "inList": ("featureId", [7, 8, -1], "id IN (7, 8)"),
        "isNull": ("featureId", True, "false"),
        "gt": ("featureId", 100, "id > 100"),
        "gte": ("featureId", 100, "id >= 100"),
        "lt": ("featureId", 100, "id < 100"),
        "lte": ("featureId", 100, "id <= 100"),
        "range": ("featureId", {"start": 5, "end": 9}, "id BETWEEN 5 AND 9"),
    },
    Kind.FLOAT: {
        "exact": ("areaSqm", 0, "false"),
        "inList": ("areaSqm", [0, 0.1], "false"),
        "isNull": ("areaSqm", True, "false"),
        "gt": ("perimeterM", 1e3, "ST_Perimeter(geom::geography) > 1000"),
        "gte": ("areaSqm", 1000.5, "ST_Area(geom::geography) >= 1000.5"),
        "lt": ("perimeterM", 60, "ST_Perimeter(geom::geography) < 60"),
        "lte": ("areaSqm", 1000.5, "ST_Area(geom::geography) <= 1000.5"),
        "range": ("areaSqm", {"start": 100, "end": 101}, "ST_Area(geom::geography) BETWEEN 100 AND 101"),
    },
    Kind.DECIMAL: {
        "exact": ("assessedValue", 635100, "assessed_value = 635100"),
        "inList": ("assessedValue", ["635100.0", 0.1], "assessed_value = 635100"),
        "isNull": ("assessedValue", True, "assessed_value IS NULL"),
        "gt": ("assessedValue", 1e6, "assessed_value > 1000000"),
        "gte": ("assessedValue", "1e6", "assessed_value >= 1000000"),
        "lt": ("assessedValue", 635100, "assessed_value < 635100"),
        "lte": ("assessedValue", 635100, "assessed_value <= 635100"),
        "range": ("assessedValue", {"start": 0, "end": "635100"}, "assessed_value BETWEEN 0 AND 635100"),
    },
    Kind.DATETIME: {
        "exact": ("createdAt", "2001-01-01T00:00:00Z", "false"),
        "inList": ("createdAt", ["2001-01-01T00:00:00+02:00"], "false"),
        "isNull": ("updatedAt", False, "true"),
        "gt": ("createdAt", "2001-01-01T00:00:00-05:00", "true"),
        "gte": ("createdAt", "2001-01-01T00:00:00Z", "true"),
        "lt": ("createdAt", "2001-01-01T00:00:00Z", "false"),
        "lte": ("updatedAt", "2001-01-01T00:00:00Z", "false"),
        "range": ("createdAt", {"start": "2001-01-01T00:00:00Z"}, "true"),
    },
    Kind.JSON: {
        "contains": ("attributes", {"no": "such"}, 'attributes @> \'{"no": "such"}\''),
        "gt": ("attributes", {"land_area_sqft": 5000}, f"{LAND} > 5000"),
        "gte": ("attributes", {"land_area_sqft": 5000, "ml": "98"}, f"{LAND} >= 5000 AND attributes->>'ml' >= '98'"),
        "lt": ("attributes", {"land_area_sqft": 5000.5}, f"{LAND} < 5000.5"),
        "lte": ("attributes", {"ml": "98"}, "attributes->>'ml' <= '98'"),
        "hasKey": ("attributes", "ml", "attributes ? 'ml'"),
    },
    Kind.GEOMETRY: {
        "intersects": ("geometry", BOX, f"ST_Intersects(geom, {ENVELOPE})"),
        "disjoint": ("geometry", BOX, f"NOT ST_Intersects(geom, {ENVELOPE})"),
        "within": ("geometry", BOX, f"ST_Within(geom, {ENVELOPE})"),
        "contains": ("geometry", POINT, f"ST_Contains(geom, {HERE})"),
        "covers": ("geometry", POINT, f"ST_Covers(geom, {HERE})"),
        "coveredBy": ("centroid", BOX, f"ST_CoveredBy(ST_Centroid(geom), {ENVELOPE})"),
        "touches": ("geometry", {"node": "UGFyY2VsOjE="}, "ST_Touches(geom, (SELECT geom FROM parcels WHERE id = 1))"),
        "crosses": ("geometry", LINE, f"ST_Crosses(geom, {ALONG})"),
        "overlaps": ("geometry", BOX, f"ST_Overlaps(geom, {ENVELOPE})"),
        "equals": ("geometry", {"node": "UGFyY2VsOjE="}, "id = 1"),
        "bbOverlaps": ("geometry", BOX, f"geom && {ENVELOPE}"),
        "bbContains": ("geometry", POINT, f"geom ~ {HERE}"),
        "contained": ("geometry", BOX, f"geom @ {ENVELOPE}"),
        "dwithin": (
            "geometry",
            {"geometry": POINT, "distance": 50},
            f"ST_DWithin(geom::geography, {HERE}::geography, 50)",
        ),
        "relate": (
            "geometry",
            {"geometry": BOX, "pattern": "2********"},
            f"ST_Relate(geom, {ENVELOPE}, '2********')",
        ),
        "isValid": ("geometry", True, "true"),
        "inCluster": (
            "geometry",
            "030233212130331",
            f"ST_Within(ST_Transform({MIDDLE}, 3857), ST_TileEnvelope(15, 9911, 12118))",
        ),
    },
}


@pytest.fixture
async def counted(cambridge):
    """How many parcels plain SQL keeps."""
    parts = make_url(cambridge)
    connection = await asyncpg.connect(
        host=parts.query["host"], port=parts.query["port"], user=parts.username, database=parts.database
    )
    yield lambda condition: connection.fetchval(f"SELECT count(*) FROM parcels WHERE {condition}")
    await connection.close()


def test_every_lookup_has_its_case():
    elsewhere = {Kind.BOOLEAN, Kind.UUID}  # no layer of Cambridge has such a column; test_keys.py asks UUIDs
    assert {kind: set(cases) for kind, cases in CASES.items()} == {
        kind: {lookup.name for lookup in lookups} for kind, lookups in LOOKUPS.items() if kind not in elsewhere
    }


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.value)
async def test_lookups_keep_what_sql_keeps_and_their_negations_the_rest(ask, counted, kind):
    document = """query ($kept: ParcelFilter, $rest: ParcelFilter) {
      kept: parcels(first: 0, filters: $kept) { totalCount }
      rest: parcels(first: 0, filters: $rest) { totalCount }
    }"""
    wrong = {}
    for lookup, (field, operand, condition) in CASES[kind].items():
        filters = {field: {lookup: operand}}
        found = await ask(document, kept=filters, rest={"not": filters})
        expected = await counted(condition)
        got = (found["kept"]["totalCount"], found["rest"]["totalCount"])
        if got != (expected, 13_115 - expected):
            wrong[lookup] = (got, expected)
    assert wrong == {}


async def test_the_five_forms_of_a_geometry_mean_the_same(ask):
    ring = [[-71.112, 42.372], [-71.108, 42.372], [-71.108, 42.374], [-71.112, 42.374], [-71.112, 42.372]]
    text = ", ".join(f"{x} {y}" for x, y in ring)
    document = "query ($g: GeometryInput!) { parcels(first: 0, filters: {geometry: {intersects: $g}}) { totalCount } }"
    forms = [
        BOX,
        {"geojson": {"type": "Polygon", "coordinates": [ring]}},
        {"geojson": {"type": "Polygon", "coordinates": [ring[::-1]]}},
        {"wkt": f"POLYGON(({text}))"},
        {"wkt": f"SRID=4326;POLYGON(({text}))"},
    ]
    counts = {(await ask(document, g=form))["parcels"]["totalCount"] for form in forms}
    assert len(counts) == 1
    assert counts.pop() > 50
    around = {"circle": {"center": [-71.11, 42.373], "radius": 100}}
    near = """query ($g: GeometryInput!) {
      parcels(first: 0, filters: {geometry: {dwithin: {geometry: $g, distance: 100}}}) { totalCount } }"""
    assert await ask(document, g=around) == await ask(near, g=POINT)
    itself = await ask(
        """{ parcels(filters: {geometry: {intersects: {node: "UGFyY2VsOjE="}}}) { nodes { featureId } } }"""
    )
    assert 1 in [node["featureId"] for node in itself["parcels"]["nodes"]]


async def test_quantifiers_of_relations_add_up(ask):
    document = """query ($some: ParcelFilter!, $none: ParcelFilter!, $every: ParcelFilter!, $here: ParcelFilter!) {
      some: parcels(first: 0, filters: {and: [$some, $here]}) { totalCount }
      none: parcels(first: 0, filters: {and: [$none, $here]}) { totalCount }
      every: parcels(first: 0, filters: {and: [$every, $here]}) { totalCount }
      all: parcels(first: 0, filters: $here) { totalCount }
    }"""
    zone = {"zoneCode": {"startsWith": "C"}}
    found = await ask(
        document,
        some={"zoningDistricts": {"some": zone}},
        none={"zoningDistricts": {"none": zone}},
        every={"not": {"zoningDistricts": {"every": {"not": zone}}}},
        here={"geometry": {"intersects": BOX}},
    )
    counts = {name: value["totalCount"] for name, value in found.items()}
    assert counts["some"] + counts["none"] == counts["all"]
    assert counts["every"] == counts["some"] > 0
