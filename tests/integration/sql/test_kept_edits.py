"""After any edits the pairs of kept relations are those that a read would compute, to 1e-9.

2,000 edits; `make fuzz` makes 50,000, GATEWAY_TEST_EXAMPLES sets another number.
"""

from contextlib import suppress
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.db.engine import create_engine
from gateway.ingest.catching_up import catch_up
from gateway.settings import DatabaseSettings
from tests.fixtures.examples import ASKED
from tests.fixtures.pairs import connected, differences

pytestmark = pytest.mark.examples

LONG = 40  # edits of one example
EXAMPLES = max(50, ASKED // LONG)
STEP = 0.001
CORNERS = {
    "rectangle": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "triangle": ((0, 0), (1, 0), (1, 1)),
    "other triangle": ((0, 0), (1, 1), (0, 1)),
    "corner": ((0, 0), (1, 0), (1, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)),
}
PARCEL = "(SELECT id FROM parcels ORDER BY id OFFSET {row} % greatest((SELECT count(*) FROM parcels), 1) LIMIT 1)"
DISTRICT = PARCEL.replace("parcels", "zoning_districts")
# {row} is a number, {geom} a geometry, {key} a new one, {by} a distance in degrees.
EDITS = {
    "create": "INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', {geom})",
    "create many": """INSERT INTO parcels (parcel_id, geom)
        SELECT '{key}-' || n, ST_Translate({geom}, n % 3 * 0.001, n / 3 * 0.0005) FROM generate_series(0, 8) n""",
    "move": f"UPDATE parcels SET geom = {{geom}} WHERE id = {PARCEL}",
    "move some": "UPDATE parcels SET geom = ST_Translate(geom, {by}, 0) WHERE id % 3 = {row} % 3",
    "swap": f"""UPDATE parcels p SET geom = o.geom FROM (
        SELECT id, lag(geom, 1, geom) OVER (ORDER BY id) AS geom FROM parcels WHERE id >= {PARCEL} LIMIT 2
        ) o WHERE o.id = p.id""",
    "upsert": f"""INSERT INTO parcels (parcel_id, geom) VALUES
        (coalesce((SELECT parcel_id FROM parcels WHERE id = {PARCEL}), '{{key}}'), {{geom}}), ('{{key}}-new', {{geom}})
        ON CONFLICT (parcel_id) DO UPDATE SET geom = excluded.geom""",
    "delete": f"DELETE FROM parcels WHERE id = {PARCEL}",
    "restore": """INSERT INTO parcels (id, parcel_id, geom) SELECT h.id, h.parcel_id, h.geom FROM parcel_history h
        WHERE h.operation = 'DELETE'
        AND NOT EXISTS (SELECT FROM parcels p WHERE p.id = h.id OR p.parcel_id = h.parcel_id)
        ORDER BY h.changed_at DESC LIMIT 1""",
    "repair": f"""UPDATE parcels
        SET geom = ST_Multi(ST_ForcePolygonCCW(ST_Buffer(ST_MakeValid(geom), abs({{by}}) / 8, 'join=mitre')))
        WHERE id = {PARCEL}""",
    "create a district": "INSERT INTO zoning_districts (code, zone_code, geom) VALUES ('{key}', 'R', {geom})",
    "move a district": f"UPDATE zoning_districts SET geom = {{geom}} WHERE id = {DISTRICT}",
    "grow districts": "UPDATE zoning_districts SET geom = ST_Multi(ST_ForcePolygonCCW(ST_Expand(geom, abs({by}) / 4)))",
    "split a district": f"""WITH
        whole AS (SELECT id, geom, ST_XMin(geom) + abs({{by}}) / 2 AS x FROM zoning_districts WHERE id = {DISTRICT}),
        halves AS (SELECT id, ST_Intersection(geom, ST_MakeEnvelope(-72, 42, x, 43, 4326)) AS west,
                          ST_Intersection(geom, ST_MakeEnvelope(x, 42, -71, 43, 4326)) AS east FROM whole),
        fit AS (SELECT * FROM halves WHERE ST_Dimension(west) = 2 AND ST_Dimension(east) = 2),
        kept AS (UPDATE zoning_districts d SET geom = ST_Multi(ST_ForcePolygonCCW(ST_CollectionExtract(west, 3)))
                 FROM fit WHERE fit.id = d.id)
        INSERT INTO zoning_districts (code, zone_code, geom)
        SELECT '{{key}}', 'R', ST_Multi(ST_ForcePolygonCCW(ST_CollectionExtract(east, 3))) FROM fit""",
    "delete a district": f"DELETE FROM zoning_districts WHERE id = {DISTRICT}",
    "take back": "BEGIN; UPDATE parcels SET geom = {geom} WHERE id % 2 = 0; DELETE FROM zoning_districts; ROLLBACK",
    "load": """BEGIN; SET LOCAL gateway.relations = 'later';
        UPDATE parcels SET geom = {geom} WHERE id % 4 = {row} % 4; COMMIT""",
}


@st.composite
def geometries(draw):
    """A polygon on a grid, so that many share borders, corners and parts."""
    left, bottom = (draw(st.integers(0, 12)) / 4 for _ in "xy")
    width, height = (draw(st.sampled_from([0.25, 0.5, 1, 2])) for _ in "xy")
    corners = CORNERS[draw(st.sampled_from(sorted(CORNERS)))]
    ring = [
        (-71.1 + (left + x * width) * STEP, 42.36 + (bottom + y * height) * STEP) for x, y in (*corners, corners[0])
    ]
    return f"ST_GeomFromText('MULTIPOLYGON((({', '.join(f'{x} {y}' for x, y in ring)})))', 4326)"


SHIFTS = st.sampled_from([-STEP, -STEP / 4, STEP / 4, STEP / 2])
EDIT = st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 40), geometries(), SHIFTS)


@given(edits=st.lists(EDIT, min_size=LONG, max_size=LONG))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    derandomize=not ASKED,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)
async def test_pairs_follow_any_edits(keeping_database, edits):
    engine, keys = create_engine(DatabaseSettings(), keeping_database, timeout_ms=0), count()
    async with connected(keeping_database) as psql:
        await psql.execute("TRUNCATE parcels, zoning_districts, parcel_history RESTART IDENTITY")
        for number, (edit, row, geom, by) in enumerate(edits):
            with suppress(asyncpg.CheckViolationError):  # half of a district may be no polygon
                await psql.execute(EDITS[edit].format(key=f"K{next(keys)}", row=row, geom=geom, by=by))
            if number % 20 == 19:
                if await psql.fetchval("SELECT EXISTS (SELECT FROM relation_marks)"):
                    await catch_up(engine)
                try:
                    assert await differences(psql) == {}
                except asyncpg.InternalServerError as error:  # GEOS before 3.13 cannot compute what is compared with
                    if "TopologyException" not in str(error):
                        raise
    await engine.dispose()
