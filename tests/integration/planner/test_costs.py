"""What an operation costs is by the rows that it reads, whichever way it is answered."""

import pytest


@pytest.mark.parametrize(
    ("declared", "arguments", "variables", "rows"),
    [
        ("$a: Int", "first: $a, last: 250", {}, 250),
        ("$a: Int", "last: $a", {"a": 7}, 7),
        ("$a: Int", "last: $a", {}, 100),
        ("$a: Int = 250", "first: $a", {}, 250),
        ("$a: Int = 250", "first: $a", {"a": None}, 100),
        ("$a: Int = 250", "first: 3, last: $a", {"a": None}, 3),
    ],
)
async def test_a_page_costs_the_rows_that_are_read_with_and_without_a_plan(
    both_ways, declared, arguments, variables, rows
):
    document = "query Q%s { parcels(%s) { nodes { parcelId } } }"
    told = await both_ways.on.run(document % ("", f"first: {rows}"))
    on, off = await both_ways.run(document % (f"({declared})", arguments), variables)
    assert on.answer == off.answer
    assert on.answer["extensions"]["cost"] == told.answer["extensions"]["cost"]
    read = [answer["data"] and len(answer["data"]["parcels"]["nodes"]) for answer in (on.answer, off.answer)]
    assert read == [rows, rows]
