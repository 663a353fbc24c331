"""Tables, indexes, rows and upkeep: each damage is done to a healthy database, and exactly its messages are told."""

import re
from datetime import UTC, datetime

import asyncpg
import pytest

from gateway.db.sessions import Database
from gateway.management.commands import migrate
from gateway.sql.partitions import Month
from gateway.sql.triggers import EVENTS
from tests.integration.checks.conftest import execute

BOW_TIE = "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 1, 1 0, 0 1, 0 0)))', 4326)"
CLOCKWISE = "ST_GeomFromText('MULTIPOLYGON(((0 0, 0 1, 1 1, 1 0, 0 0)))', 4326)"
NAD83 = "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 1, 0 0)))', 4269)"


def keeping(event):
    return f"ALTER TABLE parcels ENABLE ALWAYS TRIGGER relate_parcel_neighbors_source_{event}"


def without(constraint):
    return f"ALTER TABLE parcels DROP CONSTRAINT ck_parcels_geom_{constraint}"


def unvalidated(constraint, condition):
    return f"ALTER TABLE parcels ADD CONSTRAINT ck_parcels_geom_{constraint} CHECK ({condition}) NOT VALID"


def insert(geometry):
    return f"INSERT INTO parcels (parcel_id, geom) VALUES ('bad', {geometry})"


def without_column(name):
    """The function that keeps parcels, as it was before there was such a column."""
    return f"""
        DO $do$
        DECLARE made text := pg_get_functiondef('keep_parcel_history'::regproc);
        BEGIN EXECUTE replace(replace(made, ' {name},', ''), ' o.{name},', ''); END $do$
    """


def lost_from(index):
    """A row that `index` was not told of."""
    told = f"UPDATE pg_index SET indisready = {{}} WHERE indexrelid = '{index}'::regclass"
    moved = "UPDATE parcels SET geom = ST_Translate(geom, 0.00005, 0) WHERE id = 7"
    return f"DO $do$ BEGIN {told.format(False)}; {moved}; {told.format(True)}; END $do$"


