"""Addresses that send wrong credentials are slowed down, others are not, nor is what holds from the same address."""

import secrets

from tests.integration.identity.conftest import token

MOST = 5
THEIRS = {"client": ("203.0.113.7", 5)}


async def get(door, credential, **scope):
    headers = {"authorization": f"Bearer {credential}"} if credential else {}
    return await door.request("GET", "/tiles/parcels.json", headers=headers, **scope)


def guess():
    return f"gwk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


async def test_an_address_that_guesses_is_slowed_down_without_a_look_at_the_database(guarded, credentials, checkouts):
    async with guarded(wrong_per_minute=MOST) as door:
        assert (await get(door, credentials["key:read"], **THEIRS)).status == 200
        assert [(await get(door, guess(), **THEIRS)).status for _ in range(MOST)] == [401] * MOST
        before = checkouts()
        for credential in (guess(), credentials["key:altered"], "nonsense", token(exp=1), credentials["key:write"]):
            answer = await get(door, credential, **THEIRS)
            assert (answer.status, answer.code) == (429, "RATE_LIMITED")
            assert 1 <= int(answer.headers["retry-after"]) <= 60 / MOST
        assert checkouts() == before
        # What held before, tokens that hold and those without credentials go on, and so do other addresses.
        for credential in (credentials["key:read"], token(), None):
            assert (await get(door, credential, **THEIRS)).status == 200
        assert (await get(door, credentials["key:write"])).status == 200
        assert (await get(door, guess())).status == 401


async def test_a_key_that_was_revoked_is_slowed_down_as_well(guarded, credentials):
    async with guarded(wrong_per_minute=MOST, key_seconds=0) as door:
        statuses = [(await get(door, credentials["key:revoked"], **THEIRS)).status for _ in range(MOST + 1)]
        assert statuses[:MOST] == [401] * MOST
        assert statuses[MOST] == 429


async def test_nobody_is_slowed_down_where_the_setting_is_0(guarded):
    async with guarded(wrong_per_minute=0) as door:
        assert {(await get(door, guess(), **THEIRS)).status for _ in range(30)} == {401}
