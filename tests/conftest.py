"""What every test may ask for; the fixtures stand by theme in tests/fixtures."""

import os
import sys

import pytest

pytest.register_assert_rewrite("tests.fixtures")
FIXTURES = (
    "process",
    "schema",
    "cluster",
    "databases",
    "both_ways",
    "browser",
    "door",
    "mapping",
    "node",
    "reading",
    "restarts",
    "replicas",
    "jurisdictions",
    "spanning",
    "citus",
    "server",
    "pairs",
    "pooler",
    "nginx",
    "haproxy",
    "stores",
    "cookbook",
    "sessions",
    "sockets",
    "sources",
    "strays",
)


def pytest_addoption(parser):
    parser.addoption(
        "--bless", action="store_true", help="write what the golden cases answer now, instead of comparing"
    )


def pytest_configure(config):
    """Import the fixtures, unless this process runs no test and only hands them to workers: that takes seconds.

    Tests start many processes, so bytecode is kept, even where images of containers say otherwise: without it each
    process compiles every library that it imports, which takes longer than what most of them do.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        for name in FIXTURES:
            config.pluginmanager.import_plugin(f"tests.fixtures.{name}")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("timed") or item.get_closest_marker("cpu"):
            item.add_marker(pytest.mark.flaky(reruns=2))
