"""Tiles that replicas make are kept as long as they are right, and not under a generation that they lack."""

import asyncio

import pytest

from tests.fixtures.mvt import decode
from tests.fixtures.waiting import LONG, eventually
from tests.integration.replicas.conftest import CREATE, PRIMARY, shape

PATH = "/tiles/parcels/14/8647/7734.mvt"


def names(answer):
    layers = decode(answer.body) if answer.body else {}
    return {each.properties["parcelId"] for each in layers["parcels"].features} if layers else set()


async def kept(gateway):
    """Ask until the tile comes from memory."""
    async with asyncio.timeout(LONG):
        while True:
            gateway.servers  # noqa: B018 - forgets
            answer = await gateway.get(PATH)
            if not gateway.servers:
                return answer
            await asyncio.sleep(0.05)


async def test_a_tile_of_a_replica_is_kept_and_leaves_with_a_change(gateway):
    assert names(await kept(gateway)) == set()
    await gateway.write(CREATE, {"input": {"parcelId": "one", "geometry": shape()}})
    async with asyncio.timeout(LONG):
        while names(await gateway.get(PATH)) != {"one"}:  # noqa: ASYNC110 - the notification is on its way
            await asyncio.sleep(0.02)
    gateway.servers  # noqa: B018 - forgets
    assert names(await kept(gateway)) == {"one"}


async def test_what_a_replica_draws_that_lacks_the_change_is_not_kept(with_replicas, replication):
    async with with_replicas(lag=300) as gateway:
        before = await kept(gateway)
        generation = gateway.door.state["tiles"]._changes.generation(["parcels"])
        for node in replication.standbys:
            node.pause()
        await gateway.write(CREATE, {"input": {"parcelId": "one", "geometry": shape()}})
        await eventually(lambda: gateway.door.state["tiles"]._changes.generation(["parcels"]) != generation)
        for _ in range(20):
            gateway.servers  # noqa: B018 - forgets
            answer = await gateway.get(PATH)
            assert gateway.servers <= {1, 2}
            assert answer.headers["etag"] == before.headers["etag"]
            await asyncio.sleep(0.05)
        assert gateway.servers == set()
        gateway.servers  # noqa: B018 - forgets
        await gateway.get(PATH)
        assert gateway.servers != set()  # it was drawn again
        for node in replication.standbys:
            node.go_on()
        assert names(await kept(gateway)) == {"one"}


@pytest.mark.parametrize("_", range(3))
async def test_changes_under_lag_leave_no_tile_behind(with_replicas, replication, _):
    for node in replication.standbys:
        node.delay(150)
    async with with_replicas() as gateway:

        async def look():
            while not over:
                await gateway.get(PATH)
                await asyncio.sleep(0.005)

        over = []
        looking = asyncio.create_task(look())
        for number in range(15):
            await gateway.write(CREATE, {"input": {"parcelId": f"n{number}", "geometry": shape()}})
            await asyncio.sleep(0.07)
        replication.caught_up()
        await asyncio.sleep(0.7)
        over.append(True)
        await looking

        async def drawn():
            return names(await kept(gateway)) == {f"n{number}" for number in range(15)}

        await eventually(drawn, seconds=20)
        assert gateway.servers <= {PRIMARY, 1, 2}
