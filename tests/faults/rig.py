"""A city's servers on this machine; enters what to set up, leaves gateways behind HAProxy, and their databases.

A primary with two standbys, of which each commit waits for one; three gateways, each with two workers, which know all
three servers; HAProxy as docs/deploy/haproxy.cfg has it.
"""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from tests.fixtures.cluster import ROOT
from tests.fixtures.databases import fill_sample
from tests.fixtures.replicas import Node, standby
from tests.fixtures.server import Server, free_port
from tests.fixtures.waiting import ended, listening, locked

_SECRET = "the key of three gateways, of 32 characters and more"
_SETTINGS = {
    "GATEWAY_BUDGET_ENABLED": "false",
    "GATEWAY_LOG_LEVEL": "error",
    "GATEWAY_SECRET_KEY": _SECRET,
    "GATEWAY_DATABASE_POOL_SIZE": "4",
}


@dataclass
class Databases:
    """A primary and what follows it, and the URLs by which gateways know them."""

    nodes: list[Node]
    name: str
    places: list[tuple[str, int]] = field(default_factory=list)  # host and port of each, where a relay stands before it

    @property
    def primary(self):
        return self.nodes[0]

    @property
    def standbys(self):
        return self.nodes[1:]

    def urls(self):
        """Of each server."""
        for number, node in enumerate(self.nodes):
            parts = make_url(node.url(self.name))
            host, port = self.places[number] if self.places else (parts.query["host"], parts.query["port"])
            yield parts.username, host, port

    @property
    def url(self):
        """Of whichever is the primary."""
        users, hosts, ports = zip(*self.urls(), strict=True)
        given = f"host={','.join(hosts)}&port={','.join(map(str, ports))}"
        return f"postgresql://{users[0]}@/{self.name}?{given}&target_session_attrs=primary"

    @property
    def replicas(self):
        return " ".join(f"postgresql://{user}@/{self.name}?host={host}&port={port}" for user, host, port in self.urls())

    def rows(self):
        """The rows of writers, on the primary."""
        text = "SELECT parcel_id FROM parcels WHERE parcel_id LIKE 'outage-%'"
        return [row["parcel_id"] for row in self.primary.execute(text, database=self.name)]


@contextmanager
def databases(directory, origin, key):
    """A primary made of `origin`, and two standbys of it."""
    with ExitStack() as stack:
        sample = origin.build("sample", key, fill_sample)
        with locked(origin._directory / "turn.lock"), origin.copy(sample) as url:
            name = url.partition("?")[0].rpartition("/")[2]
            primary = stack.enter_context(standby(directory / "one", origin))
            primary.promote()
            primary._until("SELECT NOT pg_is_in_recovery()")
        nodes = [primary, *(stack.enter_context(standby(directory / each, primary)) for each in ("two", "three"))]
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", "SELECT pg_reload_conf()")
        yield Databases(nodes, name)


class Gateways:
    """Three of them at ports that stay; each can be killed, ended and begun."""

    def __init__(self, serve, stack, environment):
        self._serve = serve
        self._stack = stack
        self._environment = _SETTINGS | environment
        self.ports = [free_port() for _ in range(3)]
        self._running = [self._begin(port) for port in self.ports]

    def _begin(self, port):
        url = self._environment["GATEWAY_DATABASE_URL"]
        stack = self._stack.enter_context(ExitStack())
        given = {name: value for name, value in self._environment.items() if name != "GATEWAY_DATABASE_URL"}
        server = self._serve(url, "--workers", "2", app="gateway.asgi:application", port=port, **given)
        return stack.enter_context(server), stack

    def workers(self, number):
        """The process ids of the workers of one."""
        pid = self._running[number][0].process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def kill(self, number):
        """Kill its supervisor; its workers go a moment later, as systemd and containers end what is left of a unit."""
        workers = self.workers(number)
        self._running[number][0].process.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def restart(self, number):
        """End it in order where it runs, and begin it again at its port."""
        _, stack = self._running[number]
        stack.close()
        self._running[number] = self._begin(self.ports[number])

    def shift(self, number, offset):
        """Begin it again with a wrong clock."""
        _, stack = self._running[number]
        stack.close()
        stack = self._stack.enter_context(ExitStack())
        self._running[number] = stack.enter_context(self._of_another_time(self.ports[number], offset)), stack

    @contextmanager
    def _of_another_time(self, port, offset):
        """`manage.py serve` in a process of its own, since a library has to be loaded before Python."""
        faked = {"LD_PRELOAD": _faketime(), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "2"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | self._environment | faked)
        try:
            listening(process, port, seconds=60)
            yield process
        finally:
            process.terminate()
            ended(process)


def _faketime():
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is missing: 'make faults' installs it"
    return str(found[0])


@dataclass
class Rig:
    """All of it, while a fault happens."""

    databases: Databases
    gateways: Gateways
    front: Server
    relays: list = field(default_factory=list)
    pooler: object = None

    @property
    def primary(self):
        return self.databases.primary

    @property
    def standbys(self):
        return self.databases.standbys


async def off_loop(function, *arguments):
    """What takes a while, beside the load."""
    return await asyncio.to_thread(function, *arguments)
