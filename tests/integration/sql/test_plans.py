"""With the settings of a connection, PostgreSQL answers from indexes what must not read a whole table (Cambridge)."""

import pytest
from sqlalchemy import text

from gateway.db.sessions import Database
from gateway.layers import LAYERS, PARCELS, ZONING_DISTRICTS
from gateway.planner.derived import BBOX
from gateway.query.ids import encode
from gateway.query.notices import parse_notice
from gateway.query.slots import Slots
from gateway.query.values import edge_values
from gateway.settings import LimitSettings
from gateway.sql import pages, rows, summaries
from gateway.sql.explain import ExplainAnalyze
from gateway.sql.notices import noticed
from gateway.sql.statement import compiled
from tests.fixtures.plans import indexes, nodes, scanned
from tests.fixtures.reading import PARSER, Reader, query

POINT = {"wkt": "POINT (-71.11 42.37)"}
AREA = {"bbox": [-71.112, 42.369, -71.109, 42.371]}
ACROSS = {"bbox": [179.9, 42.0, -179.9, 43.0]}
NODE = {"node": "UGFyY2VsOjc="}
IDS = list(range(1, 501))


def first_page(layer=PARCELS, **arguments):
    return pages.root_page(LAYERS, query(layer, **arguments))


def after(order, position, **page):
    cursor = PARSER.codec.encode(query(order=order).scope, position)
    return first_page(order=order, **{name: cursor if value is ... else value for name, value in page.items()})


def within(lookup, target):
    return first_page(filters={"geometry": {lookup: target}})


@pytest.mark.parametrize("target", [AREA, POINT, ACROSS, NODE], ids=["box", "point", "two boxes", "node"])
@pytest.mark.parametrize(
    "lookup",
    [
        *("intersects", "within", "contains", "covers", "coveredBy", "touches", "crosses", "overlaps", "equals"),
        *("bbOverlaps", "bbContains", "contained"),
    ],
)
async def test_lookups_of_geometries_read_the_index(reader, lookup, target):
    plan = await reader.plan(within(lookup, target))
    assert "ix_parcels_geom" in indexes(plan)
    assert scanned(plan) == set()


@pytest.mark.parametrize("target", [POINT, AREA, NODE, {"circle": {"center": [-71.11, 42.37], "radius": 90}}])
async def test_distance_is_filtered_by_the_index_of_geographies(reader, target):
    plan = await reader.plan(within("dwithin", {"geometry": target, "distance": 100}))
    assert "ix_parcels_geog" in indexes(plan)
    assert scanned(plan) == set()


@pytest.mark.parametrize(
    "given",
    [{"parcels": [encode(PARCELS, number) for number in IDS[:25]]}, {"geometry": AREA}, {"geometry": NODE}],
    ids=["parcels", "geometry", "node"],
)
async def test_notice_lists_read_the_index_of_geographies_for_each_subject(reader, given):
    notice = parse_notice(LAYERS, LimitSettings(), {**given, "distance": 300, "include": ["ABUTTERS_TO_ABUTTERS"]})
    plan = await reader.plan(noticed(notice, notice.metres, 1_000))
    assert {"ix_parcels_geog", "pk_parcels"} <= indexes(plan)
    assert scanned(plan) == set()


async def test_a_circle_is_filtered_by_the_index_of_geographies(reader):
    plan = await reader.plan(within("intersects", {"circle": {"center": [-71.11, 42.37], "radius": 90}}))
    assert "ix_parcels_geog" in indexes(plan)
    assert scanned(plan) == set()


async def test_a_pattern_that_asks_for_common_points_reads_the_index(reader):
    plan = await reader.plan(within("relate", {"geometry": AREA, "pattern": "T********"}))
    assert "ix_parcels_geom" in indexes(plan)


@pytest.mark.parametrize("target", [POINT, AREA, NODE], ids=["point", "box", "node"])
@pytest.mark.parametrize(
    "page",
    [{"first": 50}, {"first": 50, "after": ...}, {"last": 50, "before": ...}, {"first": 50, "before": ...}],
    ids=["first", "after", "last before", "first before"],
)
async def test_distance_order_reads_the_index_of_geographies(reader, target, page):
    plan = await reader.plan(after([{"distanceTo": target}], (150.5, 7), **page))
    assert "ix_parcels_geog" in indexes(plan)
    assert scanned(plan) == set()


