"""The formats of exports; enters nothing, leaves what each is called, and how PostgreSQL writes its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select

from gateway.layers import Layers
from gateway.sql import exports

# One column that is passed on as it is: JSON text holds no control characters, so nothing is ever quoted.
_ANY = 100
_LINES: Mapping[str, object] = {"format": "csv", "quote": "\x01", "delimiter": "\x02"}


@dataclass(frozen=True, slots=True)
class Format:
    """One format; `head` and `tail` stand around the rows, of which the first loses its first `trim` bytes.

    `copy` are options of COPY. `reprojects` says that it may be in another CRS than WGS 84, `resumes` that a part of it
    is good by itself, `packed` that a worker makes it of the rows, `quotes` that texts are quoted for spreadsheets, and
    `relations` how many relations it has a place for.
    """

    extension: str
    media_type: str
    select: Callable[[Layers, exports.Rows], Select[Any]]
    copy: Mapping[str, object]
    head: bytes = b""
    tail: bytes = b""
    trim: int = 0
    reprojects: bool = False
    resumes: bool = False
    packed: bool = False
    quotes: bool = False
    relations: int = 0


_ALL = (
    Format(
        "geojson",
        "application/geo+json",
        partial(exports.features, before=","),
        _LINES,
        head=b'{"type":"FeatureCollection","features":[\n',
        tail=b"]}\n",
        trim=len(","),
        relations=_ANY,
    ),
    Format("geojsonl", "application/x-ndjson", exports.features, _LINES, resumes=True, relations=_ANY),
    Format(
        "csv",
        "text/csv; charset=utf-8; header=present",
        exports.records,
        {"format": "csv", "header": True},
        reprojects=True,
        quotes=True,
        relations=1,  # a row for each pair
    ),
    Format("fgb", "application/flatgeobuf", exports.binaries, {"format": "csv"}, reprojects=True, packed=True),
    Format(
        "parquet",
        "application/vnd.apache.parquet",
        partial(exports.typed, boxes=True),
        {"format": "csv"},
        reprojects=True,
        packed=True,
        relations=_ANY,
    ),
    Format(
        "arrow",
        "application/vnd.apache.arrow.file",
        exports.typed,
        {"format": "csv"},
        reprojects=True,
        packed=True,
        relations=_ANY,
    ),
)

FORMATS: Mapping[str, Format] = {each.extension: each for each in _ALL}
