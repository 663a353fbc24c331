"""Separated values (CSV); enters a text file, leaves columns of text as it is written and geometry as WKB.

A cell is text, leading zeros included; one that is empty without quotes is missing, as PostgreSQL and this gateway's
exports have it. GDAL reads neither the difference nor what stands after a NUL (RFC 4180).
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from gateway.errors import BadEncoding, SourceError
from gateway.sources import encodings, wkt
from gateway.sources.batches import Description, Remark, SourceBatch, add_remark
from gateway.sources.members import BAD_TEXT
from gateway.sources.names import distinct, fid_name, renamed
from gateway.sources.spreadsheets import QUOTED, exported, separator

_BLOCK: Final = 16 * 2**20
_HEAD: Final = 2**20
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
# What columns of shapes are called in exports of Socrata, PostGIS, QGIS, ArcGIS Hub, BigQuery and others.
_SHAPES: Final = (
    "wkt",
    "the_geom",
    "geom",
    "geometry",
    "shape",
    "wkb_geometry",
    "wkt_geom",
    "geo_shape",
    "multipolygon",
)
_UNREAD: Final = (
    "What stands in {} is no shape: WKT, WKB in hexadecimal or GeoJSON, or two numbers. Spreadsheets cut what is "
    "longer than 32,767 characters."
)
_EAST: Final = ("x", "lon", "lng", "long", "longitude", "easting", "point_x")
_NORTH: Final = ("y", "lat", "latitude", "northing", "point_y")


@dataclass(frozen=True, slots=True)
class _Head:
    """The first row: names of columns that differ, the sign between them, and the lines it takes."""

    given: Sequence[str]
    names: Sequence[str]
    separator: str
    lines: int

    def place(self, *candidates: str) -> int | None:
        """The column that has the first of these names that is there, whatever its case."""
        lower = [name.lower() for name in self.given]
        return next((lower.index(name) for name in candidates if name in lower), None)


class TableFile:
    """A table with a column of shapes (WKT, WKB in hexadecimal, GeoJSON), or with columns of longitude and latitude."""

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self._path = path
        self._given = encodings.known(encoding) if encoding else None
        self._encoding = self._given or encodings.UTF8
        if not encodings.beside_ascii(self._encoding):
            raise BadEncoding(f"A table in {self._encoding} is not read. Save it as UTF-8.", path=("encoding",))

    @cached_property
    def _head(self) -> _Head:
        with self._path.open("rb") as file:
            begin = file.read(_HEAD).removeprefix(_BOM)
        if begin.startswith(_UTF16):
            raise BadEncoding(f"{self._path.name} is in UTF-16. Save it as UTF-8.", path=("encoding",))
        text = begin.decode(self._encoding, "replace")
        sign = separator(text.partition("\n")[0])
        reader = csv.reader(text.splitlines(keepends=True), delimiter=sign)
        given = next(reader, [])
        return _Head(given, distinct(given), sign, reader.line_num)

    @cached_property
    def _shape(self) -> int | None:
        return self._head.place(*_SHAPES)

    @cached_property
    def _position(self) -> tuple[int, int] | None:
        east, north = self._head.place(*_EAST), self._head.place(*_NORTH)
        return None if east is None or north is None else (east, north)

    @cached_property
    def _number(self) -> str:
        return fid_name(self._head.names)

    @cached_property
    def description(self) -> Description:
        """What the table says; all of it is read for that. Raises SourceError and BadEncoding."""
        if self._shape is None and self._position is None:
            known = ", ".join(_SHAPES[:4])
            raise SourceError(
                f"{self._path.name} is a table without geometry. Give it a column of WKT, WKB in hexadecimal or "
                f"GeoJSON that is called {known}."
            )
        said = "as was asked" if self._given else "as text is where nothing else is said"
        judge = encodings.Judge(self._path.name, self._encoding, said, given=self._given is not None)
        rows = 0
        for batch in self._read():
            rows += batch.num_rows
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                for value in encodings.beyond_ascii(column):
                    judge.look(value, name)
        notes = [*judge.notes(), *renamed(self._head.given, self._head.names)]
        fields = tuple(name for place, name in enumerate(self._head.names) if place != self._shape)
        encoding = f"{self._encoding} ({said})"
        return Description(
            self._path.name, fields, wkt.crs_beside(self._path), rows, self._number, encoding, tuple(notes)
        )

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from row `first` on, at most `rows` at a time."""
        del notes  # the description has them all
        at = 0
        for batch in self._read():
            for start in range(max(first - at, 0), batch.num_rows, rows):
                part = batch.slice(start, rows)
                yield self._batch(at + start, part)
            at += batch.num_rows
        if at != self.description.features:
            raise SourceError(f"{self._path.name} changed while it was read.")

    def _batch(self, first: int, batch: pa.RecordBatch) -> SourceBatch:
        fields: dict[str, pa.Array] = {self._number: pa.array(np.arange(first + 1, first + 1 + batch.num_rows))}
        remarks: dict[int, tuple[Remark, ...]] = {}
        for place, (name, column) in enumerate(zip(self._head.names, batch.columns, strict=True)):
            if place == self._shape:
                continue
            cells = pc.replace_substring_regex(column, QUOTED, r"\1") if exported(*self._head.given) else column
            fields[name], bad = encodings.recoded(cells, self._encoding)
            for row in bad:
                add_remark(remarks, row, name, BAD_TEXT)
        places = (self._shape,) if self._shape is not None else self._position
        assert places is not None
        cells = [batch.column(place).to_pylist() for place in places]
        shapes = wkt.points(*cells) if len(cells) > 1 else wkt.wkb(cells[0])
        written = zip(*cells, shapes.is_valid().to_pylist(), strict=True)
        unread = {
            row
            for row, (*texts, read) in enumerate(written)
            if not read and any((text or b"").strip() for text in texts)
        }
        why = _UNREAD.format(" and ".join(self._head.names[place] for place in places))
        return SourceBatch(first, fields, shapes, remarks=remarks, unread=dict.fromkeys(sorted(unread), why))

    def _read(self) -> Iterator[pa.RecordBatch]:
        """Columns of bytes, some rows at a time."""
        names = [str(place) for place in range(len(self._head.names))]
        try:
            with arrow_csv.open_csv(
                self._path,
                arrow_csv.ReadOptions(
                    use_threads=False, block_size=_BLOCK, skip_rows=self._head.lines, column_names=names
                ),
                arrow_csv.ParseOptions(delimiter=self._head.separator, newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.binary()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    check_utf8=False,
                ),
            ) as reader:
                for batch in reader:
                    yield batch.rename_columns(list(self._head.names))
        except (pa.ArrowInvalid, OSError) as error:
            cause = " ".join(str(error).split())[:300]
            raise SourceError(
                f"{self._path.name} cannot be read: {cause}. Check that the file is whole, and that values with a "
                f"{self._head.separator!r} or a line break stand in quotes."
            ) from error
