"""Floor 3. What becomes of invalid shapes; enters a batch with invalid ones, leaves it mended or without them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely

from gateway.geo import measure
from gateway.ingest import geometry, wkb
from gateway.ingest.geometry import Fault, GeometryTarget, Shaped
from gateway.ingest.options import IngestOptions, OnInvalid
from gateway.ingest.repair import Repairer
from gateway.ingest.report import Action, AreaChange, Reason

_INVALID = {OnInvalid.SKIP: Action.SKIPPED, OnInvalid.REJECT: Action.REJECTED}


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with a shape that was mended, and the change of its area (polygons)."""

    fault: Fault
    area: AreaChange | None


def settle(shaped: Shaped, target: GeometryTarget, options: IngestOptions, repairer: Repairer) -> Mapping[int, Repair]:
    """Mend or give up each invalid shape of the batch, as the options say; the mended ones by row."""
    found: dict[int, Repair] = {}
    for row, fault in sorted(shaped.invalid.items()):
        if options.on_invalid is not OnInvalid.REPAIR:
            shaped.give_up(row, replace(fault, action=_INVALID[options.on_invalid]))
            continue
        broken = shaped.shapes[row]
        mended = _mend(broken, fault, target, options, repairer)
        if isinstance(mended, Fault):
            shaped.give_up(row, mended)
            continue
        shaped.shapes[row] = mended
        area = _areas(broken, mended) if target.part == wkb.POLYGON else None
        found[row] = Repair(fault, area)
    return found


def _mend(broken: Any, fault: Fault, target: GeometryTarget, options: IngestOptions, repairer: Repairer) -> Any | Fault:
    """The valid shape, or why there is none."""
    vertices = int(shapely.get_num_coordinates(broken))
    if vertices > options.repair_vertices:
        why = (
            f"{fault.why}; not repaired, since {vertices:,} vertices are over the limit of {options.repair_vertices:,}."
        )
        return replace(fault, code=Reason.VERTEX_LIMIT, why=why)
    mended = repairer.mend(shapely.to_wkb(broken))
    if mended.wkb is None:
        return replace(fault, code=mended.code, why=f"{fault.why}; {mended.why}")
    parts = geometry.parts_of([shapely.from_wkb(mended.wkb)], target)
    if not parts:
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; nothing was left of it after repair.")
    whole = geometry.gathered(parts, target)
    if whole is None or not shapely.is_valid(whole):
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; repair did not make it fit the layer.")
    return whole


def _areas(before: Any, after: Any) -> AreaChange:
    return AreaChange(measure.area_sqm(shapely.to_wkb(before)), measure.area_sqm(shapely.to_wkb(after)))
