"""`manage.py trust`, by the commands of docs/howto/trust-documents.md."""

import re

import pytest
from typer.testing import CliRunner

from gateway.management import application
from tests.fixtures.cluster import ROOT

PAGE = (ROOT / "docs" / "howto" / "trust-documents.md").read_text()
FILE = re.search(r"```graphql\n(.*?)```", PAGE, re.DOTALL)[1]
COMMANDS = re.findall(r"^\./manage\.py (trust .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def manage(empty_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)
    (tmp_path / "operations.graphql").write_text(FILE)

    def run(*arguments):
        return CliRunner().invoke(application(["trust"]), ["trust", *arguments])

    return run


def hashes(manage):
    return re.findall(r"[0-9a-f]{64}", manage("--list").stdout)


def test_the_page_has_commands_that_run(manage):
    assert len(COMMANDS) >= 4
    for command in COMMANDS:
        arguments = command.split("#")[0].split()[1:]
        wanted = [hashes(manage)[0] if argument.startswith("9c5c") else argument for argument in arguments]
        done = manage(*wanted)
        assert done.exit_code == 0, (command, done.output, done.exception)


def test_a_dry_run_prices_and_changes_nothing(manage):
    done = manage("operations.graphql", "--dry-run")
    assert done.exit_code == 0
    assert "ParcelsNearby" in done.stdout
    assert hashes(manage) == []


def test_replace_trusts_these_and_no_others(manage, tmp_path):
    assert manage("operations.graphql").exit_code == 0
    assert len(hashes(manage)) == 2
    (tmp_path / "other.graphql").write_text("{ __typename }")
    assert manage("other.graphql", "--replace").exit_code == 0
    assert len(hashes(manage)) == 1


def test_a_document_is_removed_by_its_hash(manage):
    manage("operations.graphql")
    first, second = hashes(manage)
    assert manage("--remove", first[:8]).exit_code == 0
    assert hashes(manage) == [second]
    assert "--list" in str(manage("--remove", first).exception)
    assert "--list" in str(manage("--remove", second[:4]).exception)


def test_files_or_one_option_are_needed(manage):
    assert "one of them" in str(manage().exception)
    assert "one of them" in str(manage("operations.graphql", "--list").exception)


def test_nothing_is_trusted_where_one_document_is_refused(manage, tmp_path):
    (tmp_path / "bad.graphql").write_text("{ nope }")
    assert "Cannot query field 'nope'" in str(manage("operations.graphql", "bad.graphql").exception)
    assert hashes(manage) == []
