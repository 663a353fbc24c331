"""Clusters add up to the rows of the filter at every zoom, fall apart where they say, and their rows are found."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.geo.cells import key, parse_key
from gateway.layers import LAYERS
from gateway.planner.clusters import areas
from gateway.settings import Settings
from gateway.sql.overviews import spans
from gateway.sql.statement import compiled
from tests.fixtures.mapping import mapped
from tests.integration.feeds.test_overviews import connected
from tests.integration.feeds.test_transports import filters

CLUSTERS = """query ($f: ParcelFilter, $z: Int!, $box: BBox) { parcels(filters: $f) {
    totalCount aggregate { sum { assessedValue } }
    clusters(zoom: $z, bbox: $box, sum: ASSESSED_VALUE) { clusterId pointCount sum geometry bbox expansionZoom } } }"""
LEAVES = """query ($f: ParcelFilter, $at: Int!, $before: Int!) { parcels(filters: $f, first: 1000) {
    totalCount nodes { featureId }
    at: clusters(zoom: $at) { clusterId } before: clusters(zoom: $before) { clusterId } } }"""
NEW = {"yearBuilt": {"gt": 1950}}


@pytest.fixture(scope="module")
def ask(small, tmp_path_factory):
    """What the gateway says of the small county."""
    with asyncio.Runner() as runner:
        opening = mapped(Settings(data_dir=tmp_path_factory.mktemp("clusters")), small)
        found = runner.run(opening.__aenter__())
        yield lambda query=CLUSTERS, **variables: runner.run(found.door.post(query, variables))
        runner.run(opening.__aexit__(None, None, None))


def parcels(answer):
    assert "errors" not in answer.json, answer.json
    return answer.json["data"]["parcels"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.none() | filters, st.integers(0, 22))
def test_the_clusters_of_each_zoom_add_up_to_the_rows_of_the_filter(ask, wanted, zoom):
    told = parcels(ask(f=wanted, z=zoom))
    assert sum(cluster["pointCount"] for cluster in told["clusters"]) == told["totalCount"]
    worth = [cluster["sum"] for cluster in told["clusters"] if cluster["sum"] is not None]
    total = told["aggregate"]["sum"]["assessedValue"]
    assert (sum(worth) if worth else None) == (total and pytest.approx(float(total)))
    ids = [cluster["clusterId"] for cluster in told["clusters"]]
    assert len(set(ids)) == len(ids)
    assert {len(each) for each in ids} <= {zoom + 4}


@pytest.mark.parametrize("wanted", [None, NEW])
@pytest.mark.parametrize("zoom", [0, 8, 11, 15])
def test_a_cluster_falls_apart_at_the_zoom_that_it_names_and_has_the_rows_that_it_counts(ask, wanted, zoom):
    seen = []
    clusters = parcels(ask(f=wanted, z=zoom))["clusters"]
    for cluster in sorted(clusters, key=lambda each: -each["pointCount"])[:6]:
        inside = {"geometry": {"inCluster": cluster["clusterId"]}}
        expansion = cluster["expansionZoom"] or zoom
        leaves = parcels(ask(LEAVES, f={"and": [wanted or {}, inside]}, at=expansion, before=max(expansion - 1, zoom)))
        assert leaves["totalCount"] == cluster["pointCount"]
        seen += [node["featureId"] for node in leaves["nodes"]]
        assert (len(leaves["at"]) > 1) == (cluster["expansionZoom"] is not None)
        assert [each["clusterId"][: zoom + 4] for each in leaves["before"]] == [cluster["clusterId"]]
        assert {each["clusterId"][: zoom + 4] for each in leaves["at"]} == {cluster["clusterId"]}
        west, south, east, north = cluster["bbox"]
        x, y = cluster["geometry"]["coordinates"]
        assert west <= x <= east
        assert south <= y <= north
    assert len(set(seen)) == len(seen) > 0


def test_a_box_leaves_the_clusters_that_it_meets_whole(ask):
    every = {each["clusterId"]: each for each in parcels(ask(z=14))["clusters"]}
    first, *_ = every.values()
    west, south, east, north = first["bbox"]
    x, y = (west + east) / 2, (south + north) / 2
    box = [x, y, x + 0.0001, y + 0.0001]
    assert parcels(ask(z=14, box=box))["clusters"] == [first]
    across = parcels(ask(z=3, box=[170, -80, -80, 80]))["clusters"]
    assert across == parcels(ask(z=3))["clusters"]
    west, _, east, _ = every[first["clusterId"]]["bbox"]
    x = (west + east) / 2
    around = parcels(ask(z=0, box=[x, -80, x - 0.0001, 80]))["clusters"]
    assert around == parcels(ask(z=0))["clusters"]


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"z": 23}, ["zoom"]),
        ({"z": -1}, ["zoom"]),
        ({"z": 3, "box": [0, 10, 1, 5]}, ["bbox", 1]),
        ({"z": 3, "f": {"geometry": {"inCluster": "0123x"}}}, ["filters", "geometry", "inCluster"]),
        ({"z": 3, "f": {"geometry": {"inCluster": ""}}}, ["filters", "geometry", "inCluster"]),
    ],
)
def test_what_is_wrong_with_an_argument_is_said(ask, variables, path):
    (error,) = ask(**variables).json["errors"]
    assert error["extensions"]["code"] in {"OUT_OF_RANGE", "BAD_ARGUMENT"}
    assert error["extensions"]["argument"] == path


async def test_where_a_cluster_of_kept_cells_falls_apart_is_found_without_reading_its_rows(small):
    layers = replace(LAYERS, kept=frozenset({"parcels_overview"}))
    (area,) = areas(layers["parcels"], 0, None)
    statement = compiled(spans(layers, layers["parcels"], None, area))
    async with connected(small) as database:
        (((plan,),), (span,)) = [
            await database.fetch(f"{head} {statement.text}", *statement.bind(()))
            for head in ("EXPLAIN (ANALYZE, FORMAT JSON)", "")
        ]
    read = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == "parcels"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in read) == 0
    assert (span["x_first"], span["y_first"]) != (span["x_last"], span["y_last"])


def nodes(plan):
    """All nodes of a plan."""
    return [plan, *(below for each in plan.get("Plans", ()) for below in nodes(each))]


async def test_clusters_of_few_rows_are_left_out(settings, small):
    secret = settings.model_copy(update={"auth": settings.auth.model_copy(update={"least_group": 10})})
    async with mapped(secret, small) as strict:
        for wanted in (None, NEW):
            answer = await strict.door.post(CLUSTERS, {"f": wanted, "z": 13})
            counts = [each["pointCount"] for each in parcels(answer)["clusters"]]
            assert counts
            assert min(counts) >= 10


async def test_the_past_has_its_clusters(settings, small):
    document = "{ parcels(asOf: $t) { totalCount clusters(zoom: 9) { pointCount expansionZoom } } }"
    async with mapped(settings, small) as found:
        now = (await found.door.post("{ parcels(first: 1) { nodes { updatedAt } } }")).json
        moment = now["data"]["parcels"]["nodes"][0]["updatedAt"]
        told = parcels(await found.door.post(f"query ($t: DateTime) {document}", {"t": moment}))
        assert sum(each["pointCount"] for each in told["clusters"]) == told["totalCount"]


@given(st.integers(1, 31).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(0, 2**n - 1)] * 2)))
def test_the_key_of_a_cell_is_read_as_that_cell(cell):
    assert parse_key(key(*cell)) == cell
