"""The sample county as files, to try ingest on; enters a county and a path, leaves the files.

A GeoPackage holds both layers. GeoJSONSeq holds one, so the districts go beside it: `county.geojsonl` and
`county.zoning_districts.geojsonl`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyogrio

from gateway.errors import OutputError
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.management.sample.county import County

_DRIVERS: Final = {".gpkg": "GPKG", ".geojsonl": "GeoJSONSeq", ".geojsons": "GeoJSONSeq", ".ndjson": "GeoJSONSeq"}
_SRID_BYTES = slice(5, 9)  # EWKB: byte order, type with the SRID flag, SRID, the rest is WKB

Advance = Callable[[str, int], None]


def files(path: Path) -> tuple[Path, Path]:
    """Where the parcels and the districts are written; raises OutputError for an ending that names no format."""
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise OutputError(f"{path.name} must end in one of {', '.join(_DRIVERS)}.")
    return path, path if driver == "GPKG" else path.with_suffix(f".{ZONING_DISTRICTS.name}{path.suffix}")


def write(county: County, path: Path, *, replace: bool, advance: Advance) -> None:
    """Write both layers, calling `advance(stage, rows)` as it goes; files appear when they are whole.

    Raises OutputError where a file exists and `replace` is not set, or cannot be written.
    """
    parcels, districts = files(path)
    taken = [target for target in (parcels, districts) if target.exists()]
    if taken and not replace:
        raise OutputError(f"{taken[0]} exists, and nothing was changed. To write it anew, add --replace.")
    part = [target.with_name(f".{target.stem}.part{target.suffix}") for target in (parcels, districts)]
    try:
        _remove(part)
        _write(county.parcels(), part[0], PARCELS.name, advance)
        _write(county.districts(), part[1], ZONING_DISTRICTS.name, advance)
        for source, target in dict(zip(part, (parcels, districts), strict=True)).items():
            source.replace(target)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise OutputError(f"{path} cannot be written: {error}") from error
    finally:
        _remove(part)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _write(batches: Iterator[pa.RecordBatch], path: Path, layer: str, advance: Advance) -> None:
    first = _plain(next(batches))
    failures: list[BaseException] = []

    def stream() -> Iterator[pa.RecordBatch]:
        try:
            yield first
            advance(f"writing {layer}", len(first))
            for batch in batches:
                yield _plain(batch)
                advance(f"writing {layer}", len(batch))
        except BaseException as error:
            failures.append(error)  # GDAL, which pulls the batches, only says that there was one
            raise

    try:
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(first.schema, stream()),
            path,
            layer=layer,
            driver=_DRIVERS[path.suffix.lower()],
            geometry_name="geom",
            geometry_type="MultiPolygon",
            crs="EPSG:4326",
            append=path.exists(),
        )
    except RuntimeError:
        if failures:
            raise failures[0] from None
        raise


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with WKB in place of EWKB."""
    geometry = batch.column("geom")
    offsets = np.frombuffer(geometry.buffers()[1], dtype=np.int32)[: len(geometry) + 1].astype(np.int64)
    data = np.frombuffer(geometry.buffers()[2], dtype=np.uint8).copy()
    data[offsets[:-1] + 4] &= 0xDF
    keep = np.ones(len(data), dtype=np.bool_)
    for byte in range(_SRID_BYTES.start, _SRID_BYTES.stop):
        keep[offsets[:-1] + byte] = False
    size = _SRID_BYTES.stop - _SRID_BYTES.start
    shorter = (offsets - size * np.arange(len(offsets))).astype(np.int32)
    wkb = pa.BinaryArray.from_buffers(
        pa.binary(), len(geometry), [None, pa.py_buffer(shorter.tobytes()), pa.py_buffer(data[keep].tobytes())]
    )
    return batch.set_column(batch.schema.get_field_index("geom"), "geom", wkb)
