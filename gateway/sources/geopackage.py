"""Values of a GeoPackage that are not of their column's type; enters a file and a layer, leaves them as JSON.

SQLite keeps whatever is written into a column: text among whole numbers, `2019/02/30` among dates. GDAL makes 0,
another day or nothing of it. So columns that hold such values are read here, each value as it is stored.
https://www.sqlite.org/datatype3.html
"""

import base64
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson
import pyarrow as pa

from gateway.errors import SourceError
from gateway.sources.batches import Remark, add_remark
from gateway.sources.members import BAD_TEXT

_WHOLE: Final = "typeof({0}) NOT IN ('integer', 'null')"
_LIMITED: Final = _WHOLE + " OR {0} NOT BETWEEN -{1} AND {1} - 1"
_TEXT: Final = "typeof({0}) NOT IN ('text', 'null') OR instr({0}, char(0)) > 0"
# What no value of a column of that type may be; GDAL reads instants as they are written.
_MISFITS: Final[Mapping[str, str]] = {
    "BOOLEAN": _WHOLE + " OR {0} NOT IN (0, 1)",
    "TINYINT": _LIMITED.replace("{1}", str(2**7)),
    "SMALLINT": _LIMITED.replace("{1}", str(2**15)),
    "MEDIUMINT": _LIMITED.replace("{1}", str(2**31)),
    "INT": _WHOLE,
    "INTEGER": _WHOLE,
    "FLOAT": "{0} IS NOT NULL",  # which GDAL rounds to 32 bits
    "DOUBLE": "typeof({0}) NOT IN ('real', 'integer', 'null')",
    "REAL": "typeof({0}) NOT IN ('real', 'integer', 'null')",
    "DATE": "typeof({0}) NOT IN ('text', 'null') OR date({0}) IS NOT {0} OR length({0}) <> 10",
    "TEXT": _TEXT,
    "DATETIME": _TEXT,
    "BLOB": "typeof({0}) NOT IN ('blob', 'null')",
}


class Table:
    """The table `layer` of the GeoPackage `path`, whose column `number` has the numbers of features."""

    def __init__(self, path: Path, layer: str, number: str) -> None:
        self._path = path
        self._layer = layer
        self._number = number

    @cached_property
    def misfits(self) -> Sequence[str]:
        """The columns that hold values of another type than their own."""
        table = _quoted(self._layer)
        with self._reading() as database:
            declared = database.execute(f"PRAGMA table_info({table})").fetchall()
            rules = {
                name.decode(): rule.format(_quoted(name.decode()))
                for _, name, kind, *_ in declared
                if (rule := _MISFITS.get(kind.decode().partition("(")[0].strip().upper()))
            }
            rules.pop(self._number, None)
            if not rules:
                return ()
            counts = ", ".join(f"max({rule})" for rule in rules.values())
            (there,) = database.execute(f"SELECT {counts} FROM {table}").fetchall()  # noqa: S608 - names are quoted
        return [name for name, bad in zip(rules, there, strict=True) if bad]

    def read(self, numbers: pa.Array) -> tuple[Mapping[str, pa.Array], Mapping[int, tuple[Remark, ...]]]:
        """Those columns of the features of these numbers as JSON, and by row what had to be changed."""
        wanted: list[int] = numbers.to_pylist()
        names = ", ".join(map(_quoted, self.misfits))
        number = _quoted(self._number)
        statement = f"SELECT {number}, {names} FROM {_quoted(self._layer)} WHERE {number} BETWEEN ? AND ?"  # noqa: S608
        with self._reading() as database:
            rows = {row[0]: row[1:] for row in database.execute(statement, (min(wanted), max(wanted)))}
        remarks: dict[int, tuple[Remark, ...]] = {}
        values: list[list[str]] = [[] for _ in self.misfits]
        for row, key in enumerate(wanted):
            for place, (name, value) in enumerate(zip(self.misfits, rows[key], strict=True)):
                text, changed = _json(value)
                values[place].append(text)
                if changed:
                    add_remark(remarks, row, name, BAD_TEXT)
        columns = {name: pa.array(each, pa.string()) for name, each in zip(self.misfits, values, strict=True)}
        return columns, remarks

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            # Immutable: a database in WAL mode would else be written, if only its index of a log that is not there.
            address = f"file:{quote(str(self._path.resolve()))}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True)) as database:
                database.text_factory = bytearray  # by which text differs from bytes
                yield database
        except sqlite3.Error as error:
            raise SourceError(f"{self._path.name} cannot be read: {error}. Check that the file is whole.") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json(value: object) -> tuple[str, bool]:
    """A value of SQLite as JSON, and whether its text had to be changed for that."""
    match value:
        case bytearray():
            text = bytes(value).decode(errors="replace").replace("\0", "")
            return orjson.dumps(text).decode(), text.encode() != value
        case bytes():
            return orjson.dumps(base64.b64encode(value).decode()).decode(), False
        case float() if not math.isfinite(value):
            return f'"{value}"', False
        case _:
            return orjson.dumps(value).decode(), False
