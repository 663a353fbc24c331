"""Floor 3. GeoJSON of one feature a line; enters a path, leaves how to open it, or the line that is none.

GDAL passes over lines that it can't read, and takes a file with a strange first line for plain GeoJSON of one feature.
Nothing may be dropped unseen, so the lines are counted.
"""

from pathlib import Path

import orjson

from gateway.errors import SourceError

_SUFFIXES = frozenset({".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl", ".ndgeojson"})
_NAMED = frozenset({"GeoJSON", "GeoJSONSeq"})
_SEPARATOR = b"\x1e"
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
    """Raise SourceError at the first line that is no feature, if there are more lines than features."""
    if driver != "GeoJSONSeq":
        return
    with path.open("rb") as file:
        start = file.read(1)
        file.seek(0)
        if start == _SEPARATOR or sum(1 for line in file if line.strip()) <= features:
            return
        file.seek(0)
        for number, line in enumerate(file, 1):
            if line.strip() and not _feature(line):
                raise SourceError(
                    f"Line {number} of {path.name} is not a GeoJSON feature: {line[:60].decode(errors='replace')!r}. "
                    "The file may have been cut off; mend or remove the line."
                )


def _feature(line: bytes) -> bool:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and value.get("type") in _TYPES
