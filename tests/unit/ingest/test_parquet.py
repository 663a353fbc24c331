"""GeoParquet, as GeoPandas, GDAL, DuckDB and pyarrow write it."""

import geopandas
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gateway.errors import SourceError
from tests.fixtures import formats
from tests.fixtures.direct import FileSource


def frame(crs=4326, **columns):
    return geopandas.GeoDataFrame({"pin": formats.KEYS, **columns}, geometry=formats.SHAPES, crs=crs)


def batches(path, first=0, rows=100):
    return list(FileSource(path).batches(first, rows, set()))


def with_metadata(path, **changes):
    """Change what the file says of its geometry column; None takes a member away."""
    table = pq.read_table(path)
    said = orjson.loads(table.schema.metadata[b"geo"])
    column = said["columns"]["geometry"]
    for name, value in changes.items():
        column.pop(name, None)
        if value is not None:
            column[name] = value
    metadata = {**table.schema.metadata, b"geo": orjson.dumps(said)}
    pq.write_table(table.replace_schema_metadata(metadata), path)


def test_rows_fields_and_shapes_are_those_of_the_file(tmp_path):
    path = tmp_path / "city.parquet"
    frame(2249, tags=[["a", "b"], [], None], year=[1900, None, 1950]).to_parquet(path, write_covering_bbox=True)
    source = FileSource(path)
    said = source.description
    assert (said.fields, said.features, said.crs.to_epsg()) == (("pin", "tags", "year"), 3, 2249)
    assert said.extent == pytest.approx(shapely.MultiPolygon(formats.SHAPES).bounds)
    (batch,) = source.batches(0, 100, set())
    assert batch.fields["pin"].to_pylist() == formats.KEYS
    assert batch.fields["tags"].to_pylist() == [["a", "b"], [], None]
    assert batch.fields["fid"].to_pylist() == [0, 1, 2]
    assert [shapely.from_wkb(shape) for shape in batch.wkb.to_pylist()] == formats.SHAPES


def test_a_file_is_read_from_its_middle_without_the_row_groups_before(tmp_path):
    path = tmp_path / "city.parquet"
    count = 25
    shapes = [shapely.Point(number, 0) for number in range(count)]
    geopandas.GeoDataFrame({"n": range(count)}, geometry=shapes, crs=4326).to_parquet(path, row_group_size=4)
    for first in (0, 1, 4, 7, 23, 24, 25):
        read = batches(path, first, 3)
        assert [number for batch in read for number in batch.fields["n"].to_pylist()] == list(range(first, count))
        assert [batch.first for batch in read] == [batch.fields["n"][0].as_py() for batch in read]


def test_coordinates_are_longitude_and_latitude_where_the_file_is_silent_and_unknown_where_it_says_null(tmp_path):
    path = tmp_path / "city.parquet"
    frame().to_parquet(path)
    with_metadata(path, crs=None)
    assert FileSource(path).description.crs.to_authority() == ("OGC", "CRS84")
    frame(None).to_parquet(path)
    assert FileSource(path).description.crs is None


def test_encodings_that_are_not_read_are_told_with_the_one_that_is(tmp_path):
    path = tmp_path / "city.parquet"
    frame().to_parquet(path, geometry_encoding="geoarrow", schema_version="1.1.0")
    with pytest.raises(SourceError, match=r"encoding polygon, which is not read\. Write it with WKB"):
        FileSource(path)


def test_a_table_without_geometry_is_told_so(tmp_path):
    path = tmp_path / "city.parquet"
    pq.write_table(pa.table({"pin": formats.KEYS}), path)
    with pytest.raises(SourceError, match=r"plain Parquet\. Write it as GeoParquet"):
        FileSource(path)


class WellKnownBinary(pa.ExtensionType):
    """What Arrow writes as Parquet's own type GEOMETRY."""

    def __init__(self):
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self):
        return b'{"crs": "EPSG:2249"}'

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls()


def test_parquet_s_own_geometry_is_read(tmp_path):
    path = tmp_path / "city.parquet"
    pa.register_extension_type(WellKnownBinary())
    try:
        shapes = pa.array([shapely.to_wkb(shape) for shape in formats.SHAPES])
        column = pa.ExtensionArray.from_storage(WellKnownBinary(), shapes)
        pq.write_table(pa.table({"pin": formats.KEYS, "shape": column}), path)
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    assert FileSource(path).description.crs.to_epsg() == 2249
    (batch,) = batches(path)
    assert batch.fields["pin"].to_pylist() == formats.KEYS
    assert batch.wkb.to_pylist() == shapes.to_pylist()


def test_a_damaged_page_is_refused(tmp_path):
    path = tmp_path / "city.parquet"
    frame().to_parquet(path, write_page_checksum=True, compression=None)
    content = bytearray(path.read_bytes())
    content[content.index(b"P1")] ^= 1
    path.write_bytes(content)
    with pytest.raises(SourceError, match="cannot be read"):
        batches(path)


@pytest.mark.parametrize("metadata", [b"{", b"[]", b'{"columns": {}, "primary_column": "geometry"}'])
def test_metadata_that_are_none_are_refused(tmp_path, metadata):
    path = tmp_path / "city.parquet"
    frame().to_parquet(path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({b"geo": metadata}), path)
    with pytest.raises(SourceError):
        FileSource(path)
