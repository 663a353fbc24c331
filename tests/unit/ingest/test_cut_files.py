"""A file that was cut off is refused, or read as the whole file is: never as a shorter one without a word.

Some places of each file are tried; `make fuzz` sets GATEWAY_TEST_EXAMPLES and tries so many, or all that there are.
"""

import pytest

from gateway.errors import SourceError
from tests.fixtures import formats
from tests.fixtures.direct import FileSource
from tests.fixtures.examples import ASKED

pytestmark = pytest.mark.examples

CUTS = ASKED or 8  # a file, besides the last bytes
MOST = 1000
NEEDLESS = (".cpg", ".gdbindexes", ".spx", ".atx", "timestamps", "gdb")  # read by nobody, or an index of what is there
LINES = (".geojsonl", ".csv")  # a cut between two records is a whole file


def whole(path):
    """All that is read of a file."""
    source, notes = FileSource(path), set()
    rows = [
        row
        for batch in source.batches(0, 1000, notes)
        for row in zip(*(column.to_pylist() for column in batch.fields.values()), batch.wkb.to_pylist(), strict=True)
    ]
    said = source.description
    return (said.fields, rows), {*notes, *said.notes}


def places(content):
    size = len(content)
    step = max(size // min(CUTS, MOST), 1)
    return sorted({*range(0, size, step), *range(max(size - 3, 0), size)})


def silent(path, expected, content, cut):
    """Whether a cut of `path` is read as something else, without a word."""
    try:
        read, notes = whole(path)
    except SourceError:
        return False
    between = path.suffix in LINES and content[cut - 1 : cut + 1].count(b"\n")
    return read != expected and not notes and not between


@pytest.mark.parametrize("name", formats.NAMES)
def test_no_cut_of_a_file_is_read_as_another_file_without_a_word(tmp_path, name):
    path = formats.write(tmp_path, name)
    expected, notes = whole(path)
    assert len(expected[1]) == len(formats.KEYS) - (name == "city.dxf")
    assert not notes
    for part in sorted(path.rglob("*") if path.is_dir() else tmp_path.iterdir()):
        if part.name.endswith(NEEDLESS) or part.suffix == ".prj":
            continue
        content = part.read_bytes()
        wrong = []
        for cut in places(content):
            part.write_bytes(content[:cut])
            if silent(path, expected, content, cut):
                wrong.append(cut)
        part.write_bytes(content)
        assert not wrong, f"{part.name} of {len(content)} bytes"


@pytest.mark.parametrize(
    ("name", "missing"),
    [("city.shp", ".dbf"), ("city.shp", ".shx"), ("city.tab", ".dat"), ("city.tab", ".map"), ("city.mif", ".mid")],
)
def test_a_file_that_is_missing_beside_another_is_named(tmp_path, name, missing):
    path = formats.write(tmp_path, name)
    path.with_suffix(missing).unlink()
    with pytest.raises(SourceError, match=f"needs city{missing} beside it"):
        FileSource(path)


def test_a_shapefile_whose_coordinates_are_unknown_because_its_prj_is_cut_needs_a_code(tmp_path):
    path = formats.write(tmp_path, "city.shp")
    path.with_suffix(".prj").write_text("GEOG")
    assert FileSource(path).description.crs is None
