"""The rig of each fault, and the table of what was lost at the end."""

import json
import os
import subprocess
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import pytest

from gateway.settings import DatabaseSettings
from tests.faults.relay import relayed
from tests.faults.rig import Gateways, Rig, databases, off_loop
from tests.fixtures.server import Server

_HEAD = ("fault", "reads", "lost", "slowest, s", "writes acknowledged", "lost", "doubled")
_rows = pytest.StashKey()


def pytest_configure(config):
    config.stash[_rows] = []


@pytest.fixture
def table(request):
    """`table.append(row)`: a row of what is printed at the end."""
    return request.config.stash[_rows]


def pytest_terminal_summary(terminalreporter, config):
    if not config.stash[_rows]:
        return
    terminalreporter.section("faults")
    for row in (_HEAD, ("---",) * len(_HEAD), *config.stash[_rows]):
        terminalreporter.write_line(f"| {' | '.join(map(str, row))} |")
    if out := os.environ.get("OUT"):
        Path(out).write_text(json.dumps([list(row) for row in config.stash[_rows]], indent=1))


@contextmanager
def small_disk(directory, size="400m"):
    """A file system of its own at a directory."""
    directory.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root alone")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.fixture
def rigged(serve, haproxy, replication_servers, pooler_before, sample_key, tmp_path):
    """`async with rigged(fault) as rig:`"""

    def made(fault):
        return _Rigged(fault, serve, haproxy, replication_servers, pooler_before, sample_key, tmp_path)

    return made


class _Rigged:
    def __init__(self, fault, serve, haproxy, servers, pooler_before, key, directory):
        self._fault = fault
        self._serve, self._haproxy, self._pooler_before = serve, haproxy, pooler_before
        self._origin, self._key, self._directory = servers.primary, key, directory
        self._stack, self._relays = ExitStack(), AsyncExitStack()

    async def __aenter__(self):
        fault, stack = self._fault, self._stack
        if fault.disk:
            stack.enter_context(small_disk(self._directory / "one"))
        made = stack.enter_context(databases(self._directory, self._origin, self._key))
        relays = []
        if fault.relays:
            for node in made.nodes:
                relay, port = await self._relays.enter_async_context(relayed(node.url(made.name)))
                relays.append(relay)
                made.places.append(("127.0.0.1", port))
        environment = {"GATEWAY_DATABASE_URL": made.url, "GATEWAY_REPLICA_URLS": made.replicas}
        pooler = None
        if fault.pooler:
            options = "server_login_retry = 0.5", "ignore_startup_parameters = extra_float_digits"
            pooler = stack.enter_context(self._pooler_before(made.primary.url(made.name), *options))
            url = pooler.url(made.primary.url(made.name))
            environment = {"GATEWAY_DATABASE_URL": url, "GATEWAY_DATABASE_POOLER": "pgbouncer"}
        environment["GATEWAY_DATA_DIR"] = str(self._directory)
        gateways = Gateways(self._serve, stack, environment)
        port = stack.enter_context(self._haproxy(*gateways.ports))
        return Rig(made, gateways, Server(None, port, "front"), relays, pooler)

    async def __aexit__(self, *_):
        await off_loop(self._stack.close)  # relays pass on what is said at the end
        await self._relays.aclose()


@pytest.fixture
def own_url():
    """A URL as settings understand it."""
    return lambda url: DatabaseSettings(url=url).url
