"""`manage.py check`: what it prints, its JSON and its exit code."""

import json

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from gateway.checks.registry import Tag
from gateway.management import application


@pytest.fixture
def check(monkeypatch, tmp_path):
    """`check(*arguments, GATEWAY_X=...)` runs the command in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **environment):
        return CliRunner().invoke(application(["check"]), ["check", *arguments], env=environment)

    return run


@pytest.fixture
def empty(empty_database):
    """The environment that names a migrated database without rows."""
    return {"GATEWAY_DATABASE_URL": empty_database}


def test_defaults_have_no_issue(check):
    result = check()
    assert result.exit_code == 0
    assert "System check identified no issues (0 silenced)." in result.stdout


def test_an_error_gives_exit_code_1_and_its_hint_on_one_line(check):
    result = check(GATEWAY_LIMITS_PAGE_DEFAULT="2000")
    assert result.exit_code == 1
    assert "gateway.E001 HINT: Set GATEWAY_LIMITS_PAGE_DEFAULT to 1000 or less.\n" in result.stdout
    assert "System check identified 1 issue (0 silenced)." in result.stdout


def test_warnings_fail_only_from_their_level_on(check):
    assert check("--deploy").exit_code == 0
    assert check("--deploy", "--fail-level", "warning").exit_code == 1
    assert check("--fail-level", "info").exit_code == 0


def test_silenced_checks_are_counted(check):
    result = check("--tag", "deploy", "--deploy", GATEWAY_SILENCED_CHECKS="gateway.W101,gateway.W102")
    assert "gateway.W101" not in result.stdout
    assert "(2 silenced)" in result.stdout


def test_json_has_every_message_with_its_parts(check):
    result = check("--json", GATEWAY_LIMITS_PAGE_DEFAULT="2000", GATEWAY_SILENCED_CHECKS="gateway.W101")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "messages": [
            {
                "id": "gateway.E001",
                "level": "error",
                "text": "A page has 2000 rows by default, but 1000 at most.",
                "hint": "Set GATEWAY_LIMITS_PAGE_DEFAULT to 1000 or less.",
                "object": "GATEWAY_LIMITS_PAGE_DEFAULT",
            }
        ],
        "issues": 1,
        "silenced": 0,
    }


def test_a_migrated_database_passes(check, empty):
    result = check("--database", "--json", **empty)
    assert result.exit_code == 0
    assert {each["id"] for each in json.loads(result.stdout)["messages"] if each["level"] == "error"} == set()


def test_a_database_that_cannot_be_reached_is_one_error(check):
    result = check("--database", "--json", GATEWAY_DATABASE_URL="postgresql://gateway@127.0.0.1:1/gateway")
    assert result.exit_code == 1
    assert [each["id"] for each in json.loads(result.stdout)["messages"]] == ["gateway.E201"]


def test_a_private_cluster_that_cannot_start_is_one_error(check, tmp_path):
    (tmp_path / ".data").write_text("in the way")
    result = check("--database", "--json")
    assert result.exit_code == 1
    assert [each["id"] for each in json.loads(result.stdout)["messages"]] == ["gateway.E004", "gateway.E201"]


def test_a_tag_narrows_the_checks(check, cluster, empty):
    name = make_url(empty["GATEWAY_DATABASE_URL"]).database
    cluster.execute("DROP INDEX ix_parcels_geom", "DROP TABLE zoning_districts, alembic_version", database=name)
    result = check("--database", "--json", "--tag", "indexes", **empty)
    found = [each["id"] for each in json.loads(result.stdout)["messages"]]
    assert found == ["gateway.E301", "gateway.E401"]


def test_a_tag_that_needs_a_flag_says_so(check):
    for tag, flag in (("indexes", "--database"), ("deploy", "--deploy")):
        result = check("--tag", tag)
        assert result.exit_code == 2
        assert f"{tag} needs {flag}" in result.stderr


def test_tags_are_listed(check):
    assert check("--list-tags").stdout.split() == list(Tag)
