"""The table of weights in the docs is that of the code."""

import pytest

from gateway.planner.aggregates import FUNCTIONS
from gateway.planner.derived import WEIGHTS
from gateway.planner.keys import KEYS
from gateway.query import weights
from tests.fixtures.cluster import ROOT

DOCS = ROOT / "docs" / "explanation" / "cost.md"


def _number(value):
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def _rows():
    yield "| lookup, order or field | for a row | for a vertex of it | for a vertex of the argument |"
    yield "|---|---|---|---|"
    by_weight = {}
    for name, weight in weights.SPATIAL.items():
        by_weight.setdefault(weight, []).append(name)
    for weight, names in by_weight.items():
        argument = _number(weight.argument)
        if weight.square:
            argument += f", and {_number(weight.square)} x vertices"
        yield f"| {', '.join(names)} | {_number(weight.base)} | {_number(weight.row)} | {argument} |"
    for name, weight in (("`distanceTo`, `distance`", weights.DISTANCE),):
        yield f"| {name} | {_number(weight.base)} | {_number(weight.row)} | {_number(weight.argument)} |"
    for title, table in (("in filters and orders", weights.COMPUTED), ("as a field", WEIGHTS)):
        for name, weight in table.items():
            yield f"| `{name}` {title} | {_number(weight.base)} | {_number(weight.vertex)} | |"
    for function in FUNCTIONS:
        of = "of rows" if function.columns is None else "of a column"
        weight = function.weight
        yield f"| `aggregate.{function.name}` {of} | {_number(weight.base)} | {_number(weight.vertex)} | |"
    for key in KEYS:
        yield f"| key `{key.name}` of `groupBy` | {_number(key.weight.base)} | {_number(key.weight.vertex)} | |"
    yield f"| any other field | {_number(weights.PLAIN_FIELD)} | | |"


def test_the_docs_have_every_weight(request):
    table = "\n".join(_rows()) + "\n"
    text, _, _ = DOCS.read_text().partition("| lookup, order or field |")
    if request.config.getoption("bless"):
        DOCS.write_text(text + table)
    if not DOCS.read_text().endswith(table):
        pytest.fail("docs/explanation/cost.md has other weights: run pytest --bless tests/unit/query/test_weights.py")
