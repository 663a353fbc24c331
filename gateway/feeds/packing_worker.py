"""The process that writes binary formats; enters CSV on stdin, leaves the file on stdout while rows still come.

It runs as a script, so that it starts with GDAL and Arrow alone. Its one argument is JSON: the format, the layer's
name, the CRS, the type of geometries, and the names and types of the columns. After these a row has the sides of its
box, for GeoParquet, and its geometry as WKB in hexadecimal. Rows are held a block or a row group at a time.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
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

_BLOCK = 1024 * 1024
_GROUP_ROWS, _GROUP_BYTES = 50_000, 32 * 1024 * 1024  # a row group has these many at most, but for one block
_TYPES = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "datetime": pa.timestamp("us", "UTC"),
    "uuid": pa.string(),
    "json": pa.string(),
}
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([(side, pa.float64()) for side in _SIDES])
_TYPE_NAMES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")


def blocks() -> Iterator[bytes]:
    """Whole rows, about a block at a time; how fast they come makes no difference to where one ends."""
    rest = b""
    while data := sys.stdin.buffer.read(_BLOCK):
        rest += data
        if end := _end(rest):
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


class Columns:
    """The columns of a file, and how they stand in CSV."""

    def __init__(self, described: Mapping[str, Any], geometry: pa.Field, *, boxed: bool, doubles: bool) -> None:
        self._doubles = doubles
        fields = [pa.field(name, self._type(kind)) for name, kind in described.items()]
        self.schema = pa.schema([*fields, *([pa.field("bbox", _BOX)] if boxed else []), geometry])
        self._lists = [number for number, each in enumerate(fields) if pa.types.is_list(each.type)]
        texts = {each.name: pa.string() if pa.types.is_list(each.type) else each.type for each in fields}
        sides = {f"bbox.{side}": pa.float64() for side in (_SIDES if boxed else ())}
        self._read = {**texts, **sides, geometry.name: pa.string()}
        self._plain = len(fields)

    def _type(self, kind: Any) -> pa.DataType:
        """A kind, the digits of a decimal, or an object of the columns that related rows have."""
        if isinstance(kind, dict):
            return pa.list_(self._struct(kind))
        if isinstance(kind, list):
            return pa.float64() if self._doubles else pa.decimal128(*kind)
        return _TYPES[kind]

    def _struct(self, columns: Mapping[str, Any]) -> pa.DataType:
        nested = {
            name: self._struct(kind) if isinstance(kind, dict) else self._type(kind) for name, kind in columns.items()
        }
        return pa.struct(list(nested.items()))

    def tables(self) -> Iterator[pa.Table]:
        """The rows as Arrow has them, a block at a time."""
        parsing = csv.ParseOptions(newlines_in_values=True)
        # COPY writes a missing value as nothing, and an empty text in quotes.
        converting = csv.ConvertOptions(
            column_types=self._read,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        )
        for block in blocks():
            reading = csv.ReadOptions(column_names=list(self._read), block_size=len(block) + 1, use_threads=False)
            table = csv.read_csv(pa.BufferReader(block), reading, parsing, converting).combine_chunks()
            yield self._table([column.chunk(0) for column in table.columns])

    def _table(self, columns: Sequence[pa.Array]) -> pa.Table:
        values, sides, texts = list(columns[: self._plain]), columns[self._plain : -1], columns[-1].to_pylist()
        for number in self._lists:
            values[number] = _parsed(values[number], self.schema.field(number).type)
        if sides:
            values.append(pa.StructArray.from_arrays(sides, names=_SIDES, mask=sides[0].is_null()))
        wkb = pa.array([None if text is None else bytes.fromhex(text) for text in texts], pa.binary())
        return pa.table([*values, wkb], schema=self.schema)


def _parsed(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Lists of related rows from JSON, in which decimals have all their digits."""
    from pyarrow import json as arrow_json  # noqa: PLC0415 - few exports have relations

    lines = "".join(f'{{"rows":{text}}}\n' for text in texts.to_pylist()).encode()
    parsing = arrow_json.ParseOptions(explicit_schema=pa.schema([("rows", kind)]))
    reading = arrow_json.ReadOptions(block_size=len(lines) + 1, use_threads=False)
    return arrow_json.read_json(pa.BufferReader(lines), reading, parsing)["rows"].combine_chunks()


