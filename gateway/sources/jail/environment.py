"""The environment of a process that reads files; enters a format, leaves variables for Python, GDAL and PROJ.

GDAL reads which drivers it is to skip when it is loaded, once. Nothing of the server's own environment is passed on.
"""

from collections.abc import Mapping
from typing import Final

from gateway.sources.formats import Format

# Every driver of GDAL 3.8 to 3.12 that reads vectors, with those that they have open other files: all but the one that
# is needed are skipped. A newer GDAL's others are taken away when it is loaded, and a test asks for their names here.
DRIVERS: Final = (
    *("ADBC", "AIVector", "AmigoCloud", "Arrow", "AVCBin", "AVCE00", "BAG", "CAD", "Carto", "CSV", "CSW", "DGN"),
    *("DWG", "DXF", "EDIGEO", "EEDA", "Elasticsearch", "ESRI Shapefile", "ESRIJSON", "FileGDB", "FlatGeobuf"),
    *("GDALG", "GeoJSON", "GeoJSONSeq", "GeoRSS", "GML", "GMLAS", "GPKG", "GPSBabel", "GPX", "GTFS", "HANA", "HTTP"),
    *("Idrisi", "Interlis 1", "Interlis 2", "JML", "JP2OpenJPEG", "JSONFG", "KML", "LIBKML", "LVBAG", "MapInfo File"),
    *("MapML", "MBTiles", "MEM", "Memory", "MiraMonVector", "MongoDBv3", "MSSQLSpatial", "MVT", "MySQL", "NAS"),
    *("netCDF", "NGW", "OAPIF", "OCI", "ODBC", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "OpenFileGDB", "OSM"),
    *("Parquet", "PCIDSK", "PDF", "PDS4", "PGDUMP", "PGeo", "PLSCENES", "PMTiles", "PostgreSQL", "S57", "Selafin"),
    *("SOSI", "SQLite", "STACTA", "STACIT", "SVG", "SXF", "TileDB", "Tiger", "TopoJSON", "UK .NTF", "VDV", "VFK"),
    *("VICAR", "VRT", "Walk", "WAsP", "WFS", "WMS", "WMTS", "WCS", "XLS", "XLSX", "XODR", "ZARR", "Zarr"),
)
# Memory is what GDAL makes layers of, GeoJSON and CSV read single shapes that GEOS refuses.
_ALWAYS: Final = frozenset({"MEM", "Memory", "GeoJSON", "CSV"})
_GDAL: Final[Mapping[str, str]] = {
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "nothing",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_VRT_MAX_OPENED": "1",
    "PROJ_NETWORK": "OFF",
}
# Threads that libraries start when they are loaded would be outside of the walls.
_THREADS: Final[Mapping[str, str]] = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def drivers(form: Format) -> frozenset[str]:
    """The drivers that a format is read with."""
    return _ALWAYS | {form.driver or ""}


def variables(form: Format) -> dict[str, str]:
    """All variables of the process that reads a file of the format `form`."""
    if form.trusted:  # it may open what it names, by whatever driver
        return {**_GDAL, **_THREADS}
    skipped = ",".join(name for name in DRIVERS if name not in drivers(form))
    return {**_GDAL, **_THREADS, "GDAL_SKIP": skipped}
