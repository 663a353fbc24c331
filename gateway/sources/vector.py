"""A layer that GDAL reads; enters a dataset, leaves batches, and an error wherever GDAL passes over something.

GDAL goes on after what it can't read. Where its report is of single features, those without geometry are reported
as unreadable; elsewhere it ends the reading.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import SourceError
from gateway.sources import dbf, formats, gdal, geopackage, integrity, topojson, wkb
from gateway.sources.batches import Description, SourceBatch, extent_of, storage
from gateway.sources.containers import Dataset
from gateway.sources.gdal import Remarks, listening
from gateway.sources.names import FID, distinct, fid_name, renamed

_FAILURES: Final = (pa.ArrowException, OSError, RuntimeError, ValueError)  # GDAL's own are RuntimeErrors
# A GML is read by itself, whatever GDAL left beside it, and without a look at other hosts.
_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    formats.GML.name: {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
}


class VectorReader:
    """One layer of one file; `wanted` names it where the file has several."""

    def __init__(self, dataset: Dataset, wanted: str | None, encoding: str | None = None) -> None:
        self._dataset = dataset
        self._form = dataset.form
        self._alive = integrity.alive(dataset)  # GDAL counts deleted rows of a Shapefile, and skips by that count
        self._table = _table(dataset, encoding)
        self._options = _OPTIONS.get(self._form.name, {})
        self._connection = _connection(dataset)
        self._layer = self._choose(wanted)

    def _choose(self, wanted: str | None) -> str:
        name = self._dataset.path.name
        try:
            with listening(Remarks()):
                names = [str(layer) for layer, _ in gdal.pyogrio().list_layers(self._connection)]
        except _FAILURES as error:
            raise self._unreadable(str(error)) from error
        if len(names) == 1 and wanted in {None, names[0], self._dataset.path.stem}:
            return names[0]
        if wanted in names:
            return str(wanted)
        listed = ", ".join(names) or "none"
        if wanted is None:
            raise SourceError(f"{name} has {len(names)} layers: {listed}. Name one with --layer.")
        raise SourceError(f"{name} has no layer {wanted}. It has: {listed}.")

    def _unreadable(self, reason: str, at: int | None = None) -> SourceError:
        # GDAL's remarks go from the general, which may be a statement of its driver, to the cause.
        name = self._dataset.path.name
        text = " ".join(reason.replace(str(self._dataset.path), name).split())
        cause = "it is not what its name says" if "not recognized" in text else text.split("; ")[-1].rstrip(".")
        place = "" if at is None else f" after feature {at - 1}" if at else " at its first feature"
        return SourceError(f"{name} cannot be read{place}: {cause[:300]}. Check that the file is whole.")

    @cached_property
    def _info(self) -> gdal.Info:
        remarks = Remarks()
        try:
            with listening(remarks):
                info: gdal.Info = gdal.pyogrio().read_info(
                    self._connection, layer=self._layer, force_feature_count=True, **self._options
                )
        except _FAILURES as error:
            raise self._unreadable(str(error)) from error
        if remarks.failures:
            raise self._unreadable(next(iter(remarks.failures)))
        if info["driver"] != self._form.driver:
            raise formats.unknown(self._dataset.path.name)
        if info["geometry_type"] is None:
            raise SourceError(f"Layer {self._layer} of {self._dataset.path.name} is a table without geometry.")
        return info

    @cached_property
    def description(self) -> Description:
        """What the file says of itself; features are counted for it."""
        info, dataset = self._info, self._dataset
        fields, fid, table = self._names, self._fid, self._table
        named = fid not in {*fields, FID, f"_{FID}"}
        return Description(
            name=f"{dataset.name}:{self._layer}" if self._form.layers else dataset.name,
            fields=(*fields, fid) if named else tuple(fields),
            crs=self._crs(info["crs"]),
            features=self._total(),
            fid=fid,
            encoding=info["encoding"] if table is None else table.said,
            notes=tuple(renamed(list(map(str, info["fields"])), self._names)) if table is None else table.notes,
            layer=self._layer if self._form.layers else None,
            extent=extent_of(info["total_bounds"]),
        )

    def _total(self) -> int | None:
        """The number of features, or None where GDAL would have to read all to know it."""
        if self._alive is not None:
            return len(self._alive)
        total, promised = int(self._info["features"]), integrity.records(self._dataset)
        if promised is not None and total != promised:
            name = self._dataset.path.name
            raise SourceError(f"{name} has {total:,} of {promised:,} features: it may have been cut off.")
        return total if total >= 0 else None

    @cached_property
    def _names(self) -> Sequence[str]:
        """The names of the fields in their order, each once."""
        return distinct(map(str, self._info["fields"])) if self._table is None else self._table.fields

    @cached_property
    def _fid(self) -> str:
        return fid_name(self._names, self._info["fid_column"])

    @cached_property
    def _misfits(self) -> geopackage.Table | topojson.Table | None:
        """What reads values that GDAL would make others of: of no fixed type, or of another than their column's."""
        if self._form is formats.TOPOJSON:
            return topojson.Table(self._dataset.path, self._layer, int(self._info["features"]))
        number = self._info["fid_column"]
        if self._form is not formats.GEOPACKAGE or not number:
            return None
        table = geopackage.Table(self._dataset.path, self._layer, number)
        return table if table.misfits else None

    @property
    def _read_by_gdal(self) -> Sequence[str]:
        """The fields of which GDAL reads the values."""
        exact = self._misfits.misfits if self._misfits else ()
        return [name for name in self._names if name not in exact]

    def _crs(self, text: str | None) -> CRS | None:
        if not text:
            return None
        try:
            return CRS.from_user_input(text)
        except CRSError as error:
            raise SourceError(
                f"The coordinate reference system of {self._dataset.path.name} is unknown here: {text[:200]}. Give its "
                "EPSG code with --srid."
            ) from error

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; raises SourceError where GDAL can't go on or passes over something."""
        if self._alive is not None and first >= len(self._alive):
            return
        at, remarks = first, Remarks()
        with ExitStack() as stack:
            try:
                with listening(remarks):
                    _, reader = stack.enter_context(self._open(first, rows))
                while (batch := _next(reader, remarks)) is not None:
                    if batch.num_rows:
                        yield self._batch(batch, at, remarks)
                    at += batch.num_rows
            except _FAILURES as error:
                raise self._unreadable(str(error), at) from error
        if remarks.failures:
            raise self._unreadable(next(iter(remarks.failures)), at)
        notes |= remarks.notes.keys()

    def _open(self, first: int, size: int) -> AbstractContextManager[tuple[gdal.Info, pa.RecordBatchReader]]:
        opened: AbstractContextManager[tuple[gdal.Info, pa.RecordBatchReader]] = gdal.pyogrio().raw.open_arrow(
            self._connection,
            layer=self._layer,
            columns=None if self._misfits is None else self._read_by_gdal,
            skip_features=first if self._alive is None else int(self._alive[first]),
            batch_size=size,
            return_fids=True,
            use_pyarrow=True,
            datetime_as_string=True,  # as Arrow has instants, offsets that differ would become UTC
            **self._options,
        )
        return opened

    def _batch(self, batch: pa.RecordBatch, at: int, remarks: Remarks) -> SourceBatch:
        # By place, since fields may be called as the geometry is, or as each other: first the feature's own number.
        fids, *columns, last = batch.columns
        shapes = storage(last)
        if wkb.curved(shapes):
            shapes = self._straight(at, len(shapes))
        unread = self._unread(np.asarray(pc.is_null(shapes)), at, remarks)
        if self._table is not None:
            read = self._table.read(fids.to_numpy())
            return SourceBatch(at, {self._fid: fids, **read.columns}, shapes, read.json, read.remarks, unread)
        fields = {self._fid: fids} | dict(zip(self._read_by_gdal, columns, strict=True))
        if self._misfits is None:
            return SourceBatch(at, fields, shapes, unread=unread)
        exact, changes = self._misfits.read(fids)
        return SourceBatch(at, {**fields, **exact}, shapes, frozenset(exact), changes, unread)

    def _unread(self, empty: NDArray[np.bool_], at: int, remarks: Remarks) -> Mapping[int, str]:
        """Why rows without a geometry have none, where the file has one. Raises SourceError if that can't be said."""
        if not remarks.failures:
            return {}
        reported = next(iter(remarks.failures))
        if not (self._form.per_feature and empty.any()):
            raise self._unreadable(reported, at)
        remarks.failures.clear()
        return dict.fromkeys(map(int, np.flatnonzero(empty)), f"The geometry cannot be read: {reported}.")

    def _straight(self, first: int, rows: int) -> pa.Array:
        """The same geometries through GDAL's feature reader, which makes lines of arcs (4 degrees a step)."""
        _, _, shapes, _ = gdal.pyogrio().raw.read(
            self._connection, layer=self._layer, columns=[], skip_features=first, max_features=rows, **self._options
        )
        return pa.array(shapes, type=pa.binary())


def _connection(dataset: Dataset) -> str:
    """The name under which GDAL is to open a dataset, with its driver alone where that takes a name."""
    return f"{dataset.form.driver}:{dataset.path}" if dataset.form.prefix else str(dataset.path)


def _table(dataset: Dataset, encoding: str | None) -> dbf.Table | None:
    """The table of a Shapefile, which is read here."""
    path = dataset.side(".dbf") if dataset.form is formats.SHAPEFILE else None
    return None if path is None else dbf.Table(path, dataset.side(".cpg"), encoding)


def _next(reader: pa.RecordBatchReader, remarks: Remarks) -> pa.RecordBatch | None:
    with listening(remarks):
        return next(reader, None)
