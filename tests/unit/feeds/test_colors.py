"""Whether kinds of rows can be told apart on a map, by everyone, and stay as they are while others come."""

import json
from itertools import combinations

import pytest
import shapely
from coloraide import Color
from shapely.geometry import shape

from gateway.feeds.colors import THEMES, Kind, Use, colors, use_of
from gateway.feeds.styles import Served, style
from gateway.layers import PARCELS, ZONING_DISTRICTS
from tests.fixtures.cluster import ROOT

CAMBRIDGE = ROOT.parent / "shared" / "data" / "cambridge" / "cambridge_zoning.geojson"
NEAR = 2e-5  # degrees: districts that lie a road's kerb apart are neighbours
# CIEDE2000, where differences under 2 are hardly noticed.
LEAST = {"all": 3.5, "protan": 2, "deutan": 2, "tritan": 2}


@pytest.fixture(scope="module")
def city():
    """The kinds of districts of Cambridge in the order of its file, and which of them are neighbours."""
    areas, names = {}, {}
    for each in json.loads(CAMBRIDGE.read_text())["features"]:
        told = each["properties"]
        areas.setdefault(told["zone_type"], []).append(shapely.make_valid(shape(each["geometry"])))
        names.setdefault(told["zone_type"], set()).add(told["name"] or "")
    kinds = [Kind(code, len(areas[code]), min(names[code])) for code in areas]
    reach = {code: shapely.union_all(parts).buffer(NEAR) for code, parts in areas.items()}
    return kinds, [pair for pair in combinations(areas, 2) if reach[pair[0]].intersects(reach[pair[1]])]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", LEAST)
def test_districts_that_meet_can_be_told_apart(city, theme, eye):
    kinds, neighbours = city
    seen = {
        code: Color(color) if eye == "all" else Color(color).filter(eye) for code, color in colors(kinds, theme).items()
    }
    alike = {
        pair: round(found, 1)
        for pair in neighbours
        if (found := seen[pair[0]].delta_e(seen[pair[1]], method="2000")) < LEAST[eye]
    }
    assert len(neighbours) > 200
    assert alike == {}


@pytest.mark.parametrize("theme", THEMES)
def test_districts_that_meet_can_be_told_apart_beneath_the_fullest_cells_of_overviews(city, theme):
    """From where districts have texts; farther out the cells are what a map is about."""
    kinds, neighbours = city
    drawn = style(
        [ZONING_DISTRICTS, PARCELS], {ZONING_DISTRICTS: kinds}, None, Served("", {"parcels": ""}, "", 16), theme
    )
    by_id = {each["id"]: each for each in drawn["layers"]}
    cells = by_id["parcels-overview"]["paint"]
    *_, zoom, shade = cells["fill-opacity"]
    assert zoom <= by_id["zoning_districts-labels"]["minzoom"]
    seen = {
        code: Color(color).mix(cells["fill-color"], shade[-1], space="srgb")
        for code, color in colors(kinds, theme).items()
    }
    alike = {pair for pair in neighbours if seen[pair[0]].delta_e(seen[pair[1]], method="2000") < 2}
    assert alike == set()


@pytest.mark.parametrize("theme", THEMES)
def test_each_district_of_a_city_has_a_colour_of_its_own(city, theme):
    kinds, _ = city
    assert len(set(colors(kinds, theme).values())) == len(kinds) > 40


def test_kinds_that_are_added_change_no_other(city):
    kinds, _ = city
    before = colors(kinds[:30], "light")
    assert {code: color for code, color in colors(kinds, "light").items() if code in before} == before


@pytest.mark.parametrize(
    ("code", "words", "use"),
    [
        ("C-1", "Residence C-1 District", Use.RESIDENTIAL),
        ("BA", "Business A District", Use.COMMERCIAL),
        ("O-1", "Office 1 District", Use.COMMERCIAL),
        ("IA-1", "Industry A-1 District", Use.INDUSTRIAL),
        ("SD-1", "Special Business, Office and Industrial District 1", Use.MIXED),
        ("NP", "North Point Residence, Office and Business District", Use.MIXED),
        ("OS", "Public Open Space", Use.OPEN),
        ("IP", "Industrial Park", Use.INDUSTRIAL),
        ("P", "public", Use.INSTITUTIONAL),
        ("A1", "Agricultural Residential", Use.FARMING),
        ("R10", "", Use.RESIDENTIAL),
        ("C-1", "", Use.COMMERCIAL),
        ("PUD-3", "", Use.MIXED),
        ("MAS-12", "", Use.OTHER),
        ("", "", Use.OTHER),
    ],
)
def test_a_use_is_known_by_words_else_by_the_letters_of_a_code(code, words, use):
    assert use_of(Kind(code, 1, words)) is use


@pytest.mark.parametrize(
    ("use", "hues"),
    [("Residence", (50, 110)), ("Business", (0, 45)), ("Industry", (285, 320)), ("Open space", (130, 165))],
)
def test_uses_have_the_hues_that_planners_know(use, hues):
    kinds = [Kind(str(number), 1, use) for number in range(12)]
    for theme in THEMES:
        for color in colors(kinds, theme).values():
            assert hues[0] - 2 < Color(color).convert("oklch")["hue"] % 360 < hues[1] + 2
