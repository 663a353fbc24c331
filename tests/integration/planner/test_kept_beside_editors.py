"""Beside editors each answer from kept pairs is the one that is computed at the same snapshot."""

import asyncio
from contextlib import suppress
from random import Random
from time import monotonic

import asyncpg
import pytest

from gateway.db.engine import create_engine
from gateway.db.sessions import Database, RequestSession
from gateway.errors import Locked
from gateway.ingest.catching_up import catch_up
from gateway.query.statistics import Statistics
from gateway.settings import DatabaseSettings, LimitSettings
from tests.fixtures.both_ways import BothWays
from tests.fixtures.pairs import ALL_KEPT, agrees, connected
from tests.integration.sql.test_kept_pairs import district, moved, parcel

DOCUMENTS = (
    """{ parcels(first: 8) { nodes { parcelId zoningDistricts(minCoverage: 0.1) { totalCount edges {
        overlapAreaSqm coverage isPrimary node { code parcels(first: 3) { totalCount nodes { parcelId } } }
    } } } } }""",
    "{ parcels(last: 8) { nodes { parcelId neighbors { extent edges { sharedBorderM node { parcelId } } } } } }",
    '{ parcels(filters: {zoningDistricts: {none: {code: {exact: "A"}}}}) { totalCount nodes { parcelId } } }',
    '{ parcels(filters: {neighbors: {some: {parcelId: {startsWith: "P1"}}}}) { totalCount extent } }',
    "{ zoningDistricts(filters: {parcels: {every: {zoningDistricts: {some: {}}}}}) { nodes { code } } }",
)
SIDE = 6  # parcels in a row of the map, and rows
DISTRICTS = "ABCD"


class Snapshot(RequestSession):
    """A session whose statements see the snapshot of its transaction; one that fails does not end that."""

    sent = behind = 0

    async def fetch(self, text, parameters):
        self.sent += 1
        self.behind += 1
        async with self.savepoint():
            rows = await super().fetch(text, parameters)
        self.behind -= 1
        return rows


def change(random):
    """Statements of one transaction."""
    number, place = random.randrange(SIDE * SIDE), (random.uniform(0, SIDE), random.uniform(0, SIDE))
    key = random.choice(DISTRICTS)
    match random.randrange(10):
        case 0:
            return [f"DELETE FROM parcels WHERE parcel_id = 'P{number}'"]
        case 1:
            return [f"{parcel(f'P{number}', number % SIDE, number // SIDE)} ON CONFLICT DO NOTHING"]
        case 2:
            return [moved("zoning_districts", key, *place, random.uniform(1, SIDE), random.uniform(1, SIDE))]
        case 3:
            return [f"DELETE FROM zoning_districts WHERE code = '{key}'", district(key, *place, 2, 3)]
        case 4:
            return ["UPDATE parcels SET geom = ST_Translate(geom, 0.0001, 0) WHERE id % 3 = 0"]
        case 5:
            return ["SET LOCAL gateway.relations = 'later'", moved("parcels", f"P{number}", *place)]
        case _:
            return [moved("parcels", f"P{number}", number % SIDE, number // SIDE, random.choice([0.9, 1, 1.1]))]


class Run:
    """Goes on for some seconds, and on a slow machine until so many answers were compared."""

    def __init__(self, seconds, answers):
        self.until, self.answers = monotonic() + seconds, answers

    def goes_on(self):
        return self.answers > 0 or monotonic() < self.until


async def edit(url, seed, run):
    random, made = Random(seed), 0
    async with connected(url) as connection:
        while run.goes_on():
            try:
                async with connection.transaction():
                    for statement in change(random):
                        await connection.execute(statement)
                made += 1
            except (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError, asyncpg.LockNotAvailableError):
                pass
            await asyncio.sleep(0.02)
    return made


async def keep_up(url, run):
    engine = create_engine(DatabaseSettings(), url)
    while run.goes_on():
        await asyncio.sleep(0.1)
        with suppress(Locked):
            await catch_up(engine)
    await engine.dispose()


async def read(database, way, seed, run):
    """How many answers were compared, of how many statements, and how many of these met pairs that were behind."""
    random, compared, estimates = Random(seed), 0, way.operations.estimates
    async with Snapshot(database.leases, database.outage, asyncio.Semaphore()) as session:
        while run.goes_on():
            document = random.choice(DOCUMENTS)
            async with session.transaction("REPEATABLE READ"):
                answers = []
                for kept in (ALL_KEPT, frozenset()):
                    estimates.now = Statistics(kept=kept)
                    answers.append((await way.answer(session, document)).answer)
            assert [each.get("errors") for each in answers] == [None, None]
            assert agrees(answers[0]["data"], answers[1]["data"]), (document, answers)
            compared += 1
            run.answers -= 1
        return compared, session.sent, session.behind


async def compare(url, seconds, answers, clients):
    async with connected(url) as connection:
        for number in range(SIDE * SIDE):
            await connection.execute(parcel(f"P{number}", number % SIDE, number // SIDE))
        for number, key in enumerate(DISTRICTS):
            await connection.execute(district(key, number % 2 * 3, number // 2 * 3, 3, 3))
    run = Run(seconds, answers)
    # A machine that measures may stop this for long, between the statements of a transaction.
    database = Database(DatabaseSettings(pool_size=clients, idle_in_transaction_timeout_ms=0), url)
    ways = BothWays(database, limits=LimitSettings(cost=10**9))
    async with asyncio.TaskGroup() as group:
        editors = [group.create_task(edit(url, seed, run)) for seed in range(clients)]
        readers = [group.create_task(read(database, ways.on, seed, run)) for seed in range(clients)]
        group.create_task(keep_up(url, run))
    await database.dispose()
    compared, sent, behind = (sum(each) for each in zip(*(reader.result() for reader in readers), strict=True))
    return sum(editor.result() for editor in editors), compared, sent, behind


async def test_answers_are_those_of_the_snapshot(keeping_database):
    made, _, sent, behind = await compare(keeping_database, 2, 30, 3)
    assert made > 5
    assert 0 < behind < sent / 4  # most were read from pairs


@pytest.mark.fuzz
async def test_answers_are_those_of_the_snapshot_for_a_minute(sound_indexes, keeping_database):
    made, compared, sent, behind = await compare(keeping_database, 60, 0, 20)
    assert min(made, compared) > 100
    assert 0 < behind < sent
