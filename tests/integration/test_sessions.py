"""Sessions on a real server: how they open, meet broken connections, and end."""

import asyncio

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from gateway import errors, telemetry
from gateway.db.changes import Changes
from gateway.db.sessions import Database
from gateway.db.transactions import Author
from gateway.http.middleware.session import Session
from gateway.settings import DatabaseSettings
from tests.fixtures.sessions import APPLICATION, BARRED, asleep, barred, interrupt, one, slept, terminate
from tests.fixtures.waiting import came, eventually
from tests.fixtures.wire import wired


async def test_a_session_takes_no_connection_before_its_first_statement(database):
    async with database.session() as session:
        assert not session.opened
        assert database.in_use == 0
        assert await one(session) == 1
        assert database.in_use == 1
    assert database.in_use == 0


async def test_a_request_that_reads_both_ways_holds_one_connection(database):
    async with database.session() as session:
        for _ in range(2):
            assert await one(session) == 1
            assert database.in_use == 1
            assert await session.scalar(text("SELECT 1")) == 1
            assert database.in_use == 1
    assert database.in_use == 0


async def test_a_read_in_use_a_moment_ago_is_one_round_trip(database, statements):
    async with database.session() as session:
        await one(session)
    with statements(database.autocommit) as sent:
        async with database.session() as session:
            await one(session)

    assert sent == ["SELECT $1::int"]


async def test_a_connection_that_the_server_closed_is_replaced_unnoticed(database, empty_database):
    async with database.session() as session:
        await one(session)
    assert await terminate(empty_database, APPLICATION) == 1
    await asyncio.sleep(0.1)
    async with database.session() as session:
        assert await one(session) == 1


@pytest.mark.parametrize(("idle", "asked"), [(0, 1), (60, 0)])
async def test_a_connection_is_asked_when_it_lay_idle_for_long(
    empty_database, database_settings, monkeypatch, idle, asked
):
    pings = []
    found = Database(database_settings.model_copy(update={"pool_ping_idle": idle}), empty_database)
    async with found.session() as session:
        await one(session)
        adapted = session._lease.connection.sync_connection.connection.dbapi_connection
        monkeypatch.setattr(type(adapted), "ping", lambda _: pings.append(1))
    async with found.session() as session:
        await one(session)

    assert len(pings) == asked
    await found.dispose()


async def test_a_connection_that_does_not_answer_is_replaced(empty_database, database_settings, monkeypatch):
    found = Database(database_settings.model_copy(update={"pool_ping_idle": 0}), empty_database)
    async with found.session() as session:
        await one(session)
        adapted = session._lease.connection.sync_connection.connection.dbapi_connection

    def silent(connection):
        raise connection.dbapi.InterfaceError("connection is closed")

    monkeypatch.setattr(type(adapted), "ping", silent)
    before = telemetry.pool_connects._value.get()
    async with found.session() as session:
        assert await one(session) == 1

    assert telemetry.pool_connects._value.get() == before + 1
    await found.dispose()


async def test_a_read_whose_connection_breaks_is_sent_anew(database, empty_database):
    async with database.session() as session:
        async with barred(empty_database):
            reading = asyncio.create_task(session.rows(text(BARRED)))
            await interrupt(empty_database, APPLICATION)
        rows = await reading

    assert rows[0][1] == 1
    assert database.in_use == 0


async def test_a_read_whose_server_process_is_ended_is_sent_anew_as_often_as_that_happens(database, empty_database):
    async with database.session() as session:
        async with barred(empty_database):
            reading = asyncio.create_task(session.rows(text(BARRED)))
            for _ in range(4):
                await interrupt(empty_database, APPLICATION)
        assert (await reading)[0][1] == 1
    assert database.in_use == 0


async def test_a_read_that_is_sent_anew_ends_with_the_deadline_of_its_request(database, empty_database):
    sent = telemetry.sent_again._value.get()
    limit = asyncio.timeout(None)

    async def read(session):
        async with limit:
            await session.rows(text("SELECT pg_sleep(600)"))

    async with database.session() as session:
        reading = asyncio.create_task(read(session))
        await interrupt(empty_database, APPLICATION)
        await asleep(empty_database, APPLICATION)
        limit.reschedule(asyncio.get_running_loop().time())
        with pytest.raises(TimeoutError):
            await reading
    assert telemetry.sent_again._value.get() > sent
    assert database.in_use == 0


