"""Where features come from; enters a file, leaves its description and batches of columns.

Nothing here knows the layer that is loaded into. What reads the file is a process of its own (`gateway.sources.jail`).
"""

import hashlib
import weakref
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from gateway.errors import SourceError
from gateway.settings import FileSettings
from gateway.sources import containers, formats
from gateway.sources.batches import Description, Reader, SourceBatch
from gateway.sources.formats import Format
from gateway.sources.jail.reader import JailedReader


class FileSource:
    """A local file or folder of a format that is read (see `formats`), or one that is packed.

    `form` is the format that the file is to have, where its name and first bytes are not asked; `driver` is one of
    GDAL's for formats that are not offered. `digest` is the file's SHA-256 where it is known. Raises SourceError for
    what can't be read, is not whole, or has several layers of which none is named.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        layer: str | None = None,
        form: Format | None = None,
        driver: str | None = None,
        digest: bytes | None = None,
        encoding: str | None = None,
        settings: FileSettings | None = None,
    ) -> None:
        self._path = Path(path)
        self._digest = digest
        self._settings = settings or FileSettings()
        workspace = containers.Workspace(self._settings.ratio, self._settings.free_bytes)
        weakref.finalize(self, workspace.remove)
        if driver is not None:
            form = formats.by_driver(driver)
        if form is None:
            self._dataset = containers.locate(self._path, workspace, layer)
        else:
            self._dataset = containers.alone(self._path, workspace, form)
        self._reader = self._opened(layer, encoding)

    def _opened(self, layer: str | None, encoding: str | None) -> Reader:
        return JailedReader(self._dataset, layer, encoding, self._settings)

    def close(self) -> None:
        """End the process that reads, also in the middle of its work."""
        if isinstance(self._reader, JailedReader):
            self._reader.close()

    @cached_property
    def description(self) -> Description:
        """What the file says of itself; features are counted for it.

        Raises SourceError, and BadEncoding where its text looks wrong.
        """
        return self._reader.description

    def fingerprint(self) -> str:
        """A digest of the content of all files of the dataset."""
        digest = hashlib.sha256(f"{self.description.name}\n".encode())
        for path in self._dataset.origin:
            digest.update(f"{path.name}\n".encode())
            digest.update(self._digest or _digest(path))
        return digest.hexdigest()

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; raises SourceError where the file has fewer than it says."""
        yield from self._reader.batches(first, rows, notes)  # what was unpacked stays as long as this runs


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error
