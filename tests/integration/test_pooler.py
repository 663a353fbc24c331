"""A gateway behind PgBouncer in transaction mode: whatever clients ask for and however they leave, nothing breaks."""

import asyncio
import json
import random
from collections import Counter
from itertools import count
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from gateway.db.engine import connection_settings
from gateway.settings import DatabaseSettings
from tests.fixtures.examples import examples
from tests.fixtures.pooler import KEEPING

REQUESTS = examples(500, 2_000)
AT_ONCE = 24
READS = [
    "{ parcels(first: 3) { totalCount nodes { parcelId areaSqm } } }",
    "{ parcels(first: 2) { nodes { geometry zoningDistricts { edges { coverage node { zoneCode } } } } } }",
    "{ zoningDistricts(first: 2) { nodes { code parcels(first: 2) { nodes { history { nodes { version } } } } } } }",
    "{ parcels(filters: {landUse: {isNull: false}}, order: [{parcelId: DESC}], first: 2) { pageInfo { endCursor } } }",
    "{ __typename parcels(first: 1) { nodes { id neighbors(first: 1) { nodes { parcelId } } } } }",
    '{ __schema { queryType { name } } parcel(parcelId: "nobody") { id } }',
]
# What clients leave before it is answered.
SLOW = "{ parcels(first: 40) { nodes { neighbors(first: 5) { totalCount nodes { parcelId } } } } }"
CREATE = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { id version } } }"
CREATE_TWO = """
mutation ($inputs: [ParcelInput!]!) { createParcels(inputs: $inputs) { results { outcome parcel { parcelId } } } }
"""
SETTINGS = {
    "GATEWAY_AUTH_ANONYMOUS": "read,write,bulk",
    "GATEWAY_LOG_LEVEL": "warning",
    "GATEWAY_EXPORT_CONCURRENCY": str(AT_ONCE),
    "GATEWAY_BULK_WAITING": str(AT_ONCE),
}


class Client:
    """Sends the mixture over plain sockets."""

    def __init__(self, port):
        self.port = port
        self.chance = random.Random(11)
        self.numbers = count()
        self.wrong = []
        self.done = Counter()

    def kinds(self):
        weights = {"read": 48, "write": 10, "export": 8, "tile": 14, "cancel": 10, "ready": 10, "bulk": 0.3}
        return self.chance.choices(list(weights), list(weights.values()), k=REQUESTS)

    async def send(self, method, path, body=b"", **headers):
        given = {"Host": "gateway.test", "Connection": "close", "Content-Length": len(body)} | headers
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return reader, writer

    async def ask(self, kind, method, path, body=b"", expected=(200,), **headers):
        reader, writer = await self.send(method, path, body, **headers)
        answer = await reader.read()
        writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head else 0
        whole = b"chunked" not in head or content.endswith(b"0\r\n\r\n")
        if status not in expected or b'"errors"' in content or not whole:
            self.wrong.append((kind, status, content[:300]))
        return content

    async def graphql(self, kind, query, **variables):
        body = json.dumps({"query": query, "variables": variables}).encode()
        return await self.ask(kind, "POST", "/graphql", body, **{"Content-Type": "application/json"})

    async def one(self, kind):
        self.done[kind] += 1
        await getattr(self, kind)()

    async def read(self):
        await self.graphql("read", self.chance.choice(READS))

    async def write(self):
        if self.chance.random() < 0.5:
            await self.graphql("write", CREATE, input=self.parcel())
        else:
            await self.graphql("write", CREATE_TWO, inputs=[self.parcel(), self.parcel()])

    async def export(self):
        file = self.chance.choice(["parcels.geojson", "parcels.csv", "zoning_districts.geojsonl"])
        await self.ask("export", "GET", f"/export/{file}?bbox=-93.001,41.999,-93,42")

    async def tile(self):
        filters = quote(json.dumps({"yearBuilt": {"gte": self.chance.randrange(1800, 2000)}}))
        x, y = self.chance.randrange(500), self.chance.randrange(500)
        await self.ask("tile", "GET", f"/tiles/parcels/9/{x}/{y}.mvt?filters={filters}", expected=(200, 204))

    async def cancel(self):
        if self.chance.random() < 0.3:
            _, writer = await self.send("GET", "/export/parcels.geojson")
        else:
            body = json.dumps({"query": self.chance.choice([SLOW, *READS])}).encode()
            _, writer = await self.send("POST", "/graphql", body, **{"Content-Type": "application/json"})
        await asyncio.sleep(self.chance.random() * 0.05)
        writer.transport.abort()

    async def ready(self):
        await self.ask("ready", "GET", "/readyz")

    async def bulk(self):
        lines = []
        for _ in range(20):
            values = self.parcel()
            shape = values.pop("geometry")["geojson"]
            lines.append(json.dumps({"type": "Feature", "properties": values, "geometry": shape}))
        headers = {"Content-Type": "application/geo+json-seq", "Prefer": "wait=30"}
        content = await self.ask("bulk", "POST", "/bulk/parcels", "\n".join(lines).encode(), (200, 202), **headers)
        if b'"state":"failed"' in content:
            self.wrong.append(("bulk", content))

    def parcel(self):
        number = next(self.numbers)
        return {"parcelId": f"pooled-{number}", "geometry": {"geojson": _square(number)}}


def _square(number):
    """One of a lattice in an ocean, which touches no other."""
    west, south = -150 + number % 100 * 0.01, 10 + number // 100 * 0.01
    east, north = west + 0.001, south + 0.001
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


MATRIX = [
    "pgbouncer",
    "pgbouncer of the newest",
    "pgbouncer-prepared of the newest",
    "pgbouncer-prepared of the newest, direct",
]


@pytest.fixture(params=MATRIX)
def pooled(request, cluster, sample_template, pooler_before):
    """Settings of a sample county through a pooler; those that connections can't make are the database's."""
    mode, _, newest = request.param.partition(" of ")
    given = {"program": request.getfixturevalue("keeping_pooler")} if newest else {}
    with cluster.copy(sample_template) as url:
        name = make_url(url).database
        for setting, value in connection_settings(DatabaseSettings(), timeout_ms=10_000).items():
            if setting != "application_name":
                cluster.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
        with pooler_before(url, *([KEEPING] if given else []), **given) as pooler:
            found = {"GATEWAY_DATABASE_POOLER": mode} | (
                {"GATEWAY_DATABASE_DIRECT_URL": url} if "direct" in newest else {}
            )
            yield pooler.url(url), SETTINGS | found


@pytest.mark.examples
async def test_mixed_requests_through_pgbouncer_have_no_error(serve, pooled, tmp_path):
    log, (url, given) = tmp_path / "log", pooled
    with serve(url, app="gateway.asgi:application", log=log, **given, GATEWAY_BUDGET_ENABLED="false") as server:
        client = Client(server.port)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(kind):
            async with gate:
                await client.one(kind)

        await asyncio.gather(*(one(kind) for kind in client.kinds()))
        written = server.data('{ parcels(filters: {parcelId: {startsWith: "pooled-"}}) { totalCount } }')
    counted = Counter(each[0] for each in client.wrong)
    assert not client.wrong, (counted, client.wrong[:20])
    assert sum(client.done.values()) == REQUESTS
    assert written["parcels"]["totalCount"] == next(client.numbers)
    assert "Traceback" not in log.read_text(), log.read_text()[:4000]
