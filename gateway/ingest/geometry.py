"""Geometry made fit for a layer's column; enters WKB of a source, leaves shapes in WGS 84 and what is wrong.

Whole batches go through each step at once. A shape that is given up leaves the batch with a `Fault`; one that is not
valid stays, for the policy of `--on-invalid` to decide.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from gateway.errors import BadCrs
from gateway.geo.columns import parts_of
from gateway.geo.geojson import NAMES
from gateway.geo.shapes import MULTI, Shapes, gathered, leaves
from gateway.geo.validate import invalidity
from gateway.geo.worldwide import unmeasurable
from gateway.ingest.report import Action, Position, Reason
from gateway.layers import Layer
from gateway.models.base import SRID
from gateway.sources import wkb

_WORDS = {"Point": "points", "LineString": "lines", "Polygon": "polygons"}


@dataclass(frozen=True, slots=True)
class GeometryTarget:
    """What a layer's geometry column holds: points, lines or polygons, each single or many to a row, or any of them."""

    single: str | None  # the type of one part; None in a column of GEOMETRY
    many: bool

    @classmethod
    def of(cls, layer: Layer) -> "GeometryTarget":
        name = NAMES.get(str(layer.fields["geometry"].geometry_type).upper(), "")
        return cls(name.removeprefix("Multi") or None, name.startswith("Multi"))

    def of_row(self, shape: BaseGeometry) -> "GeometryTarget":
        """What may become of `shape`: where the column takes any geometry, parts of its own kind."""
        return self if self.single else GeometryTarget(shape.geom_type.removeprefix("Multi"), many=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one shape is given up, or is not valid, and where; what was lost with it, in square metres."""

    action: Action
    code: Reason
    why: str
    where: Position | None = None
    lost_sqm: float | None = None


@dataclass
class Shaped:
    """A batch of shapes on its way: None where a shape was given up."""

    shapes: Shapes
    faults: dict[int, Fault] = field(default_factory=dict)  # given up
    invalid: dict[int, Fault] = field(default_factory=dict)  # still in `shapes`
    notes: Counter[str] = field(default_factory=Counter)

    def give_up(self, row: int, fault: Fault) -> None:
        self.faults[row] = fault
        self.invalid.pop(row, None)
        self.shapes[row] = None

    def there(self) -> NDArray[np.intp]:
        return np.flatnonzero(~shapely.is_missing(self.shapes))


def transformer(crs: CRS) -> Transformer | None:
    """The way from `crs` to WGS 84 longitude and latitude, or None where they are that already."""
    flat = crs.to_2d()
    if flat.equals(CRS.from_epsg(SRID), ignore_axis_order=True):
        return None
    try:
        return Transformer.from_crs(flat, SRID, always_xy=True)
    except ProjError as error:
        raise BadCrs(f"{crs.name} has no known way to WGS 84. Give the right EPSG code with --srid.") from error


def shape(values: pa.Array, target: GeometryTarget, to_wgs84: Transformer | None) -> Shaped:
    """Parse, flatten, transform, promote, rewind and check a batch of WKB."""
    with np.errstate(all="ignore"):  # NaN and infinity are refused below
        shaped = _parse(values)
        _drop_empty(shaped)
        _flatten(shaped)
        _transform(shaped, to_wgs84)
        _promote(shaped, target)
        _check(shaped)
        _orient(shaped)
        _give_up_unmeasurable(shaped)
    return shaped


def _parse(values: pa.Array) -> Shaped:
    codes = wkb.types(values)
    raw = values.to_numpy(zero_copy_only=False)
    deep = wkb.too_deep(values, codes)
    bent = [row for row in wkb.bent(values, codes) if row not in deep]
    raw = raw.copy() if deep or bent else raw
    raw[[*deep, *bent]] = None
    shaped = Shaped(shapely.from_wkb(raw, on_invalid="ignore"))
    for row in map(int, np.flatnonzero(shapely.is_missing(shaped.shapes))):
        if row in deep:
            why = f"The geometry is a collection nested deeper than {wkb.MOST_DEPTH} levels."
            shaped.give_up(row, Fault(Action.REJECTED, Reason.GEOMETRY_DEPTH, why))
        elif row in bent:
            why = "The geometry has arcs, within a collection. Make lines of them: ogr2ogr -nlt CONVERT_TO_LINEAR."
            shaped.give_up(row, Fault(Action.REJECTED, Reason.BAD_GEOMETRY, why))
        elif raw[row] is None:
            why = "The feature has no geometry, or none that can be read."
            shaped.give_up(row, Fault(Action.SKIPPED, Reason.NULL_GEOMETRY, why))
        else:
            _close(shaped, row, raw[row])
    return shaped


def _close(shaped: Shaped, row: int, raw: bytes) -> None:
    """Take a shape that is unreadable only because its rings are open or too short as an invalid one."""
    closed = shapely.from_wkb(raw, on_invalid="fix")
    if closed is None or shapely.is_missing(closed):
        why = "The geometry cannot be read."
        shaped.give_up(row, Fault(Action.REJECTED, Reason.BAD_GEOMETRY, why))
        return
    shaped.shapes[row] = closed
    shaped.invalid[row] = Fault(Action.REJECTED, Reason.INVALID_GEOMETRY, "A ring is not closed, or too short.")


def _drop_empty(shaped: Shaped) -> None:
    for row in np.flatnonzero(shapely.is_empty(shaped.shapes)):
        shaped.give_up(int(row), Fault(Action.SKIPPED, Reason.EMPTY_GEOMETRY, "The geometry is empty."))


def _flatten(shaped: Shaped) -> None:
    dropped = shapely.has_z(shaped.shapes) | shapely.has_m(shaped.shapes)
    if dropped.any():
        shaped.notes["third and fourth ordinates (Z, M) were dropped"] += int(dropped.sum())
        shaped.shapes = np.where(dropped, shapely.force_2d(shaped.shapes), shaped.shapes)


def _transform(shaped: Shaped, to_wgs84: Transformer | None) -> None:
    there = shaped.there()
    positions, owners = shapely.get_coordinates(shaped.shapes[there], return_index=True)
    for row in there[np.unique(owners[~np.isfinite(positions).all(axis=1)])]:
        why = "A coordinate is NaN or infinite."
        shaped.give_up(int(row), Fault(Action.REJECTED, Reason.NON_FINITE, why))
    if shaped.faults:
        there = shaped.there()
        positions, owners = shapely.get_coordinates(shaped.shapes[there], return_index=True)
    if to_wgs84 is not None:
        positions = np.column_stack(to_wgs84.transform(positions[:, 0], positions[:, 1]))
        shaped.shapes[there] = shapely.set_coordinates(shaped.shapes[there], positions)
    outside = ~((np.abs(positions[:, 0]) <= 180) & (np.abs(positions[:, 1]) <= 90))
    if outside.any():
        _give_up_outside(shaped, there[owners], positions, outside, transformed=to_wgs84 is not None)


def _give_up_outside(
    shaped: Shaped,
    rows: NDArray[np.intp],
    positions: NDArray[np.float64],
    outside: NDArray[np.bool_],
    *,
    transformed: bool,
) -> None:
    """Give up the rows that have a position outside; `rows` is in order, one entry a position."""
    for row in map(int, np.unique(rows[outside])):
        own = slice(*np.searchsorted(rows, (row, row + 1)))
        first = positions[own][outside[own]][0]
        longitudes, latitudes = np.abs(positions[own]).T
        if not np.isfinite(first).all():
            why = "A coordinate lies where the source's coordinate reference system has no meaning."
        elif not transformed and longitudes.max() <= 90 and latitudes.max() <= 180:
            why = f"Longitude {first[0]:g}, latitude {first[1]:g} is not on Earth. Swapped? The reverse would be."
        else:
            why = (
                f"Longitude {first[0]:g}, latitude {first[1]:g} is not on Earth. Give the source's EPSG code by --srid."
            )
        shaped.give_up(row, Fault(Action.REJECTED, Reason.OUT_OF_RANGE, why))


def _promote(shaped: Shaped, target: GeometryTarget) -> None:
    kinds = shapely.get_type_id(shaped.shapes)
    if target.single is None:
        for row in np.flatnonzero(kinds == shapely.GeometryType.GEOMETRYCOLLECTION):
            _unwrap(shaped, int(row))
        return
    single, many = (shapely.GeometryType[name.upper()] for name in (target.single, f"Multi{target.single}"))
    for row in np.flatnonzero((kinds != -1) & (kinds != single) & (kinds != many)):
        _pick_parts(shaped, int(row), target.single)
    kinds = shapely.get_type_id(shaped.shapes)
    if target.many:
        rows = np.flatnonzero(kinds == single)
        if len(rows):
            shaped.shapes[rows] = MULTI[target.single](shaped.shapes[rows], indices=np.arange(len(rows)))
        return
    for row in np.flatnonzero(kinds == many):
        if shapely.get_num_geometries(shaped.shapes[row]) == 1:
            shaped.shapes[row] = shapely.get_geometry(shaped.shapes[row], 0)
        else:
            why = f"The geometry has several parts, and the layer takes one {_WORDS[target.single][:-1]} a feature."
            shaped.give_up(int(row), Fault(Action.REJECTED, Reason.WRONG_TYPE, why, position(shaped.shapes[row])))


def _unwrap(shaped: Shaped, row: int) -> None:
    """Make one geometry of a collection: PostGIS can't relate collections to other geometries."""
    whole = shaped.shapes[row]
    parts = [leaf for leaf in leaves([whole]) if not leaf.is_empty]
    if len({part.geom_type for part in parts}) > 1:
        why = "The geometry is a collection of several kinds, and the layer takes points, lines or polygons in a row."
        shaped.give_up(row, Fault(Action.REJECTED, Reason.WRONG_TYPE, why, position(whole)))
    else:
        shaped.shapes[row] = gathered(parts)


def _pick_parts(shaped: Shaped, row: int, single: str) -> None:
    """Of a collection take the parts that the layer holds; that loses the others, so it is a repair."""
    whole = shaped.shapes[row]
    parts = parts_of([whole], single)
    if not parts:
        why = f"The geometry is a {whole.geom_type}, and the layer takes {_WORDS[single]}."
        shaped.give_up(row, Fault(Action.REJECTED, Reason.WRONG_TYPE, why, position(whole)))
        return
    shaped.shapes[row] = gathered(parts)
    if any(part.geom_type != single for part in leaves([whole])):
        why = f"The geometry is a collection with other parts than {_WORDS[single]}."
        shaped.invalid[row] = Fault(Action.REJECTED, Reason.INVALID_GEOMETRY, why, position(whole))


def _orient(shaped: Shaped) -> None:
    """Turn exterior rings of valid polygons to the left; repair looks at how rings of invalid ones are turned."""
    drawn = {row: shaped.shapes[row] for row in shaped.invalid}
    shaped.shapes = shapely.orient_polygons(shaped.shapes)
    for row, shape in drawn.items():
        shaped.shapes[row] = shape


def _check(shaped: Shaped) -> None:
    bad = ~shapely.is_valid(shaped.shapes) & ~shapely.is_missing(shaped.shapes)
    for row in map(int, np.flatnonzero(bad)):
        shaped.invalid[row] = why_invalid(shaped.shapes[row])
    for row, fault in shaped.invalid.items():
        if fault.where is None:
            shaped.invalid[row] = Fault(fault.action, fault.code, fault.why, position(shaped.shapes[row]))


def _give_up_unmeasurable(shaped: Shaped) -> None:
    bounds = shapely.bounds(shaped.shapes)
    for row in map(int, np.flatnonzero(bounds[:, 2] - bounds[:, 0] >= 180)):
        if row not in shaped.invalid and (why := unmeasurable(shaped.shapes[row])):
            shaped.give_up(row, Fault(Action.REJECTED, Reason.OUT_OF_RANGE, why, position(shaped.shapes[row])))


def why_invalid(shape: BaseGeometry) -> Fault:
    """The reason of GEOS, as ST_IsValidReason gives it, and its place."""
    reason, where = invalidity(shape)
    return Fault(Action.REJECTED, Reason.INVALID_GEOMETRY, reason, where or position(shape))


def position(shape: BaseGeometry) -> Position | None:
    """A position of `shape` to look at: its first."""
    positions = shapely.get_coordinates(shape)
    on_earth = len(positions) and np.isfinite(positions[0]).all()
    return (round(float(positions[0][0]), 7), round(float(positions[0][1]), 7)) if on_earth else None
