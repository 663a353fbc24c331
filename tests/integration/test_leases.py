"""Connections between requests that follow one another closely, on a real pool."""

import asyncio
import time

import pytest
from sqlalchemy import event, text

from gateway import telemetry
from gateway.db import leases
from gateway.db.driver import driver
from gateway.db.sessions import Database
from tests.fixtures.sessions import APPLICATION, asleep, one, terminate
from tests.fixtures.waiting import LONG, eventually


@pytest.fixture
def lasting(monkeypatch):
    """Connections wait for the next request, and for the end of a cancelled statement, as long as a test takes."""
    for bound in ("_WAITS", "_LONGEST", "_QUIET"):
        monkeypatch.setattr(leases, bound, LONG)


@pytest.fixture
def left(database):
    """How often a connection left the pool."""
    times = []
    event.listen(database.engine.sync_engine.pool, "checkout", lambda *_: times.append(1))
    return times


async def read(database):
    async with database.session() as session:
        return await session.scalar(text("SELECT pg_backend_pid()"))


@pytest.mark.usefixtures("lasting")
async def test_requests_that_follow_closely_share_a_connection_that_leaves_the_pool_once(database, left):
    assert len({await read(database) for _ in range(20)}) == 1
    assert len(left) == 1


async def test_no_two_requests_have_one_connection_at_once(database):
    await asyncio.gather(*(read(database) for _ in range(2)))
    async with database.session() as first, database.session() as second:
        pids = [await each.scalar(text("SELECT pg_backend_pid()")) for each in (first, second)]
        assert database.in_use == 2
    assert len(set(pids)) == 2
    assert database.in_use == 0


async def test_each_request_has_a_session_of_its_own(database):
    async with database.session() as session:
        await one(session)
        first = session._lease.session
    async with database.session() as session:
        await one(session)
        assert session._lease.session is not first


async def test_a_connection_that_nobody_comes_for_is_back_in_the_pool_after_a_moment(database):
    await read(database)
    assert database.engine.pool.checkedin() == 0
    for _ in range(100):
        if database.engine.pool.checkedin() == 1:
            break
        await asyncio.sleep(0.05)
    assert database.engine.pool.checkedin() == 1
    assert not database.leases._waiting


async def test_a_connection_goes_back_to_the_pool_now_and_then_however_busy_it_is(database, left, monkeypatch):
    monkeypatch.setattr(leases, "_LONGEST", 0.2)
    await read(database)
    until = time.monotonic() + 20
    while len(left) == 1 and time.monotonic() < until:
        await read(database)
    assert len(left) > 1


async def test_who_waits_at_the_pool_is_not_passed_over_by_requests_that_follow_one_another(
    empty_database, database_settings
):
    database = Database(database_settings.model_copy(update={"pool_size": 1}), empty_database)
    async with database.session() as session:
        await one(session)
        waiting = asyncio.create_task(read(database))
        await eventually(lambda: database.leases.asked == 2)
    passed = 0
    while not waiting.done():
        await asyncio.create_task(read(database))
        passed += 1
        assert passed < 50  # hundreds until the connection goes back to the pool in any case
    await database.dispose()


async def test_a_connection_that_the_server_closed_while_it_waited_is_not_given_out(database, empty_database):
    pid = await read(database)
    assert await terminate(empty_database, APPLICATION) == 1
    assert await read(database) != pid


async def test_connections_are_tested_between_requests_where_none_may_lie_idle_untested(
    empty_database, database_settings
):
    found = Database(database_settings.model_copy(update={"pool_ping_idle": 0}), empty_database)
    await read(found)
    assert found.engine.pool.checkedin() == 1
    await found.dispose()


def in_use():
    telemetry.write_down(0)
    return telemetry.pool_in_use._value.get()


async def test_a_connection_that_waits_is_counted_as_free(database):
    before = in_use()
    async with database.session() as session:
        await one(session)
        assert in_use() == before + 1
    assert in_use() == before
    await database.leases.close()
    assert in_use() == before
    assert database.engine.pool.checkedin() == 1


async def test_a_transaction_that_a_session_began_ends_with_it(database):
    async with database.session() as session:
        await session.scalar(text("SELECT 1"))
        assert session._lease.session.in_transaction()
        connection = session._lease.connection
    assert not connection.in_transaction()
    async with database.session() as session:
        assert await session.scalar(text("SELECT 2")) == 2


async def sleep(database):
    async with database.session() as session:
        await session.fetch("SELECT pg_sleep(600)", [])


async def cancelled(task, after):
    await after
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("lasting")
async def test_the_connection_of_a_cancelled_statement_serves_others_once_that_has_ended(
    database, empty_database, left
):
    pid = await read(database)
    await cancelled(asyncio.create_task(sleep(database)), asleep(empty_database, APPLICATION))
    assert database.in_use == 0
    await asyncio.gather(*database.leases._returning)
    assert await read(database) == pid
    assert len(left) == 1


async def test_no_cancel_meets_the_statement_of_another_request(database):
    async def cancel(seconds):
        await cancelled(asyncio.create_task(sleep(database)), asyncio.sleep(seconds))

    for number in range(60):
        found = await asyncio.gather(cancel(number / 4000), read(database), read(database), return_exceptions=True)
        assert not isinstance(found[1], BaseException)
        assert not isinstance(found[2], BaseException)
    assert database.in_use == 0


async def test_a_connection_whose_cancelled_statement_does_not_end_is_thrown_away(
    database, empty_database, monkeypatch
):
    pid = await read(database)
    monkeypatch.setattr(leases, "_QUIET", 0.0)
    await cancelled(asyncio.create_task(sleep(database)), asleep(empty_database, APPLICATION))
    await asyncio.gather(*database.leases._returning)
    assert not database.leases._waiting
    assert await read(database) != pid


async def test_a_connection_that_a_cancel_left_in_a_transaction_is_thrown_away(database):
    pid = await read(database)
    lease = await database.leases.take()
    await driver(lease, "BEGIN").execute("BEGIN")
    database.leases.settle(lease)
    await asyncio.gather(*database.leases._returning)
    assert await read(database) != pid


async def test_many_connections_that_are_outdated_at_once_renew_the_pool_once(database):
    async with database.session() as first, database.session() as second:
        await asyncio.gather(one(first), one(second))
        database.leases.renew(first._lease)
        await first.release()
        made = await read(database)
        database.leases.renew(second._lease)
        assert await read(database) == made
