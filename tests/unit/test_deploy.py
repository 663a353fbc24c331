"""The files of docs/deploy: units of systemd and the settings of a production, as they stand."""

import shlex
from configparser import ConfigParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.checks.messages import Level
from gateway.checks.registry import DEPLOY_TAGS, Tag
from gateway.checks.running import Run
from gateway.layers import LAYERS
from gateway.management import application, names
from gateway.settings import HttpSettings, Settings

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "run-in-production.md"
SERVICES = ["gateway.service", "gateway-nightly.service"]


class Unit(ConfigParser):
    """A unit: a name may come several times, so each has a list of values."""

    def __init__(self, file):
        super().__init__(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
        self.optionxform = str
        self.values = {}
        for line in file.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                self.values.setdefault(name, []).append(value)
        self.read_string(file.read_text())


def settings_of(text):
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if line)


@pytest.fixture
def production(monkeypatch):
    """Settings as gateway.env gives them, with a secret."""
    for name, value in settings_of((DEPLOY / "gateway.env").read_text()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GATEWAY_SECRET_KEY", "a secret of tests, as long as one of a production is")
    return Settings()


def test_the_settings_leave_nothing_for_check_deploy_to_warn_of(production):
    told = Run(production, LAYERS, frozenset({*DEPLOY_TAGS, Tag.SETTINGS})).static()
    assert [str(message) for message in told if message.rule.level >= Level.WARNING] == []


@pytest.mark.parametrize("name", SERVICES)
def test_each_command_of_a_unit_is_one_of_the_gateway(name):
    unit = Unit(DEPLOY / name)
    commands = [shlex.split(line) for line in (*unit.values.get("ExecStartPre", ()), *unit.values["ExecStart"])]
    for program, command, *options in commands:
        assert program == "/opt/spatial-gateway/bin/gateway"
        assert command in names()
        done = CliRunner().invoke(application([command]), [command, *options, "--help"])
        assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_unit_writes_lies_in_directories_that_it_gets(name):
    unit = Unit(DEPLOY / name)["Service"]
    assert unit["ProtectSystem"] == "strict"
    assert unit["StateDirectory"] == "spatial-gateway"
    assert "GATEWAY_DATA_DIR=/var/lib/spatial-gateway" in (DEPLOY / name).read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_takes_from_the_gateway_what_it_does_not_need_and_leaves_what_shuts_workers_in(name):
    unit = Unit(DEPLOY / name)
    assert unit.values["CapabilityBoundingSet"] == [""]
    for switch in (
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectHome",
        "RestrictNamespaces",
        "LockPersonality",
    ):
        assert unit.values[switch] == ["yes"]
    allowed, refused = unit.values["SystemCallFilter"]
    calls = {"@system-service", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"}
    assert (set(allowed.split()), refused) == (calls, "~@privileged")


def test_systemd_waits_longer_than_the_server_takes_to_stop():
    http = HttpSettings()
    assert (
        float(Unit(DEPLOY / "gateway.service")["Service"]["TimeoutStopSec"])
        > http.graceful_seconds + http.drain_seconds
    )


def test_the_timer_starts_a_service_that_is_there():
    assert (DEPLOY / "gateway-nightly.timer").with_suffix(".service").name in SERVICES


def test_the_page_names_each_file_and_its_settings_are_those_of_the_file():
    page = HOWTO.read_text()
    for file in DEPLOY.iterdir():
        assert f"../deploy/{file.name}" in page
    shown = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `GATEWAY_")}
    assert set(settings_of((DEPLOY / "gateway.env").read_text())) <= {*shown, "GATEWAY_LOG_FORMAT"}
