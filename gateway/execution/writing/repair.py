"""Repair of one geometry of a request; enters what is wrong with it, leaves WKB of a valid one or an error.

It runs in a process of its own, which ends at the deadline: GEOS can't be interrupted, and may crash.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gateway.errors import AmbiguousRepair, InvalidGeometry, RepairFailed
from gateway.ingest.repair import Repaired, Repairer
from gateway.ingest.report import Reason

_SECONDS: Final = 5.0
_turns = ThreadPoolExecutor(2, thread_name_prefix="repair")


async def repair(invalid: InvalidGeometry) -> tuple[bytes, bytes]:
    """WKB of the geometry made valid, as ingest does, and of the shape as it is drawn.

    Raises RepairFailed, and AmbiguousRepair where its rings can be read in two ways, with the path of the geometry.
    """
    repaired = await asyncio.get_running_loop().run_in_executor(_turns, _repaired, invalid.wkb)
    if repaired.wkb is None:
        kind = AmbiguousRepair if repaired.code is Reason.AMBIGUOUS_REPAIR else RepairFailed
        raise kind(f"{repaired.why} Fix the geometry before sending it.", path=invalid.path)
    return repaired.wkb, repaired.drawn or invalid.wkb


def _repaired(wkb: bytes) -> Repaired:
    with Repairer(_SECONDS) as repairer:
        return repairer.repair(wkb)
