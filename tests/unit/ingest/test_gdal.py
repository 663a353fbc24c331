"""What GDAL reports while it reads is heard, in whatever thread."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pyogrio
import pytest

from gateway.errors import SourceError
from gateway.sources import gdal
from tests.fixtures import formats
from tests.fixtures.direct import FileSource

PLACES = "6.93 52.26 6.94 52.26 6.94 5 2.27 6.93 52.26"  # a blank in a number
GML = f"""<base:SpatialDataSet xmlns:base="urn:x-inspire:specification:gmlas:BaseTypes:3.2"
 xmlns:cp="urn:x-inspire:specification:gmlas:CadastralParcels:3.0" xmlns:gml="http://www.opengis.net/gml/3.2"
 gml:id="ds"><base:member><cp:CadastralParcel gml:id="p"><cp:geometry><gml:MultiSurface gml:id="m" srsName="EPSG:4258">
 <gml:surfaceMember><gml:Polygon gml:id="g" srsName="EPSG:4258"><gml:exterior><gml:LinearRing><gml:posList>{PLACES}
 </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></cp:geometry>
 <cp:label>1</cp:label></cp:CadastralParcel></base:member></base:SpatialDataSet>"""


def test_a_geometry_that_gdal_gives_up_is_an_error_in_another_thread_too(tmp_path, capfd):
    path = tmp_path / "city.gml"
    path.write_text(GML)

    def read():
        return list(FileSource(path).batches(0, 10, set()))

    with ThreadPoolExecutor(1) as thread, pytest.raises(SourceError, match="invalid number of set of coordinates"):
        thread.submit(read).result()
    assert "ERROR" not in capfd.readouterr().err


def test_a_shape_that_is_damaged_is_told_and_the_others_are_read(tmp_path):
    path = formats.write(tmp_path, "city.shp")
    content = bytearray(path.read_bytes())
    content[100 + 136 + 8 + 40 : 100 + 136 + 8 + 44] = b"\xff\xff\xff\x7f"  # the second shape's number of points
    path.write_bytes(content)
    (batch,) = FileSource(path).batches(0, 10, set())
    assert [shape is None for shape in batch.wkb.to_pylist()] == [False, True, False]
    assert list(batch.unread) == [1]
    assert "cannot be read" in batch.unread[1]


def test_drivers_that_open_what_a_file_names_are_taken_away():
    gdal.pyogrio()
    drivers = set(pyogrio.list_drivers(read=True))
    assert not drivers & {"OGR_VRT", "GDALG", "WFS", "HTTP", "OAPIF", "PGDUMP"}
    assert {"GPKG", "FlatGeobuf", "ESRI Shapefile"} <= drivers


def test_what_gdal_reports_when_nobody_listens_any_more_is_no_crash():
    library, remarks = gdal._library(), gdal.Remarks()
    with gdal.listening(remarks):
        library.CPLPushErrorHandler(gdal._HANDLER(0))  # as pyogrio does, whose own is then popped for ours
    gc.collect()
    try:
        library.CPLError(3, 1, b"late")
    finally:
        library.CPLPopErrorHandler()
    assert not remarks.failures
