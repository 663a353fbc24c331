"""The sample county as files, read again by pyogrio."""

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from gateway import errors
from gateway.management.sample import county
from gateway.management.storing import files, write


def ignore(stage, count):
    pass


@pytest.mark.parametrize("name", ["county.gpkg", "county.geojsonl", "county.ndjson"])
def test_both_layers_are_read_again_as_they_were_made(tmp_path, name):
    made = county(700, 7, 5)
    write(made, tmp_path / name, replace=False, advance=ignore)

    layers = zip(
        files(tmp_path / name), (made.parcels(), made.districts()), ("parcels", "zoning_districts"), strict=True
    )
    for path, batches, layer in layers:
        expected = pa.Table.from_batches(batches)
        meta, table = pyogrio.read_arrow(path, layer=layer if path.suffix == ".gpkg" else None)
        shapes = shapely.from_wkb(table[meta["geometry_name"] or "wkb_geometry"].to_numpy())
        assert "4326" in meta["crs"]
        assert np.array_equal(
            shapely.get_coordinates(shapes), shapely.get_coordinates(shapely.from_wkb(expected["geom"].to_numpy()))
        )
        key = expected.schema.names[0]
        assert table[key].to_pylist() == expected[key].to_pylist()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({path.name for path in files(tmp_path / name)})


def test_a_file_that_is_there_is_replaced_only_where_told_to(tmp_path):
    path = tmp_path / "county.gpkg"
    path.write_text("mine")

    with pytest.raises(errors.OutputError, match=r"county.gpkg exists, and nothing was changed"):
        write(county(10, 7), path, replace=False, advance=ignore)
    assert path.read_text() == "mine"

    write(county(10, 7), path, replace=True, advance=ignore)
    assert pyogrio.read_info(path, layer="parcels")["features"] == 10


def test_an_interrupted_write_leaves_no_part_of_a_file(tmp_path):
    def interrupt(stage, count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(county(10, 7), tmp_path / "county.geojsonl", replace=False, advance=interrupt)

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(errors.OutputError, match=r"county.shp must end in one of .gpkg, .geojsonl"):
        write(county(10, 7), tmp_path / "county.shp", replace=False, advance=ignore)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(errors.OutputError, match=r"county.gpkg cannot be written"):
        write(county(10, 7), tmp_path / "missing" / "county.gpkg", replace=False, advance=ignore)
