"""The commands of the database, run as a user runs them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gateway.db import migrations
from gateway.management import main
from tests.fixtures.cluster import ROOT

LOT = "ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(0, 0, 1, 1, 4326)))"
HEAD = next(iter(migrations.heads()))
ALL = [revision for revision, _ in migrations.history()]


@pytest.fixture
def blank(cluster, monkeypatch):
    """A database that was never migrated, as the one that the settings name."""
    with cluster.copy("template1") as url:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", url)
        yield url


@pytest.fixture
def manage(capfd):
    def manage(*arguments):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        said = capfd.readouterr()
        return end.value.code, said.out, said.err

    return manage


def applied(manage):
    _, said, _ = manage("showmigrations", "--json")
    return [migration["revision"] for migration in json.loads(said) if migration["applied"]]


def test_migrate_goes_to_the_newest_back_to_zero_and_one_step_at_a_time(blank, manage):
    assert applied(manage) == []
    assert manage("migrate") == (0, f"Migrated to {HEAD}.\n", "")
    assert applied(manage) == ALL
    assert manage("migrate") == (0, "No migrations to apply.\n", "")
    assert manage("migrate", "--", "-1")[0] == 0
    assert applied(manage) == ALL[:-1]
    assert manage("migrate", ALL[0])[0] == 0
    assert applied(manage) == ALL[:1]
    assert manage("migrate", ALL[-1])[0] == 0
    assert applied(manage) == ALL
    assert manage("migrate", "zero") == (0, "Migrated to zero.\n", "")
    assert applied(manage) == []


def test_migrate_to_a_revision_that_is_not_there_says_so(blank, manage):
    code, _, said = manage("migrate", "nowhere")
    assert code == 1
    assert said.startswith("SETUP The database cannot migrate to nowhere: ")
    assert said.count("\n") == 1


def test_showmigrations_marks_what_is_applied(blank, manage):
    code, before, _ = manage("showmigrations")
    assert (code, before.splitlines()[0][:3]) == (0, "[ ]")
    manage("migrate")
    _, after, _ = manage("showmigrations")
    assert [line[:3] for line in after.splitlines()] == ["[X]"] * len(ALL)
    assert HEAD in after


def test_a_revision_that_this_version_does_not_know_is_no_fault_of_it(cluster, blank, manage):
    manage("migrate")
    database = blank.partition("?")[0].rpartition("/")[2]
    cluster.execute("UPDATE alembic_version SET version_num = '94afa0e99e34'", database=database)
    code, shown, _ = manage("showmigrations")
    assert code == 0
    assert {line[:3] for line in shown.splitlines()} == {"[ ]"}
    code, _, said = manage("migrate")
    assert code == 1
    assert "94afa0e99e34" in said
    assert "of another version, or of a layer that is not here" in said


def test_makemigrations_finds_nothing_where_the_models_are_migrated(blank, manage):
    manage("migrate")
    assert manage("makemigrations", "-m", "nothing") == (0, "No changes detected.\n", "")


def test_makemigrations_wants_the_database_migrated_first(blank, manage):
    code, _, said = manage("makemigrations", "-m", "too early")
    assert code == 1
    assert said == "SETUP No migration was made: Target database is not up to date. Run manage.py migrate first.\n"


@pytest.fixture
def checkout(tmp_path):
    """A checkout of one's own; `checkout(...)` runs a command in it and answers the migrations that it wrote."""
    for name in ("gateway", "schema", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)

    def run(*arguments):
        before = set((tmp_path / "migrations" / "versions").glob("*.py"))
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        return sorted(set((tmp_path / "migrations" / "versions").glob("*.py")) - before)

    run.path = tmp_path
    return run


def operations(migration):
    lines = [line.strip() for line in migration.read_text().splitlines() if "op." in line and "import" not in line]
    return [line.split("(")[0] for line in lines]


def complaints(checkout, migration):
    """What the formatter and the linter of `make check` say."""
    ruff = Path(sys.executable).parent / "ruff"
    checks = ([ruff, "format", "--diff", migration], [ruff, "check", migration])
    done = [
        subprocess.run(check, check=False, cwd=checkout.path, capture_output=True, text=True, timeout=120)
        for check in checks
    ]
    return [said.stdout + said.stderr for said in done if said.returncode]


def test_makemigrations_writes_an_empty_one_to_be_filled_by_hand(blank, manage, checkout):
    manage("migrate")
    (made,) = checkout("makemigrations", "-m", "Add frontage", "--empty")
    assert made.stem.endswith("_add_frontage")
    assert operations(made) == []
    assert complaints(checkout, made) == []


