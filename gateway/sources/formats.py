"""Formats that are read; enters a name and first bytes, leaves the format with the one driver for it.

The bytes decide where a format has a signature, and the name where it has none. Nothing here opens a file by GDAL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import orjson

from gateway.errors import SourceError

HEAD: Final = 2**16  # bytes that are looked at


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name for people, GDAL's driver (none where pyarrow reads it) and the files beside the first.

    `trusted` formats are read only where the user names their driver, since they may open other files.
    `needed` are endings of files without which part of the data is missing, `beside` of those that say more.
    `prefix` makes GDAL take this driver; `per_feature` says that what GDAL reports is of single features, and that
    their number is known besides.
    """

    name: str
    driver: str | None
    needed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    prefix: bool = False
    per_feature: bool = False
    layers: bool = False
    trusted: bool = False


GEOJSON: Final = Format("GeoJSON", "GeoJSON", prefix=True, per_feature=True)
GEOJSONSEQ: Final = Format("GeoJSON text sequence", "GeoJSONSeq", prefix=True, per_feature=True)
ESRIJSON: Final = Format("Esri JSON", "ESRIJSON")
TOPOJSON: Final = Format("TopoJSON", "TopoJSON")
GEOPACKAGE: Final = Format("GeoPackage", "GPKG", prefix=True, per_feature=True, layers=True)
SPATIALITE: Final = Format("SpatiaLite", "SQLite", per_feature=True, layers=True)
FLATGEOBUF: Final = Format("FlatGeobuf", "FlatGeobuf", per_feature=True)
GEOPARQUET: Final = Format("GeoParquet", None, per_feature=True)
SHAPEFILE: Final = Format(
    "Shapefile", "ESRI Shapefile", needed=(".shx", ".dbf"), beside=(".prj", ".cpg", ".cst"), per_feature=True
)
GEODATABASE: Final = Format("File Geodatabase", "OpenFileGDB", per_feature=True, layers=True)
CSV: Final = Format("CSV", "CSV", beside=(".csvt", ".prj"), prefix=True, per_feature=True)
GML: Final = Format("GML", "GML", beside=(".xsd",))
KML: Final = Format("KML", "LIBKML", layers=True)
MAPINFO_TAB: Final = Format("MapInfo TAB", "MapInfo File", needed=(".dat", ".map", ".id"), beside=(".ind",))
MAPINFO_MIF: Final = Format("MapInfo MIF", "MapInfo File", needed=(".mid",))
DXF: Final = Format("DXF", "DXF")

FORMATS: Final = (
    GEOPACKAGE,
    SHAPEFILE,
    GEODATABASE,
    GEOJSON,
    GEOJSONSEQ,
    FLATGEOBUF,
    GEOPARQUET,
    CSV,
    GML,
    KML,
    MAPINFO_TAB,
    MAPINFO_MIF,
    ESRIJSON,
    TOPOJSON,
    SPATIALITE,
    DXF,
)
BY_NAME: Final[Mapping[str, Format]] = MappingProxyType({form.name: form for form in FORMATS})
DRIVERS: Final = frozenset(form.driver for form in FORMATS if form.driver)
BY_SUFFIX: Final[Mapping[str, Format]] = MappingProxyType(
    {
        ".shp": SHAPEFILE,
        ".gpkg": GEOPACKAGE,
        ".geojson": GEOJSON,
        ".json": GEOJSON,
        ".geojsonl": GEOJSONSEQ,
        ".geojsons": GEOJSONSEQ,
        ".geojsonseq": GEOJSONSEQ,
        ".ndgeojson": GEOJSONSEQ,
        ".ndjson": GEOJSONSEQ,
        ".jsonl": GEOJSONSEQ,
        ".topojson": TOPOJSON,
        ".fgb": FLATGEOBUF,
        ".parquet": GEOPARQUET,
        ".geoparquet": GEOPARQUET,
        ".csv": CSV,
        ".tsv": CSV,
        ".psv": CSV,
        ".gml": GML,
        ".xml": GML,
        ".kml": KML,
        ".tab": MAPINFO_TAB,
        ".mif": MAPINFO_MIF,
        ".sqlite": SPATIALITE,
        ".dxf": DXF,
    }
)
_OFFERED: Final = ", ".join(form.name for form in FORMATS)
CONVERT: Final = "Convert it, for example with `ogr2ogr -f FlatGeobuf -nlt PROMOTE_TO_MULTI out.fgb {}`."
# What people have besides, and what they can do with it.
_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".dbf": "It is the table of a Shapefile. Name the .shp file that stands beside it.",
        ".shx": "It is the index of a Shapefile. Name the .shp file that stands beside it.",
        ".prj": "It is part of a Shapefile. Name the .shp file that stands beside it.",
        ".dat": "It is part of a MapInfo table. Name the .tab file that stands beside it.",
        ".map": "It is part of a MapInfo table. Name the .tab file that stands beside it.",
        ".mid": "It is part of a MapInfo MIF. Name the .mif file that stands beside it.",
        ".xlsx": "It is a workbook. Save the sheet as CSV, with a column of WKT or GeoJSON for the shapes.",
        ".xls": "It is a workbook. Save the sheet as CSV, with a column of WKT or GeoJSON for the shapes.",
        ".ods": "It is a workbook. Save the sheet as CSV, with a column of WKT or GeoJSON for the shapes.",
        ".dwg": "Save it as DXF, or better as GeoPackage from a GIS.",
        ".mdb": "Export its feature class as GeoPackage or Shapefile from a GIS.",
        ".rar": "Unpack it and name the file inside.",
        ".7z": "Unpack it and name the file inside.",
        ".tar": "Unpack it and name the file inside.",
        ".vrt": "It names other files. Name the file itself.",
        ".qgz": "It is a project, not data. Name the file that its layer is read from.",
        ".qgs": "It is a project, not data. Name the file that its layer is read from.",
        ".lyrx": "It is a layer's style, not data. Name the file that the layer is read from.",
    }
)
_SQLITE: Final = b"SQLite format 3\x00"
_GEOPACKAGES: Final = frozenset({b"GPKG", b"GP10", b"GP11", b"GPG\x00"})
_FLATGEOBUF: Final = re.compile(rb"fgb\x03fgb[\x00-\x03]", re.DOTALL)
_SHAPEFILE: Final = b"\x00\x00\x27\x0a"
_BOM: Final = b"\xef\xbb\xbf"
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_TYPE: Final = re.compile(rb'"type"\s*:\s*"(\w+)"')
_ESRI: Final = re.compile(rb'"(?:geometryType"\s*:\s*"esriGeometry|objectIdFieldName"|spatialReference"|rings"\s*:)')
_GML_ROOTS: Final = re.compile(rb"http://www\.opengis\.net/gml")


