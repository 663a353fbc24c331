"""Migrations that were applied stand for themselves: what changes later can't change what they did."""

import ast
import sys

import pytest

from tests.fixtures.cluster import ROOT

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))
LIBRARIES = {"alembic", "geoalchemy2", "sqlalchemy", *sys.stdlib_module_names}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_a_migration_imports_nothing_of_ours(file):
    assert set(imported(file)) <= LIBRARIES
