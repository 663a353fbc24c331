"""Floor 3. GeoJSON of one feature a line; enters a path, leaves how to open it, or the line that is none.

GDAL passes over lines that it can't read, and takes a file with a strange first line for plain GeoJSON of one feature.
Nothing may be dropped unseen, so the lines are counted.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import SourceError

_SUFFIXES = frozenset({".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl", ".ndgeojson"})
_NAMED = frozenset({"GeoJSON", "GeoJSONSeq"})
_SEPARATOR = b"\x1e"
_DEPTH = 31  # json-c, with which GDAL reads, stops at 32
_TYPES = frozenset(
    [
        "Feature",
        "FeatureCollection",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ]
)


def connection(path: Path, driver: str | None = None) -> str:
    """The name under which GDAL is to open `path`, with that driver alone if it takes a name."""
    if driver in _NAMED:
        return f"{driver}:{path}"
    return f"GeoJSONSeq:{path}" if path.suffix.lower() in _SUFFIXES else str(path)


def check(path: Path, driver: str, features: int) -> None:
    """Raise SourceError at the first record that GDAL passes over, if there are more records than features."""
    if driver != "GeoJSONSeq" or sum(1 for _ in _records(path)) <= features:
        return
    for number, record in _records(path):
        if problem := _problem(record):
            raise SourceError(f"Line {number} of {path.name} {problem}")
    raise SourceError(f"Of the records of {path.name} GDAL reads {features} alone. Mend or remove what is no feature.")


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Records with the number of their first line: lines, or what stands between separators (RFC 8142)."""
    with path.open("rb") as file:
        separated = file.read(1) == _SEPARATOR
        file.seek(0)
        first, record = 1, b""
        for number, line in enumerate(file, 1):
            if record.strip() and not (separated and line[:1] != _SEPARATOR):
                yield first, record
                record = b""
            if not record.strip():
                first, record = number, b""
            record += line.lstrip(_SEPARATOR)
        if record.strip():
            yield first, record


def _problem(record: bytes) -> str | None:
    """Why a record is no feature for GDAL."""
    try:
        value = orjson.loads(record)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict) or value.get("type") not in _TYPES:
        shown = record[:60].decode(errors="replace")
        return f"is not a GeoJSON feature: {shown!r}. The file may have been cut off; mend or remove the line."
    if _depth(value) > _DEPTH:
        return f"has objects and lists nested more than {_DEPTH} deep, which GDAL does not read. Flatten it."
    return None


def _depth(value: Any) -> int:
    """How deep objects and lists are nested."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = found.values() if isinstance(found, dict) else found
        waiting.extend((item, depth + 1) for item in inner if isinstance(item, dict | list))
    return deepest
