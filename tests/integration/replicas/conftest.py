"""A gateway that reads from two standbys, and which server each statement of its requests went to."""

from contextlib import asynccontextmanager
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy import event

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.door import JSON, opened
from tests.fixtures.replicas import replica_settings
from tests.fixtures.waiting import eventually

COUNT = "{ parcels { totalCount } }"
RENAME = "mutation ($change: ParcelChange!) { updateParcel(change: $change) { outcome } }"
CREATE = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { id parcelId } } }"
PRIMARY = "primary"


def shape(west=10.0):
    ring = [[west, 10], [west + 0.001, 10], [west + 0.001, 10.001], [west, 10]]
    return {"geojson": {"type": "Polygon", "coordinates": [ring]}}


class Gateway:
    """A gateway with replicas, and what its servers were sent."""

    def __init__(self, door, key):
        self.door = door
        self.key = key
        self.sent = []
        self.replicas = door.state["replicas"]
        for pool in ("reads", "exports"):
            self._listen(door.state[pool].primary, PRIMARY)
            for replica in self.replicas._replicas:
                self._listen(replica.pools[pool], replica.number)

    def _listen(self, database, name):
        def record(connection, cursor, statement, parameters, context, executemany):
            if "api_keys" not in statement:  # which are looked up again every few seconds
                self.sent.append((name, statement))

        event.listen(database.autocommit.sync_engine, "before_cursor_execute", record)

    @property
    def servers(self):
        """Which servers were sent something since this was asked last."""
        found, self.sent = {name for name, _ in self.sent}, []
        return found

    async def ask(self, document, variables=None, *, token=None, **headers):
        """An operation; with a `token` that is to be seen."""
        given = JSON | {"accept": "application/graphql-response+json"} | headers
        if token is not None:
            given["consistency-token"] = token
        body = {"query": document, "variables": variables or {}}
        return await self.door.request("POST", "/graphql", headers=given, body=orjson.dumps(body))

    async def read(self, document, **headers):
        """The same by GET."""
        return await self.door.request("GET", f"/graphql?query={quote(document)}", headers=headers)

    async def get(self, path, **headers):
        return await self.door.request("GET", path, headers=headers)

    async def write(self, document, variables, **headers):
        """A write, which must be done."""
        answer = await self.ask(document, variables, **{"x-api-key": self.key}, **headers)
        assert answer.status == 200, answer.body
        assert "errors" not in answer.json, answer.body
        return answer


def fit(replicas):
    """Those that may be read from."""
    return [each for each in replicas._replicas if replicas._fits(each)]


async def in_use(replicas):
    """Wait until all may be read from: one that lacks what the primary had at the start may not, for a moment."""
    await eventually(lambda: len(fit(replicas)) == len(replicas._replicas))


@asynccontextmanager
async def opened_gateway(settings, *, ready=True, **options):
    """The gateway of settings that name replicas; `ready` waits until these are read from."""
    database = Database(settings.database, settings.database.url)
    scopes = [Scope.READ, Scope.WRITE, Scope.BULK, Scope.ANALYZE]
    key = await api_keys.create(database, "clerk", scopes, None)
    await database.dispose()
    async with opened(create_app(settings, **options)) as door:
        if ready:
            await in_use(door.state["replicas"])
        yield Gateway(door, key)


@pytest.fixture
def with_replicas(settings, replication, replicated):
    """`async with with_replicas(lag=1.0) as gateway:` the gateway on a county of its own, with two standbys."""

    def made(*, planner="on", nodes=None, database=None, ready=True, answers=None, **replica):
        given = replica_settings(settings, replication, replicated, nodes, database=database, **replica)
        return opened_gateway(
            given.model_copy(update={"planner": planner, "answers": answers or given.answers}), ready=ready
        )

    return made


@pytest.fixture
async def gateway(with_replicas, replication):
    async with with_replicas() as found:
        replication.caught_up()
        yield found
