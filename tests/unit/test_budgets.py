"""The house stays small: files, functions, parameters and folders have a size that they do not pass."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("gateway", "schema")  # a migration is written once and never shaped again
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
FILE_LINES = 300
FUNCTION_LINES = 40
POSITIONAL_PARAMETERS = 5
FOLDERS = 4
# Rooms that only describe: statements, plans, terms and shapes. What awaits stands above them.
PURE = ("gateway/sql", "gateway/planner", "gateway/geo", "gateway/query")
# What passed a budget when the budget came. Entries leave this list; none joins it.
ALLOWED: frozenset[str] = frozenset()


@cache
def parsed(file):
    return ast.parse(file.read_text())


def statements(node):
    """All statements in it, at any depth; to look into expressions, too, takes three times as long."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements(child)


def functions(file):
    for node in statements(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{file.relative_to(ROOT)}:{node.name}", node


def positional(node):
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return [name for name in names if name not in {"self", "cls"}]


def is_command(name):
    """Whether Typer calls it, by keyword: its parameters are the options of a command, with their help."""
    return name.startswith("gateway/management/commands/") and name.endswith(":command")


@cache
def over_budget():
    return frozenset(_over_budget())


def _over_budget():
    for file in FILES:
        name = str(file.relative_to(ROOT))
        if len(file.read_text().splitlines()) > FILE_LINES:
            yield name
        if len(Path(name).parts) - 1 > FOLDERS:
            yield name
        for function, node in functions(file):
            start = node.body[0].lineno if is_command(function) else node.lineno
            if node.end_lineno - start + 1 > FUNCTION_LINES:
                yield function
            if len(positional(node)) > POSITIONAL_PARAMETERS and not is_command(function):
                yield function


def test_nothing_passes_its_budget_of_size():
    assert over_budget() - ALLOWED == set()


def test_the_allow_list_holds_nothing_that_keeps_its_budget_by_now():
    assert ALLOWED - over_budget() == set()


@pytest.mark.parametrize("folder", [folder for folder in PURE if (ROOT / folder).exists()])
def test_a_pure_room_awaits_nothing(folder):
    waiting = {
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
    }
    assert waiting == set()


def test_every_module_says_what_it_is():
    assert [str(file.relative_to(ROOT)) for file in FILES if not ast.get_docstring(parsed(file))] == []


def test_no_module_is_a_drawer_for_everything():
    drawers = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
    assert [file for file in FILES if drawers & {file.stem, *file.relative_to(ROOT).parts[:-1]}] == []
