"""What becomes of invalid shapes; enters a batch with invalid ones, leaves it repaired or without them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from gateway.geo import measure
from gateway.geo.columns import parts_of
from gateway.geo.shapes import gathered
from gateway.ingest.geometry import Fault, GeometryTarget, Shaped
from gateway.ingest.options import IngestOptions, OnInvalid
from gateway.ingest.repair import Repaired, Repairer
from gateway.ingest.report import Action, AreaChange, Reason

_INVALID = {OnInvalid.SKIP: Action.SKIPPED, OnInvalid.REJECT: Action.REJECTED}


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with a shape that was repaired, how it was, and the change of its area (polygons)."""

    fault: Fault
    area: AreaChange | None
    method: str | None


def settle(shaped: Shaped, target: GeometryTarget, options: IngestOptions, repairer: Repairer) -> Mapping[int, Repair]:
    """Repair or give up each invalid shape of the batch, as the options say; the repaired ones by row."""
    repairs: dict[int, Repair] = {}
    for row, fault in sorted(shaped.invalid.items()):
        if options.on_invalid is not OnInvalid.REPAIR:
            lost = measure.area_sqm(shapely.to_wkb(shaped.shapes[row]))
            shaped.give_up(row, replace(fault, action=_INVALID[options.on_invalid], lost_sqm=lost))
            continue
        broken = shapely.to_wkb(shaped.shapes[row])
        repaired = repairer.repair(broken)
        before = measure.area_sqm(repaired.drawn or broken)
        kind = target.of_row(shaped.shapes[row])
        whole = _fit(repaired, fault, kind)
        if isinstance(whole, Fault):
            shaped.give_up(row, replace(whole, lost_sqm=before))
            continue
        shaped.shapes[row] = whole
        areal = kind.single == "Polygon"
        area = AreaChange(before, measure.area_sqm(shapely.to_wkb(whole))) if areal else None
        repairs[row] = Repair(fault, area, repaired.method)
    return repairs


def _fit(repaired: Repaired, fault: Fault, target: GeometryTarget) -> BaseGeometry | Fault:
    """The valid shape as the layer holds it, or why there is none."""
    if repaired.wkb is None:
        return replace(fault, code=repaired.code, why=f"{fault.why}; {repaired.why}")
    assert target.single is not None
    parts = parts_of([shapely.from_wkb(repaired.wkb)], target.single)
    if not parts:
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; nothing was left of it after repair.")
    whole = shapely.orient_polygons(gathered(parts) if target.many else parts[0])
    if (len(parts) > 1 and not target.many) or not shapely.is_valid(whole):
        return replace(fault, code=Reason.REPAIR_FAILED, why=f"{fault.why}; repair did not make it fit the layer.")
    return whole
