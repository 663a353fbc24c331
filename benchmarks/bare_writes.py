"""The limit of writes: what a new parcel costs a server that can do nothing else. Written by hand for this mutation.

No GraphQL, no identity, no checks, no log: variables out of JSON, one INSERT, the new row into JSON. The triggers of
the table write the history, as they do for the gateway, and the constraints check the geometry.

    BENCH_SOCKET=directory uvicorn benchmarks.bare_writes:app
"""

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.bare import lifespan

_CREATE = """
INSERT INTO parcels (parcel_id, address, land_use, assessed_value, year_built, geom)
VALUES ($1, $2, $3, $4, $5, ST_Multi(ST_ForcePolygonCCW(ST_GeomFromGeoJSON($6))))
RETURNING parcel_id, version"""


async def _create(request: Request) -> Response:
    given = orjson.loads(await request.body())["input"]
    row = await request.state.pool.fetchrow(
        _CREATE,
        given["parcelId"],
        given["address"],
        given["landUse"],
        given["assessedValue"],
        given["yearBuilt"],
        orjson.dumps(given["geometry"]["geojson"]).decode(),
    )
    parcel = {"parcelId": row[0], "version": row[1]}
    body = {"data": {"createParcel": {"outcome": "CREATED", "parcel": parcel}}}
    return Response(orjson.dumps(body), media_type="application/json")


app = Starlette(routes=[Route("/create", _create, methods=["POST"])], lifespan=lifespan)
