"""What becomes of invalid shapes; enters a batch with invalid ones, leaves it mended or without them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from gateway.geo import measure
from gateway.ingest import geometry
from gateway.ingest.geometry import Fault, GeometryTarget, Shaped
from gateway.ingest.options import IngestOptions, OnInvalid
from gateway.ingest.repair import Mended, Repairer
from gateway.ingest.report import Action, AreaChange, Reason
from gateway.sources import wkb

_INVALID = {OnInvalid.SKIP: Action.SKIPPED, OnInvalid.REJECT: Action.REJECTED}


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with a shape that was mended, how it was, and the change of its area (polygons)."""

    fault: Fault
    area: AreaChange | None
    method: str | None


def settle(shaped: Shaped, target: GeometryTarget, options: IngestOptions, repairer: Repairer) -> Mapping[int, Repair]:
    """Mend or give up each invalid shape of the batch, as the options say; the mended ones by row."""
    found: dict[int, Repair] = {}
    for row, fault in sorted(shaped.invalid.items()):
        if options.on_invalid is not OnInvalid.REPAIR:
            lost = measure.area_sqm(shapely.to_wkb(shaped.shapes[row]))
            shaped.give_up(row, replace(fault, action=_INVALID[options.on_invalid], lost_sqm=lost))
            continue
        broken = shapely.to_wkb(shaped.shapes[row])
        mended = repairer.mend(broken)
        before = measure.area_sqm(mended.drawn or broken)
        kind = target.of_row(shaped.shapes[row])
        whole = _fit(mended, fault, kind)
        if isinstance(whole, Fault):
            shaped.give_up(row, replace(whole, lost_sqm=before))
            continue
        shaped.shapes[row] = whole
        areal = kind.part == wkb.POLYGON
        area = AreaChange(before, measure.area_sqm(shapely.to_wkb(whole))) if areal else None
        found[row] = Repair(fault, area, mended.method)
    return found


def _fit(mended: Mended, fault: Fault, target: GeometryTarget) -> BaseGeometry | Fault:
    """The valid shape as the layer holds it, or why there is none."""
    if mended.wkb is None:
        return replace(fault, code=mended.code, why=f"{fault.why}; {mended.why}")
    parts = geometry.parts_of([shapely.from_wkb(mended.wkb)], target)
    if not parts:
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; nothing was left of it after repair.")
    whole = geometry.gathered(parts, target)
    if whole is None or not shapely.is_valid(whole):
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; repair did not make it fit the layer.")
    return whole
