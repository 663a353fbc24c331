"""Traces that a collector gets: a real exporter of OpenTelemetry sends them to a server that reads OTLP."""

import json
import os
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway.asgi import create_app
from gateway.settings import AuthSettings, HttpSettings, TracingSettings
from gateway.telemetry import tracing
from tests.fixtures.door import JSON, on, opened
from tests.integration.analysis.conftest import Client

PARCELS = "query Page { parcels(first: 2) { nodes { parcelId zoningDistricts { nodes { code } } } } }"
SHAPE = {"type": "Polygon", "coordinates": [[[10, 10], [10.001, 10], [10.001, 10.001], [10, 10]]]}
FEATURE = json.dumps({"type": "Feature", "properties": {"parcel_id": "a"}, "geometry": SHAPE}).encode()
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """The spans that came in, each a message of OTLP."""

    def __init__(self):
        self.spans, self.resources = [], []

    def take(self, body):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(attributes(resource.resource))
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def one(self, name):
        (span,) = self.named(name)
        return span

    def children(self, parent):
        return [span for span in self.spans if span.parent_span_id == parent.span_id]


def attributes(of):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}


@contextmanager
def collecting():
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def traced(cambridge, settings, monkeypatch):
    """Serves Cambridge with traces; what a collector has at the end."""

    @asynccontextmanager
    async def serve(database=cambridge, **more):
        with collecting() as (collector, url):
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            chosen = on(settings, database).model_copy(update={"tracing": TracingSettings(export="otlp")} | more)
            async with opened(create_app(chosen)) as door:
                yield door, collector

    return serve


async def ask(door, document, headers=None, **rest):
    body = orjson.dumps({"query": document})
    return await door.request("POST", "/graphql", headers=JSON | (headers or {}), body=body, **rest)


async def test_a_trace_has_the_parts_of_a_request_and_its_statements(traced):
    async with traced() as (door, collector):
        assert (await ask(door, PARCELS)).status == 200

    root = collector.one("POST /graphql")
    told = attributes(root)
    assert (told["http.route"], told["http.response.status_code"], told["graphql.operation.type"]) == (
        "/graphql",
        200,
        "query",
    )
    assert told["gateway.cost"] > 0
    parts = collector.children(root)
    assert {"prepare", "plan", "encode", "wait for a connection"} <= {span.name for span in collector.spans}
    asked = [attributes(span) for span in parts if span.name in {"SELECT", "WITH"}]
    assert len(asked) == 2  # a statement for each level
    assert {each["db.system.name"] for each in asked} == {"postgresql"}
    assert asked[0]["db.response.returned_rows"] >= 2
    assert "parcels" in asked[0]["db.query.text"]
    assert all(root.start_time_unix_nano <= span.start_time_unix_nano for span in parts)
    assert all(span.end_time_unix_nano <= root.end_time_unix_nano for span in parts)
    assert collector.resources[0]["service.name"] == tracing.NAME


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/tiles/parcels/16/19826/24240.mvt", "GET /tiles/{layers}/{z}/{x}/{y}.mvt"),
        ("/export/zoning_districts.geojson?limit=1", "GET /export/{file}"),
        ("/readyz", "GET /readyz"),
        ("/no/such/place", "GET"),
    ],
)
async def test_requests_are_named_by_routes_and_not_by_what_clients_write(traced, path, name):
    async with traced() as (door, collector):
        await door.request("GET", path)

    assert attributes(collector.one(name))["url.path"] == path.partition("?")[0]


async def test_names_and_values_of_clients_are_in_no_trace(traced):
    secret = "aClientWroteThis"
    document = f'query Secret {{ parcels(filters: {{address: {{iContains: "{secret}"}}}}) {{ nodes {{ id }} }} }}'
    async with traced() as (door, collector):
        assert (await ask(door, document)).status == 200
        assert "errors" in (await ask(door, f"query Secret {{ {secret} }}")).json

    assert len(collector.named("POST /graphql")) == 2
    everything = " ".join(map(str, collector.spans))
    assert secret not in everything
    assert "Secret" not in everything


async def test_a_trusted_proxy_is_believed_which_trace_a_request_is_part_of(traced):
    async with traced(http=HttpSettings(trusted_proxies=("127.0.0.1",))) as (door, collector):
        await ask(door, PARCELS, {"traceparent": TRACEPARENT})

    root = collector.one("POST /graphql")
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, PARENT)


