"""Where the data of a path are: a file, a folder, a packed file; enters a path, leaves a dataset.

What is packed is unpacked into a folder of its own first, which checks every byte of it. `city.zip/folder/parcels.shp`
names one file of several.
"""

import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Final

import zstandard

from gateway.errors import SourceError
from gateway.sources import formats
from gateway.sources.bounds import Bounds
from gateway.sources.formats import Format
from gateway.sources.zstd import Decoder

_PIECE: Final = 2**20
_WINDOW: Final = 2**27  # `zstd --long` makes windows of this size, which its own decoder takes
_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_TABLE: Final = ".gdbtable"
_GDB: Final = ".gdb"
# Files with these endings often stand beside data without being data.
_SECOND: Final = frozenset({".xml", ".json", ".txt"})
_LISTED: Final = 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Dataset:
    """What is to be opened: its first file (or folder), its format, all files of it, and what it is called.

    `origin` are the files that the user gave: equal where the content is.
    """

    path: Path
    form: Format
    files: tuple[Path, ...]
    origin: tuple[Path, ...]
    name: str

    def side(self, suffix: str) -> Path | None:
        """The file beside the first with this ending, in any case."""
        return next((file for file in self.files if file.suffix.lower() == suffix), None)


class Workspace:
    """A folder for what is unpacked, made where it is needed first."""

    def __init__(self, ratio: int = 100, free_bytes: int = 0) -> None:
        self.folder: Path | None = None
        self._ratio = ratio
        self._free_bytes = free_bytes

    def path(self, name: str) -> Path:
        """Where a file of that name goes."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="gateway-ingest-"))
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def take(self, name: str, pieces: Iterable[bytes], bounds: Bounds) -> Path:
        """Write `pieces` into a file of that name, within `bounds`; raises DenseBody, and SourceError without room."""
        target = self.path(name)
        with target.open("wb") as file:
            for piece in pieces:
                bounds.take(len(piece))
                self._check_room(len(piece))
                file.write(piece)
        return target

    def bounds(self, packed: int) -> Bounds:
        """What so many packed bytes may stand for."""
        return Bounds(self._ratio, packed)

    def _check_room(self, size: int) -> None:
        folder = self.path("").parent
        if shutil.disk_usage(folder).free - size < self._free_bytes:
            raise SourceError(
                f"{folder} has no room for what is unpacked there. Name a folder that has in the environment variable "
                "TMPDIR."
            )

    def remove(self) -> None:
        """Remove the folder."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def locate(path: Path, workspace: Workspace, layer: str | None = None) -> Dataset:
    """The dataset at `path`; `layer` chooses among several files of that stem. Raises SourceError."""
    try:
        return _locate(path, workspace, layer)
    except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise SourceError(f"{path.name} cannot be unpacked: it is damaged or was cut off. Get it again.") from error
    except (RuntimeError, NotImplementedError) as error:  # a password, or a method that Python does not know
        raise SourceError(f"{path.name} cannot be unpacked here. Unpack it and name the file inside.") from error
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _locate(path: Path, workspace: Workspace, layer: str | None) -> Dataset:
    outer, inner = _split(path)
    if outer.is_dir():
        return _folder(outer, layer)
    first = head(outer)
    if first.startswith(_ZIP):
        return _zip(outer, inner, workspace, layer)
    if inner:
        raise SourceError(f"{outer.name} is no zip, so there is no {inner} in it.")
    if first.startswith((_GZIP, _ZSTD)):
        return _unpacked(outer, first, workspace)
    return plain(outer, first, workspace)


def _split(path: Path) -> tuple[Path, str]:
    """A path as that of a file that is there and the rest, which is a path in that file."""
    for outer in (path, *path.parents):
        if outer.is_file() or (outer == path and outer.is_dir()):
            return outer, path.relative_to(outer).as_posix() if outer != path else ""
    raise SourceError(f"There is no file {path}.")


def alone(path: Path, workspace: Workspace, form: Format) -> Dataset:
    """The dataset at `path`, which is of the format `form` whatever its name and first bytes are."""
    try:
        if form.trusted:
            return Dataset(path.absolute(), form, (path,), (path,), path.name)
        return plain(path, head(path), workspace, form)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def plain(path: Path, first: bytes, workspace: Workspace, form: Format | None = None) -> Dataset:
    """The dataset of a file that is not packed, of the format `form` where that is known."""
    if not first:
        raise SourceError(f"{path.name} is empty.")
    form = form or formats.identify(path.name, first)
    if form is None and first.startswith(_UTF16) and path.suffix.lower() in formats.BY_SUFFIX:
        form = formats.BY_SUFFIX[path.suffix.lower()]
    if form is None:
        raise formats.unknown(path.name)
    files = _beside(path, form)
    opened = path
    if form is formats.CSV and first.startswith(_UTF16):
        opened = _as_utf8(path, workspace)
    elif form is formats.GML:
        opened = _apart(files, workspace)
    return Dataset(opened, form, (opened, *files[1:]), files, path.name)


def _beside(path: Path, form: Format) -> tuple[Path, ...]:
    """The file and those that belong to it: of the same stem, and of the endings of its format."""
    wanted = {*form.needed, *form.beside}
    if not wanted:
        return (path,)
    stem = path.stem.lower()
    others = [
        other
        for other in sorted(path.parent.iterdir())
        if other != path and other.stem.lower() == stem and other.suffix.lower() in wanted and other.is_file()
    ]
    return (path, *others)


