"""What goes wrong: each fault happens once, and is over when its coroutine ends."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import create_async_engine

from tests.faults.rig import off_loop
from tests.fixtures.buildings import added


@dataclass(frozen=True)
class Fault:
    """One of the table: what happens, how long afterwards it happens again, and what it takes."""

    name: str
    happens: object
    every: float = 5.0  # seconds
    once: bool = False
    silent: bool = False  # somebody says nothing: reads may be late, but none by more than 3 s
    relays: bool = False
    pooler: bool = False
    disk: bool = False


async def restart_fast(rig):
    await off_loop(rig.primary.restart, "fast")


async def restart_immediate(rig):
    await off_loop(rig.primary.restart, "immediate")


async def kill_worker(rig):
    with suppress(ProcessLookupError, IndexError):
        os.kill(random.choice(rig.gateways.workers(random.randrange(3))), signal.SIGKILL)


async def kill_supervisor(rig):
    number = random.randrange(3)
    rig.gateways.kill(number)
    await asyncio.sleep(1)
    await off_loop(rig.gateways.restart, number)


async def kill_backend(rig):
    """PostgreSQL ends all its other processes then, and recovers."""
    rows = rig.primary.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'server-%' AND backend_type = 'client backend'"
    )
    if rows:
        os.kill(random.choice(rows)["pid"], signal.SIGKILL)


async def freeze_primary(rig):
    with rig.primary.frozen():
        await asyncio.sleep(4)


async def freeze_replica(rig):
    with random.choice(rig.standbys).frozen():
        await asyncio.sleep(4)


async def swallow_primary(rig):
    await _swallow(rig.relays[0])


async def swallow_replica(rig):
    await _swallow(random.choice(rig.relays[1:]))


async def _swallow(relay):
    relay.silent = True
    await asyncio.sleep(4)
    relay.silent = False


async def lag(rig):
    node = random.choice(rig.standbys)
    node.pause()
    await asyncio.sleep(6)
    node.go_on()


async def promote(rig):
    """The primary ends, the standby that has most becomes the primary, and the old one comes back as if nothing was."""
    nodes = rig.databases.nodes
    await off_loop(nodes[0].stop, "immediate")
    received = "SELECT (pg_last_wal_receive_lsn() - '0/0')::bigint"
    newest = max(nodes[1:], key=lambda node: node.ask(received))
    newest.execute("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    newest.promote()
    await off_loop(newest._until, "SELECT NOT pg_is_in_recovery()")
    await asyncio.sleep(3)
    old = nodes[0]
    nodes.remove(newest)
    nodes.insert(0, newest)
    with old.postgres.data.joinpath("postgresql.auto.conf").open("a") as file:
        file.write("synchronous_standby_names = ''\n")
    await off_loop(old.start)


async def fill_disk(rig):
    """What the server needs next has no room, until its operator has made some."""
    ballast = rig.primary.postgres.home / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(2**20))
    await asyncio.sleep(4)
    ballast.unlink()
    if not rig.primary.postgres._answers():
        await off_loop(rig.primary.start)


async def restart_pooler(rig):
    await off_loop(rig.pooler.restart)


async def wrong_clock(rig):
    for offset in ("+5m", "-5m"):
        await off_loop(rig.gateways.shift, 1, offset)
        await asyncio.sleep(10)
    await off_loop(rig.gateways.restart, 1)


async def release(rig):
    for number in range(3):
        await off_loop(rig.gateways.restart, number)


async def migrate(rig):
    """A new layer with its relations to parcels, whose history and triggers are made while all goes on."""
    engine = create_async_engine(rig.primary.url(rig.databases.name))
    with added() as addition:
        await addition.migrate(engine)
    await engine.dispose()


FAULTS = [
    Fault("fast restart", restart_fast),
    Fault("immediate restart", restart_immediate),
    Fault("kill -9 of a worker", kill_worker, every=3.0),
    Fault("kill -9 of a supervisor", kill_supervisor, every=2.0),
    Fault("kill -9 of a backend", kill_backend),
    Fault("SIGSTOP of the primary for 4 s", freeze_primary, every=8.0, silent=True),
    Fault("SIGSTOP of a replica for 4 s", freeze_replica, silent=True),
    Fault("black hole instead of the primary for 4 s", swallow_primary, every=8.0, silent=True, relays=True),
    Fault("black hole instead of a replica for 4 s", swallow_replica, silent=True, relays=True),
    Fault("a replica 6 s behind", lag),
    Fault("promotion, and the old primary comes back", promote, once=True),
    Fault("disk full for 4 s", fill_disk, every=8.0, disk=True),
    Fault("restart of PgBouncer", restart_pooler, pooler=True),
    Fault("a gateway's clock 5 minutes wrong", wrong_clock, every=1.0),
    Fault("rolling release of three gateways", release),
    Fault("migration", migrate, once=True),
]
