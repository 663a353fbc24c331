"""Geometries of arguments and options of those returned; enters mappings, leaves Shape, NodeRef, options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway import errors
from gateway.geo import bbox, circle, geojson, wkt
from gateway.geo.crs import parse_crs
from gateway.geo.shapes import Shape
from gateway.layers import Layers
from gateway.models.slots import Slot
from gateway.query import ids, operands
from gateway.query.ids import NodeRef
from gateway.settings import LimitSettings

DEFAULT_PRECISION = 7
EXACT = 15  # this many decimals, or any number that is needed: every digit that is stored
MAX_SIMPLIFY_M = 100_000.0
# PostgreSQL raises an error where a quotient is too small for a number; no such distance simplifies anything.
_NO_SIMPLIFY_M = 1e-300

_FORMS = {"geojson", "wkt", "bbox", "circle", "node"}

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class GeometryOptions:
    """How a geometry is returned: `simplify` in metres, `precision` in decimals, `srid` of the output."""

    simplify: float | Slot[float] = 0.0
    precision: int = DEFAULT_PRECISION
    srid: int | None = None


def parse_options(precision: int, simplify: float = 0.0, crs: str | None = None) -> GeometryOptions:
    """Check the arguments of a geometry field."""
    if not 0 <= simplify <= MAX_SIMPLIFY_M:
        message = f"simplify must be 0 to {MAX_SIMPLIFY_M:g} metres, not {simplify:g}."
        raise errors.OutOfRange(message, path=("simplify",))
    if not 0 <= precision <= EXACT:
        raise errors.OutOfRange(f"precision must be 0 to {EXACT}, not {precision}.", path=("precision",))
    simplify = 0.0 if simplify < _NO_SIMPLIFY_M else simplify
    return GeometryOptions(simplify, precision, None if crs is None else parse_crs(crs))


def parse_target(value: object, layers: Layers, limits: LimitSettings, *, path: Path) -> Shape | NodeRef:
    """A GeometryInput: exactly one of geojson, wkt, bbox, circle and node."""
    if not isinstance(value, Mapping) or len(value) != 1 or not value.keys() <= _FORMS:
        raise errors.GeometryError("Give an object with one of geojson, wkt, bbox, circle and node.", path=path)
    ((form, given),) = value.items()
    here = (*path, form)
    try:
        return _read(form, given, layers, limits)
    except errors.ArgumentError as error:
        raise error.at(*here) from error


def _read(form: str, given: object, layers: Layers, limits: LimitSettings) -> Shape | NodeRef:
    if form == "node":
        return ids.decode(layers, operands.text(given, limits.text_length, ()), path=())
    if form == "bbox":
        return bbox.from_bbox(given)
    if form == "circle":
        return _circle(given, limits)
    bounds = {"max_vertices": limits.vertices, "max_depth": limits.geometry_depth}
    if form == "wkt":
        return wkt.from_wkt(given, **bounds, max_text=10 * limits.text_length)
    return geojson.from_geojson(given, **bounds)


def _circle(value: object, limits: LimitSettings) -> Shape:
    given = operands.mapping(value, ())
    center = operands.listed(given.get("center"), ("center",))
    if len(center) != 2:
        raise errors.BadDimension(
            f"center must be two numbers, [longitude, latitude], not {len(center)}.", path=("center",)
        )
    return circle.circle(center[0], center[1], given.get("radius"), max_radius=limits.radius_m)