@pytest.mark.parametrize("target", [POINT, AREA, NODE], ids=["point", "box", "node"])
@pytest.mark.parametrize("size", [1, 50])
async def test_a_page_of_the_nearest_is_planned_a_few_times_and_then_no_more(reader, read_session, target, size):
    nearest = query(order=[{"distanceTo": target}], first=size)
    slots = Slots(LAYERS)
    shape = slots.query(nearest)
    statement = compiled(pages.root_columns(LAYERS, shape, lambda source: [source.entity.id]))
    for _ in range(8):
        await read_session.fetch(statement.text, statement.bind(slots.values))
    times = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1"
    assert tuple((await read_session.fetch(times, (statement.text,)))[0]) == (3, 5)


@pytest.mark.parametrize(
    "page", [{"first": 50}, {"last": 50}, {"first": 50, "after": ...}, {"last": 50, "before": ...}], ids=str
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_order_by_area_reads_its_index(reader, direction, page):
    plan = await reader.plan(after([{"areaSqm": direction}], (150.5, 7), **page))
    assert "ix_parcels_area" in indexes(plan)
    assert scanned(plan) == set()


@pytest.fixture(scope="module")
def by_year(cluster, cambridge_template):
    """URL of a Cambridge with indexes for orders by year."""
    with cluster.copy(cambridge_template) as url:
        database = url.partition("?")[0].rpartition("/")[2]
        cluster.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = off")
        for order in ("year_built, id", "year_built DESC NULLS LAST, id DESC"):
            cluster.execute(f"CREATE INDEX ON parcels ({order})", database=database)
        cluster.execute("ANALYZE parcels", database=database)
        yield url


@pytest.fixture
async def year_reader(by_year, settings):
    """Reads that Cambridge."""
    database = Database(settings.database, by_year)
    async with database.session() as session:
        yield Reader(session)
    await database.dispose()


@pytest.mark.parametrize(
    ("direction", "page"),
    [
        ("ASC", {"first": 50, "after": ...}),
        ("ASC_NULLS_LAST", {"first": 50, "after": ...}),
        ("DESC_NULLS_LAST", {"first": 50, "after": ...}),
        ("DESC", {"last": 50, "before": ...}),
        ("ASC", {"last": 50, "before": ...}),
        ("DESC", {"first": 50, "after": ...}),
        ("DESC", {"last": 50, "after": ...}),
        ("DESC_NULLS_LAST", {"last": 50, "before": ...}),
        ("DESC_NULLS_FIRST", {"last": 50, "before": ...}),
        ("DESC_NULLS_FIRST", {"first": 50, "after": ...}),
    ],
)
async def test_a_page_of_an_order_with_missing_values_reads_no_rows_before_it(year_reader, direction, page):
    statement = after([{"yearBuilt": direction}], (1907, 7), **page)
    plan = (await year_reader.session.scalar(ExplainAnalyze(statement)))[0]["Plan"]
    assert {name.partition("_idx")[0] for name in indexes(plan)} <= {"parcels_year_built_id", "pk_parcels"}
    assert scanned(plan) == set()
    scans = [node for node in nodes(plan) if "Index" in node["Node Type"]]
    assert max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans) <= 2 * 51


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("position", "page"),
    [
        (None, {"first": 50}),
        (None, {"last": 50}),
        ((1907, 7), {"first": 50, "after": ...}),
        ((1907, 7), {"last": 50, "before": ...}),
        ((None, 7), {"first": 50, "after": ...}),
        ((None, 12_000), {"last": 50, "before": ...}),
    ],
)
async def test_one_plain_index_has_the_pages_of_both_directions(year_reader, direction, position, page):
    statement = after([{"yearBuilt": direction}], position or (), **page)
    plan = (await year_reader.session.scalar(ExplainAnalyze(statement)))[0]["Plan"]
    assert indexes(plan) <= {"parcels_year_built_id_idx", "pk_parcels"}
    assert scanned(plan) == set()
    read = [node for node in nodes(plan) if node["Node Type"].startswith("Index") and node["Actual Loops"]]
    if direction == "DESC" or page == {"first": 50}:
        assert sum(node["Actual Rows"] for node in read if node["Index Name"] != "pk_parcels") <= 2 * 51


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"featureId": {"exact": 7}}, "pk_parcels"),
        ({"featureId": {"inList": IDS}}, "pk_parcels"),
        ({"parcelId": {"exact": "1-1"}}, "uq_parcels_parcel_id"),
        ({"parcelId": {"inList": ["1-1", "2-2"]}}, "uq_parcels_parcel_id"),
        ({"attributes": {"contains": {"ml": "1-1"}}}, "ix_parcels_attributes"),
        ({"areaSqm": {"gt": 100_000}}, "ix_parcels_area"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_keys_and_areas_are_found_by_their_indexes(reader, filters, index):
    plan = await reader.plan(summaries.rows(LAYERS, query(filters=filters)))
    assert index in indexes(plan)
    assert scanned(plan) == set()


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (rows.by_id(PARCELS, IDS), "pk_parcels"),
        (rows.by_key(PARCELS, "parcel_id", ["1-1"]), "uq_parcels_parcel_id"),
        (rows.values(PARCELS, BBOX, IDS), "pk_parcels"),
        (first_page(), "pk_parcels"),
        (after(None, (700,), last=5, before=...), "pk_parcels"),
    ],
    ids=["ids", "keys", "values", "page", "page before"],
)
async def test_rows_are_read_by_their_keys(reader, statement, index):
    plan = await reader.plan(statement)
    assert index in indexes(plan)
    assert scanned(plan) == set()


