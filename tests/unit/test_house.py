"""`scripts/house` measures the code as it says."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "house"
MODULE = '''"""A module."""

from typing import Any


def one(row: Any) -> str:
    """Docstrings do not count."""
    name = row["a"]
    if name:
        return str(name)
    return "none"


def other(entry: object) -> str:
    text = entry["b"]
    if text:
        return str(text)
    return "nothing"


class Feature:
    def buffer(self) -> None:
        """A short one."""
'''


@pytest.fixture(scope="module")
def house():
    loader = SourceFileLoader("house", str(SCRIPT))
    module = module_from_spec(spec_from_loader("house", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path):
    for folder in ("gateway", "schema", "migrations"):
        (tmp_path / folder).mkdir()
    (tmp_path / "gateway" / "__init__.py").touch()
    (tmp_path / "gateway" / "rows.py").write_text(MODULE)
    (tmp_path / "schema" / "parcels.py").write_text("NAME = \"buffer\"\nYEAR = 'yearBuilt'\n")
    (tmp_path / "migrations" / "first.py").write_text(
        "COLUMN = 'year_built'\nSTREAM = getattr(None, \"buffer\", None)\n"
    )
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["schema", "gateway.a | gateway.b"]\n'
    (tmp_path / "pyproject.toml").write_text(contract)
    return tmp_path


def test_a_tree_is_measured(house, tree):
    assert house.measures(tree) == {
        "entries of gateway/": 1,
        "floors": 2,
        "lines": len(MODULE.splitlines()) + 2,
        "functions": 3,
        "lines of a function, median": 5,
        "lines of a function, p90": 6,
        "Any": 2,
        "files of a derived field": 2,
        "files of a column": 2,
        "duplicates": 1,
    }