async def test_others_are_not(traced):
    async with traced() as (door, collector):
        await ask(door, PARCELS, {"traceparent": TRACEPARENT}, client=("203.0.113.5", 5))

    root = collector.one("POST /graphql")
    assert root.trace_id.hex() != TRACE
    assert root.parent_span_id == b""


async def test_the_trace_is_found_by_the_id_of_a_request_and_in_the_log(traced, capsys):
    async with traced() as (door, collector):
        answer = await ask(door, PARCELS)
        await ask(door, PARCELS, {"x-request-id": "mine"})

    first, second = (span.trace_id.hex() for span in collector.named("POST /graphql"))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event":"request"' in line]
    assert answer.headers["x-request-id"] == first
    assert [(line["request_id"], line["trace_id"]) for line in lines[-2:]] == [(first, first), ("mine", second)]


async def test_a_failure_is_marked_by_its_class_alone(traced):
    async with traced() as (door, collector):
        assert "errors" in (await ask(door, "{ aClientWroteThis }")).json

    assert (collector.one("prepare").status.code, collector.one("prepare").status.message) == (2, "Refusal")
    assert not collector.one("prepare").events  # which would have the message


async def test_a_load_is_a_trace_of_its_own_with_its_parts(traced, empty_database, tmp_path):
    async with traced(empty_database, auth=AuthSettings(anonymous=("read", "bulk"))) as (door, collector):
        for body in (b'{"type": "FeatureCollection", "features": [' + FEATURE + b"]}", b"no GeoJSON"):
            headers = {"content-type": "application/geo+json", "prefer": "wait=20"}
            assert (await door.request("POST", "/bulk/parcels", headers=headers, body=body)).status == 200

    good, bad = collector.named("bulk load")
    told = attributes(good)
    assert (told["gateway.job.layer"], told["gateway.job.format"], told["gateway.job.state"]) == (
        "parcels",
        "geojson",
        "complete",
    )
    assert good.parent_span_id == b""
    assert {span.name for span in collector.children(good)} >= {"count", "load"}
    assert (attributes(bad)["gateway.job.state"], bad.status.code, bad.status.message) == ("failed", 2, "BAD_SOURCE")
    assert "no GeoJSON" not in str(collector.spans)


async def test_an_analysis_is_a_trace_of_its_own_with_its_statements(traced, own):
    async with traced(own, auth=AuthSettings(anonymous=("read", "analyze"))) as (door, collector):
        client = Client(door)
        done = await client.ended(await client.start("union: true"))
        assert done["state"] == "COMPLETE"

    root = collector.one("analysis")
    told = attributes(root)
    assert (told["gateway.job.method"], told["gateway.job.state"], root.parent_span_id) == ("union", "complete", b"")
    parts = collector.children(root)
    assert {"WITH", "write"} <= {span.name for span in parts}
    assert any("ST_Union" in attributes(span).get("db.query.text", "") for span in parts)


async def test_a_collector_that_is_away_keeps_no_request_waiting(settings, cambridge, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    chosen = on(settings, cambridge).model_copy(update={"tracing": TracingSettings(export="otlp")})
    async with opened(create_app(chosen)) as door:
        assert (await ask(door, PARCELS)).status == 200


async def test_without_a_setting_nothing_is_traced(settings, cambridge):
    async with opened(create_app(on(settings, cambridge))) as door:
        assert (await ask(door, PARCELS, {"traceparent": TRACEPARENT})).headers["x-request-id"] != TRACE
        assert not tracing.on()


def test_without_a_setting_no_exporter_is_loaded():
    look = "import sys, gateway.asgi; print([m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    printed = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.strip() == "[]"


def test_a_gateway_without_the_packages_says_which_to_install(tmp_path):
    hidden = "import sys; sys.modules['opentelemetry.sdk'] = None; sys.modules['opentelemetry.exporter'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hidden)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "GATEWAY_TRACING_EXPORT": "otlp"}
    command = [sys.executable, "manage.py", "serve", "--port", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode != 0
    assert "pip install 'spatial-gateway[tracing]'" in ended.stderr.replace("\n", " ")
