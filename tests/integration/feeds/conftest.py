"""A map on a county of its own, whose tiles are kept; enters statements that change it, leaves answers."""

import asyncio

import pytest
from sqlalchemy import event, text

from gateway.db.sessions import Database
from tests.fixtures.mapping import columns, mapped
from tests.fixtures.waiting import LONG


@pytest.fixture
async def own_map(settings, own):
    async with mapped(settings, own) as found:
        yield found


def sent(found):
    """The statements that the map's pool is given from now on."""
    texts = []
    event.listen(
        found.door.database.autocommit.sync_engine,
        "before_cursor_execute",
        lambda *arguments: texts.append(arguments[2]),
    )
    return texts


async def a_place(found):
    west, south, east, north = await found.bounds("parcels")
    x, y = (west + east) / 2, (south + north) / 2
    return next(columns(x, y, x, y, 15))


async def kept(found, place):
    """Ask until the answer comes from memory: listening begins with the first tile."""
    path = f"/tiles/parcels/{'/'.join(map(str, place))}.mvt"
    texts = sent(found)
    async with asyncio.timeout(LONG):
        while True:
            before = len(texts)
            answer = await found.get(path)
            if len(texts) == before:
                return path, answer, texts
            await asyncio.sleep(0.01)


async def other(found, path, answer):
    """Wait for another answer than `answer`: the notification is on its way."""
    async with asyncio.timeout(LONG):
        while True:
            now = await found.get(path)
            if now.headers["etag"] != answer.headers["etag"]:
                return now
            await asyncio.sleep(0.01)  # an answer from memory lets nothing else run


async def until(condition):
    async with asyncio.timeout(LONG):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


async def write(settings, url, *statements):
    database = Database(settings.database, url)
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await database.dispose()
