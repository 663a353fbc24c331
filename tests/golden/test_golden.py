"""Golden cases: what each operation is planned as, what it sends, and what it answers, with the planner and without.

A case is a folder with `query.graphql`, maybe `variables.json`, and what `make bless` writes: `plan.txt`, `plan.sql`,
`response.json`, and `kept.sql`: the statements that are others where relations are kept. Nothing that a client sends
stands in SQL text.
"""

import json
from pathlib import Path

import pytest

from gateway.layers import LAYERS, Layers
from gateway.planner.describe import plan_text
from gateway.sql.rebuilding import kept_pairs
from tests.fixtures.both_ways import with_defaults
from tests.fixtures.differences import difference
from tests.golden.describe import sql_texts

HERE = Path(__file__).parent
KEPT = Layers(LAYERS.layers, frozenset(each.name for each in kept_pairs(LAYERS)))
CASES = sorted(found.parent.name for found in HERE.glob("*/query.graphql"))


def test_there_are_forty_cases():
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES)
async def test_both_ways_answer_as_before(both_ways, case, request):
    folder = HERE / case
    document = (folder / "query.graphql").read_text()
    given = folder / "variables.json"
    variables = json.loads(given.read_text()) if given.exists() else {}
    both_ways.on.operations.documents.prepare(document, None)  # it is kept when it comes for the second time
    on, off = await both_ways.run(document, variables)
    assert on.answer == off.answer
    made = {"response.json": json.dumps(on.answer, indent=1, ensure_ascii=False) + "\n"}
    made |= _planned(both_ways, document, variables)
    if request.config.getoption("bless"):
        for name, text in made.items():
            if text or (folder / name).exists():
                (folder / name).write_text(text)
    if told := difference(folder, made):
        pytest.fail(told, pytrace=False)


def _planned(ways, document, variables):
    """The plan and its statements, of an operation that is planned."""
    prepared = ways.on.operations.documents.prepare(document, None)
    if (planned := _plan(prepared, variables, LAYERS)) is None:
        return {"plan.txt": "not planned: resolvers answer\n", "plan.sql": ""}
    made = {"plan.txt": plan_text(planned.plan), "plan.sql": "", "kept.sql": ""}
    if compiled := planned._compiled._made:
        shapes, reads = next(reversed(compiled.items()))
        sent = sql_texts(reads)
        kept = sql_texts(_plan(prepared, variables, KEPT).compiled(shapes))
        made |= {"plan.sql": "\n".join(sent), "kept.sql": "\n".join(text for text in kept if text not in sent)}
    return made


def _plan(prepared, variables, layers):
    return prepared.planned and prepared.planned.plan(with_defaults(prepared.operation, variables), layers)


def _texts(value):
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


@pytest.mark.parametrize("case", [case for case in CASES if (HERE / case / "variables.json").exists()])
def test_no_text_of_the_client_stands_in_sql(case):
    sql = (HERE / case / "plan.sql").read_text()
    for text in _texts(json.loads((HERE / case / "variables.json").read_text())):
        assert f"'{text}" not in sql
