"""Analyses as jobs: what they keep is what the same analysis answers at once, and where it is read."""

from io import BytesIO

import orjson
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import shape

from gateway.layers import LAYERS
from gateway.query.ids import decode
from tests.fixtures.mapping import columns
from tests.fixtures.mvt import Layer
from tests.fixtures.mvt import decode as decoded
from tests.integration.analysis.conftest import Client

# Of each method its arguments in both ways, what is selected at once, and how properties are made of that.
CLUSTERS = "{ clusters { id count ids hull } noise }"


def ids(given):
    return [decode(LAYERS, each).id for each in given]


def clusters(answer):
    kept = [(cluster(each["id"], each["ids"]), each["hull"]) for each in answer["clusters"]]
    return kept + ([(cluster(None, answer["noise"]), None)] if answer["noise"] else [])


def cluster(number, members):
    return {"cluster": number, "count": len(members), "ids": ids(members)}


def whole(*names):
    def expected(answer):
        parts = answer if isinstance(answer, list) else [answer]
        return [({name: each[name] for name in names}, each["geometry"]) for each in parts]

    return expected


def cells(answer):
    return [({"count": len(each["ids"]), "ids": ids(each["ids"])}, each["geometry"]) for each in answer]


def shares(answer):
    return [
        (
            {
                "featureId": ids([each["id"]])[0],
                "otherId": ids([each["otherId"]])[0],
                "areaSqm": each["areaSqm"],
                "lengthM": each["lengthM"],
            },
            each["geometry"],
        )
        for each in answer
    ]


NEAR = "distance: 150, unit: FEET, minPoints: 6"
PARTS = "{ value count areaSqm geometry }"
METHODS = {
    "clusterDbscan": (f"{{{NEAR}}}", f"({NEAR})", CLUSTERS, clusters),
    "clusterKMeans": ("{clusters: 4}", "(clusters: 4)", CLUSTERS, clusters),
    "concaveHull": ("{ratio: 0.5}", "(ratio: 0.5)", "", lambda answer: [({}, answer)]),
    "union": ("true", "", "{ count areaSqm geometry }", whole("count", "areaSqm")),
    "dissolve": ("{by: LAND_USE}", "(by: LAND_USE)", PARTS, whole("value", "count", "areaSqm")),
    "voronoi": ("true", "", "{ ids geometry }", cells),
    "intersectionWith": (
        "{other: {zoningDistricts: {}}}",
        "(other: {zoningDistricts: {}})",
        "{ id otherId areaSqm lengthM geometry }",
        shares,
    ),
}


@pytest.mark.parametrize("method", METHODS)
async def test_a_job_keeps_what_the_same_analysis_answers_at_once(serve, method):
    arguments, at_once, selected, expected = METHODS[method]
    async with serve() as door:
        client = Client(door)
        extent = (await client.data("{ parcels { extent } }"))["parcels"]["extent"]
        west, south, east, north = extent
        box = [west, south, (west + east) / 2, (south + north) / 2]
        filters = f"filters: {{geometry: {{intersects: {{bbox: {box}}}}}}}"
        started = await client.start(f"{method}: {arguments}", more=filters)
        assert (started["layer"], started["method"], started["written"]) == ("parcels", method, 0)
        assert started["rows"] > 100
        assert started["vertices"] > started["rows"]
        done = await client.ended(started)
        assert done["state"] == "COMPLETE", done
        answer = await client.data(
            f"{{ analysis {{ parcels({filters}) {{ answer: {method}{at_once} {selected} }} }} }}"
        )
        told = expected(answer["analysis"]["parcels"]["answer"])
        assert done["written"] == len(told)
        await check_files(client, done, told)
        await check_tiles(client, done, told)


async def check_files(client, done, told):
    answer = await client.get(done["result"]["geojson"])
    assert answer.media == "application/geo+json"
    found = [(each["properties"], each["geometry"]) for each in answer.json["features"]]
    assert [each[0] for each in found] == [each[0] for each in told]
    for (_, here), (_, there) in zip(found, told, strict=True):
        assert (here is None) == (there is None)
        assert here is None or shape(here).equals_exact(shape(there), 2e-7)
    file = pq.ParquetFile(BytesIO((await client.get(done["result"]["geoparquet"])).body))
    assert orjson.loads(file.metadata.metadata[b"geo"])["version"] == "1.1.0"
    rows = file.read().to_pylist()
    for row, (properties, geometry) in zip(rows, told, strict=True):
        assert {name: read(name, row[name]) for name in properties} == properties
        assert (row["geometry"] is None) == (geometry is None)
        assert geometry is None or shapely.from_wkb(row["geometry"]).equals_exact(shape(geometry), 2e-7)


def read(name, value):
    """A value of a column, of which some are JSON."""
    return orjson.loads(value) if name in {"ids", "value"} and value is not None else value


async def check_tiles(client, done, told):
    document = (await client.get(done["result"]["tileJson"])).json
    west, south, east, north = shapely.union_all([shape(each).envelope for _, each in told if each]).bounds
    assert document["bounds"] == pytest.approx([west, south, east, north], abs=1e-6)
    assert document["vector_layers"][0]["id"] == "analysis"
    shown = {}
    for place in columns(*document["bounds"], 15):
        answer = await client.get(document["tiles"][0].replace("{z}/{x}/{y}", "/".join(map(str, place))))
        assert (answer.status, answer.media) == (200, "application/vnd.mapbox-vector-tile")
        for feature in decoded(answer.body).get("analysis", Layer()).features:
            shown[feature.id] = feature.properties
    # A sliver is nothing on the grid of a tile.
    drawn = {number: shape(each).area for number, (_, each) in enumerate(told, 1) if each}
    assert {number for number, area in drawn.items() if area > 1e-9} <= set(shown) <= set(drawn)
    names = set(document["vector_layers"][0]["fields"])
    for number, properties in shown.items():
        expected = {name: told[number - 1][0][name] for name in names if told[number - 1][0][name] is not None}
        assert properties.keys() == expected.keys()
        for name, value in properties.items():
            assert value == (expected[name] if isinstance(value, str) else pytest.approx(expected[name], rel=1e-6))
