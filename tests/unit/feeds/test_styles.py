"""How layers lie on a map, and what each is drawn with."""

from dataclasses import replace

import pytest
from sqlalchemy import MetaData, Text
from sqlalchemy.orm import mapped_column

from gateway.feeds.colors import THEMES, Kind
from gateway.feeds.styles import Served, stacked, style
from gateway.http.views.description import describe
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layer, Layers
from gateway.models import Base, Feature
from gateway.models.base import geometry_column
from gateway.models.declaration import Meta
from gateway.settings import Settings


class Apart(Feature):
    """Tables of this test, which migrations must not see."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


def layer(name, shape, **options):
    columns = {"key": mapped_column(Text, unique=True), "geom": geometry_column(shape, "Where it is.")}
    declared = {"__tablename__": f"{name.lower()}s", "__layer__": Meta(natural_key="key", **options)}
    return Layer.of(type(name, (Apart,), {**declared, **columns}))


HYDRANT, ROAD = layer("Hydrant", "POINT", color="#c2703d"), layer("Road", "MULTILINESTRING", color="#4a7fb5")
PLACE = layer("Place", "GEOMETRY", color="#a35c9c")
SCHOOL, BUILDING = layer("School", "MULTIPOLYGON", color="#a35c9c"), layer("Building", "POLYGON", minzoom=12)
EVERY = (PARCELS, ZONING_DISTRICTS, HYDRANT, ROAD, SCHOOL, BUILDING)
LOWEST_FIRST = ["zoning_districts", "schools", "parcels", "buildings", "roads", "hydrants"]


SERVED = Served("/tiles.json", {}, "/static", 16)


def drawn(*layers):
    found = style(layers, {}, None, SERVED, "light")
    return found, {each["id"]: each for each in found["layers"]}


def test_points_lie_over_lines_and_lines_over_polygons_of_which_the_small_and_the_later_lie_on_top():
    assert [each.name for each in stacked(EVERY)] == LOWEST_FIRST
    assert [each.name for each in stacked((PARCELS, ZONING_DISTRICTS))] == ["zoning_districts", "parcels"]


def test_the_page_asks_for_the_style_in_that_order():
    styles = describe(Layers(EVERY), Settings())["drawn"]["styles"]
    assert styles == {theme: f"/styles/{','.join(LOWEST_FIRST)}.json?theme={theme}" for theme in THEMES}


@pytest.mark.parametrize(
    ("shown", "kind", "paint"),
    [(HYDRANT, "circle", "circle-color"), (ROAD, "line", "line-color"), (SCHOOL, "fill", "fill-color")],
)
def test_a_layer_is_drawn_in_its_colour_and_the_legend_has_it(shown, kind, paint):
    found, by_id = drawn(shown)
    assert (by_id[shown.name]["type"], by_id[shown.name]["paint"][paint]) == (kind, shown.color)
    item = {"value": None, "label": shown.verbose_name, "color": shown.color, "count": None}
    assert [(each["layer"], each["items"]) for each in found["metadata"]["gateway:legend"]] == [(shown.name, [item])]


def test_a_layer_of_any_geometry_is_drawn_by_what_each_row_is():
    _, by_id = drawn(PLACE)
    shown = {name: (each["type"], each["filter"][2]) for name, each in by_id.items() if name != "background"}
    assert shown == {
        "places": ("fill", "Polygon"),
        "places-outline": ("line", "Polygon"),
        "places-lines": ("line", "LineString"),
        "places-points": ("circle", "Point"),
    }


def test_a_layer_without_a_colour_has_no_legend_and_that_of_the_paper():
    for shown in (BUILDING, replace(ROAD, color=None), replace(HYDRANT, color=None)):
        found, by_id = drawn(shown)
        assert shown.name in by_id
        assert found["metadata"]["gateway:legend"] == []


def test_an_overlay_is_hatched_and_lets_what_it_lies_over_through():
    kinds = [Kind("R1", 3, "residential"), Kind("H", 1, "Historic Overlay District")]
    found = style([ZONING_DISTRICTS], {ZONING_DISTRICTS: kinds}, None, SERVED, "dark")
    by_id = {each["id"]: each for each in found["layers"]}
    code = ["get", "zoneCode"]
    assert by_id["zoning_districts"]["paint"]["fill-opacity"] == ["match", code, "H", 0.15, 0.75]
    assert by_id["zoning_districts-overlays"]["filter"] == ["match", code, "H", True, False]
    assert by_id["zoning_districts-overlays"]["paint"] == {"fill-pattern": "hatch-dark"}
    assert [(each["value"], each["overlay"]) for each in found["metadata"]["gateway:legend"][0]["items"]] == [
        ("R1", False),
        ("H", True),
    ]
