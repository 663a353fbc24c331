"""The table of a Shapefile (dBASE); enters its bytes and an encoding, leaves columns, digit by digit.

GDAL makes floats of numbers of 19 digits and more, and takes the letters for those that a `.cpg` names, right or wrong.
Here numbers are JSON as they are written, and text is decoded once it was judged.
https://www.loc.gov/preservation/digital/formats/fdd/fdd000325.shtml
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gateway.errors import BadEncoding, SourceError
from gateway.sources import encodings
from gateway.sources.batches import Remark, add_remark
from gateway.sources.members import BAD_TEXT
from gateway.sources.names import distinct, renamed

_DESCRIPTOR: Final = 32
_END: Final = 0x0D
_ROWS: Final = 2**16
_BLANK: Final = b" \0"
_NUMBER: Final = re.compile(rb"^([+-]?)0*(\d*)(?:\.(\d*))?([eE][+-]?\d{1,3})?$")
_PLAIN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_LOGICAL: Final[Mapping[bytes, str]] = dict.fromkeys((b"T", b"t", b"Y", b"y"), "true") | dict.fromkeys(
    (b"F", b"f", b"N", b"n"), "false"
)
_TEXT: Final = frozenset({"C", "M"})
_READ: Final = frozenset({"C", "M", "N", "F", "D", "L"})
_ANSI: Final = frozenset({0, 0x57})  # the code page of whatever machine wrote it
_CODE_PAGES: Final[Mapping[int, str]] = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x08: "cp865",
    0x13: "cp932",
    0x26: "cp866",
    0x4D: "cp936",
    0x4E: "cp949",
    0x4F: "cp950",
    0x50: "cp874",
    0x57: "cp1252",
    0x64: "cp852",
    0x65: "cp866",
    0x66: "cp865",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "cp936",
    0x7B: "cp932",
    0x7C: "cp874",
    0x7D: "cp1255",
    0x7E: "cp1256",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
    0xCC: "cp1257",
}


@dataclass(frozen=True, slots=True)
class _Field:
    raw: bytes
    kind: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of some rows: those called `json` hold JSON."""

    columns: Mapping[str, pa.Array]
    json: frozenset[str]
    remarks: Mapping[int, tuple[Remark, ...]]


