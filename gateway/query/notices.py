"""Notice lists: whose parcels lie within a distance of some others; enters arguments, leaves frozen terms.

The same arguments come from GraphQL, and as JSON from a URL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from gateway import errors
from gateway.geo.positions import Path
from gateway.geo.shapes import Shape, point
from gateway.layers import Layer, Layers
from gateway.models.declaration import Recipients
from gateway.query import operands
from gateway.query.geometry import parse_target
from gateway.query.ids import NodeRef, decode_as
from gateway.query.units import METRES, Unit
from gateway.settings import LimitSettings

# Lines of parcels are drawn no better than that: gaps as narrow are overlooked, and parcels as little beyond are told.
TOLERANCE_M: Final = 0.1

E = TypeVar("E", bound=StrEnum)


class Include(StrEnum):
    """Which parcels are on the list."""

    WITHIN_DISTANCE = "WITHIN_DISTANCE"
    ABUTTERS = "ABUTTERS"
    ABUTTERS_TO_ABUTTERS = "ABUTTERS_TO_ABUTTERS"
    SUBJECT = "SUBJECT"


def has_recipients(layers: Layers) -> bool:
    """Whether there are notice lists; raises SetupError where it is unclear of which layer."""
    names = [layer.type_name for layer in layers if layer.recipients is not None]
    if len(names) > 1:
        raise errors.SetupError(f"{' and '.join(names)} have recipients. Notice lists are of one layer: keep one.")
    return bool(names)


def notified(layers: Layers) -> tuple[Layer, Recipients]:
    """The layer that has recipients, of a gateway that has one, and their columns."""
    return next((layer, layer.recipients) for layer in layers if layer.recipients is not None)


@dataclass(frozen=True, slots=True)
class Notice:
    """Parcels within `distance` of rows of `subjects`, or of a geometry; what lies within `radius` of it belongs to it.

    `include` says which of them are on the list.
    """

    layer: Layer
    columns: Recipients
    subjects: Layer | None
    ids: tuple[int, ...]
    shape: Shape | None
    distance: float
    unit: Unit
    include: frozenset[Include]
    radius: float = 0.0

    @property
    def subject_ids(self) -> tuple[int, ...]:
        """The rows of the layer itself that are measured from."""
        return self.ids if self.subjects is not None and self.subjects.name == self.layer.name else ()

    @property
    def metres(self) -> float:
        """The distance in metres."""
        return self.distance * METRES[self.unit]


def parse_notice(layers: Layers, limits: LimitSettings, given: Mapping[str, object]) -> Notice:
    """Read the arguments of `noticeList`, but `asOf`: `layers` are those of that time already.

    Raises ArgumentError where they cannot be used.
    """
    layer, columns = notified(layers)
    names = (layer.plural, "geometry", "distance", "unit", "include", "asOf")
    if unknown := given.keys() - set(names):
        name = min(unknown)[:80]
        raise errors.ArgumentError(f"There is no argument {name!r}. There are {', '.join(names)}.", path=(name,))
    subjects, ids, shape, radius = _subjects(layer, layers, limits, given)
    unit = _member(Unit, given.get("unit", Unit.FEET), ("unit",))
    wanted = given.get("include")
    include = (Include.WITHIN_DISTANCE,) if wanted is None else _included(wanted)
    distance = operands.number(given.get("distance"), ("distance",))
    most = unit.of(limits.radius_m)
    if not 0 <= distance <= most:
        message = f"distance must be 0 to {most:.10g} {unit.lower()}, not {distance:g}."
        raise errors.OutOfRange(message, path=("distance",), limit=most)
    return Notice(layer, columns, subjects, ids, shape, distance, unit, frozenset(include), radius)


def _subjects(
    layer: Layer, layers: Layers, limits: LimitSettings, given: Mapping[str, object]
) -> tuple[Layer | None, tuple[int, ...], Shape | None, float]:
    """What distances are measured from: rows of a layer, or a shape and a radius around it."""
    rows, geometry = given.get(layer.plural), given.get("geometry")
    if (rows is None) is (geometry is None):
        message = f"Give {layer.plural} or geometry, one of the two: what distances are measured from."
        raise errors.ArgumentError(message, path=(layer.plural,))
    if rows is not None:
        return layer, _ids(layer, layers, limits, operands.listed(rows, (layer.plural,))), None, 0.0
    target = parse_target(geometry, layers, limits, path=("geometry",))
    if isinstance(target, NodeRef):
        return target.layer, (target.id,), None, 0.0
    if target.center is not None and target.radius is not None:
        return None, (), point(*target.center), target.radius
    return None, (), target, 0.0


def _ids(layer: Layer, layers: Layers, limits: LimitSettings, given: Sequence[object]) -> tuple[int, ...]:
    path, most = (layer.plural,), limits.list_items
    if not 0 < len(given) <= most:
        message = f"{layer.plural} takes 1 to {most} ids, not {len(given)}."
        raise errors.ListLimit(message, path=path, limit=most)
    texts = [operands.text(each, limits.text_length, (*path, place)) for place, each in enumerate(given)]
    ids = (decode_as(layers, layer, text, path=(*path, place)) for place, text in enumerate(texts))
    return tuple(dict.fromkeys(ids))


def _included(wanted: object) -> Sequence[Include]:
    listed = operands.listed(wanted, ("include",))
    if not listed:
        raise errors.ArgumentError("include is empty. Leave it out, or name what is on the list.", path=("include",))
    return [_member(Include, each, ("include", place)) for place, each in enumerate(listed)]


def _member(kind: type[E], given: object, path: Path) -> E:
    if given not in set(kind):
        raise errors.ArgumentError(f"{path[0]} is one of {', '.join(kind)}.", path=path)
    return kind(str(given))