def write_flatgeobuf(given: Mapping[str, Any]) -> None:
    """By GDAL; without a spatial index, since that would take all rows at once."""
    from pyogrio import write_arrow  # noqa: PLC0415 - the other formats need no GDAL

    columns = Columns(given["columns"], pa.field("WKT", pa.binary()), boxed=False, doubles=True)
    rest = chain.from_iterable(table.to_batches() for table in columns.tables())
    first = next(rest, None)
    # GDAL writes the head of a file without rows when it closes it, which standard output is not for.
    empty = BytesIO() if first is None else None
    write_arrow(
        pa.RecordBatchReader.from_batches(columns.schema, rest if first is None else chain([first], rest)),
        empty if first is None else f"/vsistdout/{given['layer']}.fgb",
        driver="FlatGeobuf",
        geometry_name="WKT",
        geometry_type=given["geometry"],
        crs=given["crs"],
        SPATIAL_INDEX="NO",
    )
    if empty is not None:
        sys.stdout.buffer.write(empty.getvalue())


def _geo(given: Mapping[str, Any], **more: object) -> bytes:
    """The metadata of GeoParquet, which GeoPandas looks for in an Arrow file too; no types are any types."""
    column = {"encoding": "WKB", "crs": given["projjson"], "geometry_types": [], **more}
    return orjson.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})


def write_arrow_file(given: Mapping[str, Any]) -> None:
    """A record batch a block; the column of geometries is of GeoArrow's type."""
    crs = orjson.dumps({"crs": given["projjson"], "crs_type": "projjson"})
    extension = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": crs}
    columns = Columns(
        given["columns"], pa.field("geometry", pa.binary(), metadata=extension), boxed=False, doubles=False
    )
    schema = columns.schema.with_metadata({"geo": _geo(given)})
    with pa.ipc.new_file(pa.PythonFile(sys.stdout.buffer, "w"), schema) as file:
        for table in columns.tables():
            file.write_table(table)


def write_parquet(given: Mapping[str, Any]) -> None:
    """GeoParquet 1.1, a row group at a time; what it says of all rows stands at its end."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - the other formats don't need it

    columns = Columns(given["columns"], pa.field("geometry", pa.binary()), boxed=True, doubles=False)
    texts = [each.name for each in columns.schema if pa.types.is_string(each.type)]
    file = pq.ParquetWriter(
        pa.PythonFile(sys.stdout.buffer, "w"),
        columns.schema,
        compression="zstd",
        use_dictionary=texts,
        write_page_checksum=True,
    )
    whole = Whole()
    for group in _groups(columns.tables()):
        whole.add(group)
        file.write_table(group, row_group_size=group.num_rows)
    file.add_key_value_metadata({"geo": _geo(given, **whole.described())})
    file.close()


def _groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        rows, size = sum(each.num_rows for each in waiting), sum(each.nbytes for each in waiting)
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class Whole:
    """The box and the types of all geometries that were written."""

    def __init__(self) -> None:
        self._types: set[str] = set()
        self._boxes: list[Sequence[float]] = []

    def add(self, group: pa.Table) -> None:
        """Take the rows of a group."""
        heads = pc.binary_slice(group["geometry"], 0, 5).unique().to_pylist()
        self._types |= {_type_of(head) for head in heads if head}
        sides = [group["bbox"].combine_chunks().field(side) for side in _SIDES]
        low, high = [pc.min(side).as_py() for side in sides[:2]], [pc.max(side).as_py() for side in sides[2:]]
        if None not in low:
            self._boxes.append((*low, *high))

    def described(self) -> Mapping[str, Any]:
        """What GeoParquet says of the column."""
        covering = {"bbox": {side: ["bbox", side] for side in _SIDES}}
        described: dict[str, object] = {"geometry_types": sorted(self._types), "covering": covering}
        if self._boxes:
            west, south, east, north = zip(*self._boxes, strict=True)
            described["bbox"] = [min(west), min(south), max(east), max(north)]
        return described


def _type_of(head: bytes) -> str:
    """`Polygon`, `Point Z`, of the first bytes of WKB."""
    code = int.from_bytes(head[1:5], "little" if head[0] else "big")
    return _TYPE_NAMES[code % 1000 - 1] + (" Z" if code > 1000 else "")


_WRITERS = {"fgb": write_flatgeobuf, "parquet": write_parquet, "arrow": write_arrow_file}


def main() -> None:
    """Read until stdin ends."""
    given = orjson.loads(sys.argv[1])
    _WRITERS[given["format"]](given)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
