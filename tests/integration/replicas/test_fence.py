"""Of two primaries of one cluster only the newest is written to: the old one comes back after a failover."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url

from gateway.asgi import create_app
from gateway.db import connecting
from gateway.db.sessions import Database
from gateway.errors import Unavailable
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import DatabaseSettings
from tests.fixtures.door import opened
from tests.fixtures.replicas import replica_settings, standby
from tests.fixtures.waiting import eventually
from tests.integration.replicas.conftest import CREATE, Gateway, in_use, shape


@pytest.fixture(autouse=True)
def forgotten():
    """A process that has met no primary yet."""
    connecting._fence.clear()
    connecting._lists.clear()
    connecting._silent.clear()


@pytest.fixture
def third(replication, replicated, tmp_path):
    """A standby to promote; afterwards both it and the primary take writes."""
    with standby(tmp_path / "third", replication.primary) as node:
        yield node


def either(name, *nodes):
    """The URL of the primary of these."""
    parts = [make_url(node.url(name)) for node in nodes]
    hosts = ",".join(part.query["host"] for part in parts)
    ports = ",".join(part.query["port"] for part in parts)
    given = f"host={hosts}&port={ports}&target_session_attrs=primary"
    return DatabaseSettings(url=f"postgresql://{parts[0].username}@/{name}?{given}").url


def database(url):
    return Database(DatabaseSettings(url=url, connect_timeout=2.0, outage_seconds=0.0), url)


PLACE = "SELECT current_setting('data_directory')"


async def place(database):
    """Where the server keeps its files that answers."""
    async with database.session() as session:
        return (await session.fetch(PLACE, ()))[0][0]


async def test_a_process_that_begins_after_a_failover_takes_the_newest_of_two_primaries(replication, replicated, third):
    third.promote()
    third._until("SELECT NOT pg_is_in_recovery()")
    taken = database(either(replicated, replication.primary, third))
    assert await place(taken) == third.ask(PLACE)
    await taken.dispose()


async def test_a_primary_that_comes_back_is_not_taken_again(replication, replicated, third):
    first = database(either(replicated, replication.primary, third))
    assert await place(first) == replication.primary.ask(PLACE)
    await asyncio.to_thread(replication.primary.stop)
    try:
        third.promote()
        third._until("SELECT NOT pg_is_in_recovery()")
        assert await place(first) == third.ask(PLACE)
    finally:
        await asyncio.to_thread(replication.primary.start)
    await first.dispose()
    again = database(either(replicated, replication.primary, third))
    assert await place(again) == third.ask(PLACE)
    await again.dispose()
    await asyncio.to_thread(third.stop)
    with pytest.raises(Unavailable):
        await place(again)
    await again.dispose()


@asynccontextmanager
async def opened_on(settings, url):
    made = database(url)
    key = await api_keys.create(made, "clerk", [Scope.READ, Scope.WRITE], None)
    await made.dispose()
    async with opened(create_app(settings)) as door:
        yield Gateway(door, key)


async def test_once_a_replica_is_promoted_nothing_more_is_written_to_the_old_primary(
    settings, replication, replicated, third
):
    url = either(replicated, replication.primary, third)
    given = replica_settings(settings, replication, replicated, [third], database={"url": url})
    async with opened_on(given, url) as gateway:
        replication.caught_up()
        await in_use(gateway.replicas)
        await gateway.write(CREATE, {"input": {"parcelId": "before", "geometry": shape()}})
        third.promote()  # while the old primary goes on
        await eventually(lambda: not gateway.replicas.reading)
        await eventually(lambda: 2 in {timeline for _, timeline in connecting._fence._open})
        await gateway.write(CREATE, {"input": {"parcelId": "after", "geometry": shape(11.0)}})
    count = "SELECT count(*) FROM parcels WHERE parcel_id = 'after'"
    assert third.execute(count, database=replicated)[0][0] == 1
    assert replication.primary.execute(count, database=replicated)[0][0] == 0
