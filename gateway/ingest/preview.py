"""What a user sees of a source before it is loaded; enters its description, leaves lines and warnings.

A wrong CRS or the file of another city is seen here, before rows are written.
"""

import asyncio
import warnings
from dataclasses import dataclass
from typing import Any

import shapely
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.errors import BadCrs, SourceError
from gateway.ingest import geometry
from gateway.ingest.geometry import GeometryTarget
from gateway.ingest.options import IngestOptions
from gateway.layers import Layer
from gateway.models.base import SRID
from gateway.sources.batches import Description, Extent, Source, extent_of
from gateway.sql.ingest import estimated_extent, occupied

_SAMPLE = 1000  # features whose extent is shown where the format does not say that of all


@dataclass(frozen=True)
class Preview:
    """Lines on the source, and what may be wrong with it."""

    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def crs(description: Description, options: IngestOptions) -> CRS:
    """The CRS of the source. Raises BadCrs, and SourceError where nobody says it."""
    if options.srid is not None:
        try:
            return CRS.from_epsg(options.srid)
        except CRSError as error:
            raise BadCrs(f"EPSG:{options.srid} is no coordinate reference system.", path=("srid",)) from error
    if description.crs is None:
        raise SourceError(
            f"{description.name} does not say its coordinate reference system. Give its EPSG code with --srid, for "
            "example --srid 4326 for longitude and latitude."
        )
    return description.crs


async def preview(connection: AsyncConnection, layer: Layer, source: Source, options: IngestOptions) -> Preview:
    """What a user is to know of `source`, which goes into `layer`. Raises SourceError where it can't be read."""
    said = await asyncio.to_thread(lambda: source.description)
    known, target = crs(said, options), GeometryTarget.of(layer)
    extent, features = await asyncio.to_thread(_extent, source, known, target)
    lines = [_what(said), f"coordinates: {_named(known)}" + (", as was asked" if options.srid is not None else "")]
    if said.encoding:
        lines.append(f"text: {said.encoding}")
    if extent is not None:
        lines.append(f"extent{_of(features)}: {_corners(extent)} (longitude and latitude)")
    remarks = (_grids(known, extent), await _elsewhere(connection, layer, extent))
    return Preview(tuple(lines), tuple(warning for warning in remarks if warning))


def _what(said: Description) -> str:
    number = "" if said.features is None else f", {said.features:,} features"
    layer = f", layer {said.layer}" if said.layer else ""
    return f"{said.format or 'source'}{layer}{number}"


def _named(known: CRS) -> str:
    authority = known.to_authority(min_confidence=70)
    return f"{':'.join(authority)} ({known.name})" if authority else known.name


def _of(features: int | None) -> str:
    return "" if features is None else f" of the first {features:,} features"


def _corners(extent: Extent) -> str:
    west, south, east, north = extent
    return f"{west:.5f}, {south:.5f} to {east:.5f}, {north:.5f}"


def _extent(source: Source, known: CRS, target: GeometryTarget) -> tuple[Extent | None, int | None]:
    """The source's extent in longitude and latitude, and of how many features it is; None for all of them."""
    to_wgs84 = geometry.transformer(known)
    given = source.description.extent
    if given is not None:
        bounds = given if to_wgs84 is None else _transformed(to_wgs84, given)
        return (extent_of(bounds), None)
    batch = next(source.batches(0, _SAMPLE, set()), None)
    if batch is None:
        return None, None
    shapes = geometry.shape(batch.wkb, target, to_wgs84).shapes
    number = None if batch.rows == source.description.features else batch.rows
    return extent_of(shapely.total_bounds(shapes)), number


def _transformed(to_wgs84: Transformer, extent: Extent) -> Extent:
    west, south, east, north = to_wgs84.transform_bounds(*extent)
    return west, south, east, north


def _grids(known: CRS, extent: Extent | None) -> str | None:
    """A warning where a more exact way to WGS 84 needs a file that is not installed."""
    area: Any = None if extent is None or extent[0] > extent[2] else AreaOfInterest(*extent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        group = TransformerGroup(known.to_2d(), SRID, always_xy=True, area_of_interest=area)
    if group.best_available or not group.unavailable_operations or not group.transformers:
        return None
    best, used = group.unavailable_operations[0], group.transformers[0]
    names = [grid.short_name for grid in best.grids if not grid.available]
    if not names:
        return None
    return (
        f"positions are right to {_metres(used.accuracy)}, and to {_metres(best.accuracy)} with {', '.join(names)}, "
        f"which is not installed. Fetch it with: pyproj sync --file {names[0]}"
    )


def _metres(accuracy: float) -> str:
    return f"{accuracy:g} m" if accuracy >= 0 else "an unknown number of metres"


async def _elsewhere(connection: AsyncConnection, layer: Layer, extent: Extent | None) -> str | None:
    """A warning where the source lies apart from all rows that are in the layer."""
    if extent is None or not await connection.scalar(occupied(layer)):
        return None
    row = (await connection.execute(estimated_extent(layer))).one()
    if row.west is None:
        return None
    west, south, east, north = extent
    if west <= row.east and row.west <= east and south <= row.north and row.south <= north:
        return None
    there = _corners((row.west, row.south, row.east, row.north))
    return (
        f"the source lies elsewhere than all rows of {layer.name}, which are at {there}. See that it is the right file "
        "and that its coordinate reference system is right (--srid)"
    )