def unknown(name: str) -> SourceError:
    """The error for a file of no format that is read, with what to do."""
    suffix = Path(name).suffix.lower()
    advice = _ADVICE.get(suffix) or f"Check that it is whole. {CONVERT.format(name)}"
    return SourceError(f"{name} cannot be read: its format is not known here. {advice} Read are {_OFFERED}.")


def by_driver(driver: str) -> Format:
    """A format that is not offered, read by the driver of GDAL that the user names: it may open whatever it likes."""
    return Format(driver, driver, layers=True, trusted=True)


def identify(name: str, head: bytes) -> Format | None:
    """The format of a file called `name` that begins with `head`, at most HEAD bytes; None for one that is not read."""
    if head.startswith(_SQLITE):
        return GEOPACKAGE if head[68:72] in _GEOPACKAGES or name.lower().endswith(".gpkg") else SPATIALITE
    if _FLATGEOBUF.match(head):
        return FLATGEOBUF
    if head.startswith(b"PAR1"):
        return GEOPARQUET
    if head.startswith(_SHAPEFILE):
        return SHAPEFILE
    suffix = Path(name).suffix.lower()
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith((b"{", b"\x1e")):
        return _json(suffix, text)
    if text.startswith(b"<") or suffix in {".gml", ".xml", ".kml"}:
        return _xml(text)
    form = BY_SUFFIX.get(suffix)
    return form if form in {CSV, MAPINFO_TAB, MAPINFO_MIF, DXF, GEOJSONSEQ} else None


def _json(suffix: str, text: bytes) -> Format:
    if text.startswith(b"\x1e") or BY_SUFFIX.get(suffix) is GEOJSONSEQ or _one_a_line(text):
        return GEOJSONSEQ
    types = set(_TYPE.findall(text))
    if b"Topology" in types:
        return TOPOJSON
    if not types & {b"FeatureCollection", b"Feature"} and _ESRI.search(text):
        return ESRIJSON
    return GEOJSON


def _one_a_line(text: bytes) -> bool:
    """Whether the first line is a feature for itself and another follows."""
    first, _, rest = text.partition(b"\n")
    if not rest.lstrip().startswith(b"{"):
        return False
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and value.get("type") == "Feature"


def _xml(text: bytes) -> Format | None:
    without = re.sub(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?[^>]*>", b"", text, flags=re.DOTALL)
    root = _ROOT.search(without)
    if root is None:
        return None
    if root[1] == b"kml":
        return KML
    return GML if _GML_ROOTS.search(text) else None
