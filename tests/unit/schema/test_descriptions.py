"""Everything in the schema says what it is, and measures name their unit."""

import re

import pytest
from graphql import is_enum_type, is_input_object_type, is_interface_type, is_object_type, is_specified_scalar_type

from tests.fixtures.schema import SCHEMA

TYPES = [
    kind
    for name, kind in sorted(SCHEMA.type_map.items())
    if not name.startswith("__") and not is_specified_scalar_type(kind)
]


def described():
    """Every type, field, argument, input field and enum value, by its coordinate."""
    for kind in TYPES:
        yield kind.name, kind
        if is_enum_type(kind):
            yield from ((f"{kind.name}.{name}", value) for name, value in kind.values.items())
        if is_object_type(kind) or is_interface_type(kind) or is_input_object_type(kind):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field
                arguments = getattr(field, "args", {})
                yield from ((f"{kind.name}.{name}({key}:)", argument) for key, argument in arguments.items())


ALL = dict(described())


def test_every_part_of_the_schema_has_a_description_that_is_a_sentence():
    assert len(ALL) > 400
    poor = {
        coordinate: part.description
        for coordinate, part in ALL.items()
        if not re.fullmatch(r"\S.{3,}[.)]", part.description or "", re.DOTALL)
    }
    assert poor == {}


def test_descriptions_speak_of_layers_in_words():
    assert [coordinate for coordinate, part in ALL.items() if re.search(r"\bzoningDistricts? ", part.description)] == []


@pytest.mark.parametrize(
    ("coordinate", "unit"),
    [
        ("Parcel.areaSqm", "square metres"),
        ("Parcel.perimeterM", "metres"),
        ("Parcel.distance", "metres"),
        ("Parcel.bbox", "degrees"),
        ("Parcel.buffer(meters:)", "metres"),
        ("Parcel.geometry(simplify:)", "metres"),
        ("Parcel.geometry(precision:)", "degree"),
        ("ParcelEdge.distance", "metres"),
        ("ParcelNeighborsEdge.sharedBorderM", "metres"),
        ("ParcelZoningDistrictsEdge.overlapAreaSqm", "square metres"),
        ("ParcelZoningDistrictsEdge.coverage", "0 to 1"),
        ("CircleInput.radius", "metres"),
        ("DistanceInput.distance", "metres"),
        ("BBox", "degrees"),
        ("MultiPolygon", "degrees"),
    ],
)
def test_descriptions_of_measures_name_their_unit(coordinate, unit):
    assert unit in ALL[coordinate].description


def test_optional_arguments_have_no_default_of_null():
    arguments = {name: part for name, part in ALL.items() if name.endswith(":)")}
    assert [name for name, part in arguments.items() if part.default is not None and part.default.value is None] == []
