"""GeoParquet, read by pyarrow; enters a dataset, leaves batches.

GeoParquet 1.0 and 1.1 say in the file's metadata which columns are geometries (https://geoparquet.org/releases/v1.1.0/);
Parquet's own type GEOMETRY says it in the schema.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import SourceError
from gateway.geo.positions import JsonObject
from gateway.sources.batches import Description, Extent, SourceBatch, storage
from gateway.sources.containers import Dataset
from gateway.sources.names import fid_name

_FAILURES: Final = (pa.ArrowException, OSError, ValueError)
_LONGITUDE_LATITUDE: Final = "OGC:CRS84"  # what a geometry column is in that does not say (GeoParquet 1.1)
_NATIVE: Final = "GEOMETRY"


class ParquetReader:
    """The rows of one file; `wanted` names a geometry column where there are several."""

    def __init__(self, dataset: Dataset, wanted: str | None) -> None:
        self._dataset = dataset
        try:
            self._file = pq.ParquetFile(dataset.path, page_checksum_verification=True)
            self._columns = self._geometries()
        except _FAILURES as error:
            raise self._unreadable(error) from error
        self._column = self._choose(wanted)

    def _unreadable(self, error: Exception, at: int | None = None) -> SourceError:
        place = "" if at is None else f" after feature {at - 1}" if at else " at its first feature"
        reason = " ".join(str(error).split())[:300].rstrip(".")
        return SourceError(f"{self._dataset.path.name} cannot be read{place}: {reason}. Check that the file is whole.")

    def _geometries(self) -> Mapping[str, JsonObject]:
        """The geometry columns, the primary one first, with what the file says of them."""
        text = (self._file.metadata.metadata or {}).get(b"geo")
        if text is None:
            return self._native()
        said = orjson.loads(text)
        columns = said.get("columns") if isinstance(said, dict) else None
        primary = str(said.get("primary_column")) if isinstance(said, dict) else ""
        if not isinstance(columns, dict) or not isinstance(columns.get(primary), dict):
            raise SourceError(f"{self._dataset.path.name} has metadata that are no GeoParquet. Write it again.")
        return {primary: columns[primary], **columns}

    def _native(self) -> Mapping[str, JsonObject]:
        schema = self._file.schema
        columns: dict[str, JsonObject] = {}
        for number in range(len(schema)):
            kind = orjson.loads(schema.column(number).logical_type.to_json())
            if kind.get("Type", "").upper() == _NATIVE:
                given = {"crs": kind["crs"]} if kind.get("crs") else {}
                columns[schema.column(number).name] = {"encoding": "WKB", **given}
        return columns

    def _choose(self, wanted: str | None) -> str:
        name = self._dataset.path.name
        if not self._columns:
            raise SourceError(
                f"{name} is a table without geometry: it is plain Parquet. Write it as GeoParquet, for example with "
                "to_parquet of GeoPandas or `ogr2ogr -f Parquet`."
            )
        column = next(iter(self._columns)) if wanted in {None, self._dataset.path.stem} else wanted
        if column not in self._columns:
            raise SourceError(f"{name} has no geometry column {wanted}. It has: {', '.join(self._columns)}.")
        encoding = str(self._columns[column].get("encoding", "WKB"))
        if encoding.upper() != "WKB":
            raise SourceError(
                f"{name} has its geometries in the encoding {encoding[:40]}, which is not read. Write it with WKB, for "
                'example with to_parquet(geometry_encoding="WKB") of GeoPandas.'
            )
        return str(column)

    @cached_property
    def _derived(self) -> frozenset[str]:
        """Columns that repeat the geometry: its bounding boxes."""
        covering = self._columns[self._column].get("covering") or {}
        paths = [path for box in covering.values() if isinstance(box, dict) for path in box.values()]
        return frozenset(str(path[0]) for path in paths if isinstance(path, list) and path)

    @property
    def _fields(self) -> Sequence[str]:
        left_out = {self._column, *self._derived}
        return [name for name in self._file.schema_arrow.names if name not in left_out]

    @property
    def _fid(self) -> str:
        return fid_name(self._fields)

    @cached_property
    def description(self) -> Description:
        """What the file says of itself."""
        return Description(
            name=self._dataset.name,
            fields=tuple(self._fields),
            crs=self._crs(),
            features=self._file.metadata.num_rows,
            fid=self._fid,
            encoding="UTF-8",
            extent=self._extent(),
        )

    def _crs(self) -> CRS | None:
        said = self._columns[self._column].get("crs", _LONGITUDE_LATITUDE)
        if said is None:
            return None
        try:
            return CRS.from_json_dict(said) if isinstance(said, dict) else CRS.from_user_input(said)
        except CRSError as error:
            raise SourceError(
                f"The coordinate reference system of {self._dataset.path.name} is unknown here. Give its EPSG code "
                "with --srid."
            ) from error

    def _extent(self) -> Extent | None:
        box = self._columns[self._column].get("bbox")
        if not isinstance(box, list) or len(box) not in {4, 6}:
            return None
        half = len(box) // 2
        return float(box[0]), float(box[1]), float(box[half]), float(box[half + 1])

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; row groups before it are not read."""
        if self._columns[self._column].get("edges") == "spherical":
            notes.add("edges that the file calls spherical were taken as straight lines in longitude and latitude")
        groups: list[int] = []
        metadata, start = self._file.metadata, 0
        for number in range(metadata.num_row_groups):
            size = metadata.row_group(number).num_rows
            if groups or start + size > first:
                groups.append(number)
            else:
                start += size
        if not groups:
            return
        at = start
        columns = [self._column, *self._fields]
        try:
            for batch in self._file.iter_batches(rows, row_groups=groups, columns=columns):
                end = at + batch.num_rows
                if end > first:
                    kept = batch.slice(max(first - at, 0))
                    yield self._batch(kept, end - kept.num_rows)
                at = end
        except _FAILURES as error:
            raise self._unreadable(error, at) from error

    def _batch(self, batch: pa.RecordBatch, at: int) -> SourceBatch:
        fields = {self._fid: pa.array(range(at, at + batch.num_rows), pa.int64())}
        fields |= {name: _known(batch.column(name)) for name in self._fields}
        return SourceBatch(at, fields, pc.cast(storage(batch.column(self._column)), pa.large_binary()))


def _known(column: pa.Array) -> pa.Array:
    """A column of a type that the converters know."""
    views = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    if column.type in views:
        return column.cast(views[column.type])
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column
