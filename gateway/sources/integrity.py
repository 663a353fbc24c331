"""Whether a file is whole, by what it says of itself; enters a dataset, leaves nothing, or SourceError.

GDAL reads past the end of what was cut off: a Shapefile as features without geometry, a CSV as one with fewer rows.
"""

import csv
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from gateway.errors import SourceError
from gateway.sources import formats
from gateway.sources.containers import Dataset
from gateway.sources.spreadsheets import separator

_PIECE: Final = 2**20
_NATIVE: Final = re.compile(rb"type\s+native", re.IGNORECASE)
_COLUMNS: Final = re.compile(rb"^\s*columns\s+(\d+)", re.IGNORECASE | re.MULTILINE)
_DELIMITER: Final = re.compile(rb'^\s*delimiter\s+"(.)"', re.IGNORECASE | re.MULTILINE)
_ADVICE: Final = "It may have been cut off on its way: get it again."


def check(dataset: Dataset) -> set[str]:
    """Remarks on a dataset that is whole as far as can be seen. Raises SourceError where it is not."""
    missing = [suffix for suffix in _needed(dataset) if dataset.side(suffix) is None]
    if missing:
        raise SourceError(
            f"{dataset.path.name} needs {', '.join(dataset.path.stem + suffix for suffix in missing)} beside it, which "
            "is not there: parts of every feature are in it. Put all files of the data into one folder."
        )
    checker = _CHECKS.get(dataset.form.name)
    return (checker(dataset) if checker else None) or set()


def _needed(dataset: Dataset) -> tuple[str, ...]:
    if dataset.form is formats.MAPINFO_TAB and not _NATIVE.search(_read(dataset.path, 0, 4096)):
        return ()
    return dataset.form.needed


