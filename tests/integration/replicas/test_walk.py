"""Where each route, each root field and each format reads: a new one stands here, or fails until it does.

What a replica answers may be some seconds old. So what is about jobs, keys and writes is asked of the primary.
"""

import json
from urllib.parse import quote

import orjson
import pytest

from gateway.asgi import create_app
from gateway.feeds.formats import FORMATS
from gateway.feeds.notice_files import FILES
from gateway.layers import LAYERS, PARCELS
from gateway.query.ids import encode
from schema import build_schema
from tests.fixtures.walking import Walker
from tests.integration.identity.test_table import routes
from tests.integration.replicas.conftest import PRIMARY, shape

REPLICA, NOTHING = "a replica", "nothing"
TILE = "14/8647/7734"
NOTICE = quote(json.dumps({"parcels": [encode(PARCELS, 1)], "distance": 5}))
# By route: what is asked, and what answers.
ROUTES = {
    "/": (["/"], NOTHING),
    "/graphql": ([], REPLICA),  # each root field for itself
    "/tiles/{layers}/{z}/{x}/{y}.mvt": ([f"/tiles/parcels,zoning_districts/{TILE}.mvt"], REPLICA),
    "/tiles/{layers}.json": (["/tiles/parcels.json"], REPLICA),
    "/styles/{layers}.json": (["/styles/zoning_districts.json"], REPLICA),
    "/export/{file}": (
        [f"/export/{layer.name}.{form}" for layer in LAYERS for form in FORMATS]
        + [f"/export/parcels.{form}?crs=EPSG:3857" for form, each in FORMATS.items() if each.reprojects],
        REPLICA,
    ),
    "/notice/{file}": ([f"/notice/{name}?notice={NOTICE}" for name in FILES], REPLICA),
    "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": (["/tiles/analysis/nothing/0/0/0.mvt"], PRIMARY),
    "/tiles/analysis/{id}.json": (["/tiles/analysis/nothing.json"], PRIMARY),
    "/export/analysis/{file}": (["/export/analysis/nothing.geojson"], PRIMARY),
    "/bulk/{layer}": (["POST /bulk/parcels"], PRIMARY),
    "/jobs/{id}": (["/jobs/nothing"], PRIMARY),
    "/jobs/{id}/{part:path}": (["/jobs/nothing/report", "POST /jobs/nothing/cancel"], PRIMARY),
    "/identity": (["/identity"], NOTHING),
    "/healthz": (["/healthz"], NOTHING),
    "/readyz": (["/readyz"], NOTHING),  # on a connection of its own
    "/metrics": (["/metrics"], NOTHING),
    "/static": ([], NOTHING),
}
# Root fields that are not answered by a replica.
OTHERS = {
    "job": PRIMARY,
    "jobs": PRIMARY,
    "analysisJob": PRIMARY,
    "analysisJobs": PRIMARY,
    "analysis": NOTHING,  # on a pool of its own
}


def _expected(servers, where):
    if where == REPLICA:  # of what a style is made of each part for itself
        return servers and servers <= {1, 2}
    return servers == (set() if where == NOTHING else {PRIMARY})


def _walker(layer=PARCELS):
    box = "{bbox: [9.9, 9.9, 10.1, 10.1]}"
    fixed = {"p": "0.5", "crs": '"EPSG:3857"', "meters": "5", "clusters": "1", "to": box, "geometry": box}
    fixed |= {"keys": '{attribute: "deep"}', "field": '{attribute: "deep"}', "other": f"{{geometry: {box}}}"}
    fixed |= dict.fromkeys(("id", "ids", "parcels"), f'"{encode(layer, 1)}"')
    return Walker(build_schema(LAYERS)._schema, fixed | {"featureId": '"1"', "distance": "5", "text": '"main"'})


async def test_every_route_reads_where_it_should(gateway, settings):
    assert set(routes(create_app(settings))) == set(ROUTES)
    feature = {"type": "Feature", "properties": {"parcel_id": "x"}, "geometry": shape()["geojson"]}
    for route, (asked, where) in ROUTES.items():
        for each in asked:
            method, _, path = each.rpartition(" ")
            headers = {"x-api-key": gateway.key, "content-type": "application/geo+json", "prefer": "wait=50"}
            body = orjson.dumps({"type": "FeatureCollection", "features": [feature]})
            answer = await gateway.door.request(method or "GET", path, headers=headers, body=body)
            assert answer.status in {200, 404}, (each, answer.body)
            servers = gateway.servers
            assert _expected(servers, where), (route, each, servers)


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_every_root_field_reads_where_it_should(with_replicas, planner):
    walkers = {"zoningDistrictHistory": _walker(LAYERS["zoning_districts"])}
    async with with_replicas(planner=planner) as gateway:
        for name in (usual := _walker()).schema.query_type.fields:
            walker = walkers.get(name, usual)
            others = set(walker.schema.query_type.fields) - {name}
            for document in walker.reads(without=others, far=False):
                answer = await gateway.ask(document, **{"x-api-key": gateway.key})
                sent, servers = gateway.sent, gateway.servers
                assert _expected(servers, OTHERS.get(name, REPLICA)), (document, servers, sent, answer.body[:300])
                assert answer.status == 200, answer.body


async def test_every_mutation_is_the_primarys(gateway):
    walker = _walker()
    # Which of its members an analysis has, no walk can choose.
    for name in set(walker.schema.mutation_type.fields) - {"startAnalysis"}:
        answer = await gateway.ask(walker.writes(name), **{"x-api-key": gateway.key})
        assert gateway.servers <= {PRIMARY}, name
        assert answer.status == 200, (name, answer.body)
