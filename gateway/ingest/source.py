"""Floor 3. Where features come from; enters a file that GDAL reads, leaves its description and batches of columns.

Nothing here knows the layer that is loaded into. Another source (a request body) only has to be a `Source`.
"""

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import SourceError
from gateway.ingest import lines, wkb

_MOST_ROWS = 4096
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


@dataclass(frozen=True)
class Description:
    """What a source says of itself before it is read."""

    name: str
    fields: tuple[str, ...]
    crs: CRS | None
    features: int | None
    fid: str | None = None  # a name under which the feature's own number can be asked for


@dataclass(frozen=True)
class SourceBatch:
    """Some features in a row: the index of the first, their fields and their geometry as WKB, nulls included."""

    first: int
    fields: Mapping[str, pa.Array]
    wkb: pa.Array

    @property
    def rows(self) -> int:
        return len(self.wkb)


class Source(Protocol):
    """Features in an order that does not change, so that reading can go on at any index."""

    @property
    def description(self) -> Description: ...

    def fingerprint(self) -> str:
        """A digest of all that will be read."""

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from feature `first` on, at most `rows` at a time; `notes` takes what the reader remarks."""


class FileSource:
    """A local file, folder or zip of any vector format that GDAL reads.

    `driver` is the one of GDAL to read it with, for content that could pass for that of a driver which opens other
    files (VRT); `digest` is the file's SHA-256 where it is known.
    """

    def __init__(
        self, path: Path | str, *, layer: str | None = None, driver: str | None = None, digest: bytes | None = None
    ) -> None:
        self._path = Path(path)
        self._digest = digest
        if not self._path.exists():
            raise SourceError(f"There is no file {self._path}.")
        self._connection = lines.connection(self._path, driver)
        self._layer = self._choose(layer)

    def _choose(self, wanted: str | None) -> str:
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
        info = self._info
        name = self._path.name if info["driver"] in _ONE_LAYER else f"{self._path.name}:{self._layer}"
        total = int(info["features"])
        lines.check(self._path, str(info["driver"]), total)
        fields = tuple(map(str, info["fields"]))
        fid = info["fid_column"] or "fid"
        return Description(name, fields, self._crs(info["crs"]), total if total >= 0 else None, fid)

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
        digest = hashlib.sha256(f"{self._layer}\n".encode())
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
        at, size = first, min(rows, self._batch_rows())
        with ExitStack() as stack:
            try:
                with _listening(notes):
                    meta, reader = stack.enter_context(self._open(first, size))
                while (batch := _next(reader, notes)) is not None:
                    if batch.num_rows:
                        yield self._batch(batch, meta["geometry_name"] or "wkb_geometry", at)
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
        )
        return opened

    def _batch_rows(self) -> int:
        """As many features as have some 16 MB in the file, so that huge geometries do not add up in memory."""
        total = max(int(self._info["features"]), 1)
        size = sum(path.stat().st_size for path in self._parts())
        return int(np.clip(_BATCH_BYTES * total // max(size, 1), 1, _MOST_ROWS))

    def _batch(self, batch: pa.RecordBatch, geometry: str, at: int) -> SourceBatch:
        names = batch.schema.names
        columns = [batch.column(place) for place in range(len(names))]
        shapes = _plain(columns[names.index(geometry)])
        if wkb.curved(shapes):
            shapes = self._straight(at, len(shapes))
        # The first column is the feature's own number; a field of the same name hides it.
        fields = {self.description.fid: columns[0]} | {
            name: column for name, column in zip(names[1:], columns[1:], strict=True) if name != geometry
        }
        return SourceBatch(at, {str(name): column for name, column in fields.items()}, shapes)

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
