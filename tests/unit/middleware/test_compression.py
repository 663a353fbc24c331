"""Compressed answers: which coding, which answers, and that what comes out is what went in."""

import gzip
import zlib

import pytest
import zstandard

from gateway.http.middleware.compression import Compression, choose

FLOOR = 100
TEXT = b'{"parcel": 1}' * 5000


@pytest.mark.parametrize(
    ("accepted", "coding", "browsers"),
    [
        (None, None, None),
        (b"", None, None),
        (b"br", None, None),
        (b"identity", None, None),
        (b"gzip", b"gzip", b"gzip"),
        (b"zstd", b"zstd", b"zstd"),
        (b"gzip, deflate, br, zstd", b"gzip", b"zstd"),
        (b"zstd, gzip;q=0.9", b"zstd", b"zstd"),
        (b"GZIP;q=1.0, zstd;q=0.5", b"gzip", b"gzip"),
        (b"zstd;q=0, gzip", b"gzip", b"gzip"),
        (b"*", b"gzip", b"zstd"),
        (b"*;q=0", None, None),
        (b"zstd;q=0, *;q=0.1", b"gzip", b"gzip"),
        (b"gzip;q=many", None, None),
    ],
)
def test_the_client_s_preference_counts_and_of_equals_zstd_for_browsers_alone(accepted, coding, browsers):
    assert choose(accepted, browser=False) == coding
    assert choose(accepted, browser=True) == browsers


async def test_a_browser_is_known_by_a_header_that_no_other_client_sends():
    both, site = b"gzip, deflate, br, zstd", (b"sec-fetch-site", b"same-origin")
    assert (await answered([TEXT], accept=both))[0][b"content-encoding"] == b"gzip"
    headers, _ = await answered([TEXT], accept=both, asked=[site])
    assert (headers[b"content-encoding"], headers[b"vary"]) == (b"zstd", b"Accept-Encoding, Sec-Fetch-Site")


async def answered(pieces, *, accept=b"gzip", kind=b"application/json", status=200, method="GET", headers=(), asked=()):
    """Head, headers and pieces of the body that a client gets."""

    async def app(scope, receive, send):
        size = ((b"content-length", str(len(pieces[0])).encode()),) if len(pieces) == 1 else ()
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *size, *headers]}
        )
        for number, piece in enumerate(pieces):
            more = number < len(pieces) - 1
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": [(b"accept-encoding", accept), *asked]}
    await Compression(app, floor=FLOOR)(scope, None, send)
    start, *rest = sent
    return dict(start["headers"]), [message["body"] for message in rest]


async def test_a_whole_answer_is_compressed_with_its_length():
    headers, (body,) = await answered([TEXT])
    assert gzip.decompress(body) == TEXT
    assert headers[b"content-length"] == str(len(body)).encode()
    assert (headers[b"content-encoding"], headers[b"vary"]) == (b"gzip", b"Accept-Encoding, Sec-Fetch-Site")


async def test_zstd_is_read_by_its_own_library():
    headers, bodies = await answered([TEXT, TEXT, b""], accept=b"zstd")
    assert zstandard.ZstdDecompressor().decompressobj().decompress(b"".join(bodies)) == TEXT * 2
    assert b"content-length" not in headers


async def test_the_first_bytes_of_a_stream_are_not_held_back():
    _, bodies = await answered([b"first", TEXT, b""])
    assert zlib.decompressobj(31).decompress(bodies[0]) == b"first"
    assert gzip.decompress(b"".join(bodies)) == b"first" + TEXT


async def test_a_stream_without_its_end_is_no_gzip():
    _, bodies = await answered([b"first", TEXT, b""])
    with pytest.raises(EOFError):
        gzip.decompress(b"".join(bodies[:-1]))


@pytest.mark.parametrize(
    "given",
    [
        {"pieces": [b"x" * (FLOOR - 1)]},
        {"pieces": [TEXT], "kind": b"image/png"},
        {"pieces": [TEXT], "accept": b"br"},
        {"pieces": [TEXT], "headers": [(b"content-encoding", b"br")]},
        {"pieces": [TEXT], "status": 206},
        {"pieces": [b""], "method": "HEAD"},
    ],
    ids=["small", "a picture", "not accepted", "compressed already", "a part", "no body"],
)
async def test_other_answers_pass_as_they_are(given):
    headers, bodies = await answered(**given)
    assert bodies == given["pieces"]
    assert headers.get(b"content-encoding") in {None, b"br"}


async def test_caches_are_told_of_answers_that_could_have_been_compressed():
    headers, _ = await answered([b"small"], headers=[(b"vary", b"Accept")])
    assert headers[b"vary"] == b"Accept, Accept-Encoding, Sec-Fetch-Site"


async def test_a_strong_etag_becomes_a_weak_one():
    headers, _ = await answered([TEXT], headers=[(b"etag", b'"1"')])
    assert headers[b"etag"] == b'W/"1"'
