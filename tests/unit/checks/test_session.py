"""Amounts of settings compare whatever their unit."""

import pytest

from gateway.checks.session import amount


@pytest.mark.parametrize(
    ("wanted", "setting", "unit"),
    [
        ("64MB", "65536", "kB"),
        ("4GB", "524288", "8kB"),
        ("4096 MB", "524288", "8kB"),
        ("10000", "10000", "ms"),
        ("1.1", "1.1", None),
        ("off", "off", None),
    ],
)
def test_equal_amounts_are_equal(wanted, setting, unit):
    assert amount(wanted, unit) == amount(setting, unit)


@pytest.mark.parametrize(
    ("wanted", "setting", "unit"), [("64MB", "4096", "kB"), ("1.1", "4", None), ("off", "on", None)]
)
def test_different_amounts_differ(wanted, setting, unit):
    assert amount(wanted, unit) != amount(setting, unit)
