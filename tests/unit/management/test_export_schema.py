"""The schema in the repository is that of the code."""

from functools import cache

import pytest

from gateway.management import main
from gateway.management.commands import export_schema

SDL = cache(export_schema.sdl)  # takes a second


@pytest.fixture(autouse=True)
def made_once(monkeypatch):
    monkeypatch.setattr(export_schema, "sdl", SDL)


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["export_schema", *map(str, arguments)])
        return end.value.code, capsys.readouterr()

    return run


def test_the_schema_file_is_that_of_this_version():
    assert export_schema.FILE.read_text() == SDL(), "run make bless"


def test_check_tells_a_file_that_differs_and_leaves_it(run, tmp_path):
    file = tmp_path / "schema.graphql"
    code, said = run("--check", file)
    assert (code, said.err) == (1, f"SETUP {file} is not the schema of this version: run manage.py export_schema.\n")
    assert not file.exists()

    assert run(file)[0] == 0
    assert run("--check", file)[0] == 0
    file.write_text(file.read_text() + "\n")
    assert run("--check", file)[0] == 1


def test_a_dash_writes_to_standard_output(run):
    code, said = run("-")
    assert code == 0
    assert said.out == SDL()