def _read(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def _short(path: Path, has: int, promised: int) -> SourceError:
    return SourceError(f"{path.name} has {has:,} bytes of the {promised:,} that its head promises. {_ADVICE}")


def _at_least(path: Path, promised: int) -> None:
    if (size := path.stat().st_size) < promised:
        raise _short(path, size, promised)


def _headed(path: Path, layout: str, start: int) -> tuple[int, ...]:
    """Numbers of a file's head."""
    size = struct.calcsize(layout)
    data = _read(path, start, size)
    if len(data) < size:
        raise _short(path, path.stat().st_size, start + size)
    return struct.unpack(layout, data)


def _shapefile(dataset: Dataset) -> None:
    index, table = dataset.side(".shx"), dataset.side(".dbf")
    assert index is not None
    assert table is not None
    for path in (dataset.path, index):
        _at_least(path, 100)
        _at_least(path, 2 * _headed(path, ">I", 24)[0])
    shapes = (2 * _headed(index, ">I", 24)[0] - 100) // 8
    rows = _table(table)
    if rows != shapes:
        raise SourceError(f"{table.name} has {rows:,} rows for the {shapes:,} shapes of {dataset.path.name}. {_ADVICE}")


def _table(path: Path) -> int:
    """The number of rows of a dBASE table, which has them all."""
    rows, head, width = _headed(path, "<IHH", 4)
    _at_least(path, head + rows * width)
    return rows


def alive(dataset: Dataset) -> NDArray[np.int64] | None:
    """The places of a Shapefile's rows that are not marked as deleted; None where all are there, and elsewhere."""
    table = dataset.side(".dbf") if dataset.form is formats.SHAPEFILE else None
    if table is None or not (rows := _headed(table, "<I", 4)[0]):
        return None
    _, head, width = _headed(table, "<IHH", 4)
    marks = np.memmap(table, np.uint8, "r", head, (rows, width))[:, 0]
    kept: NDArray[np.int64] = np.flatnonzero(marks != ord("*"))
    return kept if len(kept) < rows else None


def _mapinfo(dataset: Dataset) -> None:
    table, numbers, shapes = (dataset.side(suffix) for suffix in (".dat", ".id", ".map"))
    if table is not None:
        rows = _table(table)
        if numbers is not None:
            _at_least(numbers, 4 * rows)
    if shapes is not None and shapes.stat().st_size % 512:
        raise SourceError(f"{shapes.name} ends within a block. {_ADVICE}")


def _sqlite(dataset: Dataset) -> None:
    log = dataset.path.with_name(f"{dataset.path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise SourceError(
            f"{log.name} beside {dataset.path.name} holds changes that were never written into it. Open it in the "
            "program that wrote it, close it there, and load it then."
        )
    size, written, read = (_headed(dataset.path, layout, at)[0] for layout, at in ((">H", 16), (">I", 24), (">I", 92)))
    if written == read:  # else the number of pages is that of an older SQLite, which did not keep it
        _at_least(dataset.path, (65536 if size == 1 else size) * _headed(dataset.path, ">I", 28)[0])


def _geodatabase(dataset: Dataset) -> None:
    for path in dataset.files:
        if path.suffix.lower() == ".gdbtable":
            _at_least(path, _headed(path, "<q", 24)[0])
        elif path.suffix.lower() == ".gdbtablx":
            blocks, _, width = _headed(path, "<III", 4)
            _at_least(path, 16 + blocks * 1024 * width)


def _json(dataset: Dataset) -> None:
    path = dataset.path
    end = _read(path, max(path.stat().st_size - 4096, 0), 4096).rstrip(b" \t\r\n\0")
    if not end.endswith(b"}"):
        raise SourceError(f"{path.name} does not end as JSON does, with a brace. {_ADVICE}")


def _xml(dataset: Dataset) -> None:
    for path in dataset.files:
        parser = expat.ParserCreate()
        try:
            with path.open("rb") as file:
                parser.ParseFile(file)
        except expat.ExpatError as error:
            reason = f"{expat.ErrorString(error.code)}, line {error.lineno}"
            raise SourceError(f"{path.name} is no well-formed XML: {reason}. {_ADVICE}") from error


def _dxf(dataset: Dataset) -> None:
    path = dataset.path
    if not _read(path, max(path.stat().st_size - 64, 0), 64).rstrip().endswith(b"EOF"):
        raise SourceError(f"{path.name} does not end as DXF does, with EOF. {_ADVICE}")


def _separator(path: Path) -> str:
    with path.open(encoding="latin-1", newline="") as file:
        return separator(file.readline())


def _header(path: Path, sign: str) -> list[str]:
    """The names of a CSV's columns."""
    with path.open(encoding="latin-1", newline="") as file:
        row = next(csv.reader(file, delimiter=sign), [])
    return [name.removeprefix("\xef\xbb\xbf").strip() for name in row]


def _csv(dataset: Dataset) -> set[str]:
    """Quotes must be closed, and the last row must have all its fields; others may lack the last ones."""
    path = dataset.path
    wanted = len(_header(path, _separator(path)))
    last, short = 0, 0
    csv.field_size_limit(max(csv.field_size_limit(), 2**27))
    with path.open(encoding="latin-1", newline="") as file:
        try:
            for row in csv.reader(file, delimiter=_separator(path), strict=True):
                if row:
                    last, short = len(row), short + (len(row) < wanted)
        except csv.Error as error:
            raise SourceError(f"{path.name} cannot be read as CSV: {error}. {_ADVICE}") from error
    if last < wanted:
        raise SourceError(f"The last row of {path.name} has {last} of {wanted} fields. {_ADVICE}")
    notes = {f"{short} rows of {path.name} have fewer fields than its first"} if short else set()
    return notes | _unended(path)


def _unended(path: Path) -> set[str]:
    if _read(path, max(path.stat().st_size - 1, 0), 1) in {b"\n", b"\r"}:
        return set()
    return {f"the last row of {path.name} is not ended by a line break: see that nothing of it is missing"}


def _mif(dataset: Dataset) -> set[str]:
    """Each object of a MIF has a row in the MID: rows must be whole, and objects be ended."""
    path, table = dataset.path, dataset.side(".mid")
    assert table is not None
    if _unended(path):
        raise SourceError(f"{path.name} is not ended by a line break. {_ADVICE}")
    wanted, sign = _mif_columns(path)
    with table.open(encoding="latin-1", newline="") as file:
        try:
            for number, row in enumerate(csv.reader(file, delimiter=sign, strict=True), 1):
                if row and len(row) != wanted:
                    raise SourceError(f"Row {number} of {table.name} has {len(row)} of {wanted} fields. {_ADVICE}")
        except csv.Error as error:
            raise SourceError(f"{table.name} cannot be read: {error}. {_ADVICE}") from error
    return _unended(table)


def _mif_columns(path: Path) -> tuple[int, str]:
    """The number of columns that a MIF announces, and the sign between them in its MID."""
    head = _read(path, 0, formats.HEAD)
    columns, sign = _COLUMNS.search(head), _DELIMITER.search(head)
    if columns is None:
        raise SourceError(f"{path.name} does not say how many columns it has. {_ADVICE}")
    return int(columns[1]), sign[1].decode("latin-1") if sign else "\t"


def records(dataset: Dataset) -> int | None:
    """How many features a dataset has by a count of its own, where another reader's can be compared with it."""
    table = dataset.side(".mid") if dataset.form is formats.MAPINFO_MIF else None
    if table is None:
        return None
    with table.open(encoding="latin-1", newline="") as file:
        return sum(1 for row in csv.reader(file, delimiter=_mif_columns(dataset.path)[1]) if row)


_CHECKS: Final[Mapping[str, Callable[[Dataset], set[str] | None]]] = {
    formats.SHAPEFILE.name: _shapefile,
    formats.MAPINFO_TAB.name: _mapinfo,
    formats.MAPINFO_MIF.name: _mif,
    formats.GEOPACKAGE.name: _sqlite,
    formats.SPATIALITE.name: _sqlite,
    formats.GEODATABASE.name: _geodatabase,
    formats.ESRIJSON.name: _json,
    formats.TOPOJSON.name: _json,
    formats.GML.name: _xml,
    formats.KML.name: _xml,
    formats.DXF.name: _dxf,
    formats.CSV.name: _csv,
}
