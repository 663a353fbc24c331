"""The sample county as files, to try ingest on.

A GeoPackage holds both layers. GeoJSONSeq holds one, so the districts go beside it: `county.geojsonl` and
`county.zoning_districts.geojsonl`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyogrio
import shapely

from gateway.errors import OutputError
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.management.sample.county import County

_DRIVERS: Final = {".gpkg": "GPKG", ".geojsonl": "GeoJSONSeq", ".geojsons": "GeoJSONSeq", ".ndjson": "GeoJSONSeq"}


def files(path: Path) -> tuple[Path, Path]:
    """Where the parcels and the districts are written; raises OutputError for an ending that names no format."""
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise OutputError(f"{path.name} must end in one of {', '.join(_DRIVERS)}.")
    return path, path if driver == "GPKG" else path.with_suffix(f".{ZONING_DISTRICTS.name}{path.suffix}")


def write(county: County, path: Path, *, replace: bool, advance: Callable[[str, int], None]) -> None:
    """Write both layers, calling `advance(stage, rows)` as it goes; files appear when they are whole.

    Raises OutputError where a file exists and `replace` is not set, or cannot be written.
    """
    parts = {target: target.with_name(f".{target.stem}.part{target.suffix}") for target in files(path)}
    if not replace and (taken := [target for target in parts if target.exists()]):
        raise OutputError(f"{taken[0]} exists, and nothing was changed. To write it anew, add --replace.")
    layers = zip(files(path), (PARCELS, ZONING_DISTRICTS), (county.parcels(), county.districts()), strict=True)
    try:
        for part in parts.values():
            part.unlink(missing_ok=True)
        for target, layer, batches in layers:
            for batch in batches:
                _append(batch, parts[target], layer.name)
                advance(f"writing {layer.name}", len(batch))
        for target, part in parts.items():
            part.replace(target)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise OutputError(f"{path} cannot be written: {error}") from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _append(batch: pa.RecordBatch, path: Path, layer: str) -> None:
    shapes = shapely.to_wkb(shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False)))
    table = pa.table(batch).set_column(batch.num_columns - 1, "geom", pa.array(shapes, pa.binary()))
    driver = _DRIVERS[path.suffix.lower()]
    options = {"geometry_name": "geom", "geometry_type": "MultiPolygon", "crs": "EPSG:4326"}
    pyogrio.write_arrow(table, path, layer=layer, driver=driver, append=path.exists(), **options)
