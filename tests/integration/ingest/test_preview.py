"""What is told of a source before its first feature is written."""

import pytest
import shapely

from gateway.ingest import IngestOptions, Silent, ingest
from gateway.layers import PARCELS
from tests.fixtures.sources import fetch, grid, write


class Begun(Silent):
    """Keeps what was known when reading began."""

    async def begun(self, report, total):
        self.about, self.warnings = report.about, report.warnings


async def begun(database, path, **options):
    watch = Begun()
    await ingest(database, PARCELS, path, IngestOptions(**options), watch)
    return watch


def keys(count, letter="P"):
    return {"parcel_id": [f"{letter}{number}" for number in range(count)]}


async def test_format_layer_number_crs_encoding_and_extent_are_told(empty_database, tmp_path):
    path = write(tmp_path / "city.gpkg", "GPKG", grid(3), keys(3))
    about = (await begun(empty_database, path, dry_run=True)).about
    assert about == (
        "GeoPackage, layer city, 3 features",
        "coordinates: EPSG:4326 (WGS 84)",
        "text: UTF-8",
        "extent: -71.20000, 42.30000 to -71.19750, 42.30050 (longitude and latitude)",
    )


async def test_the_extent_of_the_first_features_is_told_where_the_format_says_none(empty_database, tmp_path):
    path = write(tmp_path / "city.geojsonl", "GeoJSONSeq", grid(1001), keys(1001))
    about = (await begun(empty_database, path, srid=4326, dry_run=True)).about
    assert about[1] == "coordinates: EPSG:4326 (WGS 84), as was asked"
    assert about[-1].startswith("extent of the first 1,000 features: -71.20000, 42.30000 to ")


async def test_a_source_that_lies_elsewhere_than_the_rows_is_warned_of(empty_database, tmp_path):
    first = write(tmp_path / "a.fgb", "FlatGeobuf", grid(3), keys(3))
    assert (await begun(empty_database, first)).warnings == ()
    await fetch(empty_database, "ANALYZE parcels")
    same = write(tmp_path / "b.fgb", "FlatGeobuf", grid(3), keys(3, "Q"))
    assert (await begun(empty_database, same)).warnings == ()
    far = write(tmp_path / "c.fgb", "FlatGeobuf", [shapely.box(5, 52, 5.1, 52.1)], keys(1, "R"))
    (warning,) = (await begun(empty_database, far)).warnings
    assert "lies elsewhere than all rows of parcels, which are at -71.2" in warning


@pytest.mark.parametrize(("code", "grid_file"), [(27700, "uk_os_OSTN15_NTv2_OSGBtoETRS.tif"), (28992, None)])
async def test_a_datum_grid_that_is_not_installed_is_named_with_how_to_fetch_it(
    empty_database, tmp_path, code, grid_file
):
    shape = (
        shapely.box(530_000, 180_000, 530_050, 180_050)
        if grid_file
        else shapely.box(120_000, 480_000, 120_050, 480_050)
    )
    path = write(tmp_path / "city.gpkg", "GPKG", [shape], keys(1), crs=f"EPSG:{code}")
    warnings = (await begun(empty_database, path, dry_run=True)).warnings
    if grid_file is None:
        assert warnings == ()
    else:
        assert f"pyproj sync --file {grid_file}" in warnings[0]
        assert "positions are right to 2 m, and to 1 m with" in warnings[0]
