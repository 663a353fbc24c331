"""The commands of the database, run as a user runs them."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from gateway import migrations
from gateway.management import main
from tests.fixtures.cluster import ROOT

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


def test_makemigrations_finds_nothing_where_the_models_are_migrated(blank, manage):
    manage("migrate")
    assert manage("makemigrations", "-m", "nothing") == (0, "No changes detected.\n", "")


def test_makemigrations_wants_the_database_migrated_first(blank, manage):
    code, _, said = manage("makemigrations", "-m", "too early")
    assert code == 1
    assert said == "SETUP No migration was made: Target database is not up to date. Run manage.py migrate first.\n"


@pytest.mark.parametrize("arguments", [["--empty"], []])
def test_makemigrations_writes_what_changed_in_a_checkout(blank, manage, tmp_path, arguments):
    manage("migrate")
    for name in ("gateway", "schema", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "alembic.ini"):
        shutil.copy(ROOT / name, tmp_path / name)
    if not arguments:
        model = tmp_path / "gateway" / "models" / "parcel.py"
        model.write_text(
            model.read_text() + "\n    frontage_m: Mapped[float | None] = mapped_column(comment='Metres.')\n"
        )
    before = set((tmp_path / "migrations" / "versions").glob("*.py"))
    command = [sys.executable, "manage.py", "makemigrations", "-m", "Add frontage", *arguments]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    (made,) = set((tmp_path / "migrations" / "versions").glob("*.py")) - before
    assert made.stem.endswith("_add_frontage")
    operations = [line.strip() for line in made.read_text().splitlines() if "op." in line and "import" not in line]
    # One for the table, one for its history.
    changes = ["op.add_column", "op.add_column", "op.drop_column", "op.drop_column"]
    assert [line.split("(")[0] for line in operations] == ([] if arguments else changes)


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
    done = subprocess.run(command, cwd=ROOT, env=environment, input=lines, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "42" in done.stdout
    assert "'still here'" in done.stdout
    assert "ZeroDivisionError" in done.stderr
    assert "Parcel, ZoningDistrict" in done.stderr


def test_a_database_that_is_not_there_is_one_line_and_exit_1(manage, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://clerk@127.0.0.1:1/city")
    code, _, said = manage("showmigrations")
    assert (code, said) == (1, "UNAVAILABLE The database cannot be reached. Try again shortly.\n")
