"""Whatever fails, no read is lost and no acknowledged write: `make faults` prints the table.

8 readers and 4 writers with idempotency keys, for FAULT_SECONDS (60) each. ONLY=promotion takes those whose names have
the word.
"""

import asyncio
import os
import time

import pytest

from tests.faults.faults import FAULTS
from tests.fixtures.outages import Load
from tests.integration.test_outages import new_key

SECONDS = float(os.environ.get("FAULT_SECONDS") or 60)
ONLY = (os.environ.get("ONLY") or "").split(",")
CHOSEN = [fault for fault in FAULTS if any(word in fault.name for word in ONLY)]

pytestmark = pytest.mark.fuzz


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: fault.name)
async def test_nothing_is_lost(fault, rigged, own_url, table):
    async with rigged(fault) as rig:
        load = Load(rig.front, await new_key(own_url(rig.databases.url)))
        running = asyncio.create_task(load.run(8, 4))
        await load.reach(500)
        load.forget_late()  # first reads, which workers that have just begun take longer for
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            load.restarted = time.monotonic()
            if load.faults == 0 or not fault.once:
                await fault.happens(rig)
                load.faults += 1
            await asyncio.sleep(fault.every)
        load.over = True
        async with asyncio.timeout(60):
            await running
        missing = set(load.acknowledged) - set(rig.databases.rows())
    reads = load.reads.total(), len(load.lost), f"{load.slowest:.1f}"
    table.append((fault.name, *reads, len(load.acknowledged), len(missing), len(load.doubled)))
    assert (load.lost[:20], missing, load.doubled) == ([], set(), [])
    if fault.silent:
        assert load.late == []
