"""Regular expressions mean the same to each Python that the product runs on."""

import re

from tests.fixtures.cluster import ROOT

# CPython 3.11.0 to 3.11.4, that of Debian 12 among them, matches these wrongly: python/cpython#106052.
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{[\d,]+\})\+")


def test_no_group_is_repeated_possessively():
    files = (file for package in ("gateway", "schema", "migrations") for file in (ROOT / package).rglob("*.py"))
    assert [str(file.relative_to(ROOT)) for file in files if POSSESSIVE_GROUP.search(file.read_text())] == []
