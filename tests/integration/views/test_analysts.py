"""GeoParquet and Arrow: what the files say of themselves, types and digits, and who opens them."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import geopandas
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gateway.asgi import create_app
from tests.fixtures.door import on, opened
from tests.fixtures.exported import read

# Of each row its key, its value and where it is; the last one is far from the others.
ROWS = """
    INSERT INTO parcels (parcel_id, address, assessed_value, attributes, geom)
    SELECT key, E'1 "Rue", \\n', value::numeric, '{"a": [1, null]}',
           ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, 42, x + 0.001, 42.001, 4326)))
      FROM (VALUES ('1', '1234567.89', -71.1), ('2', 'NaN', -71.09), ('3', '1e30', -71.08), ('4', NULL, -71.07),
                   ('5', '0.1234567894', -71.06), ('6', '12345678901234567890.5', -71.05)) rows(key, value, x)
"""
VALUES = ["1234567.890000000", None, None, None, "0.123456789", "12345678901234567890.500000000"]


@pytest.fixture
async def few(settings, cluster, migrated):
    """The gateway on rows whose values are hard."""
    with cluster.copy(migrated) as url:
        cluster.execute(ROWS, database=url.partition("?")[0].rpartition("/")[2])
        async with opened(create_app(on(settings, url))) as door:
            yield door


@pytest.fixture
async def file(few, tmp_path):
    """`await file("parcels.parquet?properties=")` is the path of an export."""

    async def fetch(name):
        answer = await few.request("GET", f"/export/{name}")
        assert answer.status == 200, answer.body
        path = tmp_path / name.partition("?")[0]
        path.write_bytes(answer.body)
        return path

    return fetch


@pytest.mark.parametrize("form", ["parquet", "arrow"])
async def test_columns_have_the_types_of_the_table_and_decimals_all_their_digits(file, form):
    path = await file(
        f"parcels.{form}?properties=parcelId,address,assessedValue,yearBuilt,createdAt,areaSqm,attributes"
    )
    _, table = read(path, path.read_bytes())
    assert [table.schema.field(name).type for name in table.column_names[:8]] == [
        pa.int64(),
        pa.string(),
        pa.string(),
        pa.decimal128(38, 9),
        pa.int32(),
        pa.timestamp("us", "UTC"),
        pa.float64(),
        pa.string(),
    ]
    assert table["assessedValue"].to_pylist() == [value and Decimal(value) for value in VALUES]
    assert table["address"].to_pylist() == ['1 "Rue", \n'] * 6
    assert table["yearBuilt"].to_pylist() == [None] * 6
    assert json.loads(table["attributes"][0].as_py()) == {"a": [1, None]}
    assert abs(table["createdAt"][0].as_py() - datetime.now(UTC)).total_seconds() < 3600


async def test_a_parquet_file_says_where_its_rows_are(file):
    path = await file("parcels.parquet?crs=EPSG:26986&properties=")
    told = orjson.loads(pq.read_metadata(path).metadata[b"geo"])
    (column,) = told["columns"].values()
    assert (told["version"], told["primary_column"], column["encoding"]) == ("1.1.0", "geometry", "WKB")
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 26986}
    assert column["geometry_types"] == ["MultiPolygon"]
    table = pq.read_table(path)
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert column["bbox"] == list(shapely.total_bounds(shapes))
    assert [tuple(box.values()) for box in table["bbox"].to_pylist()] == list(
        map(tuple, shapely.bounds(shapes).tolist())
    )
    assert column["covering"] == {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}
    first = pq.ParquetFile(path).metadata.row_group(0)
    assert {first.column(number).compression for number in range(first.num_columns)} == {"ZSTD"}
    assert first.column(table.column_names.index("bbox")).statistics.has_min_max


async def test_the_geometry_of_an_arrow_file_is_of_the_type_of_geoarrow(file):
    path = await file("parcels.arrow?properties=")
    field = pa.ipc.open_file(path).schema.field("geometry")
    assert field.metadata[b"ARROW:extension:name"] == b"geoarrow.wkb"
    told = orjson.loads(field.metadata[b"ARROW:extension:metadata"])
    assert (told["crs_type"], told["crs"]["id"]["code"]) == ("projjson", 4326)


@pytest.mark.parametrize(
    ("form", "open_file"), [("parquet", geopandas.read_parquet), ("arrow", geopandas.read_feather)]
)
async def test_geopandas_opens_it(file, form, open_file):
    frame = open_file(await file(f"parcels.{form}"))
    assert (len(frame), frame.crs.to_epsg(), frame.geometry.name) == (6, 4326, "geometry")
    assert frame.geometry.is_valid.all()
    if form == "parquet":  # by the boxes
        few = geopandas.read_parquet(await file("parcels.parquet"), bbox=(-71.1005, 42, -71.0995, 42.01))
        assert list(few["parcelId"]) == ["1"]


async def test_duckdb_reads_it_with_its_reader_of_parquet(file):
    path = await file("parcels.parquet?properties=parcelId,assessedValue")
    rows = duckdb.sql(f"SELECT parcelId, assessedValue FROM '{path}' WHERE bbox.xmin > -71.065 ORDER BY id").fetchall()
    assert rows == [("5", Decimal(VALUES[4])), ("6", Decimal(VALUES[5]))]


async def test_duckdb_knows_the_geometry_and_its_reference_system(file):
    path = await file("parcels.parquet?crs=EPSG:26986&properties=")
    told = duckdb.sql(f"SELECT id, typeof(geometry), ST_CRS(geometry), ST_AsWKB(geometry) FROM '{path}' ORDER BY id")
    rows, table = told.fetchall(), pq.read_table(path).sort_by("id")
    assert all(kind.startswith("GEOMETRY") for _, kind, _, _ in rows)
    assert {orjson.loads(system)["id"]["code"] for _, _, system, _ in rows} == {26986}
    assert [wkb for *_, wkb in rows] == table["geometry"].to_pylist()
