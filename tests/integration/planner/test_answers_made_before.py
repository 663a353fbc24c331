"""Answers about many rows that were made before are those that would be made now, whoever changes what meanwhile."""

import asyncio
from contextlib import AsyncExitStack, suppress

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from gateway.execution.answers import AnswerCache, Answers
from gateway.query.statistics import Estimates, Statistics
from gateway.settings import AnswerSettings, LimitSettings
from gateway.sql.following import with_state
from gateway.sql.scans import tables
from tests.fixtures.both_ways import opened_ways
from tests.fixtures.examples import ASKED
from tests.fixtures.pairs import ALL_KEPT, connected

FOLLOWED = Statistics(kept=ALL_KEPT, followed=frozenset({"parcels", "zoning_districts"}))
BY_USE = "{ parcels { groupBy(keys: [{column: LAND_USE}]) { groups { key { landUse } aggregate { count } } } } }"
DOCUMENTS = (
    BY_USE,
    "{ parcels(filters: {yearBuilt: {gt: 1950}}) { totalCount extent aggregate { sum { assessedValue } } } }",
    (
        "{ parcels { groupBy(keys: [{zoningDistricts: OVERLAP}]) { totalCount groups { key { zoningDistricts { code } "
        "} weight aggregate { sum { assessedValue } } } } } }"
    ),
    (
        "{ zoningDistricts(first: 5) { nodes { code parcels { totalCount "
        "groupBy(keys: [{column: LAND_USE}], share: OVERLAP) { groups { key { landUse } weight } } } } } }"
    ),
    '{ parcels(filters: {zoningDistricts: {some: {zoneCode: {startsWith: "R"}}}}) { aggregate { count areaSqm } } }',
)
# Of rows that no other writer changes, {own} of the remainders; {n} is a number.
EDITS = (
    "UPDATE parcels SET assessed_value = coalesce(assessed_value, 0) + {n} WHERE id % 3 = {own}",
    "UPDATE parcels SET land_use = 'use {n}' WHERE id % 3 = {own} AND id % 5 = 0",
    "INSERT INTO parcels (parcel_id, geom) SELECT 'n{own} {n}', geom FROM parcels WHERE id % 3 = {own} LIMIT 1",
    "DELETE FROM parcels WHERE id % 3 = {own} AND id % 11 = {n} % 11",
    "UPDATE parcels SET geom = ST_Translate(geom, 0.0001, 0) WHERE id % 3 = {own} AND id % 20 = {n} % 20",
    "UPDATE zoning_districts SET zone_code = 'R{n}' WHERE id % 3 = {own}",
    "SELECT 1",
)
STEPS = st.one_of(
    st.sampled_from(["BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL SERIALIZABLE"]),
    st.sampled_from(["COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s"]),
    st.sampled_from(EDITS),
    st.sampled_from(EDITS),
)
EXAMPLES = max(10, ASKED // 40)


@pytest.fixture(scope="module")
def rows(cluster, kept_small_template):
    """URL of the county of 300 parcels with kept relations, to be changed."""
    with cluster.copy(kept_small_template) as url:
        yield url


class Asked:
    """Answers that may have been made before, and those that are made now."""

    def __init__(self, ways, **given):
        self.keeping, self._making = ways.on, ways.off
        self.database = ways.database
        self.estimates = Estimates(FOLLOWED)
        self.cache = AnswerCache(AnswerSettings(**({"cost": 0} | given)))
        self.answers = ways.on.answers = Answers(self.cache, self.estimates)
        self.keep(ALL_KEPT)

    def keep(self, pairs):
        """Read relations from these pairs."""
        for each in (self.keeping, self._making):
            each.operations.estimates.now = Statistics(kept=pairs)

    async def both(self, document, variables=None):
        made = await self._making.run(document, variables)
        return await self.keeping.run(document, variables), made


async def asking(stack, url, **given):
    ways = await stack.enter_async_context(opened_ways(url, limits=LimitSettings(cost=10**9)))
    plain = await stack.enter_async_context(opened_ways(url, limits=LimitSettings(cost=10**9)))
    ways.off = plain.on  # planned as well, and not kept
    return Asked(ways, **given)


@given(st.lists(st.tuples(st.integers(0, 2), STEPS, st.integers(0, 99)), min_size=10, max_size=30))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    derandomize=not ASKED,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.examples
async def test_answers_follow_three_writers_at_once(rows, steps):
    async with AsyncExitStack() as stack:
        asked = await asking(stack, rows)
        writers = [await stack.enter_async_context(connected(rows)) for _ in range(3)]
        for each in writers:
            await each.execute("SET lock_timeout = 100")
        for number, (writer, step, n) in enumerate(steps):
            try:
                await writers[writer].execute(step.format(own=writer, n=n))
            except asyncpg.PostgresError:
                with suppress(asyncpg.PostgresError):
                    await writers[writer].execute("ROLLBACK")
            for document in DOCUMENTS[number % 2 :: 2]:
                kept, made = await asked.both(document)
                assert kept.answer == made.answer, (document, steps[: number + 1])


def listening(database):
    """The statements that are sent to a database from here on."""
    texts = []
    engine = database.autocommit.sync_engine
    event.listen(engine, "before_cursor_execute", lambda _, __, text, *___: texts.append(text))
    return texts


@pytest.fixture
async def asked(rows):
    async with AsyncExitStack() as stack:
        yield await asking(stack, rows)


@pytest.fixture
async def psql(rows):
    async with connected(rows) as connection:
        yield connection


async def read_again(asked, document=BY_USE):
    """Whether the rows were read again; the answer must be that of now."""
    texts = listening(asked.database)
    kept, made = await asked.both(document)
    assert kept.answer == made.answer
    return any("AS snapshot FROM" in text for text in texts)


async def test_rows_are_read_once_while_none_changes(asked, psql):
    for document in DOCUMENTS:
        assert await read_again(asked, document)
        assert not await read_again(asked, document)
    await psql.execute("CREATE TEMP TABLE other AS SELECT 1")  # a transaction that changes no layer
    assert not await read_again(asked)


@pytest.mark.parametrize("change", EDITS[:-1])
async def test_after_a_change_rows_are_read_again(asked, psql, change):
    document = DOCUMENTS[2]
    await read_again(asked, document)
    await psql.execute(change.format(own=0, n=7))
    assert await read_again(asked, document)
    assert not await read_again(asked, document)


async def test_only_answers_of_the_layer_that_changed_are_read_again(asked, psql):
    for document in DOCUMENTS:
        await read_again(asked, document)
    await psql.execute("UPDATE zoning_districts SET name = 'other' WHERE id % 2 = 0")
    assert [await read_again(asked, document) for document in DOCUMENTS] == [False, False, True, True, True]


async def test_a_transaction_that_began_before_and_commits_after_takes_the_answer_out(asked, psql):
    await psql.execute("BEGIN; UPDATE parcels SET land_use = 'first'")
    await read_again(asked)
    assert not await read_again(asked)
    await psql.execute("COMMIT")
    assert await read_again(asked)
    await psql.execute("BEGIN; UPDATE parcels SET land_use = 'second'; ROLLBACK")
    assert not await read_again(asked)


@pytest.mark.parametrize(
    "change",
    [
        (
            "ALTER TABLE parcels DISABLE TRIGGER tell_change; UPDATE parcels SET land_use = '{n}'; "
            "ALTER TABLE parcels ENABLE ALWAYS TRIGGER tell_change"
        ),
        "ALTER TABLE parcels ALTER land_use TYPE text USING land_use || '{n}'",
    ],
)
async def test_what_no_trigger_sees_takes_answers_out(asked, psql, change):
    await read_again(asked)
    for number, statement in enumerate(change.split("; ")):
        await psql.execute(statement.format(n=number))
    assert await read_again(asked)


async def test_nothing_is_kept_of_a_table_whose_trigger_does_not_fire_always(asked, psql):
    for mode in ("DISABLE", "ENABLE"):
        await psql.execute(f"ALTER TABLE parcels {mode} TRIGGER tell_change")
        assert await read_again(asked)
        assert await read_again(asked)
    await psql.execute("ALTER TABLE parcels ENABLE ALWAYS TRIGGER tell_change")
    await read_again(asked)
    assert not await read_again(asked)


async def test_old_notes_are_taken_away_and_answers_from_before_with_them(asked, psql):
    await read_again(asked)
    await psql.execute("UPDATE zoning_districts SET name = 'other' WHERE id = 1")
    assert not await read_again(asked)
    await psql.execute("UPDATE parcels SET land_use = 'other' WHERE id = 1")
    await psql.execute("DELETE FROM layer_changes WHERE layer = 'parcels'")
    assert await read_again(asked)
    # Of transactions that ended long ago, and one that is noted so often that it looks at the others.
    await psql.execute("INSERT INTO layer_changes SELECT 'parcels', n FROM generate_series(1, 5000) n")
    change = "UPDATE parcels SET land_use = 'other' WHERE id = -1"
    await psql.execute(f"DO $$ BEGIN FOR n IN 1..3000 LOOP {change}; END LOOP; END $$")
    assert await psql.fetchval("SELECT min(xid) FROM layer_changes WHERE layer = 'parcels'") > 100
    await read_again(asked)
    assert not await read_again(asked)


async def test_what_costs_little_is_not_kept(rows):
    async with AsyncExitStack() as stack:
        asked = await asking(stack, rows, cost=10**6)
        assert not await read_again(asked)
        assert not asked.cache.kept


async def test_the_least_used_answers_leave_where_memory_ends(rows):
    async with AsyncExitStack() as stack:
        asked = await asking(stack, rows, bytes=20_000)
        for year in range(1900, 1960):
            await read_again(asked, BY_USE.replace("parcels {", f"parcels(filters: {{yearBuilt: {{gt: {year}}}}}) {{"))
        assert 0 < asked.cache.kept.currsize <= 20_000


FILTERS = (
    "",
    'filters: {landUse: {startsWith: "R"}}',
    'filters: {zoningDistricts: {none: {zoneCode: {exact: "R-1"}}}}',
    "filters: {zoningDistricts: {count: {gte: 2}}}",
    "filters: {neighbors: {some: {zoningDistricts: {some: {}}}}}",
    'filters: {geometry: {intersects: {wkt: "POLYGON((-71.2 42.3, -71 42.3, -71 42.4, -71.2 42.3))"}}}',
    "filters: {attributes: {gt: {n: 1}}}",
    'filters: {search: {match: "main"}}',
    'asOf: "2026-02-15T00:00:00Z"',
)
READS = (
    "aggregate { count areaSqm percentile(p: 0.5) { assessedValue } }",
    "groupBy(keys: [{zoningDistricts: PRIMARY}]) { totalCount }",
    "groupBy(keys: [{grid: {shape: SQUARE, size: 100}}, {bin: {column: YEAR_BUILT, quantiles: 3}}]) { totalCount }",
    "distinct(field: {column: LAND_USE}) { totalCount }",
    "extent",
    "totalCount",
)


async def explained(asked, psql, document):
    """The tables that PostgreSQL would read for each statement about all rows, beside those that it is kept for."""
    seen, rows = [], asked.answers.rows

    async def noting(session, statement, parameters):
        plan = await psql.fetchval(f"EXPLAIN (FORMAT JSON) {statement.text}", *parameters)
        seen.append((tables(orjson.loads(plan)[0]["Plan"]), statement.tables))
        return await rows(session, statement, parameters)

    asked.answers.rows = noting
    (kept, made), asked.answers.rows = await asked.both(document), rows
    assert kept.answer == made.answer
    assert kept.codes == []
    return seen


@pytest.mark.parametrize("pairs", [ALL_KEPT, frozenset()], ids=["kept", "computed"])
@pytest.mark.parametrize("given", FILTERS)
async def test_an_answer_is_kept_for_all_tables_that_postgresql_reads_for_it(asked, psql, given, pairs):
    asked.keep(pairs)
    past, pairs_of = "asOf" in given, {name: {"parcels", "zoning_districts"} for name in ALL_KEPT}
    for read in READS:
        rows = f"parcels({given})" if given else "parcels"
        related = [f"{{ zoningDistricts(first: 3) {{ nodes {{ parcels {{ {read} }} }} }} }}"]
        for document in (f"{{ {rows} {{ {read} }} }}", *(related if "distinct" not in read else ())):
            for read_of, kept_of in await explained(asked, psql, document):
                needed = set().union(*(pairs_of.get(name, {name}) for name in read_of - {"relation_marks"}))
                assert kept_of == frozenset() if past and rows in document else needed <= kept_of


async def test_a_statement_whose_answer_is_kept_may_have_parallel_workers(asked, psql):
    for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        await psql.execute(f"SET {name} = 0")
    plans, rows = [], asked.answers.rows

    async def noting(session, statement, parameters):
        text = with_state(statement.text, statement.tables)
        plans.append(await psql.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *parameters))
        return await rows(session, statement, parameters)

    asked.answers.rows = noting
    for document in DOCUMENTS[:3]:
        await asked.both(document)
    assert len(plans) == 5
    assert all("Gather" in plan for plan in plans)