async def test_a_connection_whose_last_word_is_that_it_ends_is_replaced_before_it_is_closed(
    empty_database, database_settings, tmp_path
):
    async with wired(empty_database, tmp_path, lingers=True) as (_, url):
        database = Database(database_settings, url)
        for read in (one, lambda session: session.scalar(text("SELECT 1"))):
            async with database.session() as session:
                await one(session)
                assert await terminate(empty_database, APPLICATION) == 1
                await asyncio.sleep(0.1)
                assert await read(session) == 1

        async def write():
            async with database.session() as session, session.transaction():
                assert await terminate(empty_database, APPLICATION) == 1
                await asyncio.sleep(0.1)
                await one(session)

        with pytest.raises(errors.Unavailable) as caught:
            await write()
        assert caught.value.undone
        await database.dispose()


async def test_notifications_go_on_after_such_an_end(empty_database, database_settings, tmp_path):
    async with wired(empty_database, tmp_path, lingers=True) as (_, url):
        changes = Changes(database_settings, url)

        first = await eventually(lambda: changes.generation(["parcels"]))
        with capture_logs() as lines:
            assert await terminate(empty_database, APPLICATION) == 1
            await eventually(lambda: changes.generation(["parcels"]) not in {None, first})
        assert [line["event"] for line in lines] == ["not listening to changes"]
        await changes.close()


async def test_closing_a_session_cancels_what_still_runs(database, empty_database):
    session = database.session()
    reading = asyncio.create_task(session.fetch("SELECT pg_sleep(600)", []))
    await asleep(empty_database, APPLICATION)
    await came(session.close(), "the end of a session")

    assert reading.cancelled() or isinstance(reading.exception(), asyncio.CancelledError)
    assert database.in_use == 0
    # PostgreSQL takes a moment to end a statement that is cancelled.
    await slept(empty_database, APPLICATION)


async def test_a_session_reads_on_after_one_of_its_statements_was_cancelled(database, empty_database):
    """As when one field of an operation fails and the fields beside it are cancelled, but not those elsewhere."""
    async with database.session() as session:
        reading = asyncio.create_task(session.rows(text("SELECT pg_sleep(600)")))
        await asleep(empty_database, APPLICATION)
        reading.cancel()
        assert await session.scalar(text("SELECT 1")) == 1
        assert reading.cancelled()
    assert database.in_use == 0


async def test_a_task_that_comes_to_read_after_its_request_takes_no_connection(database):
    """As when a field fails in the very turn in which another one asked a loader for a value."""
    late = []

    async def app(scope, receive, send):
        late.append(asyncio.ensure_future(one(scope["state"]["session"])))

    await Session(app)({"type": "http", "path": "/", "state": {"reads": database}}, None, None)
    await asyncio.wait(late)

    assert late[0].cancelled()
    assert database.in_use == 0


async def test_statements_of_one_session_never_overlap(database):
    async with database.session() as session:
        found = await asyncio.gather(*(session.fetch("SELECT $1::int, pg_sleep(0.01)", [n]) for n in range(20)))

    assert [rows[0][0] for rows in found] == list(range(20))


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "SERIALIZABLE"])
async def test_a_request_reads_and_writes_on_one_session_and_one_connection(database, isolation):
    level = text("SELECT current_setting('transaction_isolation')")
    async with database.session() as session:
        first = (await session.fetch("SELECT pg_backend_pid()", []))[0][0]
        async with session.transaction(isolation):
            assert (await session.fetch(level.text, []))[0][0] == isolation.lower()
            assert (await session.fetch("SELECT pg_backend_pid()", []))[0][0] == first
        assert await session.scalar(text("SELECT pg_backend_pid()")) == first
        before = await session.scalar(text("SELECT now()"))
        assert await session.scalar(text("SELECT now()")) > before  # no transaction holds the time
    async with database.session() as session:
        assert await session.scalar(level) == "read committed"


async def test_a_write_whose_connection_breaks_is_not_sent_once_more(database, empty_database):
    async def sleep(session):
        async with session.transaction():
            await session.rows(text("SELECT pg_sleep(600)"))

    async with database.session() as session:
        writing = asyncio.create_task(sleep(session))
        await interrupt(empty_database, APPLICATION)
        with pytest.raises(errors.Unavailable):
            await writing
        assert await one(session) == 1
    assert database.in_use == 0


