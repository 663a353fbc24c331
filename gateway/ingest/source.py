"""Floor 3. Where features come from; enters a file, leaves its description and batches of columns.

Nothing here knows the layer that is loaded into.
"""

import hashlib
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from gateway.errors import BadEncoding, SourceError
from gateway.ingest import containers, formats, integrity
from gateway.ingest.batches import Description, Reader, SourceBatch
from gateway.ingest.formats import Format
from gateway.ingest.geojson import GeoJsonFile
from gateway.ingest.tables import TableFile
from gateway.ingest.vector import VectorReader

_MOST_ROWS: Final = 4096
_BATCH_BYTES: Final = 16 * 2**20
# Formats that leave open what their text is in, or say it where it is often wrong.
_NAMELESS: Final = frozenset({formats.SHAPEFILE, formats.CSV, formats.GEOJSON, formats.GEOJSONSEQ})


class FileSource:
    """A local file or folder of a format that is read (see `formats`), or one that is packed.

    `form` is the format that the file is to have, where its name and first bytes are not asked; `digest` is the file's
    SHA-256 where it is known. Raises SourceError for what can't be read, is not whole, or has several layers of which
    none is named.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        layer: str | None = None,
        form: Format | None = None,
        digest: bytes | None = None,
        encoding: str | None = None,
    ) -> None:
        self._path = Path(path)
        self._digest = digest
        workspace = containers.Workspace()
        weakref.finalize(self, workspace.remove)
        if form is None:
            self._dataset = containers.locate(self._path, workspace, layer)
        else:
            with _reading(self._path):
                self._dataset = containers.plain(self._path, containers.head(self._path), workspace, form)
        with _reading(self._path):
            self._notes = integrity.check(self._dataset)
            self._reader = _reader(self._dataset, layer, encoding)

    @cached_property
    def description(self) -> Description:
        """What the file says of itself; features are counted for it.

        Raises SourceError, and BadEncoding where its text looks wrong.
        """
        with _reading(self._path):
            said = self._reader.description
        return replace(said, notes=(*said.notes, *self._notes), format=self._dataset.form.name)

    def fingerprint(self) -> str:
        """A digest of the content of all files of the dataset."""
        digest = hashlib.sha256(f"{self.description.name}\n".encode())
        for path in self._dataset.origin:
            digest.update(f"{path.name}\n".encode())
            with _reading(path):
                digest.update(self._digest or _digest(path))
        return digest.hexdigest()

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; raises SourceError where the file has fewer than it says."""
        at, shown = first, self._path.name
        with _reading(self._path):
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


def _reader(dataset: containers.Dataset, layer: str | None, encoding: str | None) -> Reader:
    if dataset.form in {formats.GEOJSON, formats.GEOJSONSEQ}:
        return _geojson(dataset, layer, encoding)
    if encoding is not None and dataset.form not in _NAMELESS:
        raise BadEncoding(
            f"{dataset.path.name} says itself what its text is in. Leave the encoding out; it is for Shapefiles, CSV "
            "and GeoJSON.",
            path=("encoding",),
        )
    if dataset.form is formats.GEOPARQUET:
        from gateway.ingest.parquet import ParquetReader  # noqa: PLC0415 - it takes long to import

        return ParquetReader(dataset, layer)
    if dataset.form is formats.CSV:
        return TableFile(dataset.path, encoding=encoding)
    return VectorReader(dataset, layer, encoding)


def _geojson(dataset: containers.Dataset, wanted: str | None, encoding: str | None) -> Reader:
    path, sequence = dataset.path, dataset.form is formats.GEOJSONSEQ
    reader = GeoJsonFile(path.name, lambda: path.open("rb"), sequence=sequence, encoding=encoding)
    if wanted not in {None, path.stem} and wanted != (named := reader.layer or path.stem):
        raise SourceError(f"{path.name} has no layer {wanted}. It has: {named}.")
    return reader


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell what the system says of a file as that: elsewhere an OSError is one of the database's connection."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error
