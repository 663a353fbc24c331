"""Geometries for a column; enters a checked shape or a repaired one, leaves a Shape of its type."""

from collections.abc import Iterable

import shapely

from gateway.errors import GeometryTypeError, InvalidGeometry, OutOfRange, RepairFailed
from gateway.geo import measure
from gateway.geo.geojson import NAMES
from gateway.geo.shapes import Shape, collected, ewkb, gathered, leaves
from gateway.geo.validate import checked
from gateway.geo.worldwide import unmeasurable


def fitted(shape: Shape, geometry_type: str) -> Shape:
    """The shape as a column of a type holds it: one part becomes a collection of one.

    Raises GeometryTypeError where the column holds something else, InvalidGeometry where a ring is too small, and
    OutOfRange where it reaches so far around the world that it can't be measured.
    """
    if not shape.sized:
        geometry = shapely.from_wkb(shape.ewkb)
        _refuse_specks(shape, geometry)
        _refuse_unmeasurable(geometry)
    if geometry_type == shape.geometry_type.upper():
        return shape
    if geometry_type == "GEOMETRY":
        if shape.geometry_type != "GeometryCollection":
            return shape
        raise GeometryTypeError(
            "The layer holds one geometry in a row, not a GeometryCollection. Send its parts apart."
        )
    name = NAMES[geometry_type]
    if name == f"Multi{shape.geometry_type}":
        return collected(shape)
    wanted = " or ".join(dict.fromkeys((name.removeprefix("Multi"), name)))
    raise GeometryTypeError(f"The layer holds geometries of the type {wanted}, not {shape.geometry_type}.")


def _refuse_specks(shape: Shape, geometry: shapely.Geometry) -> None:
    """Refuse rings whose area is no number above 0: PostGIS does not know which way they turn."""
    if shape.geometry_type == "Polygon" and shapely.get_num_interior_rings(geometry) == 0 and shapely.area(geometry):
        return  # as nearly all are, which is known in a third of the time
    rings = shapely.get_rings(geometry)
    if len(rings) and not shapely.area(shapely.polygons(rings)).all():
        message = "The geometry is not valid: a ring is so small that it has no area. Leave it out, or draw it larger."
        error = InvalidGeometry(message, reason="No Area")
        error.wkb = shape.ewkb
        raise error


def _refuse_unmeasurable(geometry: shapely.Geometry) -> None:
    if why := unmeasurable(geometry):
        raise OutOfRange(f"The geometry can't be stored. {why}")


def repaired(wkb: bytes, geometry_type: str) -> Shape:
    """The shape of a geometry after repair, of which only parts of the column's type are kept.

    A column of any geometry keeps those of the highest dimension. Raises RepairFailed where none is left.
    """
    whole = [part for part in leaves([shapely.from_wkb(wkb)]) if not part.is_empty]
    if geometry_type == "GEOMETRY":
        most = max(map(shapely.get_dimensions, whole), default=0)
        parts = [part for part in whole if shapely.get_dimensions(part) == most]
    else:
        parts = parts_of(whole, NAMES[geometry_type].removeprefix("Multi"))
    if not parts:
        raise RepairFailed("Nothing of its type was left of the geometry after repair. Fix it before sending it.")
    return fitted(checked(parts[0] if len(parts) == 1 else gathered(parts)), geometry_type)


def area_change(before: bytes, after: Shape) -> float:
    """Square metres by which a repair changed an area; `before` is WKB of the shape as drawn."""
    return measure.area_sqm(after.ewkb) - measure.area_sqm(ewkb(shapely.from_wkb(before)))


def parts_of(geometries: Iterable[shapely.Geometry], single: str) -> list[shapely.Geometry]:
    """All parts of the type `single`, whatever collections they are in."""
    return [part for part in leaves(geometries) if part.geom_type == single and not part.is_empty]