async def test_a_write_is_flushed_and_committed_whole_or_not_at_all(database):
    async def fail(session):
        async with session.transaction():
            await session.fetch("CREATE TABLE half (id int)", [])
            raise errors.Conflict("on purpose")

    async with database.session() as session:
        with pytest.raises(errors.Conflict):
            await fail(session)
        async with session.transaction():
            await session.fetch("CREATE TABLE whole (id int)", [])
    async with database.session() as session:
        assert await session.scalar(text("SELECT to_regclass('half')")) is None
        assert await session.scalar(text("SELECT to_regclass('whole')")) is not None


async def test_the_time_limit_of_a_transaction_ends_with_it(database):
    limit = text("SELECT current_setting('statement_timeout')")
    async with database.session() as session:
        before = await session.scalar(limit)
        async with session.transaction(timeout_ms=1234):
            assert await session.scalar(limit) == "1234ms"
        assert await session.scalar(limit) == before
        async with session.transaction():
            assert await session.scalar(limit) == before


async def test_the_author_of_a_transaction_ends_with_it(database):
    told = text("SELECT current_setting('gateway.principal', true), current_setting('gateway.request_id', true)")
    async with database.session() as session:
        async with session.transaction(author=Author("clerk", "r-1")):
            assert list(await session.rows(told)) == [("clerk", "r-1")]
        assert list(await session.rows(told)) == [("", "")]
        async with session.transaction():
            assert list(await session.rows(told)) == [("", "")]


async def test_nothing_is_written_after_a_cancelled_statement_of_a_transaction(database, empty_database):
    async def go_on(session):
        async with session.transaction():
            await session.fetch("CREATE TABLE half (id int)", [])
            sleeping = asyncio.create_task(session.rows(text("SELECT pg_sleep(600)")))
            await asleep(empty_database, APPLICATION)
            sleeping.cancel()
            await asyncio.wait({sleeping})
            await session.fetch("CREATE TABLE rest (id int)", [])

    async with database.session() as session:
        with pytest.raises(errors.Unavailable):
            await go_on(session)
        assert await session.scalar(text("SELECT to_regclass('half')")) is None
        assert await session.scalar(text("SELECT to_regclass('rest')")) is None
    assert database.in_use == 0


async def test_a_write_of_one_statement_that_breaks_has_an_unknown_outcome_and_is_not_sent_once_more(
    database, empty_database
):
    async with database.session() as session:
        await session.fetch("CREATE SEQUENCE tries", [])
        writing = asyncio.create_task(session.fetch_once("SELECT nextval('tries'), pg_sleep(600)", []))
        await interrupt(empty_database, APPLICATION)
        with pytest.raises(errors.UnknownOutcome):
            await writing
        assert (await session.fetch("SELECT last_value FROM tries", []))[0][0] == 1


async def test_a_write_of_one_statement_without_a_connection_did_nothing():
    async with Database(DatabaseSettings(), "postgresql+asyncpg:///x?host=/nowhere").session() as session:
        with pytest.raises(errors.Unavailable) as caught:
            await session.fetch_once("SELECT 1", [])
    assert not isinstance(caught.value, errors.UnknownOutcome)


async def test_a_commit_that_breaks_has_an_unknown_outcome(database, empty_database):
    deferred = "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED"
    async with database.session() as session:
        for statement in (
            "CREATE TABLE slow (id int)",
            "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'",
            f"{deferred} FOR EACH ROW EXECUTE FUNCTION nap()",
        ):
            await session.fetch(statement, [])

    async def write():
        async with database.session() as session, session.transaction():
            await session.fetch("INSERT INTO slow VALUES (1)", [])

    writing = asyncio.create_task(write())
    await interrupt(empty_database, APPLICATION)
    with pytest.raises(errors.UnknownOutcome):
        await writing
    assert database.in_use == 0


async def test_a_statement_takes_one_processor_however_much_it_has_to_read(database):
    async with database.session() as session:
        for cheap in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            await session.fetch(f"SET {cheap} = 0", ())
        plan = await session.fetch("EXPLAIN SELECT count(*) FROM parcels WHERE ST_Perimeter(geom::geography) < 1", ())
    assert not [line for (line,) in plan if "Workers" in line]


async def test_no_plan_goes_through_a_list_of_related_rows_anew_for_each_row(database):
    async with database.session() as session:
        assert await session.fetch("SHOW enable_material", ()) == [("off",)]
