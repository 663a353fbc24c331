"""diffsettings and the page that it writes."""

import json

import pytest

from gateway.management import main
from gateway.management.commands import diffsettings
from tests.fixtures.cluster import ROOT


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^0$"):
            main(["diffsettings", *arguments])
        return capsys.readouterr().out

    return run


def test_only_what_differs_from_the_default_is_shown(run, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_POOL_SIZE", "3")
    monkeypatch.setenv("GATEWAY_HTTP_ALLOWED_HOSTS", "a.example,b.example")
    assert run() == "GATEWAY_DATABASE_POOL_SIZE = 3\nGATEWAY_HTTP_ALLOWED_HOSTS = a.example,b.example\n"


def test_all_marks_defaults_as_django_does(run, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_POOL_SIZE", "3")
    lines = run("--all").splitlines()
    assert "GATEWAY_DATABASE_POOL_SIZE = 3" in lines
    assert "### GATEWAY_HTTP_PORT = 8000" in lines


def test_passwords_and_keys_are_masked(run, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://clerk:hunter2@db.example/city")
    monkeypatch.setenv("GATEWAY_SECRET_KEY", "sesame")
    shown = run("--json")
    assert json.loads(shown)["GATEWAY_DATABASE_URL"] == "postgresql+asyncpg://clerk:***@db.example/city"
    assert "hunter2" not in shown
    assert "sesame" not in shown


def test_the_page_of_settings_is_that_of_this_version():
    assert (ROOT / "docs" / "settings.md").read_text() == diffsettings.markdown(), "run make bless"


def test_the_page_of_settings_knows_nothing_of_this_environment(monkeypatch):
    before = diffsettings.markdown()
    monkeypatch.setenv("GATEWAY_DATABASE_POOL_SIZE", "3")
    assert diffsettings.markdown() == before
