"""The sample county: sizes, shapes, coverage and determinism, judged by shapely."""

import numpy as np
import orjson
import pyarrow as pa
import pytest
import shapely
from pyproj import Geod

from gateway import errors
from gateway.management.sample import county
from tests.fixtures.cpu import least_cpu_seconds


def parcels(size, seed=7, districts=None, **options):
    return pa.Table.from_batches(county(size, seed, districts).parcels(**options))


def zoning(size, seed=7, districts=None):
    return pa.Table.from_batches(county(size, seed, districts).districts())


def shapes(table):
    return shapely.from_wkb(table["geom"].to_numpy())


def square_metres(found):
    geod = Geod(ellps="WGS84")
    return np.array([geod.geometry_area_perimeter(shape)[0] for shape in found])


def exteriors(found):
    return shapely.get_exterior_ring(shapely.get_parts(found))


@pytest.fixture(scope="module")
def town():
    return parcels(10_000)


@pytest.fixture(scope="module")
def town_zoning():
    return zoning(10_000, districts=24)


@pytest.mark.parametrize("size", [1, 2, 7, 100, 1_000, 4_999])
def test_a_county_has_exactly_as_many_parcels_and_districts_as_asked_for(size):
    found, districts = parcels(size), zoning(size)

    assert len(found) == size
    assert len(set(found["parcel_id"].to_pylist())) == size
    assert len(districts) == max(1, round(size / 500))
    assert len(set(districts["code"].to_pylist())) == len(districts)


@pytest.mark.parametrize(("size", "districts"), [(1, 1), (2, 2), (7, 7), (60, 60), (1_000, 1), (1_000, 333)])
def test_any_number_of_districts_tiles_the_county(size, districts):
    found = shapes(zoning(size, 3, districts))

    assert len(found) == districts
    assert shapely.is_valid(found).all()
    assert shapely.coverage_is_valid(found)
    assert shapely.covers(shapely.coverage_union_all(found), shapes(parcels(size, 3))).all()


@pytest.mark.parametrize(
    ("size", "seed", "districts"), [(0, 7, None), (10_000_001, 7, None), (10, -1, None), (10, 2**63, None), (10, 7, 11)]
)
def test_a_number_that_no_county_can_have_is_refused_by_its_name(size, seed, districts):
    with pytest.raises(errors.OutOfRange, match=r"must be from [\d,]+ to [\d,]+, not"):
        county(size, seed, districts)


def test_the_same_seed_gives_the_same_bytes_in_chunks_of_any_size():
    whole = parcels(6_000, chunk=1_000_000)

    for chunk in (1, 500, 4_096):
        assert parcels(6_000, chunk=chunk).combine_chunks() == whole.combine_chunks()


def test_another_seed_gives_another_county():
    assert parcels(500, 1)["geom"] != parcels(500, 2)["geom"]
    assert parcels(500, 1)["owner_name"] != parcels(500, 2)["owner_name"]


def test_a_small_county_is_the_middle_of_a_large_one(town):
    assert parcels(3_000).combine_chunks() == town.slice(0, 3_000).combine_chunks()


def test_parcels_are_valid_right_handed_multipolygons_of_seven_decimals(town):
    found = shapes(town)

    assert shapely.is_valid(found).all()
    assert set(shapely.get_type_id(found)) == {shapely.GeometryType.MULTIPOLYGON}
    assert set(shapely.get_srid(found)) == {4326}
    assert shapely.is_ccw(exteriors(found)).all()
    holes = [ring for part in shapely.get_parts(found) for ring in part.interiors]
    assert not shapely.is_ccw(holes).any()
    coordinates = shapely.get_coordinates(found)
    assert np.array_equal(coordinates, np.round(coordinates, 7))


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_parcels_do_not_overlap_and_share_every_vertex_of_a_common_border(seed):
    assert shapely.coverage_is_valid(shapes(parcels(6_000, seed)))


def test_districts_tile_the_county_and_cover_every_parcel(town, town_zoning):
    districts = shapes(town_zoning)
    union = shapely.coverage_union_all(districts)

    assert shapely.is_valid(districts).all()
    assert shapely.is_ccw(exteriors(districts)).all()
    assert shapely.coverage_is_valid(districts)
    assert len(shapely.get_rings(union)) == 1
    assert shapely.covers(union, shapes(town)).all()


def test_districts_have_57_vertices_on_average():
    vertices = shapely.get_num_coordinates(shapes(zoning(200_000, districts=400)))

    assert len(vertices) == 400
    assert vertices.mean() == 57


def test_districts_cut_lots_and_lie_inside_each_other(town, town_zoning):
    districts = shapes(town_zoning)
    parcel, _ = shapely.STRtree(districts).query(shapes(town), predicate="overlaps")

    assert len(set(parcel)) > 300
    assert shapely.get_num_interior_rings(shapely.get_parts(districts)).sum() == 24 // 12


def test_lots_with_holes_split_lots_and_many_shapes_occur(town):
    found = shapes(town)
    holes = shapely.get_num_interior_rings(shapely.get_parts(found)).sum()
    filled = [polygon for part in shapely.get_parts(found) for polygon in map(shapely.Polygon, part.interiors)]
    hulls = shapely.area(found) / shapely.area(shapely.convex_hull(found))

    assert holes > 20
    assert shapely.STRtree(found).query(filled, predicate="contains").shape[1] >= holes - 1  # the last may be cut off
    assert (shapely.get_num_geometries(found) == 2).sum() > 5
    assert len(np.unique(shapely.get_num_coordinates(found))) > 10
    assert (hulls < 0.9).sum() > 50  # L-shaped and flag lots


def test_areas_are_those_of_a_county(town):
    areas = square_metres(shapes(town))

    assert 300 < np.median(areas) < 1_000
    assert (areas > 250).mean() > 0.9
    assert (areas < 2_000).mean() > 0.9
    assert areas.max() > 10_000
    assert areas.min() > 5


def test_attributes_are_plausible(town):
    rows = town.drop(["geom"]).to_pylist()
    addresses = {row["address"] for row in rows}
    years = [row["year_built"] for row in rows]

    assert len(addresses) > 0.9 * len(rows)
    assert all(int(address.split()[0]) > 0 and len(address.split()) >= 3 for address in addresses)
    assert 0.02 < years.count(None) / len(years) < 0.2
    assert all(1880 <= year <= 2022 for year in years if year is not None)
    assert all(row["assessed_value"] is None or row["assessed_value"] > 0 for row in rows)
    assert {"Single-family", "Two-family", "Retail", "Park", "Vacant"} < {row["land_use"] for row in rows}
    assert all({"corner", "frontage_m", "neighborhood"} <= orjson.loads(row["attributes"]).keys() for row in rows)


def test_districts_have_the_codes_and_names_of_a_zoning_ordinance(town_zoning):
    rows = town_zoning.drop(["geom"]).to_pylist()

    assert len({row["zone_code"] for row in rows}) > 4
    assert all(row["name"] is None or row["name"].endswith("District") for row in rows)
    assert all({"adopted", "max_height_m"} <= orjson.loads(row["attributes"]).keys() for row in rows)


@pytest.mark.cpu
def test_parcels_come_at_20_000_a_second_or_faster():
    def draw():
        assert sum(map(len, county(20_000, 7).parcels())) == 20_000

    assert least_cpu_seconds(draw, 1) < 1
