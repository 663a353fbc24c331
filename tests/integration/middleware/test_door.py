"""The middleware one by one, and their order; no test here needs a database."""

import asyncio
import inspect
from weakref import ref

import orjson
import pytest
import structlog
from starlette.middleware.base import BaseHTTPMiddleware

from gateway import errors
from gateway.http.exchange import EXCHANGE
from gateway.http.middleware.bodies import Bodies
from gateway.http.middleware.body import BodyLimit
from gateway.http.middleware.client import Client
from gateway.http.middleware.deadline import Deadline
from gateway.http.middleware.disconnect import DisconnectWatcher
from gateway.http.middleware.hosts import AllowedHosts
from gateway.http.middleware.request_log import RequestLog
from gateway.http.middleware.session import Session
from gateway.identity.principal import Scope as Right
from gateway.identity.principal import anonymous
from gateway.settings import HttpSettings
from gateway.telemetry.ended import requests


class Sent(list):
    """What an application sent."""

    async def __call__(self, message):
        self.append(message)

    @property
    def status(self):
        return self[0]["status"]

    @property
    def headers(self):
        return dict(self[0]["headers"])


def scope(**more):
    return {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "headers": [],
        "state": {},
        "http_version": "1.1",
    } | more


def receiver(*messages):
    queue = list(messages)

    async def receive():
        if queue:
            return queue.pop(0)
        return await asyncio.Event().wait()

    return receive


def chunk(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


LEFT = {"type": "http.disconnect"}


def stack(app):
    """Every application inside `app`."""
    while app is not None:
        yield app
        app = next((value for name in ("_app", "app") if callable(value := vars(app).get(name))), None)


async def test_the_door_stands_in_its_order_and_holds_no_base_http_middleware(closed_door):
    names = [type(layer).__name__ for layer in stack(closed_door.app)]
    assert names[:17] == [
        "Prefix",
        "RequestLog",
        "Client",
        "HeadLimit",
        "AllowedHosts",
        "Cors",
        "Compression",
        "Jurisdiction",
        "Deadline",
        "Identity",
        "Admission",
        "BodyLimit",
        "DisconnectWatcher",
        "Turn",
        "Session",
        "Picked",
        "_Views",
    ]
    assert not any(isinstance(layer, BaseHTTPMiddleware) for layer in stack(closed_door.app))


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_what_is_not_http_passes_every_middleware_untouched(closed_door, kind):
    for layer in list(stack(closed_door.app))[:12]:
        seen = []

        async def inner(*given, seen=seen):
            seen.append(given)

        held = vars(layer)
        name = "_app" if "_app" in held else "app"
        before, held[name] = held[name], inner
        given = ({"type": kind, "headers": [], "path": "/"}, receiver(), Sent())
        await layer(*given)
        held[name] = before
        assert len(seen) == 1
        assert seen[0][0] is given[0]


async def test_a_request_beyond_its_deadline_is_answered_504_and_cancelled():
    ended = asyncio.Event()

    async def slow(*_):
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    sent = Sent()
    await Deadline(slow, seconds=0.01)(scope(), receiver(), sent)
    assert sent.status == 504
    assert ended.is_set()


async def test_an_answer_that_has_begun_breaks_off_at_the_deadline():
    async def slow(_, __, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await RequestLog(Deadline(slow, seconds=0.01))(scope(), receiver(), Sent())


async def test_a_timeout_of_the_applications_own_is_not_taken_for_the_deadline():
    async def own(*_):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await Deadline(own, seconds=5)(scope(), receiver(), Sent())


def asking(*, scopes=frozenset({Right.READ}), **more):
    return scope(state={"principal": anonymous(scopes), "client": "192.0.2.1"}, **more)


@pytest.fixture
def body_limit(tmp_path):
    """Make the middleware around an application."""
    http = HttpSettings(bodies_bytes=400_000, client_bodies_bytes=300_000, large_bodies=2)

    def make(app=None, limit=6, seconds=1):
        return BodyLimit(app, limit=limit, seconds=seconds, bodies=Bodies(http, tmp_path / "bodies"))

    return make


@pytest.mark.parametrize("pieces", [[b"abcdef"], [b"abc", b"def"], [b"a" * 40_000] * 5, [b"a" * 150_000, b""]])
async def test_a_body_in_pieces_arrives_whole(body_limit, tmp_path, pieces):
    seen = []

    async def app(_, receive, __):
        seen.append(await receive())
        seen.append(await receive())

    messages = [chunk(piece, more=number < len(pieces)) for number, piece in enumerate(pieces, 1)]
    await body_limit(app, limit=200_000)(asking(), receiver(*messages, LEFT), Sent())
    assert seen == [chunk(b"".join(pieces)), LEFT]
    assert not list(tmp_path.glob("bodies/*"))


async def test_a_body_is_counted_whatever_its_length_was_announced_as(body_limit):
    sent = Sent()
    lying = asking(headers=[(b"content-length", b"1")])
    await body_limit(limit=5)(lying, receiver(chunk(b"abc", more=True), chunk(b"def")), sent)
    assert sent.status == 413
    assert sent.headers[b"connection"] == b"close"


async def test_a_slow_body_is_answered_408(body_limit):
    sent = Sent()
    await body_limit(seconds=0.01)(asking(), receiver(chunk(b"a", more=True)), sent)
    assert sent.status == 408


async def test_a_client_that_leaves_amid_its_body_is_answered_nothing(body_limit):
    sent = Sent()
    await body_limit()(asking(), receiver(chunk(b"a", more=True), LEFT), sent)
    assert sent == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"scopes": frozenset()}, 401),
        ({"headers": [(b"content-length", b"300001")]}, 503),
        ({"headers": [(b"content-length", b"500001")]}, 413),
    ],
)
async def test_a_body_that_will_be_refused_is_refused_before_it_is_read(body_limit, given, status):
    sent = Sent()
    await body_limit(limit=500_000)(asking(**given), receiver(chunk(b"a", more=True), LEFT), sent)
    assert (sent.status, sent.headers[b"connection"]) == (status, b"close")


