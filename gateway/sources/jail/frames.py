"""What passes between the process that reads and the one that asks; enters values, leaves bytes and back.

A frame is two lengths of 4 bytes, JSON, and an Arrow stream of one batch where there is one. Who asks takes nothing for
granted: each length is bounded, and each buffer of Arrow is checked before a value is looked at.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Final

import orjson
import pyarrow as pa
from pyproj import CRS

from gateway.errors import BadEncoding, GatewayError, SourceError
from gateway.geo.positions import JsonObject
from gateway.sources.batches import Description, Remark, SourceBatch

HEAD: Final = struct.Struct(">II")
MOST_JSON: Final = 64 * 2**20
MOST_BATCH: Final = 512 * 2**20
_ENOUGH: Final = 64 * 2**20  # a batch of more goes in parts, down to one feature
_ERRORS: Final[Mapping[str, type[SourceError]]] = {kind.code: kind for kind in (SourceError, BadEncoding)}
_SHAPES: Final = "\0wkb"  # no field is called so: PostgreSQL has no text with a NUL


def failure(error: GatewayError) -> JsonObject:
    """An error as JSON."""
    return {"error": error.code, "message": error.message, "path": error.path}


def raised(said: JsonObject) -> SourceError:
    """The error that `failure` made JSON of."""
    kind = _ERRORS.get(str(said["error"]), SourceError)
    return kind(str(said["message"])[:4000], path=[str(part) for part in said["path"]])


def described(said: Description) -> dict[str, object]:
    """A description as JSON."""
    return {**asdict(replace(said, crs=None)), "crs": None if said.crs is None else said.crs.to_json_dict()}


def description(said: JsonObject) -> Description:
    """The description that `described` described. Raises SourceError for a CRS that names files."""
    crs = said["crs"]
    if crs is not None and _names_files(crs):
        raise SourceError(
            "The coordinate reference system of the file names other files, which are not opened. Give its EPSG code "
            "with --srid."
        )
    values = {**said, "crs": None if crs is None else CRS.from_json_dict(crs)}
    values |= {name: tuple(said[name]) for name in ("fields", "notes")}
    return Description(**{**values, "extent": None if said["extent"] is None else tuple(said["extent"])})


def _names_files(said: object) -> bool:
    """Whether PROJ may look for a file, or ask a server, to use a CRS: parameters that are text name grids."""
    match said:
        case dict():
            method = said.get("method")
            name = str(method.get("name", "")) if isinstance(method, dict) else ""
            text = [each for each in said.get("parameters", ()) if isinstance(each, dict) and "value" in each]
            grids = [each["value"] for each in text if isinstance(each["value"], str)]
            return name.startswith("PROJ") or any(map(_is_path, grids)) or any(map(_names_files, said.values()))
        case list():
            return any(map(_names_files, said))
    return False


def _is_path(grid: str) -> bool:
    return not all(letter.isalnum() or letter in "._-@, " for letter in grid)


def parts(batch: SourceBatch) -> Iterator[SourceBatch]:
    """The same features in batches of some 64 MB at most, or of one feature."""
    size = batch.wkb.nbytes + sum(column.nbytes for column in batch.fields.values())
    if size <= _ENOUGH or batch.rows < 2:
        yield batch
        return
    half = batch.rows // 2
    for start, rows in ((0, half), (half, batch.rows - half)):
        yield from parts(_slice(batch, start, rows))


def _slice(batch: SourceBatch, start: int, rows: int) -> SourceBatch:
    within = range(start, start + rows)
    return SourceBatch(
        batch.first + start,
        {name: column.slice(start, rows) for name, column in batch.fields.items()},
        batch.wkb.slice(start, rows),
        batch.json,
        {row - start: each for row, each in batch.remarks.items() if row in within},
        {row - start: each for row, each in batch.unread.items() if row in within},
    )


def packed(batch: SourceBatch) -> tuple[dict[str, object], pa.Buffer]:
    """A batch as JSON and as Arrow."""
    columns = {**batch.fields, _SHAPES: batch.wkb}
    said = {
        "first": batch.first,
        "json": sorted(batch.json),
        "remarks": [[row, [[each.fields, each.why] for each in remarks]] for row, remarks in batch.remarks.items()],
        "unread": [[row, why] for row, why in batch.unread.items()],
    }
    # Text goes as bytes, for it may be no UTF-8, which is looked after later.
    texts = [name for name, column in columns.items() if pa.types.is_string(column.type)]
    larger = [name for name, column in columns.items() if pa.types.is_large_string(column.type)]
    raw = {name: columns[name].view(pa.binary()) for name in texts}
    raw |= {name: columns[name].view(pa.large_binary()) for name in larger}
    record = pa.record_batch({**columns, **raw})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema) as stream:
        stream.write_batch(record)
    return said | {"texts": texts, "larger": larger}, sink.getvalue()


def unpacked(said: JsonObject, data: bytearray) -> SourceBatch:
    """The batch that was packed. Raises ValueError and KeyError (and TypeError) where it is none."""
    record = pa.ipc.open_stream(pa.py_buffer(data)).read_next_batch()
    record.validate(full=True)
    columns = dict(zip(record.schema.names, record.columns, strict=True))
    columns |= {name: columns[name].view(pa.string()) for name in said["texts"]}
    columns |= {name: columns[name].view(pa.large_string()) for name in said["larger"]}
    shapes = columns.pop(_SHAPES)
    if not (pa.types.is_binary(shapes.type) or pa.types.is_large_binary(shapes.type)):
        raise TypeError("geometries are no bytes")
    remarks = {row: tuple(Remark(tuple(names), why) for names, why in each) for row, each in said["remarks"]}
    return SourceBatch(said["first"], columns, shapes, frozenset(said["json"]), remarks, dict(said["unread"]))


def framed(said: Mapping[str, object], data: pa.Buffer | bytes = b"") -> tuple[bytes, pa.Buffer | bytes]:
    """What goes through the pipe."""
    text = orjson.dumps(said)
    return HEAD.pack(len(text), len(data)) + text, data
