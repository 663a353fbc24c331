"""The feature's own number, and shapes in the columns of a table."""

import pyarrow as pa
import pyogrio
import pytest
import shapely

from gateway.errors import SourceError
from gateway.ingest.mapping import plan
from gateway.layers import PARCELS
from tests.fixtures import formats
from tests.fixtures.direct import FileSource


def batch_of(path):
    (batch,) = FileSource(path).batches(0, 100, set())
    return batch


def key_field(path, wanted="fid"):
    said = FileSource(path).description
    chosen = plan(PARCELS, {"parcel_id": wanted}, said.fields, said.fid)
    return chosen.targets[0].field, chosen.rest


@pytest.mark.parametrize("name", formats.NAMES)
def test_fid_is_the_number_of_a_feature_whatever_the_format_calls_it(tmp_path, name):
    path = formats.write(tmp_path, name)
    field, _ = key_field(path)
    numbers = [int(number) for number in batch_of(path).fields[field].to_pylist()]
    assert numbers in ([0, 1, 2], [1, 2, 3], [0, 1], [1, 2])


def packaged(path, fid):
    shapes = pa.array([shapely.to_wkb(shape) for shape in formats.SHAPES])
    table = pa.table({"pin": formats.KEYS, "geom": shapes})
    pyogrio.write_arrow(
        table, path, driver="GPKG", geometry_name="geom", geometry_type="Polygon", crs="EPSG:4326", FID=fid
    )
    return path


def test_a_number_that_has_a_name_is_a_field_and_one_without_is_none(tmp_path):
    named, plain = packaged(tmp_path / "a.gpkg", "OBJECTID"), packaged(tmp_path / "b.gpkg", "fid")
    assert key_field(named) == key_field(named, "objectid") == ("OBJECTID", ("pin",))
    assert key_field(named, "pin") == ("pin", ("OBJECTID",))
    assert key_field(plain, "pin") == ("pin", ())


def test_a_field_called_fid_does_not_hide_the_number(tmp_path):
    path = tmp_path / "city.csv"
    path.write_text('fid,WKT\na,"POINT (1 2)"\n')
    assert key_field(path) == ("fid", ())
    assert key_field(path, "_fid") == ("_fid", ("fid",))
    assert {name: column.to_pylist() for name, column in batch_of(path).fields.items()} == {"fid": ["a"], "_fid": [1]}


SHAPE = "POLYGON ((-71.1 42.3,-71.09 42.3,-71.09 42.31,-71.1 42.3))"


@pytest.mark.parametrize(
    ("column", "sign", "text"),
    [
        ("WKT", ",", SHAPE),
        ("the_geom", ";", SHAPE),
        ("Geometry", "\t", SHAPE),
        ("SHAPE", "|", SHAPE),
        ("geom", ",", shapely.from_wkt(SHAPE).wkb_hex),
        ("geo_shape", ";", '{""type"":""Point"",""coordinates"":[1,2]}'),
    ],
)
def test_a_csv_has_its_shapes_in_a_column_of_any_usual_name(tmp_path, column, sign, text):
    path = tmp_path / "city.csv"
    path.write_text(f'pin{sign}{column}\n1{sign}"{text}"\n')
    batch = batch_of(path)
    assert FileSource(path).description.fields == ("pin",)
    assert batch.fields["pin"].to_pylist() == ["1"]
    assert batch.wkb.null_count == 0


def test_a_separator_within_quotes_of_the_first_line_separates_nothing(tmp_path):
    path = tmp_path / "city.csv"
    path.write_text(f'pin;"Zone, short, long, old";WKT\n1;A;"{SHAPE}"\n')
    assert FileSource(path).description.fields == ("pin", "Zone, short, long, old")
    assert batch_of(path).wkb.null_count == 0


def test_columns_of_longitude_and_latitude_are_points(tmp_path):
    path = tmp_path / "city.csv"
    path.write_text("pin,Longitude,Latitude\n1,-71.1,42.3\n")
    assert shapely.from_wkb(batch_of(path).wkb[0].as_py()) == shapely.Point(-71.1, 42.3)


def test_text_that_is_no_shape_is_told_and_no_text_is_no_shape(tmp_path):
    path = tmp_path / "city.csv"
    path.write_text(f'pin,the_geom\n1,"{SHAPE}"\n2,"{SHAPE[:-9]}"\n3,\n')
    batch = batch_of(path)
    assert batch.wkb.null_count == 2
    assert list(batch.unread) == [1]
    assert "32,767 characters" in batch.unread[1]


def test_a_csv_without_shapes_is_told_what_column_to_have(tmp_path):
    path = tmp_path / "city.csv"
    path.write_text("pin\n1\n")
    with pytest.raises(SourceError, match="Give it a column of WKT, WKB in hexadecimal or GeoJSON"):
        batch_of(path)
