"""What a page says that a test holds, a test holds: the file is there."""

import re

import pytest

from tests.fixtures.pages import PAGES, ROOT


@pytest.mark.parametrize("page", [page for page in PAGES if "`tests/" in page.read_text()], ids=lambda page: page.name)
def test_every_test_that_is_named_exists(page):
    named = re.findall(r"`(tests/[\w/.-]+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []
