"""`manage.py createkey`, `listkeys` and `revokekey`."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from gateway.management import application, output


@pytest.fixture
def manage(empty_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)

    def run(command, *arguments):
        return CliRunner().invoke(application([command]), [command, *arguments])

    return run


def keys(manage):
    return {key["name"]: key for key in json.loads(manage("listkeys", "--json").stdout)}


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(manage):
    made = manage("createkey", "--scope", "read", "--scope", "write", "--name", "maps", "--expires", "30d")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key.startswith("gwk_")
    listed = manage("listkeys", "--json")
    assert key.split("_", 2)[2] not in listed.output
    (found,) = json.loads(listed.stdout)
    assert (found["name"], found["scopes"], found["state"]) == ("maps", ["read", "write"], "holds")
    assert manage("revokekey", found["id"]).exit_code == 0
    assert keys(manage)["maps"]["state"] == "revoked"
    assert found["id"] in manage("listkeys").stdout


def test_a_key_may_be_of_one_of_several_and_of_all_jurisdictions(manage):
    for code in ("alpha", "beta"):
        assert manage("jurisdiction", "add", code).exit_code == 0
    make = ("createkey", "--scope", "read", "--name")
    for name, *codes in (("none",), ("own", "public"), ("one", "alpha"), ("both", "alpha", "beta"), ("all", "*")):
        made = manage(*make, name, *(word for code in codes for word in ("--jurisdiction", code)))
        assert made.exit_code == 0, made.output
    listed = {name: key["jurisdictions"] for name, key in keys(manage).items()}
    assert listed == {"none": [], "own": [], "both": ["alpha", "beta"], "all": ["*"]}
    assert "alpha, beta" in manage("listkeys").stdout
    of_alpha = json.loads(manage("listkeys", "--json", "--jurisdiction", "alpha").stdout)
    assert [key["name"] for key in of_alpha] == ["one"]
    for codes in (("gamma",), ("alpha", "gamma"), ("alpha", "*"), ("all",)):
        refused = manage(*make, "bad", *(word for code in codes for word in ("--jurisdiction", code)))
        assert refused.exit_code != 0
        assert "bad" not in keys(manage)


def test_what_cannot_be_a_key_is_refused(manage):
    assert manage("createkey").exit_code == 2
    assert manage("createkey", "--scope", "delete").exit_code == 2
    wrong = manage("createkey", "--scope", "read", "--expires", "soon")
    assert wrong.exit_code != 0
    assert "30d" in str(wrong.exception)
    missing = manage("revokekey", "no such id")
    assert missing.exit_code != 0
    assert "listkeys" in str(missing.exception)
    assert keys(manage) == {}


def test_nothing_of_a_key_is_cut_in_a_narrow_terminal(manage, monkeypatch):
    name = "the maps of the department of planning and of all who work for it from elsewhere"
    assert manage("createkey", "--scope", "read", "--scope", "write", "--scope", "bulk", "--name", name).exit_code == 0
    monkeypatch.setattr(output, "out", Console(soft_wrap=True, highlight=False, width=80))
    shown = manage("listkeys").stdout
    assert keys(manage)[name]["id"] in shown
    assert "…" not in shown
    cells = [line.split("│")[2].strip() for line in shown.splitlines() if line.count("│") > 2]
    assert "".join("".join(cells).split()) == "".join(name.split())
    assert max(map(len, shown.splitlines())) <= 80
