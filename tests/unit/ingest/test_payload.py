"""Columns as the text of COPY."""

import numpy as np
import pyarrow as pa
import pytest
import shapely

from gateway.ingest import payload


def text(*columns):
    return written([pa.array(column, pa.large_string()) for column in columns]).decode()


def written(columns):
    return payload.text(payload.lines(columns)).to_pybytes()


def test_rows_are_lines_with_tabs_and_null_has_its_own_sign():
    assert text(["1", "2"], ["a", None], ["x", "y"]) == "1\ta\tx\n2\t\\N\ty\n"


def test_what_would_end_a_value_a_row_or_the_copy_is_escaped():
    assert text(["a\tb\nc\rd\\e", "\\.", "\\N", ""], ["x"] * 4) == (
        "a\\tb\\nc\\rd\\\\e\tx\n" + "\\\\.\tx\n" + "\\\\N\tx\n" + "\tx\n"
    )


def test_whole_numbers_go_before_the_columns_of_a_slice():
    rows = payload.lines([pa.array(["a", "b", None], pa.large_string())])
    labelled = payload.labelled((np.array([7, 8]), np.array([1, 2])), rows[1:])
    assert payload.text(labelled).to_pybytes() == b"7\t1\tb\n8\t2\t\\N\n"


@pytest.mark.parametrize("rows", [slice(0, 0), slice(1, 2)])
def test_slices_are_written_from_their_own_start(rows):
    columns = [pa.array(["a", "b", "c"]), pa.array(["x", "y", "z"], pa.large_string())]
    assert written([column[rows] for column in columns]) == (b"b\ty\n" if rows.start else b"")


def test_shapes_are_written_as_geos_writes_hexadecimal():
    shapes = shapely.from_wkt(["POINT (1 2)", "POLYGON ((0 0, 1 0, 1 1, 0 0))"])
    assert payload.geometry(shapes).to_pylist() == list(shapely.to_wkb(shapes, hex=True))
    assert payload.geometry(shapes[:0]).to_pylist() == []
