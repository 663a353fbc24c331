"""Defaults that depend on the environment: what only developers need is off in production unless it is set."""

import pytest

from gateway.management.commands import diffsettings
from gateway.settings import HttpSettings, Settings

COMFORTS = {"graphiql": False, "introspection": False, "suggestions": False, "explain": "nobody", "cors_origins": ()}


@pytest.fixture
def production(monkeypatch):
    def settings(**others):
        for name, value in {"GATEWAY_ENVIRONMENT": "production", **others}.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return settings


@pytest.mark.parametrize("name", COMFORTS)
def test_production_turns_off_what_only_developers_need(production, name):
    assert getattr(Settings().http, name) in {True, "anyone", ("*",)}
    assert getattr(production().http, name) == COMFORTS[name]


@pytest.mark.parametrize("name", COMFORTS)
def test_what_is_set_holds_in_production_too(production, name):
    given = {"explain": "admin", "cors_origins": "https://map.example.org"}.get(name, "true")
    http = production(**{f"GATEWAY_HTTP_{name.upper()}": given}).http
    assert getattr(http, name) in {True, "admin", ("https://map.example.org",)}
    assert all(getattr(http, other) == value for other, value in COMFORTS.items() if other != name)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://maps.example.org/gis", "maps.example.org"),
        ("https://maps.example.org:8443", "maps.example.org"),
        ("http://[2001:db8::7]:80/gis", "[2001:db8::7]"),
    ],
)
def test_hosts_in_production_are_that_of_the_public_url_and_this_machine(production, url, host):
    assert Settings().http.allowed_hosts == ("*",)
    assert production().http.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    named = production(GATEWAY_HTTP_PUBLIC_URL=url).http.allowed_hosts
    assert named == (host, "localhost", "127.0.0.1", "[::1]")
    assert production(GATEWAY_HTTP_ALLOWED_HOSTS="*").http.allowed_hosts == ("*",)


def test_a_group_that_is_given_whole_is_settled_as_well():
    http = Settings(environment="production", http=HttpSettings(graphiql=True)).http
    assert (http.graphiql, http.introspection) == (True, False)


def test_diffsettings_compares_with_the_defaults_of_the_environment(production):
    settings = production(GATEWAY_HTTP_GRAPHIQL="true")
    told = {setting.name: setting for setting in diffsettings.shown(Settings, settings)}
    assert [name for name, setting in told.items() if setting.differs] == [
        "GATEWAY_ENVIRONMENT",
        "GATEWAY_HTTP_GRAPHIQL",
    ]
    assert told["GATEWAY_HTTP_INTROSPECTION"].value is False
    assert told["GATEWAY_HTTP_ALLOWED_HOSTS"].value == "localhost,127.0.0.1,[::1]"
