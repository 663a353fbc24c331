"""Floor 3. Where features come from; enters a file, leaves its description and batches of columns.

Nothing here knows the layer that is loaded into.
"""

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import BadEncoding, SourceError
from gateway.ingest import dbf, geojson, lines, tables, wkb
from gateway.ingest.batches import Description, SourceBatch
from gateway.ingest.names import distinct, renamed

_MOST_ROWS = 4096
_HEAD = 4096
_FID = "fid"
_BATCH_BYTES = 16 * 2**20
_FAILURES = (pa.ArrowException, OSError, RuntimeError, ValueError)  # GDAL's own are RuntimeErrors


@cache
def _gdal() -> Any:
    """pyogrio, imported where a file is read first: servers start without GDAL, and without GeoPandas if that is there.

    A file may name a URL (the `crs` of GeoJSON), which GDAL would fetch: whoever sends it must not choose what this
    machine asks for. GDAL has no switch for that, so it is given a proxy that is not there.
    """
    import pyogrio  # noqa: PLC0415

    pyogrio.set_gdal_config_options({"GDAL_HTTP_PROXY": "127.0.0.1:9"})
    return pyogrio


class FileSource:
    """A local file, folder or zip of any vector format that GDAL reads.

    `driver` is the one of GDAL to read it with, for content that could pass for that of a driver which opens other
    files (VRT); `digest` is the file's SHA-256 where it is known.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        layer: str | None = None,
        driver: str | None = None,
        digest: bytes | None = None,
        encoding: str | None = None,
    ) -> None:
        self._path = Path(path)
        self._digest = digest
        self._driver = driver
        self._wanted = layer
        self._encoding = encoding
        if not self._path.exists():
            raise SourceError(f"There is no file {self._path}.")
        self._connection = lines.connection(self._path)
        if self._table is None and not self._may_be_geojson:
            self._layer  # noqa: B018 - refused before anything is read

    @cached_property
    def _table(self) -> tables.TableFile | None:
        """The file as a table of text, if it is that."""
        if self._driver is not None or self._path.suffix.lower() not in tables.SUFFIXES:
            return None
        return tables.TableFile(self._path, _gdal, encoding=self._encoding)

    @cached_property
    def _may_be_geojson(self) -> bool:
        if self._driver is not None or self._path.is_dir() or self._path.suffix.lower() in lines.SUFFIXES:
            return self._driver in {None, *geojson.DRIVERS} and not self._path.is_dir()
        with self._path.open("rb") as file:
            return geojson.begins(file.read(_HEAD))

    @cached_property
    def _geojson(self) -> geojson.GeoJsonFile | None:
        """The file as GeoJSON, if it is that."""
        if not self._may_be_geojson:
            return None
        sequence = self._driver == "GeoJSONSeq" if self._driver else self._path.suffix.lower() in lines.SUFFIXES
        found = geojson.GeoJsonFile(
            self._path.name, lambda: self._path.open("rb"), _gdal, sequence=sequence, encoding=self._encoding
        )
        try:
            named = found.layer or self._path.stem
        except geojson.NotGeoJson:
            if self._driver is None:
                return None
            raise SourceError(f"{self._path.name} is JSON, but no GeoJSON.") from None
        if self._wanted not in {None, named, self._path.stem}:
            raise SourceError(f"{self._path.name} has no layer {self._wanted}. It has: {named}.")
        return found

    @cached_property
    def _layer(self) -> str:
        wanted = self._wanted
        try:
            names = [str(name) for name, _ in _gdal().list_layers(self._connection)]
        except _FAILURES as error:
            raise self._unreadable(error) from error
        if wanted is None and len(names) == 1:
            return names[0]
        if wanted in names:
            return str(wanted)
        listed = ", ".join(names) or "none"
        if wanted is None:
            raise SourceError(f"{self._path.name} has {len(names)} layers: {listed}. Name one with --layer.")
        raise SourceError(f"{self._path.name} has no layer {wanted}. It has: {listed}.")

    def _unreadable(self, error: BaseException, at: int | None = None) -> SourceError:
        # GDAL's remarks go from the general, which may be a statement of its driver, to the cause.
        text = " ".join(str(error).replace(str(self._path), self._path.name).split())
        cause = "its format is not known" if "not recognized" in text else text.split("; ")[-1].rstrip(".")
        place = "" if at is None else f" after feature {at - 1}" if at else " at its first feature"
        return SourceError(
            f"{self._path.name} cannot be read{place}: {cause[:300]}. Check that the file is whole and that its name "
            "ends as its format does (.gpkg, .zip of a shapefile, .geojson, .geojsonl, .fgb)."
        )

    @cached_property
    def _info(self) -> Mapping[str, Any]:
        try:
            with _listening(set()):
                info: Mapping[str, Any] = _gdal().read_info(
                    self._connection, layer=self._layer, force_feature_count=True
                )
        except _FAILURES as error:
            raise self._unreadable(error) from error
        if info["geometry_type"] is None:
            raise SourceError(f"Layer {self._layer} of {self._path.name} is a table without geometry.")
        return info

    @cached_property
    def description(self) -> Description:
        """What the file says of itself. Raises SourceError, and BadEncoding where its text looks wrong."""
        if (exact := self._table or self._geojson) is not None:
            return exact.description
        info = self._info
        name = self._path.name if info["driver"] in _ONE_LAYER else f"{self._path.name}:{self._layer}"
        total = int(info["features"])
        if self._dbf is not None:
            table = self._dbf
            crs = self._crs(info["crs"])
            return Description(name, table.fields, crs, total, _FID, table.said, table.notes)
        if self._encoding is not None:
            raise BadEncoding(
                f"{self._path.name} says itself what its text is in. Leave the encoding out; it is for Shapefiles, CSV "
                "and GeoJSON.",
                path=("encoding",),
            )
        given = [str(field) for field in info["fields"]]
        fields = distinct(given)
        notes = renamed(given, fields)
        fid = info["fid_column"] or "fid"
        return Description(
            name, tuple(fields), self._crs(info["crs"]), total if total >= 0 else None, fid, notes=tuple(notes)
        )

    @cached_property
    def _dbf(self) -> dbf.Table | None:
        """The table of a Shapefile that is not packed."""
        beside = {path.suffix.lower(): path for path in self._parts()} if self._path.suffix.lower() == ".shp" else {}
        if ".dbf" not in beside:
            return None
        return dbf.Table(beside[".dbf"], beside.get(".cpg"), self._encoding)

    def _crs(self, text: str | None) -> CRS | None:
        if not text:
            return None
        try:
            return CRS.from_user_input(text)
        except CRSError as error:
            raise SourceError(
                f"The coordinate reference system of {self._path.name} is unknown here: {text[:200]}. Give its EPSG "
                "code with --srid."
            ) from error

    def fingerprint(self) -> str:
        layer = self._path.stem if self._table or self._geojson else self._layer
        digest = hashlib.sha256(f"{layer}\n".encode())
        for path in self._parts():
            digest.update(f"{path.name}\n".encode())
            digest.update(self._digest or _digest(path))
        return digest.hexdigest()

    def _parts(self) -> list[Path]:
        if self._path.is_dir():
            return sorted(path for path in self._path.rglob("*") if path.is_file())
        if self._path.suffix.lower() == ".shp":
            return sorted(self._path.parent.glob(f"{self._path.stem}.*"))
        return [self._path]

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from feature `first` on, at most `rows` at a time; `notes` takes what the reader remarks."""
        if (exact := self._table or self._geojson) is not None:
            yield from exact.batches(first, rows)
            return
        at, size = first, min(rows, self._batch_rows())
        with ExitStack() as stack:
            try:
                with _listening(notes):
                    _, reader = stack.enter_context(self._open(first, size))
                while (batch := _next(reader, notes)) is not None:
                    if batch.num_rows:
                        yield self._batch(batch, at)
                    at += batch.num_rows
            except _FAILURES as error:
                raise self._unreadable(error, at) from error
        promised = self.description.features
        if promised is not None and at < promised:
            raise SourceError(
                f"{self._path.name} ends after {at:,} of {promised:,} features: it may have been cut off."
            )

    def _open(self, first: int, size: int) -> AbstractContextManager[tuple[Mapping[str, Any], pa.RecordBatchReader]]:
        opened: AbstractContextManager[tuple[Mapping[str, Any], pa.RecordBatchReader]] = _gdal().open_arrow(
            self._connection,
            layer=self._layer,
            skip_features=first,
            batch_size=size,
            return_fids=True,
            use_pyarrow=True,
            datetime_as_string=True,  # as Arrow has instants, offsets that differ would become UTC
        )
        return opened

    def _batch_rows(self) -> int:
        """As many features as have some 16 MB in the file, so that huge geometries do not add up in memory."""
        total = max(int(self._info["features"]), 1)
        size = sum(path.stat().st_size for path in self._parts())
        return int(np.clip(_BATCH_BYTES * total // max(size, 1), 1, _MOST_ROWS))

    def _batch(self, batch: pa.RecordBatch, at: int) -> SourceBatch:
        # By place, since fields may be called as the geometry is, or as each other: first the feature's own number.
        number, *columns, last = batch.columns
        shapes = _plain(last)
        if wkb.curved(shapes):
            shapes = self._straight(at, len(shapes))
        if self._dbf is not None:
            read = self._dbf.read(number.to_numpy())
            return SourceBatch(at, {_FID: number, **read.columns}, shapes, read.json, read.remarks)
        own = {str(self.description.fid): number}  # which a field of the same name hides
        return SourceBatch(at, own | dict(zip(self.description.fields, columns, strict=True)), shapes)

    def _straight(self, first: int, rows: int) -> pa.Array:
        """The same geometries through GDAL's feature reader, which makes lines of arcs (4 degrees a step)."""
        _, _, shapes, _ = _gdal().raw.read(
            self._connection, layer=self._layer, columns=[], skip_features=first, max_features=rows
        )
        return pa.array(shapes, type=pa.binary())


_ONE_LAYER = frozenset({"GeoJSON", "GeoJSONSeq", "FlatGeobuf", "ESRI Shapefile", "TopoJSON", "GML", "KML"})


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _plain(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _next(reader: pa.RecordBatchReader, notes: set[str]) -> pa.RecordBatch | None:
    with _listening(notes):
        return next(reader, None)


@contextmanager
def _listening(notes: set[str]) -> Iterator[None]:
    """Collect GDAL's remarks, which pyogrio hands on as warnings of Python."""
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always", RuntimeWarning)
        try:
            yield
        finally:
            notes.update(str(entry.message) for entry in log)
