"""Answers on the wire: one packet, framed as their headers say."""

import asyncio

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.server.connections import Connections
from gateway.server.protocol import Protocol
from gateway.settings import HttpSettings, LimitSettings
from tests.fixtures.waiting import LONG


async def answered(app, request=b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
    """The pieces that a client reads of the answers."""
    config, state = Config(app, interface="asgi3", log_config=None), ServerState()
    config.load()
    shared = {"connections": Connections(HttpSettings(), LimitSettings())}
    server = await asyncio.get_running_loop().create_server(lambda: Protocol(config, state, shared), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(request)
    pieces = []
    while piece := await asyncio.wait_for(reader.read(100_000), LONG):
        pieces.append(piece)
    writer.close()
    server.close()
    return pieces


def answering(*bodies, status=200, headers=()):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, body in enumerate(bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})
            await asyncio.sleep(0.01)

    return app


async def test_head_and_body_are_one_packet():
    (piece,) = await answered(answering(b"abc", headers=[(b"Content-Length", b"3")]))
    assert piece == b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc"


async def test_an_answer_without_a_length_is_sent_in_chunks():
    assert b"".join(await answered(answering(b"abc", b"", b"de"))) == (
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )


@pytest.mark.parametrize(("status", "request_line"), [(304, b"GET"), (204, b"GET"), (200, b"HEAD")])
async def test_where_there_is_no_body_none_is_announced(status, request_line):
    request = request_line + b" / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    (piece,) = await answered(answering(b"", status=status), request)
    assert piece.endswith(b"\r\nconnection: close\r\n\r\n")
    assert b"transfer-encoding" not in piece


async def test_an_application_that_closes_the_connection_says_so_once():
    headers = [(b"content-length", b"0"), (b"connection", b"keep-alive, Close")]
    pieces = await answered(answering(b"", headers=headers), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"".join(pieces).lower().count(b"connection:") == 1


@pytest.mark.parametrize("header", [(b"x-a", b"1\r\nx-b: 2"), (b"x a", b"1"), (b"x-a", b"\x00")])
async def test_a_header_that_would_make_two_is_not_sent(header):
    pieces = await answered(answering(b"", headers=[header, (b"content-length", b"0")]))
    assert b"x-b" not in b"".join(pieces)


@pytest.mark.parametrize("bodies", [(b"abcd",), (b"ab",), (b"ab", b"cd")])
async def test_a_body_that_is_not_as_long_as_announced_ends_the_connection(bodies):
    pieces = await answered(
        answering(*bodies, headers=[(b"content-length", b"3")]), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    assert len(b"".join(pieces).partition(b"\r\n\r\n")[2]) != 3


async def test_requests_that_come_together_are_answered_in_their_order():
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2 + b"GET / HTTP/1.0\r\n\r\n"
    got = b"".join(await answered(answering(b"abc", headers=[(b"content-length", b"3")]), request))
    assert got.count(b"abc") == 3


async def test_a_connection_without_a_request_is_closed_after_a_while():
    config, state = Config(answering(b""), interface="asgi3", log_config=None), ServerState()
    config.load()
    shared = {"connections": Connections(HttpSettings(keep_alive_seconds=0.02), LimitSettings())}
    server = await asyncio.get_running_loop().create_server(lambda: Protocol(config, state, shared), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"200 OK" in await reader.read(1000)
    assert await asyncio.wait_for(reader.read(), LONG) in {b"", b"0\r\n\r\n"}
    writer.close()
    server.close()
