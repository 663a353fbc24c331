"""`manage.py advise`: the costliest statements, operations that scan, idle indexes, and what to do (Cambridge)."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management import application
from gateway.settings import DatabaseSettings
from gateway.sql.spread import spread

SCAN = "SELECT id FROM parcels WHERE ST_Perimeter(geom::geography) > 5000"
OLD = "{ parcels(first: 2, filters: {yearBuilt: {exact: 1793}}) { nodes { parcelId } } }"
CURE = "CREATE INDEX CONCURRENTLY ON parcels (year_built);"


@pytest.fixture
def city(cluster, cambridge_template):
    """Name and URL of a copy of Cambridge."""
    with cluster.copy(cambridge_template) as url:
        yield url.partition("?")[0].rpartition("/")[2], url


@pytest.fixture
def advise(monkeypatch, tmp_path, city):
    """`advise(*arguments)` runs the command on the copy."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(
            application(["advise"]), ["advise", *arguments], env={"GATEWAY_DATABASE_URL": city[1]}
        )

    return run


@pytest.fixture
def advice(advise):
    """What the command says in JSON: the advice of one topic."""

    def find(topic, *arguments):
        result = advise("--json", *arguments)
        assert result.exit_code == 0, result.output
        return [found for found in json.loads(result.stdout)["advice"] if found["topic"] == topic]

    return find


def test_where_nothing_is_counted_it_says_how_to_turn_that_on(advice):
    (found,) = advice("statements")
    assert found["about"] == "pg_stat_statements"
    assert any("shared_preload_libraries" in todo for todo in found["todo"])
    assert found["todo"][-1] == "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;"


def test_the_costliest_spatial_statement_comes_first_with_its_cure(advise, cluster, city):
    cluster.execute("CREATE EXTENSION pg_stat_statements", SCAN, SCAN, "SELECT 1", database=city[0])
    told = json.loads(advise("--json").stdout)
    first = told["hotspots"][0]
    assert (first["query"], first["calls"]) == (SCAN.replace("5000", "$1"), 2)
    assert first["total_ms"] > first["mean_ms"] > 0
    assert all("ST_" in found["query"] for found in told["hotspots"])
    shown = advise().stdout
    assert "Statement" in shown
    assert "Cached" in shown


def test_a_statement_that_scans_for_any_value_is_told_with_its_cure(advice, cluster, city):
    scan = "SELECT id FROM parcels WHERE land_use = 'x' AND ST_NPoints(geom) > 3"
    # PostgreSQL forgets what was sent once where it has to make room, and other tests send much.
    sent = ["CREATE EXTENSION pg_stat_statements", *[scan] * 5, "SELECT ST_X($$POINT(1 1)$$)"]
    cluster.execute(*sent, database=city[0])
    found = advice("statements")
    assert [one["todo"] for one in found] == [["CREATE INDEX CONCURRENTLY ON parcels (land_use);"]]


def test_operations_of_a_folder_are_run_and_told_where_they_scan(advice, tmp_path):
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "old.graphql").write_text(OLD)
    (folder / "by_key.graphql").write_text('{ parcel(parcelId: "1-1") { landUse } }')
    (folder / "given.graphql").write_text(
        "query Given($year: Int) { parcels(first: 2, filters: {yearBuilt: {exact: $year}}) { nodes { parcelId } } }"
    )
    (folder / "given.json").write_text('{"year": 1793}')
    (folder / "wrong.graphql").write_text("{ nothing }")
    found = {one["about"]: one for one in advice("operations", "--operations", str(folder))}
    assert set(found) == {"old.graphql", "given.graphql Given", "wrong.graphql"}
    assert found["old.graphql"]["todo"] == found["given.graphql Given"]["todo"] == [CURE]
    assert "13115 rows of parcels read, 1 kept" in found["old.graphql"]["text"]
    assert "Cannot query field" in found["wrong.graphql"]["text"]


def test_what_to_do_stands_on_lines_that_can_be_copied(advise, tmp_path):
    (tmp_path / "old.graphql").write_text(OLD)
    lines = advise("--operations", "old.graphql").stdout.splitlines()
    assert any(line.endswith(f": {CURE}") for line in lines)
    assert lines[-1].endswith("pieces of advice.")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.graphql", b"{", "is not GraphQL"),
        ("a.graphql", b"\xff", "cannot be read"),
        ("a.txt", b"", "has no file"),
    ],
)
def test_a_folder_that_is_of_no_use_is_an_error(advise, tmp_path, name, content, said):
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / name).write_bytes(content)
    assert said in str(advise("--operations", str(folder)).exception)


@pytest.mark.parametrize("content", ["[", "[]"])
def test_variables_that_are_no_object_are_an_error(advise, tmp_path, content):
    (tmp_path / "a.graphql").write_text(OLD)
    (tmp_path / "variables.json").write_text(content)
    assert "variables.json" in str(advise("--operations", "a.graphql").exception)


def test_an_index_that_nobody_reads_and_no_layer_declares_can_go(advice, cluster, city):
    cluster.execute("CREATE INDEX ix_idle ON parcels (version)", database=city[0])
    found = advice("indexes")
    assert ["DROP INDEX CONCURRENTLY ix_idle;"] in [one["todo"] for one in found]
    assert not any("ix_parcels" in todo for one in found for todo in one["todo"] if todo.startswith("DROP"))


def test_a_large_table_is_to_be_vacuumed_more_often(advice, cluster, city):
    cluster.execute("UPDATE pg_class SET reltuples = 2000000 WHERE relname = 'parcels'", database=city[0])
    todo = [todo for one in advice("upkeep") for todo in one["todo"]]
    assert any(one.startswith("ALTER TABLE parcels SET (autovacuum_vacuum_scale_factor = 0.02") for one in todo)


def test_what_check_finds_of_indexes_is_told_too(advice, cluster, city):
    cluster.execute("DROP INDEX ix_parcels_geom", database=city[0])
    todo = [todo for one in advice("indexes") for todo in one["todo"]]
    assert "CREATE INDEX CONCURRENTLY ON parcels USING gist (geom);" in todo


def test_the_gateway_s_own_samples_are_listed_and_need_no_index(advise, cluster, city):
    cluster.execute("CREATE EXTENSION pg_stat_statements", database=city[0])

    async def sample():
        database = Database(DatabaseSettings(), city[1])
        async with database.session() as session:
            await session.rows(spread(LAYERS, [(layer, None) for layer in LAYERS]))
        await database.dispose()

    asyncio.run(sample())
    told = json.loads(advise("--json").stdout)
    (found,) = (found for found in told["hotspots"] if "hashint8" in found["query"])
    assert found["verdict"] == "the gateway's own: it reads all rows, or some of them at random, on purpose"
    assert [found for found in told["advice"] if found["topic"] == "statements"] == []
