"""The process that writes FlatGeobuf; enters CSV on stdin, leaves the file on stdout while rows still come.

It runs as a script, so that it starts with GDAL and Arrow alone. Its one argument is JSON: the layer's name, the CRS,
the type of geometries, and the names and kinds of the columns, the last of which is WKB in hexadecimal. Rows are held a
block at a time. There is no spatial index in the file, since that would take all rows at once.
"""

import os
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import chain

import orjson
import pyarrow as pa
from pyarrow import csv


class _Without:
    """What pyogrio and Arrow look for and is not used here: to import it takes four times as long as all the rest."""

    _NAMES = frozenset({"geopandas", "pandas", "pyproj", "shapely"})

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        """Say that there is no such module."""
        if name in cls._NAMES:
            raise ModuleNotFoundError(name=name)


sys.meta_path.insert(0, _Without)

from pyogrio import write_arrow  # noqa: E402

_BLOCK = 1024 * 1024
_TYPES = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
    "datetime": pa.timestamp("us", "UTC"),
    "uuid": pa.string(),
    "json": pa.string(),
    "geometry": pa.string(),
}


def blocks() -> Iterator[bytes]:
    """Whole rows, about a block at a time."""
    rest = b""
    while data := os.read(0, _BLOCK):
        rest += data
        if len(rest) >= _BLOCK and (end := _end(rest)):
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _end(data: bytes) -> int:
    """Where the last whole row ends: at a line break that is not within quotes, so an even number of them is before."""
    quotes, end = data.count(b'"'), len(data)
    while (newline := data.rfind(b"\n", 0, end)) >= 0:
        quotes -= data.count(b'"', newline, end)
        if quotes % 2 == 0:
            return newline + 1
        end = newline
    return 0


def batches(columns: list[tuple[str, str]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows as Arrow has them."""
    types = {name: _TYPES[kind] for name, kind in columns}
    parsing = csv.ParseOptions(newlines_in_values=True)
    # COPY writes a missing value as nothing, and an empty text in quotes.
    converting = csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    for block in blocks():
        reading = csv.ReadOptions(column_names=list(types), block_size=len(block) + 1, use_threads=False)
        table = csv.read_csv(pa.BufferReader(block), reading, parsing, converting).combine_chunks()
        *values, geometry = table.columns
        texts = geometry.to_pylist()
        wkb = pa.array([None if text is None else bytes.fromhex(text) for text in texts], pa.binary())
        yield from pa.table([*values, wkb], schema=schema).to_batches()


def main() -> None:
    """Read until stdin ends."""
    given = orjson.loads(sys.argv[1])
    columns = given["columns"]
    schema = pa.schema([(name, pa.binary() if kind == "geometry" else _TYPES[kind]) for name, kind in columns])
    rest = batches(columns, schema)
    first = next(rest, None)
    # GDAL writes the head of a file without rows when it closes it, which standard output is not for.
    empty = BytesIO() if first is None else None
    write_arrow(
        pa.RecordBatchReader.from_batches(schema, rest if first is None else chain([first], rest)),
        empty if first is None else f"/vsistdout/{given['layer']}.fgb",
        driver="FlatGeobuf",
        geometry_name=columns[-1][0],
        geometry_type=given["geometry"],
        crs=given["crs"],
        SPATIAL_INDEX="NO",
    )
    if empty is not None:
        sys.stdout.buffer.write(empty.getvalue())


if __name__ == "__main__":
    main()