class Whole:
    """A request whose body the server has read."""

    def __init__(self, body):
        self.body = body

    def take_body(self):
        return self.body


async def test_a_body_that_the_server_has_whole_is_taken_from_it_without_a_message(body_limit):
    async def app(_, receive, __):
        assert await receive() == chunk(b"abcdef")
        assert await receive() == LEFT

    exchange = Whole(b"abcdef")
    await body_limit(app)(asking(**{EXCHANGE: ref(exchange)}), receiver(LEFT), Sent())


@pytest.mark.parametrize(("scopes", "status"), [(frozenset(), 401), (frozenset({Right.READ}), 413)])
async def test_a_body_that_the_server_has_whole_is_refused_as_others_are(body_limit, scopes, status):
    sent, exchange = Sent(), Whole(b"abcdefg")
    await body_limit(limit=6)(asking(scopes=scopes, **{EXCHANGE: ref(exchange)}), receiver(), sent)
    assert (sent.status, sent.headers[b"connection"]) == (status, b"close")


async def test_a_body_that_the_server_has_in_part_is_waited_for(body_limit):
    seen, exchange = [], Whole(None)

    async def app(_, receive, __):
        seen.append(await receive())

    parts = receiver(chunk(b"abc", more=True), chunk(b"def"))
    await body_limit(app)(asking(**{EXCHANGE: ref(exchange)}), parts, Sent())
    assert seen == [chunk(b"abcdef")]


@pytest.mark.parametrize("given", [{"path": "/tiles/a.json"}, {"method": "GET"}, {"path": "/healthz"}])
async def test_a_body_that_no_view_reads_is_not_waited_for(body_limit, given):
    seen = []

    async def app(_, receive, __):
        seen.extend([await receive(), await receive()])

    await body_limit(app)(asking(**given), receiver(chunk(b"a" * 10, more=True), chunk(b"b"), LEFT), Sent())
    assert seen == [chunk(b""), LEFT]


async def test_bytes_under_way_are_given_back_when_a_request_ends(body_limit):
    served = []

    async def app(_, receive, __):
        served.append(len((await receive())["body"]))

    limit = body_limit(app, limit=500_000)
    for _ in range(3):
        await limit(asking(), receiver(chunk(b"a" * 200_000, more=True), chunk(b"")), Sent())
        await limit(asking(), receiver(chunk(b"a" * 200_000, more=True), LEFT), Sent())
    assert served == [200_000] * 3