async def test_what_a_transaction_reads_of_its_own_changes_is_not_kept(asked):
    with suppress(ZeroDivisionError):
        async with asked.database.session() as session, session.transaction():
            session.sent = 0
            await session.fetch("UPDATE parcels SET land_use = 'never' WHERE id % 2 = 0", ())
            answer = await asked.keeping.answer(session, BY_USE)
            assert b"never" in orjson.dumps(answer.answer)
            assert not asked.cache.kept
            raise ZeroDivisionError  # so that it is rolled back
    assert await read_again(asked)


async def test_two_who_ask_at_once_and_one_who_writes_have_what_they_may_see(asked, psql):
    """Reads overlap writes: each answer is that of a moment between its beginning and its end."""
    await psql.execute("UPDATE parcels SET assessed_value = 0")
    await psql.execute("INSERT INTO parcels (parcel_id, geom) SELECT 'watched', geom FROM parcels LIMIT 1")
    document = "{ parcels { aggregate { count sum { assessedValue } } } }"
    done, written = asyncio.Event(), [0]

    async def write():
        for number in range(1, 40):
            await psql.execute("UPDATE parcels SET assessed_value = $1 WHERE parcel_id = 'watched'", number)
            written.append(number)
            await asyncio.sleep(0.005)
        done.set()

    async def ask():
        while not done.is_set():
            before = written[-1]
            told = (await asked.keeping.run(document)).answer["data"]["parcels"]["aggregate"]["sum"]["assessedValue"]
            assert before <= float(told) <= written[-1] + 1

    await asyncio.gather(write(), ask(), ask(), ask())
    kept, made = await asked.both(document)
    assert kept.answer == made.answer
