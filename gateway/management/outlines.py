"""The outline of a jurisdiction; enters a file of areas, leaves WKB of all of them together in WGS 84."""

from pathlib import Path

import shapely

from gateway.errors import GeometryTypeError
from gateway.ingest import FileSource, IngestOptions, geometry, preview
from gateway.settings import FileSettings

_BATCH = 1_000


def read(file: Path, settings: FileSettings) -> bytes:
    """A MultiPolygon of all areas in a file; raises SourceError for what can't be read, and where there is no area."""
    source = FileSource(file, settings=settings)
    to_wgs84 = geometry.transformer(preview.crs(source.description, IngestOptions()))
    areas = []
    for batch in source.batches(0, _BATCH, set()):
        shapes = shapely.force_2d(shapely.from_wkb(batch.wkb.to_numpy(zero_copy_only=False)))
        if to_wgs84 is not None:
            shapes = shapely.transform(shapes, to_wgs84.transform, interleaved=False)
        areas += [shape for shape in shapes if shape is not None and shape.area]
    if not areas:
        raise GeometryTypeError(f"{file.name} has no area. An outline is a polygon, or several.")
    whole = shapely.union_all(shapely.make_valid(areas))
    parts = [part for part in shapely.get_parts(shapely.get_parts(whole)) if part.geom_type == "Polygon"]
    made: bytes = shapely.to_wkb(shapely.orient_polygons(shapely.MultiPolygon(parts)))
    return made