async def test_few_large_bodies_are_in_memory_at_a_time_and_fewer_of_one_client(body_limit):
    running, most = [0], []
    gate = asyncio.Event()

    async def app(_, receive, __):
        await receive()
        running[0] += 1
        most.append(running[0])
        await gate.wait()
        running[0] -= 1

    limit = body_limit(app, limit=100_000)
    asked = [limit(asking(), receiver(chunk(b"a" * 70_000, more=True), chunk(b"")), Sent()) for _ in range(4)]
    tasks = [asyncio.create_task(each) for each in asked]
    await asyncio.sleep(0.2)
    assert most == [1]
    gate.set()
    await asyncio.gather(*tasks)
    assert most == [1] * 4


async def _watched(app, *messages, draining=False):
    given = scope()
    await DisconnectWatcher(app, draining=lambda: draining)(given, receiver(*messages), Sent())
    return given["state"]


async def test_an_application_whose_client_leaves_is_cancelled_and_awaited():
    ended = []

    async def app(*_):
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append(True)

    state = await _watched(app, chunk(b""), LEFT)
    assert ended == [True]
    assert state["left"]
    assert asyncio.current_task().cancelling() == 0


async def test_a_disconnect_while_the_server_drains_cancels_nothing():
    async def app(*_):
        await asyncio.sleep(0.02)
        return "finished"

    assert "left" not in await _watched(app, chunk(b""), LEFT, draining=True)


async def test_a_cancel_from_outside_is_no_disconnect():
    async def app(*_):
        await asyncio.sleep(60)

    task = asyncio.create_task(_watched(app, chunk(b"")))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_application_passes_the_watcher_and_leaves_no_task():
    async def app(*_):
        raise errors.Unavailable("gone")

    before = asyncio.all_tasks()
    with pytest.raises(errors.Unavailable):
        await _watched(app)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_the_watcher_hands_the_body_on():
    seen = []

    async def app(_, receive, __):
        seen.extend([await receive(), await receive()])

    await _watched(app, chunk(b"a", more=True), chunk(b"b"))
    assert seen == [chunk(b"a", more=True), chunk(b"b")]


class SlowSession:
    """A session whose close takes a while."""

    settled = False

    def __init__(self):
        self.closed = False

    def session(self, _):
        return self

    def seal(self):
        return True

    def close_now(self):
        return False

    async def close(self):
        await asyncio.sleep(0.02)
        self.closed = True


async def test_a_cancelled_request_closes_its_session_before_it_ends():
    session = SlowSession()

    async def app(*_):
        await asyncio.sleep(60)

    task = asyncio.create_task(Session(app)(scope(state={"reads": session}), receiver(), Sent()))
    await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert session.closed


@pytest.mark.parametrize(
    ("host", "served"),
    [
        (b"example.org", True),
        (b"EXAMPLE.org:8000", True),
        (b"a.example.net", True),
        (b"a.b.example.net", True),
        (b"[::1]:8000", True),
        (b"example.net", False),
        (b"badexample.net", False),
        (b"example.org.evil.com", False),
        (b"", False),
        (b"example.org@evil.com", False),
        (b"example.org\x00", False),
    ],
)
async def test_hosts_are_served_by_name_and_by_suffix(host, served):
    seen = []

    async def app(*_):
        seen.append(True)

    sent = Sent()
    guard = AllowedHosts(app, allowed=("example.org", "*.example.net", "[::1]"))
    await guard(scope(headers=[(b"host", host)]), receiver(), sent)
    assert bool(seen) == served
    assert served or sent.status == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize(
    ("headers", "version", "served"),
    [
        ([(b"host", b"10.0.0.7:8000")], "1.1", True),
        ([], "1.0", True),
        ([], "1.1", False),
        ([(b"host", b"a b")], "1.1", False),
    ],
)
async def test_balancers_ask_for_health_by_any_well_formed_name(path, headers, version, served):
    seen = []

    async def app(*_):
        seen.append(True)

    guard = AllowedHosts(app, allowed=("example.org",))
    await guard(scope(path=path, headers=headers, http_version=version), receiver(), Sent())
    await guard(scope(path="/", headers=headers, http_version=version), receiver(), Sent())
    assert len(seen) == served


async def test_two_host_headers_are_refused():
    sent = Sent()
    await AllowedHosts(None, allowed=("*",))(scope(headers=[(b"host", b"a"), (b"host", b"b")]), receiver(), sent)
    assert sent.status == 400


