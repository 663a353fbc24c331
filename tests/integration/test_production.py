"""What production answers with no setting but its environment and its public URL."""

import asyncio
import time
from urllib.request import urlopen

import pytest

from gateway.asgi import create_app
from gateway.settings import HttpSettings, MetricsSettings, Settings
from tests.fixtures.door import on, opened
from tests.fixtures.server import free_port
from tests.fixtures.waiting import LONG

HOST = {"host": "maps.example.org"}


@pytest.fixture
async def door(tmp_path, served_database):
    http = HttpSettings(public_url="https://maps.example.org/gis")
    metrics = MetricsSettings(port=free_port())
    settings = Settings(environment="production", data_dir=tmp_path, http=http, metrics=metrics)
    async with opened(create_app(on(settings, served_database))) as found:
        found.metrics_port = metrics.port
        yield found


async def asked(door, query, **headers):
    sent = {**HOST, "content-type": "application/json", **headers}
    return await door.request("POST", "/graphql", headers=sent, body=b'{"query": "%s"}' % query.encode())


async def test_the_schema_is_told_by_nothing(door):
    assert (await asked(door, "{ __schema { types { name } } }")).code == "INTROSPECTION_OFF"
    refused = (await asked(door, "{ parcelz { nodes { id } } }")).json["errors"][0]
    assert "Did you mean" not in str(refused)
    browser = await door.request("GET", "/graphql", headers={**HOST, "accept": "text/html"})
    assert browser.media != "text/html"


async def test_nobody_sees_sql(door):
    answer = await asked(door, "{ parcels(first: 1) { nodes { parcelId } } }", **{"x-explain": "1"})
    assert answer.json["data"] == {"parcels": {"nodes": []}}
    assert "explain" not in answer.json.get("extensions", {})


async def test_pages_of_other_sites_may_not_read(door):
    answer = await asked(door, "{ parcels(first: 1) { nodes { parcelId } } }", origin="https://evil.example")
    assert not [name for name in answer.headers if name.startswith("access-control-allow-origin")]


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.7:8000", "maps.example.org.evil.example"])
async def test_other_hosts_are_refused_but_by_health_checks(door, host):
    headers = {"host": host}
    refused = await door.request("GET", "/tiles/parcels.json", headers=headers)
    assert (refused.status, refused.code) == (400, "BAD_HOST")
    assert (await door.request("GET", "/healthz", headers=headers)).status == 200
    assert (await door.request("GET", "/readyz", headers=headers)).status == 200


@pytest.mark.parametrize("host", ["maps.example.org", "127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
async def test_the_map_is_served_under_the_public_name_and_on_this_machine(door, host):
    answer = await door.request("GET", "/", headers={"host": host, "accept": "text/html"})
    assert answer.status in {200, 503}  # 503 where the pages were not built


async def test_metrics_are_not_on_the_public_port(door):
    assert (await door.request("GET", "/metrics", headers=HOST)).status == 404
    assert Settings(environment="production").metrics == MetricsSettings(host="127.0.0.1", port=9464)
    until = time.monotonic() + LONG
    while True:
        try:
            text = await asyncio.to_thread(lambda: urlopen(f"http://127.0.0.1:{door.metrics_port}/metrics").read())
        except OSError:
            assert time.monotonic() < until
            await asyncio.sleep(0.05)
        else:
            break
    assert b"gateway_requests_total" in text
