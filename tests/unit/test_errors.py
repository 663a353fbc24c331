"""The tree of errors and its page say the same."""

import re

import pytest

from gateway.errors import GatewayError, catalogue
from tests.fixtures.cluster import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text()
ENTRIES = dict(re.findall(r"^### (\S+)\n(.+?)(?=\n#|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
CODES = {kind.code: kind for kind in catalogue()}


def test_every_code_has_an_entry_and_every_entry_a_code():
    assert ENTRIES.keys() == CODES.keys()


def test_no_two_classes_share_a_code():
    kinds = list(catalogue())
    assert len(CODES) == len(kinds)


@pytest.mark.parametrize("code", [code for code, entry in ENTRIES.items() if entry[0].isdigit()])
def test_an_entry_names_the_status_of_its_class(code):
    assert ENTRIES[code].startswith(str(CODES[code].status))


@pytest.mark.parametrize("code", [code for code, kind in CODES.items() if kind.retryable])
def test_an_entry_says_which_errors_are_worth_another_try(code):
    assert "retryable" in ENTRIES[code].split(".")[0]


def test_the_page_names_only_settings_that_exist(settings):
    names = {
        f"GATEWAY_{group.upper()}_{field.upper()}"
        for group in ("database", "analytics", "limits", "http", "export", "bulk", "files", "budget", "auth")
        for field in type(getattr(settings, group)).model_fields
    }
    names |= {f"GATEWAY_{field.upper()}" for field in type(settings).model_fields}
    assert set(re.findall(r"GATEWAY_[A-Z_]+", PAGE)) <= names


def test_an_error_on_its_way_out_gathers_the_path_of_its_argument():
    error = GatewayError("bad", path=("coordinates", 0)).at("geojson").at("filters", "geometry")
    assert error.extensions == {"code": "INTERNAL", "argument": ["filters", "geometry", "geojson", "coordinates", 0]}
