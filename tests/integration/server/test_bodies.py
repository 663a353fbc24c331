"""Bodies that stall, on a real server: what they hold in memory, and what is served beside them."""

import json
import time

import pytest

from tests.fixtures.sockets import answer, get, post, resident, rest

MB = 2**20
HEAD = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
LONG = HEAD + b"Content-Length: 1000000\r\n\r\n"


@pytest.fixture(scope="module")
def server(serve, served_database):
    unbounded = {"GATEWAY_BUDGET_ENABLED": "false", "GATEWAY_HTTP_CLIENT_BODIES_BYTES": str(200 * MB)}
    with serve(served_database, GATEWAY_HTTP_BODIES_BYTES=str(200 * MB), **unbounded) as found:
        yield found


def send_all(connections, data):
    """Send to all of them side by side, to those that are refused less."""
    left = {connection: memoryview(data) for connection in connections}
    until = time.monotonic() + 60
    while left and time.monotonic() < until:
        for connection, rest_of_it in list(left.items()):
            connection.setblocking(False)
            try:
                left[connection] = rest_of_it[connection.send(rest_of_it[:65_536]) :]
            except BlockingIOError:
                continue
            except OSError:
                del left[connection]
                continue
            if not left[connection]:
                del left[connection]


def test_stalled_bodies_hold_little_memory_and_too_many_are_refused(dialled, server):
    dialled(server, sent=get("/healthz"))
    before = resident(server)
    many = [dialled(server) for _ in range(250)]
    send_all(many, LONG + b" " * 999_000)
    # Of 200 MB that are taken. Of each body a read of 256 kB and 64 kB may wait, and as much be on its way to a file.
    assert resident(server) - before < 150 * MB
    polite = dialled(server, sent=post("{ one }"))
    assert answer(polite)[0] == 200
    statuses = []
    for connection in many:
        connection.settimeout(60)
        statuses.append(rest(connection)[0][9:12])
    assert set(statuses) <= {b"408", b"503", b""}
    assert statuses.count(b"408") > 100
    assert statuses.count(b"503") > 20


def test_a_large_body_comes_whole_whether_its_length_is_told_or_not(dialled, server):
    text = "x" * 9_000
    query = json.dumps(
        {"query": "query ($lists: [String!]) { echo(lists: $lists) }", "variables": {"lists": [text] * 90}}
    )
    body = query.encode()
    told = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    pieces = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    untold = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked
    given = dialled(server)
    for sent in (told, untold, told):
        given.sendall(sent)
        status, _, found = answer(given)
        assert (status, json.loads(found)["data"]) == (200, {"echo": ""})


def test_a_client_that_asks_whether_to_send_is_told_to_go_on_or_why_not(dialled, server):
    asking = dialled(server, sent=HEAD + b"Expect: 100-continue\r\nContent-Length: 20\r\n\r\n")
    assert asking.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    asking.sendall(b'{"query": "{ one }"}')
    assert answer(asking)[0] == 200
    refused = dialled(server, sent=HEAD + b"Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n")
    assert answer(refused)[0] == 413


def test_a_client_that_sends_on_reads_why_it_was_refused(dialled, server):
    sending = dialled(server, sent=HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
    status, headers, body = answer(sending)
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


def test_a_body_for_a_path_or_method_that_takes_none_is_not_waited_for(dialled, server):
    for method, path, status in (("POST", "/nothing", 404), ("PUT", "/graphql", 405), ("GET", "/healthz", 200)):
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n".encode()
        assert answer(dialled(server, sent=head + b"x"))[0] == status  # 408 if it is waited for


def test_a_client_that_may_do_nothing_is_refused_before_its_body_is_there(dialled, serve, served_database):
    with serve(served_database, GATEWAY_AUTH_ANONYMOUS="") as server:
        status, headers, _ = answer(dialled(server, sent=LONG + b"x"))
        assert (status, headers["www-authenticate"]) == (401, "Bearer")  # 408 if the body is waited for
