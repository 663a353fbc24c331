"""Every setting that a page, a hint or an image names exists, so that no one sets what nothing reads."""

import re
from functools import cache

import pytest

from gateway import settings
from tests.fixtures import pages

ROOT = pages.ROOT
# Read by scripts and tests, not by the gateway.
OTHERS = {"GATEWAY_DATABASE_PASSWORD"}
PAGES = pages.PAGES + [
    file
    for pattern in (
        "*.md",
        "docs/deploy/*",
        "docker-compose.yml",
        "Dockerfile",
        ".env.example",
        "gateway/checks/*.py",
    )
    for file in sorted(ROOT.glob(pattern))
]


@cache
def known():
    groups = [group for group in vars(settings).values() if isinstance(group, type) and hasattr(group, "model_fields")]
    return {
        (group.model_config.get("env_prefix", "") + name).upper() for group in groups for name in group.model_fields
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(page):
    named = set(re.findall(r"\bGATEWAY_[A-Z][A-Z_]*[A-Z]\b", page.read_text()))
    assert {name for name in named - known() - OTHERS if not name.startswith("GATEWAY_TEST_")} == set()
