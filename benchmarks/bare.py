"""The limit: what each work costs a server that can do nothing else. Written by hand for these six queries.

No GraphQL, no checks, no sessions, no log: variables out of JSON, one statement, rows into JSON. The SQL does what the
query asks for and no more, and the answers are those of the gateway.

    BENCH_SOCKET=directory uvicorn benchmarks.bare:app
"""

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONNECTIONS = 10
_BOX = "ST_MakeEnvelope($1, $2, $3, $4, 4326)"
_SHARES_AREA = """z.geom && p.geom AND (
  ST_Covers(z.geom, p.geom) OR (ST_Intersects(p.geom, z.geom) AND NOT ST_Touches(p.geom, z.geom)))"""

_VIEWPORT = f"""
SELECT id, parcel_id, address, land_use, assessed_value::text, year_built, ST_AsGeoJSON(geom, 7, 0)
FROM parcels WHERE geom && {_BOX} ORDER BY id LIMIT 500"""
_JOIN = f"""
SELECT p.parcel_id, z.zone_code, z.name
FROM (SELECT id, parcel_id, geom FROM parcels WHERE geom && {_BOX} ORDER BY id LIMIT 100) p
LEFT JOIN zoning_districts z ON {_SHARES_AREA}
ORDER BY p.id, z.id"""
_OVERLAY = f"""
SELECT p.parcel_id, z.shared, least(z.shared / nullif(p.area, 0), 1), z.zone_code
FROM (
  SELECT id, parcel_id, geom, ST_Area(geom::geography) AS area
  FROM parcels WHERE geom && {_BOX} ORDER BY id LIMIT 50
) p
LEFT JOIN LATERAL (
  SELECT z.id, z.zone_code,
         CASE WHEN ST_Covers(z.geom, p.geom) THEN p.area ELSE ST_Area(ST_Intersection(p.geom, z.geom)::geography) END
           AS shared
  FROM zoning_districts z WHERE {_SHARES_AREA}
) z ON true
ORDER BY p.id, z.id"""
# The index orders by the sphere, so a few rows more are put in the order of the ellipsoid.
_NEAREST = """
SELECT parcel_id, address, metres FROM (
  SELECT parcel_id, address, ST_Distance(geom::geography, ST_Point($1, $2, 4326)::geography) AS metres
  FROM parcels ORDER BY geom::geography <-> ST_Point($1, $2, 4326)::geography LIMIT 60
) near ORDER BY metres LIMIT 50"""
_POINT = "SELECT parcel_id, ST_AsGeoJSON(geom, 7, 0) FROM parcels WHERE parcel_id = $1"
_DEEP = f"""
SELECT z.code, p.parcel_id, n.parcel_id
FROM (SELECT id, code, geom FROM zoning_districts WHERE geom && {_BOX} ORDER BY id LIMIT 20) z
LEFT JOIN LATERAL (
  SELECT p.id, p.parcel_id, p.geom FROM parcels p WHERE {_SHARES_AREA} ORDER BY p.id LIMIT 20
) p ON true
LEFT JOIN LATERAL (
  SELECT n.id, n.parcel_id FROM parcels n
  WHERE ST_Intersects(n.geom, p.geom) AND n.id <> p.id
    AND ST_Dimension(ST_Intersection(ST_Boundary(n.geom), ST_Boundary(p.geom))) = 1
  ORDER BY n.id LIMIT 100
) n ON true
ORDER BY z.id, p.id, n.id"""

Rows = Sequence[Any]


def _viewport(rows: Rows) -> Any:
    nodes = [
        {
            "id": b64encode(b"Parcel:%d" % row[0]).decode(),
            "parcelId": row[1],
            "address": row[2],
            "landUse": row[3],
            "assessedValue": row[4],
            "yearBuilt": row[5],
            "geometry": orjson.Fragment(row[6]),
        }
        for row in rows
    ]
    return {"parcels": {"nodes": nodes}}


def _join(rows: Rows) -> Any:
    nodes = []
    for parcel, districts in groupby(rows, itemgetter(0)):
        found = [{"zoneCode": row[1], "name": row[2]} for row in districts if row[1] is not None]
        nodes.append({"parcelId": parcel, "zoningDistricts": {"nodes": found}})
    return {"parcels": {"nodes": nodes}}


def _overlay(rows: Rows) -> Any:
    nodes = []
    for parcel, districts in groupby(rows, itemgetter(0)):
        edges = [
            {"overlapAreaSqm": row[1], "coverage": row[2], "node": {"zoneCode": row[3]}}
            for row in districts
            if row[3] is not None
        ]
        nodes.append({"parcelId": parcel, "zoningDistricts": {"edges": edges}})
    return {"parcels": {"nodes": nodes}}


def _nearest(rows: Rows) -> Any:
    return {"parcels": {"edges": [{"distance": r[2], "node": {"parcelId": r[0], "address": r[1]}} for r in rows]}}


def _point(rows: Rows) -> Any:
    return {"parcel": {"parcelId": rows[0][0], "geometry": orjson.Fragment(rows[0][1])} if rows else None}


def _deep(rows: Rows) -> Any:
    districts = []
    for code, of_district in groupby(rows, itemgetter(0)):
        parcels = []
        for parcel, of_parcel in groupby(of_district, itemgetter(1)):
            found = [{"parcelId": row[2]} for row in of_parcel if row[2] is not None]
            if parcel is not None:
                parcels.append({"parcelId": parcel, "neighbors": {"nodes": found}})
        districts.append({"code": code, "parcels": {"nodes": parcels}})
    return {"zoningDistricts": {"nodes": districts}}


def _box(variables: Any) -> Sequence[Any]:
    box: Sequence[float] = variables["box"]
    return box


def _coordinates(variables: Any) -> Sequence[Any]:
    coordinates: Sequence[float] = variables["point"]["coordinates"]
    return coordinates


def _handler(
    text: str, parameters: Callable[[Any], Sequence[Any]], shape: Callable[[Rows], Any]
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        variables = orjson.loads(await request.body())
        rows = await request.state.pool.fetch(text, *parameters(variables))
        return Response(orjson.dumps({"data": shape(rows)}), media_type="application/json")

    return handle


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
    """The pool of connections."""
    host = os.environ["BENCH_SOCKET"]
    async with asyncpg.create_pool(
        host=host, user="gateway", database="gateway", min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        yield {"pool": pool}


app = Starlette(
    routes=[
        Route("/viewport", _handler(_VIEWPORT, _box, _viewport), methods=["POST"]),
        Route("/join", _handler(_JOIN, _box, _join), methods=["POST"]),
        Route("/overlay", _handler(_OVERLAY, _box, _overlay), methods=["POST"]),
        Route("/nearest", _handler(_NEAREST, _coordinates, _nearest), methods=["POST"]),
        Route("/point", _handler(_POINT, lambda variables: [variables["key"]], _point), methods=["POST"]),
        Route("/deep", _handler(_DEEP, _box, _deep), methods=["POST"]),
    ],
    lifespan=lifespan,
)
