"""Files sent to a gateway in a process of its own, and the jobs that come of them."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest

from gateway.asgi import create_app
from gateway.settings import AuthSettings, BulkSettings
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import on, opened
from tests.fixtures.server import free_port
from tests.fixtures.sources import SUFFIXES, fetch, grid, write
from tests.fixtures.waiting import LONG, Lines, ended

MEDIA = {
    "geojsonl": "application/geo+json-seq",
    "geojson": "application/geo+json",
    "fgb": "application/flatgeobuf",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
ENDED = {"complete", "failed", "cancelled"}
_RUNS = "jobs, ingest_chunks, ingest_runs, api_keys"
EMPTY = f"TRUNCATE parcels, zoning_districts, parcel_history, zoning_district_history, {_RUNS}"
OPEN_TO_ALL = {"GATEWAY_AUTH_ANONYMOUS": "read,write,bulk"}


class Client:
    """Sends files to a server, and asks for jobs."""

    def __init__(self, server):
        self.server = server

    def send(self, path, body, **headers):
        """The status, the headers and the JSON of a POST."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=LONG)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body=body, headers=given)
        return _answer(connection)

    def get(self, path, method="GET", **headers):
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=LONG)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return _answer(connection)

    def load(self, layer, file, query="", **headers):
        """Send a file; the job."""
        with file.open("rb") as body:
            given = {"Content-Type": MEDIA[file.suffix[1:]], "Content-Length": str(file.stat().st_size)}
            status, _, job = self.send(f"/bulk/{layer}?{query}", body, **given, **headers)
        assert status in {200, 202}, job
        return job

    def ended(self, job, seconds=60):
        """The job once nothing more becomes of it."""
        until = time.monotonic() + seconds
        while (found := self.get(f"/jobs/{job['id']}")[2])["state"] not in ENDED:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found

    def report(self, job):
        return [json.loads(line) for line in self.get(f"/jobs/{job['id']}/report")[2].splitlines()]


def alive(child):
    return Path(f"/proc/{child}").exists()


async def gone(child):
    return not alive(child)


async def until(happened, seconds=LONG):
    """Wait until `await happened()` is true."""
    for _ in range(int(seconds * 50)):
        if await happened():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"nothing happened in {seconds} s")


def _answer(connection):
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    plain = headers.get("content-type", "").startswith("application/json")
    return answer.status, headers, json.loads(raw) if plain else raw


class Nursery:
    """Starts servers and ingests on one database that begin at once, and kills them."""

    def __init__(self, url, directory):
        self.url = url
        self.port = free_port()
        self.client = Client(self)
        self.bodies = directory / "tmp" / "bulk"
        given = {"GATEWAY_DATABASE_URL": url, "GATEWAY_DATA_DIR": str(directory), "GATEWAY_LOG_LEVEL": "error"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fixtures.nursery", str(self.port)],
            cwd=ROOT,
            env=os.environ | given | OPEN_TO_ALL,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said = Lines(self._process.stdout, "the nursery")
        assert self._said.next() == "ready\n"

    def begin(self, *words):
        """Begin a child; its process id."""
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        while not (line := self._said.next()).strip().isdigit():
            assert line, "the nursery ended"
        return int(line)

    async def serve(self):
        """Begin a server; its process id once it answers."""
        child = self.begin("serve")

        async def answers():
            assert alive(child), "the server ended at its start"
            try:
                await asyncio.to_thread(lambda: urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=20).close())
            except OSError:
                return False
            return True

        await until(answers)
        return child

    async def kill(self, child):
        """Kill a child, if it has not ended, and wait until it has; whether it was killed."""
        there = alive(child)
        if there:
            os.kill(child, signal.SIGKILL)
        await until(lambda: gone(child))
        return there

    async def tidy(self):
        """Whether no body is left."""
        return not [*self.bodies.glob("*/*")]

    def close(self):
        self._process.stdin.close()
        ended(self._process)


@pytest.fixture(scope="session")
def one_nursery(cluster, migrated, tmp_path_factory):
    """The nursery of all tests of this process: to load the gateway takes seconds."""
    with cluster.copy(migrated) as url:
        found = Nursery(url, tmp_path_factory.mktemp("nursery"))
        yield found
        found.close()


@pytest.fixture
async def nursery(one_nursery):
    """The nursery, with nothing in its database and no bodies."""
    await fetch(one_nursery.url, EMPTY)
    shutil.rmtree(one_nursery.bodies, ignore_errors=True)
    return one_nursery


@pytest.fixture
async def client(nursery):
    """A client of a server in a process of its own."""
    server = await nursery.serve()
    yield nursery.client
    await nursery.kill(server)


@pytest.fixture
def bulk(settings, empty_database, tmp_path):
    """`async with bulk(upload_bytes=9) as door`: the gateway, where anyone may load; bodies lie in tmp_path."""

    def made(url=empty_database, budget=settings.budget, **given):
        chosen = BulkSettings(directory=tmp_path / "bodies", free_bytes=0, **given)
        changed = {"bulk": chosen, "auth": AuthSettings(anonymous=("read", "bulk")), "budget": budget}
        return opened(create_app(on(settings, url).model_copy(update=changed)))

    return made


@pytest.fixture
def city(tmp_path):
    """`city(count, driver)`: a file of that many parcels that do not meet."""

    def made(count, driver="GeoJSONSeq", **columns):
        given = {
            "parcel_id": [f"P{number}" for number in range(count)],
            "address": [f"{number} Elm" for number in range(count)],
        }
        return write(tmp_path / f"city.{SUFFIXES[driver]}", driver, grid(count), given | columns)

    return made
