"""Filters by related rows keep what a comparison of each row with each keeps, and none or every reads no row by row."""

import pytest
from sqlalchemy import text

from gateway.layers import LAYERS, PARCELS, ZONING_DISTRICTS
from gateway.sql import pages, summaries
from gateway.sql.explain import ExplainAnalyze
from tests.fixtures.plans import nodes
from tests.fixtures.reading import query

SHARE = "ST_Relate(p.geom, z.geom, 'T********')"
DISTRICTS = f"SELECT id FROM zoning_districts z WHERE {{}} EXISTS (SELECT FROM parcels p WHERE {SHARE} AND {{}})"
OF_PARCELS = f"SELECT id FROM parcels p WHERE {{}} EXISTS (SELECT FROM zoning_districts z WHERE {SHARE} AND {{}})"
COUNTED = f"(SELECT count(*) FROM zoning_districts z WHERE {SHARE})"
R = {"zoneCode": {"startsWith": "R"}}
OLD = {"yearBuilt": {"lt": 1950}}
CASES = [
    ("parcels", {"zoningDistricts": {"none": {}}}, OF_PARCELS.format("NOT", "true")),
    ("parcels", {"zoningDistricts": {"none": R}}, OF_PARCELS.format("NOT", "zone_code LIKE 'R%'")),
    ("parcels", {"zoningDistricts": {"every": R}}, OF_PARCELS.format("NOT", "zone_code NOT LIKE 'R%'")),
    ("parcels", {"zoningDistricts": {"some": R}}, OF_PARCELS.format("", "zone_code LIKE 'R%'")),
    ("parcels", {"not": {"zoningDistricts": {"none": R}}}, OF_PARCELS.format("", "zone_code LIKE 'R%'")),
    (
        "parcels",
        {"zoningDistricts": {"none": {"parcels": {"none": OLD}}}},
        OF_PARCELS.format("NOT", f"NOT EXISTS (SELECT FROM parcels p WHERE {SHARE} AND year_built < 1950)"),
    ),
    ("zoningDistricts", {"parcels": {"none": OLD}}, DISTRICTS.format("NOT", "year_built < 1950")),
    ("parcels", {"zoningDistricts": {"count": {"gte": 2}}}, f"SELECT id FROM parcels p WHERE {COUNTED} >= 2"),
    ("parcels", {"zoningDistricts": {"count": {"exact": 0}}}, f"SELECT id FROM parcels p WHERE {COUNTED} = 0"),
    (
        "parcels",
        {"not": {"zoningDistricts": {"count": {"range": {"start": 1, "end": 2}}, "some": R}}},
        f"SELECT id FROM parcels p WHERE NOT ({COUNTED} BETWEEN 1 AND 2 AND id IN ("
        + OF_PARCELS.format("", "zone_code LIKE 'R%'")
        + "))",
    ),
    (
        "zoningDistricts",
        {"parcels": {"none": {"zoningDistricts": {"count": {"gt": 1}}}}},
        DISTRICTS.format(
            "NOT", COUNTED.replace("zoning_districts z", "zoning_districts d").replace("z.", "d.") + " > 1"
        ),
    ),
    ("zoningDistricts", {"parcels": {"every": OLD}}, DISTRICTS.format("NOT", "year_built < 1950 IS NOT TRUE")),
]


@pytest.mark.parametrize(("field", "filters", "naive"), CASES, ids=lambda value: str(value)[:60])
async def test_a_relation_keeps_the_rows_that_a_comparison_of_all_pairs_keeps(both_ways, field, filters, naive):
    async with both_ways.database.session() as session:
        wanted = {row.id for row in await session.rows(text(naive))}
    kind = "ParcelFilter" if field == "parcels" else "ZoningDistrictFilter"
    document = f"query ($f: {kind}) {{ {field}(filters: $f, first: 500) {{ totalCount nodes {{ featureId }} }} }}"
    on, off = await both_ways.run(document, {"f": filters})
    assert on.planned
    assert on.answer == off.answer
    found = on.answer["data"][field]
    assert {node["featureId"] for node in found["nodes"]} == wanted
    assert found["totalCount"] == len(wanted)


def counted(layer, **arguments):
    return summaries.count(LAYERS, query(layer, **arguments), None)


def paged(layer, **arguments):
    return pages.root_page(LAYERS, query(layer, first=50, **arguments))


async def looked_up(reader, statement, table):
    """How often the index of a table's geometries is searched, at most in one place of the plan."""
    plan = (await reader.session.scalar(ExplainAnalyze(statement)))[0]["Plan"]
    return max(node["Actual Loops"] for node in nodes(plan) if node.get("Relation Name") == table)


@pytest.mark.parametrize("statement", [counted, paged])
@pytest.mark.parametrize("districts", [{"none": {}}, {"every": {"zoneCode": {"startsWith": "R"}}}], ids=str)
async def test_parcels_that_lie_in_a_district_are_found_district_by_district(reader, statement, districts):
    # The others of 13,115 parcels, which no district covers alone, are 1,898.
    wanted = statement(PARCELS, filters={"zoningDistricts": districts})
    assert await looked_up(reader, wanted, "zoning_districts") < 2_500


@pytest.mark.parametrize("statement", [counted, paged])
async def test_districts_without_a_parcel_are_found_district_by_district(reader, statement):
    wanted = statement(ZONING_DISTRICTS, filters={"parcels": {"none": {"yearBuilt": {"lt": 1700}}}})
    assert await looked_up(reader, wanted, "parcels") <= 261


@pytest.mark.parametrize("districts", [{"none": {}}, {"every": {"zoneCode": {"startsWith": "R"}}}], ids=str)
async def test_few_parcels_are_compared_with_the_districts_around_them_alone(reader, districts):
    few = {"featureId": {"inList": [1, 2, 3]}, "zoningDistricts": districts}
    assert await looked_up(reader, paged(PARCELS, filters=few), "zoning_districts") <= 3