class Table:
    """The table in `path`; `code_page` is the file that names its encoding, `given` the one that the user names."""

    def __init__(self, path: Path, code_page: Path | None, given: str | None) -> None:
        self._path = path
        self._code_page = code_page
        self._given = encodings.known(given) if given else None
        with path.open("rb") as file:
            head = file.read(_DESCRIPTOR).ljust(_DESCRIPTOR, b"\0")
            self._count, size, self._width = struct.unpack_from("<IHH", head, 4)
            described = file.read(max(size - _DESCRIPTOR, 0))
        if path.stat().st_size < size + self._count * self._width:
            raise SourceError(f"{path.name} is shorter than its head says: it may have been cut off.")
        self._start = size
        self._language = head[29]
        self._fields = list(self._described(described))

    def _described(self, text: bytes) -> Iterator[_Field]:
        """The fields, of which texts of more than 255 bytes have the rest of their width where decimals stand."""
        descriptors = []
        for place in range(0, len(text) - _DESCRIPTOR + 1, _DESCRIPTOR):
            if text[place] == _END:
                break
            descriptors.append(text[place : place + _DESCRIPTOR])
        widths = [each[16] for each in descriptors]
        if 1 + sum(widths) != self._width:
            widths = [each[16] + (256 * each[17] if each[11:12] == b"C" else 0) for each in descriptors]
        if 1 + sum(widths) != self._width:
            raise SourceError(f"{self._path.name} has rows of another width than its fields: it is damaged.")
        start = 1
        for each, width in zip(descriptors, widths, strict=True):
            yield _Field(each[:11].partition(b"\0")[0].strip(), chr(each[11]), start, width)
            start += width

    @cached_property
    def _records(self) -> NDArray[np.uint8]:
        """Rows of bytes, read from the disk where they are looked at."""
        if not self._count:
            return np.zeros((0, self._width), dtype=np.uint8)
        return np.memmap(self._path, np.uint8, "r", self._start, (self._count, self._width))

    @cached_property
    def names(self) -> Sequence[str]:
        """The names of the fields, each once."""
        return distinct(self._names)

    @property
    def _names(self) -> Sequence[str]:
        return [field.raw.decode(self.encoding, "replace") for field in self._fields]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report says. Raises BadEncoding where the text looks wrong in the encoding that the files name."""
        unread = [
            f"{name} is of dBASE's type {field.kind}, which is not read, and was left out"
            for name, field in zip(self.names, self._fields, strict=True)
            if field.kind not in _READ
        ]
        return (*self._judge.notes(), *renamed(self._names, self.names), *unread)

    @property
    def encoding(self) -> str:
        """The encoding of its text."""
        return self._judge.encoding

    @property
    def said(self) -> str:
        """The encoding, and who names it."""
        return f"{self._judge.encoding} ({self._judge.said_by})"

    @cached_property
    def _judge(self) -> encodings.Judge:
        """The judgement of all text of the table."""
        encoding, said, sure = self._named()
        judge = self._judged(encoding, said)
        if not sure and judge.utf8 == judge.values:  # true of plain ASCII, too
            return self._judged(encodings.UTF8, "as its text is")
        return judge

    def _named(self) -> tuple[str, str, bool]:
        """The encoding, who names it, and whether that is to be relied on."""
        if self._given:
            return self._given, "as was asked", True
        text = self._code_page.read_text("latin-1").strip() if self._code_page else ""
        if text:
            try:
                return encodings.known(text), f"its file {self._code_page and self._code_page.name}", True
            except BadEncoding:
                pass
        if self._language in _CODE_PAGES:
            return encodings.known(_CODE_PAGES[self._language]), "its .dbf", self._language not in _ANSI
        return encodings.UTF8, "which nothing names", True

    def _judged(self, encoding: str, said: str) -> encodings.Judge:
        if not encodings.beside_ascii(encoding):
            raise BadEncoding(f"A table of dBASE can't be in {encoding}.", path=("encoding",))
        judge = encodings.Judge(self._path.name, encoding, said, given=self._given is not None)
        for start in range(0, self._count, _ROWS):
            rows = self._records[start : start + _ROWS]
            for field in self._fields:
                if field.kind in _TEXT:
                    part = rows[:, field.start : field.start + field.width]
                    for row in np.flatnonzero((part & 0x80).any(axis=1)):
                        judge.look(part[row].tobytes().strip(_BLANK), field.raw.decode(encoding, "replace"))
        return judge

    def read(self, numbers: NDArray[np.int64]) -> Rows:
        """The rows of those numbers."""
        records = np.asarray(self._records[numbers])
        columns: dict[str, pa.Array] = {}
        remarks: dict[int, tuple[Remark, ...]] = {}
        json = frozenset(
            name for name, field in zip(self.names, self._fields, strict=True) if field.kind in _READ - _TEXT
        )
        for name, field in zip(self.names, self._fields, strict=True):
            cells = _cells(records, field)
            if field.kind in _TEXT:
                columns[name], bad = encodings.recoded(pa.array([c or None for c in cells], pa.binary()), self.encoding)
                for row in bad:
                    add_remark(remarks, row, name, BAD_TEXT)
            elif field.kind in _READ:
                columns[name] = _values(cells, _JSON[field.kind])
        return Rows(columns, json, remarks)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that are read."""
        return tuple(name for name, field in zip(self.names, self._fields, strict=True) if field.kind in _READ)


def _cells(records: NDArray[np.uint8], field: _Field) -> list[bytes]:
    """The bytes of one field, without the blanks that fill it up."""
    if not field.width:
        return [b""] * len(records)
    part = np.ascontiguousarray(records[:, field.start : field.start + field.width])
    return [cell.rstrip(_BLANK) for cell in part.view(f"S{field.width}").ravel().tolist()]


def _values(cells: Sequence[bytes], work: Callable[[bytes], str]) -> pa.Array:
    """Cells as JSON; `work` is asked for those that are not JSON as they stand."""
    trimmed = [cell.strip(_BLANK) for cell in cells]
    raw = pa.array(trimmed, pa.binary())
    if work is not _number or encodings.beyond_ascii(raw):
        return pa.array([work(cell) for cell in trimmed], pa.string())
    text = raw.view(pa.string())
    values: list[str] = text.to_pylist()
    for row in np.flatnonzero(~np.asarray(pc.match_substring_regex(text, _PLAIN))):
        values[row] = work(trimmed[row])
    return pa.array(values, pa.string())


def _number(cell: bytes) -> str:
    """The number as JSON has it; asterisks are a number that had no room, or none."""
    match = _NUMBER.match(cell)
    if not match or not (match[2] or match[3] or (cell.strip(b"+-0.") == b"" and b"0" in cell)):
        return "null" if not cell.strip(b"*") else _quoted(cell)
    sign, whole, rest, exponent = ((part or b"").decode() for part in match.groups())
    return f"{sign.strip('+')}{whole or '0'}{'.' + rest if rest else ''}{exponent}"


def _day(cell: bytes) -> str:
    if not cell.strip(b"0"):
        return "null"
    try:
        return f'"{date.fromisoformat(cell.decode()).isoformat()}"'
    except ValueError:
        return _quoted(cell)


def _logical(cell: bytes) -> str:
    return _LOGICAL.get(cell, "null")


def _quoted(cell: bytes) -> str:
    return orjson.dumps(cell.decode("latin-1")).decode()


_JSON: Final = {"N": _number, "F": _number, "D": _day, "L": _logical}
