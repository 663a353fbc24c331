"""Files sent to a gateway in a process of its own, and the jobs that come of them."""

import asyncio
import json
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from gateway.asgi import create_app
from gateway.settings import AuthSettings, BulkSettings
from tests.fixtures.door import on, opened
from tests.fixtures.sources import SUFFIXES, grid, write

GATEWAY = "gateway.asgi:application"
MEDIA = {"geojsonl": "application/geo+json-seq", "geojson": "application/geo+json", "fgb": "application/flatgeobuf"}
ENDED = {"complete", "failed", "cancelled"}
OPEN_TO_ALL = {"GATEWAY_AUTH_ANONYMOUS": "read,write,bulk"}


class Client:
    """Sends files to a server, and asks for jobs."""

    def __init__(self, server):
        self.server = server

    def send(self, path, body, **headers):
        """The status, the headers and the JSON of a POST."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body=body, headers=given)
        return _answer(connection)

    def get(self, path, method="GET", **headers):
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
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


async def until(happened, seconds=60):
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


@pytest.fixture
def loading(serve, empty_database):
    """`with loading(GATEWAY_BULK_WAITING="1") as client`: a gateway that takes files from anyone."""

    @contextmanager
    def start(url=empty_database, **environment):
        with serve(url, app=GATEWAY, **OPEN_TO_ALL, **environment) as server:
            yield Client(server)

    return start


@pytest.fixture
def client(loading):
    with loading() as found:
        yield found


@pytest.fixture
def bulk(settings, empty_database, tmp_path):
    """`async with bulk(upload_bytes=9) as door`: the gateway, where anyone may load; bodies lie in tmp_path."""

    def made(**given):
        chosen = BulkSettings(directory=tmp_path / "bodies", free_bytes=0, **given)
        auth = AuthSettings(anonymous=("read", "bulk"))
        return opened(create_app(on(settings, empty_database).model_copy(update={"bulk": chosen, "auth": auth})))

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
