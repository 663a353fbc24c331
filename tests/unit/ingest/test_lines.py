"""Records that are no GeoJSON are told, with their lines."""

import json

import pytest

from gateway.errors import SourceError
from tests.fixtures.direct import FileSource


def feature(number, **properties):
    place = {"type": "Point", "coordinates": [number, 1]}
    return json.dumps({"type": "Feature", "properties": {"n": number, **properties}, "geometry": place})


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def features(path):
    return FileSource(path).description.features


def test_every_line_is_a_feature(tmp_path):
    path = tmp_path / "x.geojsonl"
    path.write_text("\n\n".join(map(feature, range(3))) + "\n")
    assert features(path) == 3


def test_records_between_separators_may_have_several_lines(tmp_path):
    path = tmp_path / "x.geojsonl"
    path.write_text("".join(f"\x1e{feature(number)}\n".replace(', "geometry"', ',\n"geometry"') for number in range(3)))
    assert features(path) == 3


@pytest.mark.parametrize("separator", ["", "\x1e"])
@pytest.mark.parametrize(
    ("record", "told"),
    [
        ('{"type": "Feature", "geom', "is not a GeoJSON feature"),
        ("[1, 2]", "is not a GeoJSON feature"),
        (feature(1, deep=0).replace("0", "[" * 20_000 + "]" * 20_000), "nested too deeply"),
    ],
)
def test_what_is_passed_over_is_told_with_its_line(tmp_path, record, told, separator):
    path = tmp_path / "x.geojsonl"
    path.write_text("\n".join(separator + line for line in (feature(0), record, feature(2))) + "\n")
    with pytest.raises(SourceError, match=f"^Line 2 of x.geojsonl .*{told}"):
        features(path)


def test_deep_properties_are_read(tmp_path):
    path = tmp_path / "x.geojsonl"
    path.write_text("\n".join([feature(0), feature(1, deep=nested(200))]))
    assert features(path) == 2