def _apart(files: Sequence[Path], workspace: Workspace) -> Path:
    """The same files in a folder of their own: GDAL leaves a .gfs beside a GML, and reads later ones by it."""
    targets = [workspace.path(file.name) for file in files]
    for target, file in zip(targets, files, strict=True):
        target.symlink_to(file.resolve())
    return targets[0]


def _as_utf8(path: Path, workspace: Workspace) -> Path:
    target = workspace.path(path.name)
    try:
        with path.open(encoding="utf-16", newline="") as source, target.open("w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(source, file, _PIECE)
    except UnicodeError as error:
        raise SourceError(f"{path.name} begins as UTF-16 and does not go on so. It may have been cut off.") from error
    return target


def _folder(path: Path, layer: str | None) -> Dataset:
    names = [file.relative_to(path).as_posix() for file in sorted(path.rglob("*")) if file.is_file()]
    chosen = _choose(path.name, names, "", layer)
    if _is_geodatabase(chosen, names):
        folder = path / chosen
        files = tuple(sorted(file for file in folder.iterdir() if file.is_file()))
        return Dataset(folder, formats.GEODATABASE, files, files, (PurePosixPath(path.name) / chosen).as_posix())
    file = path / chosen
    return replace(plain(file, head(file), Workspace()), name=f"{path.name}/{chosen}")


def _zip(path: Path, inner: str, workspace: Workspace, layer: str | None) -> Dataset:
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir() and not _hidden(info.filename)]
        chosen = _choose(path.name, names, inner, layer)
        geodatabase = _is_geodatabase(chosen, names)
        taken = [name for name in names if _belongs(name, chosen, geodatabase=geodatabase)]
        bounds = workspace.bounds(path.stat().st_size)
        folder = f"{PurePosixPath(chosen).stem or path.stem}{_GDB}/" if geodatabase else ""
        for name in taken:
            with archive.open(name) as file:
                workspace.take(folder + PurePosixPath(name).name, _pieces(file), bounds)
    if geodatabase:
        dataset = _folder(workspace.path(folder), None)
    else:
        first = workspace.path(PurePosixPath(chosen).name)
        dataset = plain(first, head(first), workspace)
    alone = len(taken) == len(names)
    return replace(dataset, origin=(path,), name=path.name if alone else f"{path.name}/{chosen}")


def _hidden(name: str) -> bool:
    """Whether a member is what macOS and Windows put beside what was packed."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _is_geodatabase(chosen: str, names: Sequence[str]) -> bool:
    return any(name.endswith(_TABLE) and PurePosixPath(name).parent.as_posix() == chosen for name in names)


def _belongs(name: str, chosen: str, *, geodatabase: bool) -> bool:
    """Whether a member is of the dataset whose first is `chosen`: in its folder, or of its stem."""
    member, first = PurePosixPath(name), PurePosixPath(chosen)
    if geodatabase:
        return member.parent == first
    return member.parent == first.parent and member.stem.lower() == first.stem.lower()


def _choose(container: str, names: Sequence[str], inner: str, layer: str | None) -> str:
    """The dataset among the files of a folder or zip: the path of its first file, or of its folder."""
    folders = {PurePosixPath(name).parent for name in names if name.endswith(_TABLE)}
    files = [name for name in names if PurePosixPath(name).suffix.lower() in formats.BY_SUFFIX]
    loose = [name for name in files if PurePosixPath(name).parent not in folders]
    first = [name for name in loose if PurePosixPath(name).suffix.lower() not in _SECOND]
    every = [*sorted(folder.as_posix() for folder in folders), *sorted(loose)]
    if inner:
        named = [name for name in every if name == inner] or [name for name in every if name.startswith(f"{inner}/")]
    else:
        named = [name for name in every if name in first or name not in loose] or every
    if len(named) > 1 and layer is not None:
        named = [name for name in named if PurePosixPath(name).stem == layer] or named
    if len(named) == 1:
        return named[0]
    if named:
        listed = ", ".join(named[:_LISTED]) + (" ..." if len(named) > _LISTED else "")
        raise SourceError(
            f"{container} holds {len(named)} files of data: {listed}. Name one of them as {container}/{named[0]}."
        )
    listed = ", ".join([*names][:_LISTED]) or "nothing"
    where = f"nothing called {inner}" if inner else "no data that is read here"
    raise SourceError(f"{container} holds {where}. It holds {listed}.")


def _pieces(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _unpacked(path: Path, first: bytes, workspace: Workspace) -> Dataset:
    """The dataset of a file that is compressed by itself, such as `city.geojson.gz`."""
    name = path.stem if path.suffix.lower() in {".gz", ".zst"} else path.name
    bounds = workspace.bounds(path.stat().st_size)
    if first.startswith(_GZIP):
        with gzip.open(path) as packed:
            target = workspace.take(name, _pieces(packed), bounds)
    else:
        target = workspace.take(name, _unzstd(path), bounds)
    return replace(plain(target, head(target), workspace), origin=(path,), name=path.name)


def _unzstd(path: Path) -> Iterator[bytes]:
    decoder = Decoder(_WINDOW)
    with path.open("rb") as source:
        while data := source.read(_PIECE):
            yield from decoder.feed(data)
    if not decoder.whole:
        raise EOFError


def head(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(formats.HEAD)
