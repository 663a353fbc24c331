"""A failing golden case shows what changed and how to keep it."""

import pytest

from tests.fixtures.differences import LINES, difference


@pytest.fixture
def case(tmp_path):
    folder = tmp_path / "viewport"
    folder.mkdir()
    (folder / "plan.sql").write_text("".join(f"line {number}\n" for number in range(100)))
    return folder


def test_nothing_is_shown_of_what_is_as_before(case):
    assert difference(case, {"plan.sql": (case / "plan.sql").read_text()}) == ""


def test_a_changed_line_is_shown_between_its_neighbours_with_the_command_that_keeps_it(case):
    changed = (case / "plan.sql").read_text().replace("line 50\n", "line fifty\n")
    assert difference(case, {"plan.sql": changed}).splitlines() == [
        "viewport differs:",
        "--- viewport/plan.sql",
        "+++ now",
        "@@ -49,5 +49,5 @@",
        " line 48",
        " line 49",
        "-line 50",
        "+line fifty",
        " line 51",
        " line 52",
        "If this is meant: .venv/bin/pytest -q --bless tests/golden -k viewport",
    ]


def test_a_long_difference_is_cut(case):
    shown = difference(case, {"plan.sql": "", "response.json": "{}\n"}).splitlines()
    assert len(shown) == LINES + 3
    assert shown[-2] == "... and 67 lines more"
