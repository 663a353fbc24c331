"""Index scans that end early take no live row out of a GiST index: see docs/explanation/faults.md."""

from tests.fixtures.pairs import connected

TURNS = 60
MADE = """
DROP TABLE IF EXISTS spots;
CREATE TABLE spots (id serial, at point) WITH (autovacuum_enabled = off);
CREATE INDEX ON spots USING gist (at);
SELECT setseed({});
INSERT INTO spots (at) SELECT point(n % 100, n / 100) FROM generate_series(0, 299) n ORDER BY random();
DELETE FROM spots WHERE id % 3 > 0
"""
# The index is scanned again for each number, and each scan stops at the first row that is there.
NESTED = """
SELECT n, (SELECT id FROM spots WHERE at <@ box(point(0, 0), point(99, n)) AND id % 3 = 0 LIMIT 1)
  FROM generate_series(2, 3) n
"""
MORE = "INSERT INTO spots (id, at) SELECT nextval('spots_id_seq') * 3, point(50 + random(), 1 + random())"
PAGES = "SELECT pg_relation_size('spots_at_idx') / 8192"
BY_INDEX = "SET enable_seqscan = off; SET enable_bitmapscan = off"


async def split(writer):
    """Add rows until a page of the index is split."""
    before = await writer.fetchval(PAGES)
    while await writer.fetchval(PAGES) == before:
        await writer.execute(MORE)


async def test_an_index_scan_that_ended_early_takes_no_live_row_out_of_the_index(sound_indexes, empty_database):
    async with connected(empty_database) as reader, connected(empty_database) as writer:
        await reader.execute(BY_INDEX)
        for turn in range(TURNS):
            await writer.execute(MADE.format(turn / TURNS))
            async with reader.transaction():
                cursor = await reader.cursor(NESTED)
                await cursor.fetch(1)
                await split(writer)
                await cursor.fetch(1)
            found = await reader.fetchval("SELECT count(*) FROM spots WHERE at <@ box '(-1, -1), (101, 101)'")
            assert found == await writer.fetchval("SELECT count(*) FROM spots"), turn