async def test_an_answer_has_a_request_id_and_headers_that_restrain_browsers(closed_door):
    answer = await closed_door.request("GET", "/healthz", headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    forged = await closed_door.request("GET", "/healthz", headers={"x-request-id": "a\r\nb"})
    assert len(forged.headers["x-request-id"]) == 32


async def test_a_refused_request_has_an_id_too(closed_door):
    answer = await closed_door.request("GET", "/healthz", headers={"host": "a b"})
    assert (answer.code, len(answer.headers["x-request-id"])) == ("BAD_HOST", 32)


async def test_a_map_of_another_origin_may_ask(closed_door):
    asked = {"origin": "https://map.test", "access-control-request-method": "POST"}
    preflight = await closed_door.request("OPTIONS", "/graphql", headers=asked)
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers
    answer = await closed_door.request("GET", "/healthz", headers={"origin": "https://map.test"})
    exposed = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"X-Request-ID", "Retry-After", "ETag", "Content-Disposition"} <= exposed


def test_every_middleware_is_a_plain_class_of_its_own_file(closed_door):
    for layer in list(stack(closed_door.app))[:9]:
        assert inspect.isfunction(type(layer).__call__)


async def test_a_head_above_the_limit_is_refused(closed_door):
    answer = await closed_door.request("GET", "/graphql?query=" + "a" * 70_000)
    assert (answer.status, answer.code) == (431, "HEAD_TOO_LARGE")


@pytest.fixture
def nothing_to_write():
    """No line of another test waits."""
    requests.write()


@pytest.mark.usefixtures("nothing_to_write")
async def test_an_exception_that_no_one_caught_is_masked_with_the_id_of_the_request():
    async def broken(*_):
        raise RuntimeError("secret")

    sent = Sent()
    with structlog.testing.capture_logs() as lines:
        await RequestLog(broken)(scope(path="/graphql"), receiver(), sent)
        requests.write()
    assert sent.status == 500
    body = orjson.loads(sent[1]["body"])
    identity = body["errors"][0]["extensions"]["id"]
    assert sent.headers[b"x-request-id"] == identity.encode()
    assert b"secret" not in sent[1]["body"]
    assert [line["event"] for line in lines] == ["unforeseen", "request"]
    assert lines[0]["error_id"] == identity


@pytest.mark.usefixtures("nothing_to_write")
async def test_the_log_tells_who_asked(closed_door):
    with structlog.testing.capture_logs() as lines:
        await closed_door.request("GET", "/healthz", headers={"x-forwarded-for": "198.51.100.7"})
        await closed_door.request("GET", "/healthz", client=("203.0.113.9", 5))
        requests.write()
    assert [line["client"] for line in lines if line["event"] == "request"] == ["198.51.100.7", "203.0.113.9"]


async def test_an_exception_after_the_answer_began_breaks_it_off():
    async def broken(_, __, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("secret")

    with pytest.raises(RuntimeError):
        await RequestLog(broken)(scope(path="/graphql", method="BREW"), receiver(), Sent())


async def test_a_web_socket_finds_nothing(closed_door):
    sent = Sent()
    given = {"type": "websocket", "path": "/graphql/ws", "headers": [], "state": {}}
    await closed_door.app(given, receiver({"type": "websocket.connect"}), sent)
    assert sent == [{"type": "websocket.close", "code": 4404}]


async def seen_by_views(headers, **more):
    """The state and the scheme of a request that comes through Client."""
    seen = []

    async def app(given, *_):
        seen.append(given)

    given = scope(headers=headers, scheme="http", **more)
    await Client(app, trusted=("127.0.0.1",))(given, receiver(), Sent())
    return seen[0]["state"]["client"], seen[0]["scheme"]


FORWARDED = [
    (b"x-forwarded-for", b"1.2.3.4"),
    (b"x-forwarded-for", b"198.51.100.7"),
    (b"x-forwarded-proto", b"https"),
]


async def test_a_trusted_proxy_tells_client_and_scheme_whether_it_goes_on_in_the_line_or_adds_one():
    assert await seen_by_views(FORWARDED, client=("127.0.0.1", 5)) == ("198.51.100.7", "https")


async def test_what_others_forward_is_not_believed():
    assert await seen_by_views(FORWARDED, client=("203.0.113.9", 5)) == ("203.0.113.9", "http")


async def test_a_scheme_that_is_none_is_ignored():
    assert await seen_by_views([(b"x-forwarded-proto", b"javascript")], client=("127.0.0.1", 5)) == (
        "127.0.0.1",
        "http",
    )
