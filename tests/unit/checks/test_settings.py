"""Each setting that is amiss gives exactly its message, and the defaults give none."""

import pytest
from pydantic import SecretStr

from gateway.checks.registry import Tag
from gateway.checks.running import Report, Run
from gateway.layers import LAYERS
from gateway.settings import HttpSettings, Settings
from gateway.settings.http import THIS_MACHINE
from gateway.sources.jail import walls


def told(settings, *tags):
    return list(Run(settings, LAYERS, frozenset(tags)).static())


def ids(messages):
    return {message.rule.id for message in messages}


def changed(settings, group="", **values):
    if not group:
        return settings.model_copy(update=values)
    return settings.model_copy(update={group: getattr(settings, group).model_copy(update=values)})


AMISS = [
    ("limits", {"page_default": 2000}, "gateway.E001"),
    ("database", {"pooler": "pgbouncer"}, "gateway.E002"),
    ("database", {"work_mem": "64 megabytes"}, "gateway.E003"),
    ("database", {"effective_cache_size": ""}, "gateway.E003"),
    ("http", {"allowed_hosts": ()}, "gateway.E005"),
    ("database", {"read_timeout_ms": 60_000}, "gateway.W001"),
    ("database", {"write_timeout_ms": 60_000}, "gateway.W001"),
    ("database", {"pool_timeout": 30.0}, "gateway.W002"),
    ("", {"secret_key": SecretStr("hunter2")}, "gateway.W003"),
    ("http", {"cors_origins": ("map.example.org",)}, "gateway.W004"),
    ("http", {"cors_origins": ("https://map.example.org/",)}, "gateway.W004"),
    ("", {"silenced_checks": ("gateway.W999",)}, "gateway.W005"),
]


def test_the_defaults_are_sane(settings):
    assert told(settings, Tag.SETTINGS, Tag.LAYERS) == []


@pytest.mark.parametrize(("group", "values", "expected"), AMISS)
def test_a_setting_that_is_amiss_gives_exactly_its_message(settings, group, values, expected):
    assert ids(told(changed(settings, group, **values), Tag.SETTINGS)) == {expected}


@pytest.mark.parametrize("size", ["64MB", "65536 kB", "1.5GB", "8192"])
def test_every_way_to_write_a_size_is_taken(settings, size):
    assert told(changed(settings, "database", work_mem=size), Tag.SETTINGS) == []


@pytest.mark.parametrize("origin", ["*", "null", "http://localhost:5173", "https://map.example.org"])
def test_origins_as_browsers_send_them_are_taken(settings, origin):
    assert told(changed(settings, "http", cors_origins=(origin,)), Tag.SETTINGS) == []


def test_a_data_directory_that_is_a_file_is_told(settings, tmp_path):
    (tmp_path / "file").write_text("")
    assert ids(told(changed(settings, data_dir=tmp_path / "file" / "data"), Tag.SETTINGS)) == {"gateway.E004"}


def test_the_data_directory_does_not_matter_with_a_database_of_ones_own(settings, tmp_path):
    (tmp_path / "file").write_text("")
    elsewhere = changed(settings, "database", url="postgresql+asyncpg://db/gis")
    assert told(changed(elsewhere, data_dir=tmp_path / "file"), Tag.SETTINGS) == []


def test_a_developers_settings_give_the_findings_of_deploy(settings):
    assert ids(told(settings, Tag.DEPLOY)) == {
        "gateway.W101",
        "gateway.W102",
        "gateway.W103",
        "gateway.W104",
        "gateway.W105",
        "gateway.W106",
        "gateway.W107",
        "gateway.W112",
        "gateway.W114",
        "gateway.W123",
    }


@pytest.fixture
def production(settings):
    """Settings for production, with which --deploy finds nothing."""
    public = HttpSettings(public_url="https://gis.example.org")
    found = Settings(environment="production", data_dir=settings.data_dir, secret_key="k" * 64, http=public)
    found = changed(found, "database", url="postgresql+asyncpg://u:p@db.example.org/gis?ssl=verify-full")
    return changed(found, "log", format="json")


def test_settings_for_production_give_no_finding(production):
    assert told(production, Tag.SETTINGS, Tag.LAYERS, Tag.DEPLOY) == []


@pytest.mark.parametrize(
    ("group", "values", "expected"),
    [
        ("database", {"lock_timeout_ms": 0}, "gateway.W108"),
        ("database", {"idle_in_transaction_timeout_ms": 0}, "gateway.W108"),
        ("database", {"client_check_interval_ms": 0}, "gateway.W108"),
        ("database", {"pool_pre_ping": False}, "gateway.W109"),
        ("log", {"format": "console"}, "gateway.W110"),
        ("log", {"level": "debug"}, "gateway.W111"),
        ("http", {"introspection": True}, "gateway.W103"),
        ("http", {"graphiql": True}, "gateway.W104"),
        ("http", {"suggestions": True}, "gateway.W105"),
        ("http", {"cors_origins": ("*",)}, "gateway.W106"),
        ("http", {"allowed_hosts": ("*",)}, "gateway.W107"),
        ("http", {"explain": "anyone"}, "gateway.W114"),
        ("http", {"allowed_hosts": THIS_MACHINE}, "gateway.W120"),
        ("http", {"public_url": "http://gis.example.org"}, "gateway.W122"),
        ("metrics", {"port": 0}, "gateway.W123"),
        ("auth", {"anonymous": ("read", "write")}, "gateway.W124"),
        ("http", {"connections": 2**62}, "gateway.W125"),
        ("auth", {"jwt_key_set": "https://login.example.org/keys"}, "gateway.W121"),
        ("database", {"url": "postgresql+asyncpg://u:p@db.example.org/gis"}, "gateway.W113"),
        ("database", {"url": "postgresql+asyncpg://u:p@db.example.org/gis?ssl=prefer"}, "gateway.W113"),
        ("database", {"pooler": "pgbouncer"}, "gateway.I101"),
    ],
)
def test_each_step_away_from_production_gives_exactly_its_message(production, group, values, expected):
    assert ids(told(changed(production, group, **values), Tag.DEPLOY)) == {expected}


@pytest.mark.parametrize("lacking", [walls.FILES, walls.CALLS])
def test_a_system_that_lacks_a_wall_around_readers_of_files_is_told(production, monkeypatch, lacking):
    monkeypatch.setattr(walls, "standing", lambda: {walls.FILES, walls.CALLS} - {lacking})
    assert ids(told(production, Tag.DEPLOY)) == {"gateway.W130"}


@pytest.mark.parametrize("url", ["postgresql+asyncpg://u:p@localhost/gis", "postgresql+asyncpg:///gis?host=/run/pg"])
def test_a_database_on_this_machine_needs_no_encryption(production, url):
    assert told(changed(production, "database", url=url), Tag.DEPLOY) == []


def test_a_message_never_holds_the_secret_or_the_password(production):
    leaky = changed(production, secret_key=SecretStr("hunter2"))
    leaky = changed(leaky, "database", url="postgresql+asyncpg://u:swordfish@db.example.org/gis")
    text = repr(told(leaky, *Tag))
    assert "hunter2" not in text
    assert "swordfish" not in text


def test_silenced_messages_are_counted_and_not_shown(settings):
    messages = told(settings, Tag.DEPLOY)
    report = Report.of(messages, ("gateway.W101", "gateway.W106"))
    assert report.silenced == 2
    assert "gateway.W101" not in ids(report.messages)
    assert len(report.messages) == len(messages) - 2
