"""A gateway with two jurisdictions beside its own schema, each with rows that tell whose they are, and its doors."""

import json
from io import BytesIO
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.feeds.formats import FORMATS
from gateway.feeds.notice_files import FILES
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.layers import PARCELS
from gateway.models.jurisdiction import BITS
from gateway.query.ids import encode
from gateway.settings import AuthSettings
from tests.fixtures.door import on, opened
from tests.fixtures.mvt import decode
from tests.integration.identity.conftest import SECRET, SQUARE

CODES = ("alpha", "beta")
WHERE = {"": 0, "alpha": 1, "beta": 2}
COLUMNS = "parcel_id, address, owner_name, mailing_address, geom"
TILE = "14/4958/6060"
RING = [[-71.1, 42.3], [-71.0, 42.3], [-71.0, 42.4], [-71.1, 42.4], [-71.1, 42.3]]


def canary(code):
    return f"CANARY {code or 'public'}"


def doors(code, job="none"):
    """A path for each route, under the jurisdiction."""
    row = encode(PARCELS, (WHERE[code] << BITS) + 1)
    notice = quote(json.dumps({"parcels": [row], "distance": 5}))
    found = {
        "/": ["/"],
        "/graphql": [f"/graphql?query={quote('{ parcels { nodes { address ownerName } } }')}"],
        "/tiles/{layers}/{z}/{x}/{y}.mvt": [f"/tiles/parcels/{TILE}.mvt"],
        "/tiles/{layers}.json": ["/tiles/parcels.json"],
        "/styles/{layers}.json": ["/styles/parcels.json", "/styles/zoning_districts.json"],
        "/export/{file}": [f"/export/parcels.{form}" for form in FORMATS],
        "/notice/{file}": [f"/notice/{name}?notice={notice}" for name in FILES],
        "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": [f"/tiles/analysis/{job}/{TILE}.mvt"],
        "/tiles/analysis/{id}.json": [f"/tiles/analysis/{job}.json"],
        "/export/analysis/{file}": [f"/export/analysis/{job}.geojson"],
        "/jobs/{id}": [f"/jobs/{job}"],
        "/jobs/{id}/{part:path}": [f"/jobs/{job}/report"],
        "/bulk/{layer}": [],  # POST
        "/identity": ["/identity"],
        "/healthz": [],
        "/readyz": [],
        "/metrics": [],
        "/static": [],
    }
    begin = f"/j/{code}" if code else ""
    return {route: [f"{begin}{path}" for path in paths] for route, paths in found.items()}


# /identity tells who is asking: of nobody, that they may do nothing.
OPEN = {"/", "/identity", "/healthz", "/readyz", "/metrics", "/static"}
SHOWS = {"/graphql", "/tiles/{layers}/{z}/{x}/{y}.mvt", "/export/{file}", "/notice/{file}"}


@pytest.fixture
async def walked(settings, two):
    """The gateway with two jurisdictions beside its own schema, each with one parcel, and a key of each for all."""
    database = Database(settings.database, two, timeout_ms=0)
    keys = {}
    for code in WHERE:
        inside = await within(database, code) if code else database
        async with inside.engine.begin() as connection:
            for number, shape in enumerate((SQUARE, SQUARE.replace("-71.1, 42.3, -71.0", "-71.0, 42.3, -70.9")), 1):
                values = f"'{number}', :canary, :canary, :canary, {shape}"
                statement = (
                    f"INSERT INTO parcels (parcel_id, address, owner_name, mailing_address, geom) VALUES ({values})"
                )
                await connection.execute(text(statement), {"canary": canary(code)})
        keys[code] = await api_keys.create(inside, code or "own", list(Scope), None)
    await database.dispose()
    auth = AuthSettings(anonymous=(), jwt_secret=SECRET, jwt_audience=("gateway",), wrong_per_minute=0)
    given = on(settings, two).model_copy(update={"auth": auth})
    async with opened(create_app(given)) as door:
        yield door, keys


async def get(door, path, key=None, method="GET", **rest):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return await door.request(method, path, headers=headers | rest.pop("headers", {}), **rest)


def seen(answer):
    """The jurisdictions whose canary an answer has."""
    body = answer.body
    if answer.headers.get("content-type") == "application/vnd.mapbox-vector-tile":
        body += repr(decode(body)).encode()
    if answer.headers.get("content-type") == FORMATS["parquet"].media_type:
        body += repr(pq.read_table(BytesIO(body)).to_pylist()).encode()
    return {code for code in WHERE if canary(code).encode() in body}
