"""The whole gateway on a database of its own, asked by a clerk who may write."""

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.door import JSON, on, opened


def square(west, south=42.0, side=0.001):
    """A square as a GeometryInput."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"geojson": {"type": "Polygon", "coordinates": [ring]}}


class Clerk:
    """Sends operations with a key."""

    def __init__(self, door, key):
        self.door = door
        self.key = key
        self.headers = JSON | {"accept": "application/graphql-response+json", "authorization": f"Bearer {key}"}

    async def send(self, document, **variables):
        return await self.keyed(None, document, **variables)

    async def keyed(self, idempotency_key, document, **variables):
        """Send an operation with the header Idempotency-Key."""
        body = orjson.dumps({"query": document, "variables": variables})
        headers = self.headers | {"idempotency-key": idempotency_key}
        return await self.door.request("POST", "/graphql", headers=headers, body=body)

    async def data(self, document, **variables):
        """The data of an answer without errors."""
        answer = (await self.send(document, **variables)).json
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def errors(self, document, **variables):
        """The errors of an answer that changed nothing."""
        answer = (await self.send(document, **variables)).json
        assert answer.get("data") is None, answer
        return answer["errors"]

    async def parcels(self):
        """Rows by key: id, version, address, land use."""
        nodes = (await self.data("{ parcels { nodes { id parcelId version address landUse } } }"))["parcels"]["nodes"]
        return {node["parcelId"]: node for node in nodes}


@pytest.fixture
async def clerk(settings, empty_database):
    """A clerk at a gateway without rows."""
    database = Database(settings.database, empty_database)
    key = await api_keys.create(database, "clerk", [Scope.WRITE], None)
    await database.dispose()
    async with opened(create_app(on(settings, empty_database))) as door:
        yield Clerk(door, key)