NEW_TABLE = """

class Corner(Base):
    \"\"\"A corner of a parcel.\"\"\"

    __tablename__ = "corners"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(Text, comment="What is written on the \\"stone\\", however long it is.")
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False), comment="WGS 84.")
"""


def test_a_migration_of_a_new_table_passes_the_checks_of_a_commit(blank, manage, checkout):
    manage("migrate")
    model = checkout.path / "gateway" / "models" / "parcel.py"
    names = "from geoalchemy2 import Geometry\nfrom sqlalchemy import Text\nfrom gateway.models.base import Base\n"
    model.write_text(model.read_text().replace("\nfrom ", f"\n{names}from ", 1) + NEW_TABLE)
    (made,) = checkout("makemigrations", "-m", "Add corners")
    assert complaints(checkout, made) == []
    assert operations(made)[0] == "op.create_table"  # geoalchemy2's own operations have no types


def test_a_new_column_is_kept_by_the_history_from_its_migration_on(blank, manage, checkout, cluster):
    manage("migrate")
    database = make_url(blank).database
    cluster.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('a', {LOT})", database=database)
    model = checkout.path / "gateway" / "models" / "parcel.py"
    model.write_text(model.read_text() + "\n    frontage_m: Mapped[float | None] = mapped_column(comment='Metres.')\n")
    (made,) = checkout("makemigrations", "-m", "Add frontage")
    # One for the table, one for its history; nothing for the triggers, which every migration renews.
    assert operations(made) == ["op.add_column", "op.add_column", "op.drop_column", "op.drop_column"]
    checkout("migrate")
    kept = cluster.execute(
        "UPDATE parcels SET frontage_m = 12.5",
        "UPDATE parcels SET frontage_m = 30",
        "DELETE FROM parcels",
        "SELECT frontage_m FROM parcel_history WHERE operation <> 'CREATE' ORDER BY version",
        database=database,
    )
    assert [row["frontage_m"] for row in kept] == [None, 12.5, 30]
    # The way back leaves triggers that ask for no column that is gone.
    checkout("migrate", "--", "-1")
    cluster.execute(
        f"INSERT INTO parcels (parcel_id, geom) VALUES ('b', {LOT})",
        "UPDATE parcels SET land_use = 'R'",
        "TRUNCATE parcels",
        database=database,
    )


def test_dbshell_is_psql_on_the_gateways_database(blank, manage):
    code, said, _ = manage("dbshell", "--", "-Atc", "SELECT current_user || 1")
    assert (code, said) == (0, "gateway1\n")
    assert manage("dbshell", "--", "-c", "SELECT nonsense")[0] == 1


def test_dbshell_keeps_the_password_out_of_the_list_of_processes(manage, monkeypatch, tmp_path):
    psql = tmp_path / "psql"
    psql.write_text('#!/bin/sh\necho "$@"\necho "$PGPASSWORD"\n')
    psql.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://clerk:hunter2@db.example/city")
    assert manage("dbshell") == (0, "postgresql://clerk@db.example/city\nhunter2\n", "")


def test_shell_runs_a_command_that_awaits_with_models_and_a_session(empty_database, manage, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)
    code, said, _ = manage(
        "shell", "-c", "print(await session.scalar(select(func.count(Parcel.id))), settings.log.level)"
    )
    assert (code, said) == (0, "0 info\n")


def test_shell_shows_an_error_of_its_command_and_fails(empty_database, manage, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)
    code, _, said = manage("shell", "-c", "1 / 0")
    assert code == 1
    assert "ZeroDivisionError" in said


def test_shell_reads_lines_and_keeps_names_between_them(empty_database):
    environment = {**os.environ, "GATEWAY_DATABASE_URL": empty_database}
    lines = "n = await session.scalar(text('SELECT 6'))\nn * 7\n1 / 0\n'still ' + 'here'\n"
    command = [sys.executable, "manage.py", "shell"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=lines, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0
    assert "42" in done.stdout
    assert "'still here'" in done.stdout
    assert "ZeroDivisionError" in done.stderr
    assert "Parcel, ZoningDistrict" in done.stderr


def test_a_database_that_is_not_there_is_one_line_and_exit_1(manage, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://clerk@127.0.0.1:1/city")
    code, _, said = manage("showmigrations")
    assert (code, said) == (1, "UNAVAILABLE The database cannot be reached. Try again shortly.\n")
