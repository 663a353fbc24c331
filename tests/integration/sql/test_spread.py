"""The box of most rows leaves out what is far from all others, and nothing else."""

import pytest

from gateway.db.sessions import Database
from gateway.layers import LAYERS, PARCELS, ZONING_DISTRICTS
from gateway.sql.spread import spread
from tests.fixtures.reading import query

BLOCK = [(10 + x * 0.01, 50 + y * 0.01, 10.01 + x * 0.01, 50.01 + y * 0.01) for x in range(6) for y in range(6)]
HERE = [10, 50, 10.06, 50.06]
ELSEWHERE = [(-93.3 + n * 0.01, 42, -93.29 + n * 0.01, 42.01) for n in range(40)]
NULL_ISLAND = (0, 0, 0.001, 0.001)
# Boxes of the rows, and that of most of them.
CASES = {
    "clean": (BLOCK, HERE),
    "a row at 0, 0": ([*BLOCK, NULL_ISLAND], HERE),
    "a fifth of the rows at 0, 0": ([*BLOCK, *[NULL_ISLAND] * 9], HERE),
    "on all sides": ([*BLOCK, (-170, 50, -169.9, 50.1), (170, 50, 170.1, 50.1), (10, -80, 11, -79)], HERE),
    "a row that reaches 0, 0": ([*BLOCK, (0, 0, 10, 50)], HERE),
    "another city with fewer rows": ([*BLOCK, *ELSEWHERE[:30]], HERE),
    "another city with more rows": ([*BLOCK, *ELSEWHERE], [-93.3, 42, -92.9, 42.01]),
    "a village nearby": ([*BLOCK, (10.15, 50, 10.151, 50.001)], [10, 50, 10.151, 50.06]),
    "one row": ([(10, 50, 11, 51)], [10, 50, 11, 51]),
    "two rows far apart": ([NULL_ISLAND, (10, 50, 11, 51)], [0, 0, 11, 51]),
    "one in another": ([(10 + n, 50 + n, 30 - n, 70 - n) for n in range(5)], [10, 50, 30, 70]),
    "all in one place": ([(10, 50, 10.1, 50.1)] * 5, [10, 50, 10.1, 50.1]),
}
_GEOM = "ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope({}, {}, {}, {}, 4326)))"


def _insert(table, columns, rows):
    values = ", ".join(f"('{key}', '{kind}', {_GEOM.format(*box)})" for key, kind, box in rows)
    return f"INSERT INTO {table} ({columns}, geom) VALUES {values}"


@pytest.fixture(scope="module")
def cases(cluster, migrated):
    """URL of a database: the land use of parcels is their case, and there is a district here and one at 0, 0."""
    rows = [(f"{name} {n}", name, box) for name, (boxes, _) in CASES.items() for n, box in enumerate(boxes)]
    with cluster.copy(migrated) as url:
        cluster.execute(
            _insert("parcels", "parcel_id, land_use", rows),
            _insert("zoning_districts", "code, zone_code", [("1", "here", HERE), ("2", "lost", NULL_ISLAND)]),
            database=url.partition("?")[0].rpartition("/")[2],
        )
        yield url


@pytest.fixture
async def found(cases, settings):
    """The spread of the parcels of a case, and of a district."""
    database = Database(settings.database, cases)

    async def read(case, district=None):
        wanted = [(PARCELS, query(filters={"landUse": {"exact": case}}).filter)]
        if district:
            kept = query(ZONING_DISTRICTS, filters={"zoneCode": {"exact": district}}).filter
            wanted.append((ZONING_DISTRICTS, kept))
        async with database.session() as session:
            return [tuple(row) for row in await session.rows(spread(LAYERS, wanted))]

    yield read
    await database.dispose()


def around(boxes):
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return pytest.approx([min(wests), min(souths), max(easts), max(norths)])


@pytest.mark.parametrize("case", CASES)
async def test_it_leaves_out_what_is_far_from_most_rows_and_nothing_else(found, case):
    boxes, most = CASES[case]
    assert await found(case) == [(around(boxes), pytest.approx(most), PARCELS.minzoom)]


async def test_layers_are_taken_together(found):
    assert await found("clean", "here") == [(around(BLOCK), pytest.approx(HERE), 0)]


async def test_a_layer_that_is_far_out_is_not_among_those_drawn(found):
    assert await found("clean", "lost") == [(around([*BLOCK, NULL_ISLAND]), pytest.approx(HERE), PARCELS.minzoom)]


async def test_without_rows_there_is_none(found):
    assert await found("nothing") == []
