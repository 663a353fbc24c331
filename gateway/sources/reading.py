"""One dataset opened; enters a dataset, leaves its description and batches of columns.

What is read here was written by strangers: `gateway.sources.jail` has it run in a process of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Final

import numpy as np

from gateway.errors import BadEncoding, SourceError
from gateway.sources import formats, gdal, integrity
from gateway.sources.batches import Description, Reader, SourceBatch
from gateway.sources.containers import Dataset
from gateway.sources.formats import Format

_MOST_ROWS: Final = 4096
_BATCH_BYTES: Final = 16 * 2**20
# Formats that leave open what their text is in, or say it where it is often wrong.
_NAMELESS: Final = frozenset({formats.SHAPEFILE, formats.CSV, formats.GEOJSON, formats.GEOJSONSEQ})
_READERS: Final[Mapping[str, str]] = {
    formats.GEOJSON.name: "gateway.sources.geojson",
    formats.GEOJSONSEQ.name: "gateway.sources.geojson",
    formats.GEOPARQUET.name: "gateway.sources.parquet",
    formats.CSV.name: "gateway.sources.tables",
}


class DatasetReader:
    """One layer of a dataset; `layer` names it where there are several.

    Raises SourceError for what can't be read, is not whole, or has several layers of which none is named.
    """

    def __init__(self, dataset: Dataset, layer: str | None, encoding: str | None) -> None:
        self._dataset = dataset
        with _reading(dataset):
            self._notes = integrity.check(dataset)
            self._reader = _reader(dataset, layer, encoding)

    @cached_property
    def description(self) -> Description:
        """What the file says of itself; features are counted for it.

        Raises SourceError, and BadEncoding where its text looks wrong.
        """
        with _reading(self._dataset):
            said = self._reader.description
        return replace(said, notes=(*said.notes, *self._notes), format=self._dataset.form.name)

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; raises SourceError where the file has fewer than it says."""
        at, shown = first, self._dataset.origin[0].name
        with _reading(self._dataset):
            for batch in self._reader.batches(first, min(rows, self._batch_rows()), notes):
                at = batch.first + batch.rows
                yield batch
        promised = self.description.features
        if promised is not None and at < promised:
            raise SourceError(f"{shown} ends after {at:,} of {promised:,} features: it may have been cut off.")

    def _batch_rows(self) -> int:
        """As many features as have some 16 MB in the file, so that huge geometries do not add up in memory."""
        total = max(self.description.features or 0, 1)
        size = sum(path.stat().st_size for path in self._dataset.files)
        return int(np.clip(_BATCH_BYTES * total // max(size, 1), 1, _MOST_ROWS))


def load(form: Format) -> None:
    """Import all that reads a format, and GDAL."""
    import_module(_READERS.get(form.name, "gateway.sources.vector"))
    gdal.pyogrio()


def _reader(dataset: Dataset, layer: str | None, encoding: str | None) -> Reader:
    if dataset.form in {formats.GEOJSON, formats.GEOJSONSEQ}:
        return _geojson(dataset, layer, encoding)
    if encoding is not None and dataset.form not in _NAMELESS:
        raise BadEncoding(
            f"{dataset.path.name} says itself what its text is in. Leave the encoding out; it is for Shapefiles, CSV "
            "and GeoJSON.",
            path=("encoding",),
        )
    # Imported by format: to import all of them would take as long as to read a small file.
    if dataset.form is formats.GEOPARQUET:
        from gateway.sources.parquet import ParquetReader  # noqa: PLC0415

        return ParquetReader(dataset, layer)
    if dataset.form is formats.CSV:
        from gateway.sources.tables import TableFile  # noqa: PLC0415

        return TableFile(dataset.path, encoding=encoding)
    from gateway.sources.vector import VectorReader  # noqa: PLC0415

    return VectorReader(dataset, layer, encoding)


def _geojson(dataset: Dataset, wanted: str | None, encoding: str | None) -> Reader:
    from gateway.sources.geojson import GeoJsonFile  # noqa: PLC0415

    path, sequence = dataset.path, dataset.form is formats.GEOJSONSEQ
    reader = GeoJsonFile(path.name, lambda: path.open("rb"), sequence=sequence, encoding=encoding)
    if wanted not in {None, path.stem} and wanted != (named := reader.layer or path.stem):
        raise SourceError(f"{path.name} has no layer {wanted}. It has: {named}.")
    return reader


@contextmanager
def _reading(dataset: Dataset) -> Iterator[None]:
    """Tell what the system says of a file as that: elsewhere an OSError is one of the database's connection."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"{dataset.origin[0].name} cannot be read: {error.strerror or error}.") from error
