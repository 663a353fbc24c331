"""The gateway with analyses as jobs, and clients of it."""

import asyncio
import time
from contextlib import asynccontextmanager

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution import analysis_runner
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import AnalyticsSettings, AuthSettings, BudgetSettings
from tests.fixtures.door import JSON, opened
from tests.fixtures.waiting import LONG

FIELDS = """
id layer method state phase rows vertices written expectedSeconds error { code message } principal
createdAt startedAt finishedAt expiresAt result { tiles tileJson geojson geoparquet }
"""
ENDED = {"COMPLETE", "FAILED", "CANCELLED"}


async def until(happened, seconds=LONG):
    """Wait until `await happened()` is true."""
    for _ in range(seconds * 20):
        if await happened():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"nothing happened in {seconds} s")


class Client:
    """Someone with a credential, or without one."""

    def __init__(self, door, key=None):
        self.door = door
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    async def ask(self, document, **variables):
        body = orjson.dumps({"query": document, "variables": variables})
        return await self.door.request("POST", "/graphql", headers=JSON | self.headers, body=body)

    async def data(self, document, **variables):
        answer = (await self.ask(document, **variables)).json
        assert "errors" not in answer, answer
        return answer["data"]

    async def start(self, method, of="parcels", more=""):
        """The job that a mutation gives, or the code that refuses it."""
        given = f"{{{of}: {{method: {{{method}}}{', ' if more else ''}{more}}}}}"
        answer = (await self.ask(f"mutation {{ startAnalysis(analysis: {given}) {{ {FIELDS} }} }}")).json
        return answer["errors"][0]["extensions"] if "errors" in answer else answer["data"]["startAnalysis"]

    async def job(self, job):
        document = f"query($id: ID!) {{ analysisJob(id: $id) {{ {FIELDS} }} }}"
        return (await self.data(document, id=job["id"]))["analysisJob"]

    async def cancel(self, job):
        document = f"mutation($id: ID!) {{ cancelAnalysis(id: $id) {{ {FIELDS} }} }}"
        return await self.ask(document, id=job["id"])

    async def until(self, job, wanted, seconds=LONG):
        """The job once its state or phase is one of those."""
        limit = time.monotonic() + seconds
        while not {(found := await self.job(job))["state"], found["phase"]} & set(wanted):
            assert time.monotonic() < limit, found
            assert found["state"] not in ENDED, found
            await asyncio.sleep(0.05)
        return found

    async def ended(self, job):
        return await self.until(job, ENDED)

    async def get(self, url, method="GET"):
        path = url if url.startswith("/") else "/" + url.split("/", 3)[3]
        return await self.door.request(method, path, headers=self.headers)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Notes and looks come soon."""
    monkeypatch.setattr(analysis_runner, "_TICK", 0.05)
    monkeypatch.setattr(analysis_runner, "_PAUSE", 0.2)


@pytest.fixture
def own(cluster, sample_template):
    """URL of a sample county of this test's own."""
    with cluster.copy(sample_template) as url:
        yield url


@pytest.fixture
def serve(settings, own):
    """`async with serve(auth={}, budget={}, **analytics) as door`: the sample county, where anyone may analyse."""

    @asynccontextmanager
    async def served(auth=None, budget=None, database=own, **analytics):
        update = {
            "auth": AuthSettings(**(auth or {"anonymous": ("read", "analyze")})),
            "database": settings.database.model_copy(update={"url": database}),
            "analytics": AnalyticsSettings(**analytics),
            "budget": BudgetSettings(**(budget or {})),
        }
        async with opened(create_app(settings.model_copy(update=update))) as door:
            yield door

    return served


@pytest.fixture
async def keys(settings, own):
    """Keys by name: two analysts, one who reads, and an administrator."""
    database = Database(settings.database, own)
    given = {"ann": (Scope.READ, Scope.ANALYZE), "bob": (Scope.READ, Scope.ANALYZE), "reader": (Scope.READ,)}
    made = {name: await api_keys.create(database, name, [*scopes], None) for name, scopes in given.items()}
    made["admin"] = await api_keys.create(database, "admin", [Scope.ADMIN], None)
    await database.dispose()
    return made
