"""What every command has: its help, its exit codes, and errors on one line."""

import pytest

from gateway import errors
from gateway.management import application, main, names


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        return end.value.code, capsys.readouterr()

    return run


@pytest.fixture
def breaking(monkeypatch):
    """Let a command fail with the given error."""

    def breaking(error):
        def command():
            """Fail."""
            raise error

        monkeypatch.setattr("gateway.management.commands.migrate.command", command)

    return breaking


def test_help_lists_every_command_with_a_line(run):
    code, said = run("--help")
    assert code == 0
    for name in names():
        assert f" {name} " in said.out
    for command in application(names()).registered_commands:
        assert command.callback.__doc__, f"{command.name} says nothing of itself"


def test_an_error_of_the_gateway_is_one_line_with_its_code_and_exit_1(run, breaking):
    breaking(errors.SetupError("Something is\n  missing: install it."))
    code, said = run("migrate")
    assert (code, said.out, said.err) == (1, "", "SETUP Something is missing: install it.\n")


def test_an_unforeseen_error_is_one_line_too(run, breaking):
    breaking(RuntimeError("boom"))
    code, said = run("migrate")
    assert code == 1
    assert said.err.startswith("INTERNAL RuntimeError: boom")
    assert "Traceback" not in said.err


def test_traceback_shows_where_an_unforeseen_error_arose(breaking):
    breaking(RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        main(["--traceback", "migrate"])


def test_ctrl_c_ends_with_130_and_no_words(run, breaking):
    breaking(KeyboardInterrupt())
    code, said = run("migrate")
    assert (code, said.err) == (130, "")


def test_a_wrong_setting_is_named_as_in_the_environment(run, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_POOL_SIZE", "0")
    code, said = run("showmigrations")
    assert (code, said.err) == (1, "SETUP GATEWAY_DATABASE_POOL_SIZE: Input should be greater than or equal to 1\n")


def test_an_unknown_command_is_wrong_usage_and_a_near_one_is_offered(run):
    code, said = run("migrat")
    assert code == 2
    assert "migrate" in said.err
