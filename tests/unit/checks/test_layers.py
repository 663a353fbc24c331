"""A layer that is declared wrongly is told before any database is asked."""

from dataclasses import replace

import pytest
from sqlalchemy import BigInteger, Float, Integer, MetaData, Text, Uuid
from sqlalchemy.orm import mapped_column

from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layers
from gateway.management.commands.check import surface
from gateway.models import Base, Feature, Parcel, Tracked, ZoningDistrict
from gateway.models.base import geometry_column
from gateway.models.declaration import Meta, Relation, RelationKind, camel
from tests.fixtures.buildings import added

TAKEN = "area distance feature buffer projected_geometry feature_id distance_to and area_sqm bbox history"


class Apart(Feature):
    """Tables of this test, which migrations must not see."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


def model(type_name, key=Text, relations=(), bases=(), **attributes):
    table = f"t{len(Apart.metadata.tables)}"
    columns = {"key": mapped_column(key, unique=True, nullable=False), "geom": geometry_column("POLYGON", "Where.")}
    columns |= {name: mapped_column(Text) for name in attributes}
    declared = Meta(natural_key="key", relations=relations)
    return type(
        type_name, (Apart, *bases), {"__tablename__": table, "__module__": table, "__layer__": declared, **columns}
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"natural_key": "address"}, {"gateway.E006"}),
        ({"natural_key": "parcelId"}, {"gateway.E006"}),
        ({"private": frozenset({"owner"})}, {"gateway.E007"}),
        ({"hidden": {"geom"}}, {"gateway.E011"}),
        ({"hidden": {"owner"}}, {"gateway.E011"}),
        ({"legend": ("use",)}, {"gateway.E011"}),
        ({"label": "use"}, {"gateway.E011"}),
        ({"legend": ("land_use",), "hidden": {"land_use"}}, {"gateway.E011"}),
    ],
)
def test_a_wrong_declaration_gives_exactly_its_message(settings, values, expected):
    layers = Layers((replace(PARCELS, **values), ZONING_DISTRICTS))
    told = Run(settings, layers, frozenset({Tag.LAYERS})).static()
    assert {message.rule.id for message in told} == expected


def test_a_relation_to_a_layer_that_is_not_served_is_told(settings):
    told = list(Run(settings, Layers((PARCELS,)), frozenset({Tag.LAYERS})).static())
    assert [(message.rule.id, message.about) for message in told] == [("gateway.E008", "parcels.zoning_districts")]


@pytest.mark.parametrize(
    ("kind", "told"), [(Integer, 0), (BigInteger, 0), (Text, 0), (Uuid, 0), (Float, 1)], ids=lambda each: str(each)
)
def test_keys_are_integers_texts_or_uuids(settings, kind, told):
    layers = Layers.of(Parcel, ZoningDistrict, model("Thing", kind))
    rules = [message.rule.id for message in Run(settings, layers, frozenset({Tag.LAYERS})).static()]
    assert rules == ["gateway.E006"] * told


@pytest.mark.parametrize("name", TAKEN.split())
def test_a_column_called_as_what_each_layer_has_is_told_and_keeps_the_server_from_starting(name):
    bases = (Tracked,) if name == "history" else ()
    (told,) = surface(Layers.of(model("Thing", bases=bases, **{name: str}), Parcel, ZoningDistrict))
    assert told.rule.id == "gateway.E010"
    assert "Thing" in told.text
    assert name in told.text or camel(name) in told.text


@pytest.mark.parametrize("name", ["State", "ParcelState", "ThingConnection", "ParcelFilter", "Job", "Node", "Point"])
def test_a_type_called_as_one_of_the_schema_is_told_and_keeps_the_server_from_starting(name):
    (told,) = surface(Layers.of(model(name), Parcel, ZoningDistrict))
    assert told.rule.id == "gateway.E010"
    assert name.lower() in told.text.lower()


def test_a_relation_called_as_a_column_is_told():
    relation = Relation("key", "parcels", RelationKind.OVERLAP, "Parcels.")
    (told,) = surface(Layers.of(model("Thing", relations=(relation,)), Parcel, ZoningDistrict))
    assert "has two members called key" in told.text


def test_the_layers_that_ship_have_no_name_twice():
    assert list(surface()) == []


def test_a_column_of_collections_is_refused(settings):
    with added(lambda text: text.replace("MULTIPOLYGON", "GEOMETRYCOLLECTION")) as addition:
        told = list(Run(settings, addition.layers, frozenset({Tag.LAYERS})).static())
    assert [(message.rule.id, message.about) for message in told] == [("gateway.E012", "buildings")]


@pytest.mark.parametrize("change", [("typical=1,", "typical=1, part=Side.TARGET,"), ("OVERLAP", "BORDER")])
def test_a_relation_that_has_no_meaning_for_points_is_refused(settings, change):
    with added(lambda text: text.replace("MULTIPOLYGON", "POINT").replace(*change)) as addition:
        told = list(Run(settings, addition.layers, frozenset({Tag.LAYERS})).static())
    assert {message.rule.id for message in told} == {"gateway.E013"}