DAMAGES = {
    "a table that is gone": (["DROP TABLE parcels"], {"gateway.E301"}),
    "a column that is gone": (["ALTER TABLE parcels DROP COLUMN year_built"], {"gateway.E302"}),
    "a wider geometry type": (
        ["ALTER TABLE parcels ALTER COLUMN geom TYPE geometry(Geometry, 4326)"],
        {"gateway.E303"},
    ),
    "a constraint that is gone": ([without("right_hand")], {"gateway.E304"}),
    "a constraint that was not validated": (
        [without("right_hand"), unvalidated("right_hand", "ST_IsPolygonCCW(geom)")],
        {"gateway.W301"},
    ),
    "a constraint under another name": (
        ["ALTER TABLE parcels RENAME CONSTRAINT ck_parcels_geom_valid TO valid_shapes"],
        set(),
    ),
    "a constraint of the right name that holds something else": (
        [without("valid"), "ALTER TABLE parcels ADD CONSTRAINT ck_parcels_geom_valid CHECK (id > 0)"],
        {"gateway.E304"},
    ),
    "a storage parameter that is not set": (
        ["ALTER TABLE parcels RESET (autovacuum_analyze_scale_factor)"],
        {"gateway.W302"},
    ),
    "a history without a column": (
        ["ALTER TABLE parcel_history DROP COLUMN year_built"],
        {"gateway.E306"},
    ),
    "a history that is gone": (["DROP TABLE parcel_history"], {"gateway.E306", "gateway.W607"}),
    "triggers that do not keep a column": (
        [without_column("year_built")],
        {"gateway.E307"},
    ),
    "triggers that do not keep changes": (["ALTER TABLE parcels DISABLE TRIGGER keep_updates"], {"gateway.E305"}),
    "a relation that one trigger alone keeps": ([keeping("inserts")], {"gateway.E308", "gateway.W608"}),
    "a relation that is behind": (list(map(keeping, EVENTS)), {"gateway.W608"}),
    "no index on the geometry": (["DROP INDEX ix_parcels_geom"], {"gateway.E401"}),
    "no index on the geography": (["DROP INDEX ix_parcels_geog"], {"gateway.E402", "gateway.E601"}),
    "an index on the geometry under another name": (["ALTER INDEX ix_parcels_geom RENAME TO shapes"], set()),
    "a natural key that is not unique": (
        ["ALTER TABLE parcels DROP CONSTRAINT uq_parcels_parcel_id"],
        {"gateway.E403"},
    ),
    "a declared index that is gone": (["DROP INDEX ix_parcels_area"], {"gateway.W401"}),
    "an index that lacks a row": ([lost_from("ix_parcels_geom")], {"gateway.E405"}),
    "an index on the geography that lacks a row": ([lost_from("ix_parcels_geog")], {"gateway.E405"}),
    "an index twice": (["CREATE INDEX again ON parcels USING gist (geom)"], {"gateway.W403"}),
    "invalid rows behind a constraint that was not validated": (
        [without("valid"), without("right_hand"), insert(BOW_TIE), unvalidated("valid", "ST_IsValid(geom)")],
        {"gateway.W301", "gateway.E304", "gateway.E501", "gateway.E502"},
    ),
    "invalid rows behind a constraint that once held": (
        [
            without("valid"),
            without("right_hand"),
            insert(BOW_TIE),
            unvalidated("valid", "ST_IsValid(geom)"),
            unvalidated("right_hand", "ST_IsPolygonCCW(geom)"),
            "UPDATE pg_constraint SET convalidated = true WHERE conrelid = 'parcels'::regclass",
        ],
        {"gateway.E501"},
    ),
    "clockwise rows": (
        [without("right_hand"), insert(CLOCKWISE), unvalidated("right_hand", "ST_IsPolygonCCW(geom)")],
        {"gateway.W301", "gateway.E502"},
    ),
    "rows in two coordinate systems": (
        [without("srid"), "ALTER TABLE parcels ALTER COLUMN geom TYPE geometry", insert(NAD83)],
        {"gateway.E303", "gateway.E304", "gateway.E502", "gateway.E503"},
    ),
    "many changes since the last ANALYZE": (["UPDATE parcels SET land_use = 'R'"], {"gateway.W602"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_each_damage_gives_exactly_its_messages(damage, database, findings):
    statements, expected = DAMAGES[damage]
    await execute(database, *statements)
    assert await findings(database) == expected


async def test_a_hint_for_a_lost_index_mends_it(database, check, findings):
    await execute(database, "DROP INDEX ix_parcels_geog", "DROP INDEX ix_parcels_geom", "DROP INDEX ix_parcels_area")
    hints = [
        each.hint for each in await check(database) if each.rule.id in {"gateway.E401", "gateway.E402", "gateway.W401"}
    ]
    await execute(database, *hints)
    assert await findings(database) == set()


async def test_rows_that_an_index_lost_are_found_again_after_its_hint(database, check, findings):
    await execute(database, lost_from("ix_parcels_geom"))
    (lost,) = [each for each in await check(database) if each.rule.id == "gateway.E405"]
    assert lost.text == "1 of 3000 rows are not found by it: id 7."
    await execute(database, lost.hint)
    assert await findings(database) == set()


async def test_a_hint_for_a_lost_constraint_mends_it(database, check, findings):
    await execute(database, without("valid"), without("srid"), without("not_empty"), without("right_hand"))
    hints = [each.hint for each in await check(database) if each.rule.id == "gateway.E304"]
    assert len(hints) == 4
    await execute(database, *hints)
    assert await findings(database) == set()


async def test_migrate_mends_triggers_that_do_not_keep_a_column(database, check, findings, settings):
    await execute(database, without_column("year_built"))
    (told,) = [each for each in await check(database) if each.rule.id == "gateway.E307"]
    assert told.text == "The triggers do not keep year_built: rows of the past have null there."
    assert told.hint.startswith("Run manage.py migrate")
    target = Database(settings.database, database)
    await migrate.run(target, "head")
    await target.dispose()
    assert await findings(database) == set()


async def test_migrate_makes_lost_indexes_of_searches_while_others_write(database, findings, settings):
    await execute(database, "DROP INDEX ix_parcels_search_address")
    assert await findings(database) == {"gateway.W401"}
    target = Database(settings.database, database, timeout_ms=0)
    made = [each async for each in migrate.add_indexes(target, settings)]
    await target.dispose()
    sql = "CREATE INDEX CONCURRENTLY ix_parcels_search_address ON parcels USING gin (gateway_search(address))"
    sql += " WITH (gin_pending_list_limit = 256)"
    assert made == [(sql, "")]
    assert await findings(database) == set()


async def test_the_hint_for_invalid_rows_sets_them_aside(database, check, findings):
    await execute(database, without("valid"), without("right_hand"), insert(BOW_TIE))
    told = next(each for each in await check(database) if each.rule.id == "gateway.E501")
    assert "1 of 3001 rows looked at are invalid. 3001: Self-intersection[0.5 0.5]." in told.text
    await execute(database, told.hint.split("ingest: ")[1])
    assert await findings(database) == {"gateway.E304"}


async def test_a_failed_concurrent_index_is_told_as_invalid(database, findings):
    await execute(database, "UPDATE parcels SET land_use = 'R'", "VACUUM ANALYZE parcels")
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(database, "CREATE UNIQUE INDEX CONCURRENTLY broken ON parcels (land_use)")
    assert await findings(database) == {"gateway.W402"}


async def test_the_index_that_the_model_declares_is_kept_of_two(database, check):
    await execute(database, "CREATE INDEX a_first ON parcels USING gist (geom)")
    told = [each for each in await check(database) if each.rule.id == "gateway.W403"]
    assert [each.hint for each in told] == ["DROP INDEX CONCURRENTLY a_first;"]


async def test_rows_without_analyze_are_told(cluster, migrated, findings):
    with cluster.copy(migrated) as url:
        assert await findings(url) == set()
        await execute(url, insert("ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(0, 0, 1, 1, 4326)))"))
        assert await findings(url) == {"gateway.W601"}


async def test_changes_right_after_an_analyze_are_left_to_autovacuum(database, findings):
    # The server of the tests has an autovacuum, too, which must not come in between.
    await execute(database, "ALTER TABLE parcels SET (autovacuum_enabled = off)", "ANALYZE parcels")
    await execute(database, "UPDATE parcels SET land_use = 'R'")
    assert await findings(database) == set()
    assert await findings(database, settled_seconds=0) == {"gateway.W602"}


async def test_dead_rows_are_told(database, findings):
    await execute(database, "DELETE FROM parcels WHERE id % 2 = 0", "ANALYZE parcels")
    assert await findings(database, dead_rows=100) == {"gateway.W603"}
    assert await findings(database) == set()


async def test_expired_idempotency_keys_are_told(database, findings):
    keys = "INSERT INTO idempotency_keys (digest, fingerprint, created_at) SELECT sha256(n::text::bytea), '', %s"
    await execute(
        database,
        f"{keys % 'now()'} FROM generate_series(1, 20) n",
        f"""{keys % "now() - interval '2 days'"} FROM generate_series(21, 30) n""",
    )
    assert await findings(database, expired_keys=11) == set()
    assert await findings(database, expired_keys=10) == {"gateway.W606"}


async def test_dead_space_of_a_gist_index_is_told_and_reindex_mends_it(database, check, findings):
    await execute(database, "DELETE FROM parcels WHERE id % 8 <> 0", "VACUUM ANALYZE parcels")
    hints = [each.hint for each in await check(database, small_index_bytes=0) if each.rule.id == "gateway.W604"]
    assert "REINDEX INDEX CONCURRENTLY ix_parcels_geom;" in hints
    await execute(database, *hints)
    assert await findings(database, small_index_bytes=50_000) == set()


async def test_an_index_above_the_bound_is_not_read(untouched, check):
    told = await check(untouched, small_index_bytes=0, index_bytes=1)
    assert {each.about for each in told if each.rule.id == "gateway.I604"} == {
        "ix_parcels_geom",
        "ix_parcels_geog",
        "ix_zoning_districts_geom",
        "ix_zoning_districts_geog",
    }


async def test_the_probe_tells_its_time_and_its_index(untouched, check):
    told = {each.about: each.text for each in await check(untouched) if each.rule.id == "gateway.I601"}
    assert "over ix_parcels_geog" in told["parcels.geom"]
    assert "over ix_zoning_districts_geog" in told["zoning_districts.geom"]


async def test_reading_all_of_a_small_table_is_no_error(database, check):
    await execute(database, "DROP INDEX ix_zoning_districts_geog")
    told = {each.rule.id: each for each in await check(database) if each.about == "zoning_districts.geom"}
    assert set(told) == {"gateway.E402", "gateway.I602"}
    assert "5 rows" in told["gateway.I602"].text


async def test_a_slow_probe_is_told(untouched, findings):
    assert await findings(untouched, probe_ms=0.0) == {"gateway.W605"}


async def test_no_more_rows_are_looked_at_than_the_bound(database, check):
    await execute(database, without("not_empty"), without("right_hand"), without("valid"), insert(BOW_TIE))
    told = await check(database, rows=100)
    looked_at = [re.search(r" of (\d+) rows", each.text)[1] for each in told if each.rule.id == "gateway.E501"]
    assert all(int(rows) <= 100 for rows in looked_at)  # of pages drawn at random, which may have fewer


async def test_a_history_that_is_not_written_or_has_no_coming_month_is_told(database, findings):
    coming = Month.of(datetime.now(UTC)).plus(1)
    month = f"zoning_district_history_{coming.year}_{coming.number:02}"
    await execute(database, "ALTER TABLE parcels DISABLE TRIGGER keep_updates", f"DROP TABLE {month}")
    assert await findings(database) == {"gateway.E305", "gateway.W607"}


async def test_a_table_that_does_not_tell_of_its_changes_is_told(database, findings):
    await execute(database, "ALTER TABLE parcels DISABLE TRIGGER tell_change")
    assert await findings(database) == {"gateway.W303"}
