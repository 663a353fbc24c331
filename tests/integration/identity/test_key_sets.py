"""Keys of a provider over HTTP: what is known serves at once, whatever its server does and whatever ids tokens name."""

import asyncio
import json
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from gateway.errors import Unauthenticated, Unavailable
from gateway.identity import key_sets
from gateway.identity.tokens import JsonWebTokens
from gateway.settings import AuthSettings
from tests.fixtures.waiting import LONG, came, eventually
from tests.unit.identity.test_tokens import ED25519, RSA, jwk, key_set, signed

KNOWN = signed(RSA, "RS256", {"kid": "one"})


class Provider:
    """A server of a key set; `body` None accepts and never answers, `pause` goes between its bytes."""

    def __init__(self):
        self.body = key_set(one=RSA)
        self.pause = 0.0
        self.asked = 0

    async def answer(self, reader, writer):
        self.asked += 1
        body = self.body
        if body is None:
            await asyncio.sleep(600)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 1 if self.pause else len(body)):
            writer.write(body[start : start + (1 if self.pause else len(body))].encode())
            await writer.drain()
            await asyncio.sleep(self.pause)


@pytest.fixture
async def provider():
    found, tasks = Provider(), set()

    async def accept(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            with suppress(ConnectionError):
                await found.answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    yield found
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(autouse=True)
def bounds(monkeypatch):
    """Readings may follow soon, and take as long as a busy machine needs; `bounds(longest=, pause=)` changes that."""

    def change(longest=LONG, pause=0.2):
        monkeypatch.setattr(key_sets, "_TIMEOUT", longest)
        monkeypatch.setattr(key_sets, "_PAUSE", pause)

    change()
    return change


def tokens(provider, **settings):
    return JsonWebTokens(AuthSettings(jwt_key_set=provider.url, **settings))


def made_up(number):
    return signed(ED25519, "EdDSA", {"kid": f"made up {number}"})


async def refused(found, token):
    with pytest.raises(Unauthenticated):
        await found.authenticate(token, None)


async def test_tokens_of_known_keys_do_not_wait_while_the_provider_hangs(provider):
    found = tokens(provider)
    assert await found.authenticate(KNOWN, None)
    provider.body = None
    await asyncio.sleep(0.25)
    guess = asyncio.create_task(found.authenticate(made_up(1), None))
    await eventually(lambda: provider.asked == 2)
    for _ in range(20):
        assert await found.authenticate(KNOWN, None)
    assert not guess.done()
    guess.cancel()


async def test_tokens_of_unknown_keys_wait_for_no_provider_that_hangs_and_ask_it_once(provider, bounds):
    found = tokens(provider)
    assert await found.authenticate(KNOWN, None)
    provider.body = None
    bounds(0.5)
    await asyncio.sleep(0.25)
    guesses = [refused(found, made_up(number)) for number in range(20)]
    await came(asyncio.gather(*guesses), "what tokens of unknown keys wait for")
    assert provider.asked == 2


async def test_old_keys_serve_while_the_set_is_read_again(provider):
    found = tokens(provider, jwt_key_set_seconds=0.01)
    assert await found.authenticate(KNOWN, None)
    provider.body = None
    await asyncio.sleep(0.25)
    async with asyncio.timeout(LONG / 2):
        assert await found.authenticate(KNOWN, None)
    await eventually(lambda: provider.asked == 2)


async def test_made_up_ids_make_the_set_be_read_once_in_a_while(provider):
    found = tokens(provider)
    begun, number = time.monotonic(), 0
    assert await found.authenticate(KNOWN, None)
    while provider.asked < 5:
        await refused(found, made_up(number := number + 1))
        await asyncio.sleep(0.002)  # one after the other, and not as fast as this machine can
        assert number < 100_000
    assert time.monotonic() - begun > 4 * 0.2


async def test_keys_that_cannot_be_read_again_end_after_a_while(provider, monkeypatch):
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(key_sets, "time", clock)
    found = tokens(provider, jwt_key_set_seconds=10, jwt_key_set_stale_seconds=400)
    assert await found.authenticate(KNOWN, None)
    answer, provider.body = provider.body, "{"
    clock.now = 250.0
    assert await found.authenticate(KNOWN, None)
    clock.now = 500.0
    with pytest.raises(Unavailable):
        await found.authenticate(KNOWN, None)
    provider.body = answer

    async def later():
        clock.now += 1
        return await holds(found)

    await eventually(later)


async def holds(found):
    """Whether a token of the known key is taken."""
    try:
        return await found.authenticate(KNOWN, None)
    except Unavailable:
        return None


async def test_a_provider_that_is_away_at_the_start_is_waited_for_briefly_and_not_anew_by_each_token(provider, bounds):
    bounds(0.5, pause=LONG)
    answer, provider.body = provider.body, None
    found = tokens(provider)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await came(found.authenticate(KNOWN, None), "what a token waits for")
    assert provider.asked == 1
    provider.body = answer
    bounds()
    await eventually(lambda: holds(found))


@pytest.mark.parametrize(
    ("more", "pause", "longest"), [("", 0.05, 0.5), (" " * 2_000_000, 0.0, LONG)], ids=["slow", "endless"]
)
async def test_a_set_that_comes_slowly_or_without_end_is_not_read(provider, bounds, more, pause, longest):
    bounds(longest)
    provider.body, provider.pause = provider.body + more, pause
    with pytest.raises(Unavailable):
        await tokens(provider).authenticate(KNOWN, None)


async def test_ids_may_be_missing_from_the_token_or_from_the_key(provider):
    for keys in ([jwk(RSA)], [jwk(RSA, kid="one")]):
        provider.body = json.dumps({"keys": keys})
        for header in ({"kid": "one"}, {}):
            assert await tokens(provider).authenticate(signed(RSA, "RS256", header), None)


async def test_rsa_keys_without_an_algorithm_are_taken_for_rs256_and_ps256(provider):
    found = tokens(provider)
    for algorithm in ("RS256", "PS256"):
        assert await found.authenticate(signed(RSA, algorithm, {"kid": "one"}), None)
    for algorithm in ("RS512", "PS384"):
        await refused(found, signed(RSA, algorithm, {"kid": "one"}))