RELATIONS = [(layer, relation) for layer in LAYERS for relation in layer.relations]
relations = pytest.mark.parametrize(
    ("layer", "relation"), RELATIONS, ids=[f"{layer.name}.{relation.name}" for layer, relation in RELATIONS]
)


def index_of(relation):
    return f"ix_{relation.target}_geom"


@relations
async def test_related_pages_counts_and_extents_read_the_index_of_the_other_layer(reader, layer, relation):
    asked, ids = query(LAYERS[relation.target]), IDS[:20]
    for statement in (
        pages.related_page(LAYERS, layer, relation, asked, ids),
        summaries.related_count(LAYERS, layer, relation, asked, ids, cap=None),
        summaries.related_extent(LAYERS, layer, relation, asked, ids),
    ):
        plan = await reader.plan(statement)
        assert index_of(relation) in indexes(plan)


@relations
async def test_values_of_edges_are_read_by_the_keys_of_both_ends(reader, layer, relation):
    for wanted in edge_values(relation, layer, LAYERS[relation.target]):
        pairs = [(i, i + 1) for i in range(1, 100)]
        plan = await reader.plan(rows.edge_values(LAYERS, layer, relation, wanted, pairs))
        assert "pk_parcels" in indexes(plan)  # 261 districts are read faster whole


@relations
@pytest.mark.parametrize("quantifier", ["some", "every", "none"])
async def test_filters_by_related_rows_read_the_index_of_a_layer_for_the_join(reader, layer, relation, quantifier):
    # What many rows match: for one row that is found by its key there is nothing to join.
    common = {"parcels": {"yearBuilt": {"gt": 1900}}, "zoning_districts": {"zoneCode": {"startsWith": "C"}}}
    plan = await reader.plan(
        summaries.rows(LAYERS, query(layer, {relation.field: {quantifier: common[relation.target]}}))
    )
    # From the other side neighbors are found on the globe, where there is no antimeridian.
    assert {index_of(relation), f"ix_{layer.name}_geom", f"ix_{layer.name}_geog"} & indexes(plan)


async def test_the_extent_of_a_box_reads_the_index(reader):
    plan = await reader.plan(summaries.extent(LAYERS, query(filters={"geometry": {"intersects": AREA}})))
    assert "ix_parcels_geom" in indexes(plan)
    assert ZONING_DISTRICTS.name not in scanned(plan)


async def test_a_page_of_a_streets_neighbors_compares_borders_only_until_it_is_full(reader):
    street = await reader.session.scalar(text("SELECT id FROM parcels ORDER BY ST_NPoints(geom) DESC LIMIT 1"))
    (neighbors,) = [relation for relation in PARCELS.relations if relation.name == "neighbors"]
    for order in (None, [{"areaSqm": "DESC"}], [{"distanceTo": POINT}]):
        statement = pages.related_page(LAYERS, PARCELS, neighbors, query(first=10, order=order), [street])
        plan = (await reader.session.scalar(ExplainAnalyze(statement)))[0]["Plan"]
        touching = max(node["Actual Rows"] for node in nodes(plan) if node["Node Type"] == "Index Scan")
        (compared,) = [node for node in nodes(plan) if "st_boundary" in node.get("Join Filter", "")]
        assert touching > 4000
        assert compared["Actual Rows"] + compared["Rows Removed by Join Filter"] < 500
