"""What every test may ask for; the fixtures stand by theme in tests/fixtures."""

import os
import sys

import hypothesis

from gateway import settings
from gateway.server import interpreter
from tests.fixtures.examples import examples

# How long one example takes is the machine's affair: a busy one pauses for longer than Hypothesis allows.
hypothesis.settings.register_profile(
    "any machine",
    max_examples=examples(25, 2_000),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")

pytest_plugins = [
    "tests.fixtures.schema",
    "tests.fixtures.cluster",
    "tests.fixtures.databases",
    "tests.fixtures.both_ways",
    "tests.fixtures.browser",
    "tests.fixtures.door",
    "tests.fixtures.mapping",
    "tests.fixtures.node",
    "tests.fixtures.reading",
    "tests.fixtures.restarts",
    "tests.fixtures.replicas",
    "tests.fixtures.jurisdictions",
    "tests.fixtures.server",
    "tests.fixtures.pairs",
    "tests.fixtures.pooler",
    "tests.fixtures.nginx",
    "tests.fixtures.haproxy",
    "tests.fixtures.stores",
    "tests.fixtures.cookbook",
    "tests.fixtures.sessions",
    "tests.fixtures.sockets",
    "tests.fixtures.sources",
    "tests.fixtures.strays",
]


def pytest_addoption(parser):
    parser.addoption(
        "--bless", action="store_true", help="write what the golden cases answer now, instead of comparing"
    )


def pytest_collection_finish():
    """Collect garbage as a server does: Python's own thresholds go through all modules again and again."""
    interpreter.settle()


def pytest_configure():
    """Tests read no setting of the person who runs them: neither the environment nor a .env file.

    They start many processes, so bytecode is kept, even where images of containers say otherwise: without it each
    process compiles every library that it imports, which takes longer than what most of them do.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name in [name for name in os.environ if name.startswith("GATEWAY_") and not name.startswith("GATEWAY_TEST_")]:
        del os.environ[name]
    for group in vars(settings).values():
        if isinstance(group, type) and issubclass(group, settings.BaseSettings):
            group.model_config["env_file"] = None
