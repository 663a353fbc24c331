"""Layers as keys of groups, of which no model says that they are related."""

from dataclasses import replace

import pytest

from gateway.layers import LAYERS, PARCELS
from gateway.models.declaration import Relation, RelationKind
from gateway.planner.group_costs import keys
from gateway.planner.keys import related
from gateway.query.costs import FilterCosts
from gateway.query.statistics import Statistics, Table

ROWS = {"parcels": 200_000, "zoning_districts": 400}


def around(name):
    return replace(PARCELS, around=(Relation(name, "zoning_districts", RelationKind.OVERLAP, "Around."),))


def test_where_an_overlap_is_declared_its_part_alone_is_grouped_by_it():
    assert [list(related(layer)) for layer in LAYERS] == [["zoningDistricts"], []]


@pytest.mark.parametrize("taken", ["land_use", "grid", "cell", "zoning_districts"])
def test_a_layer_with_the_name_of_another_key_is_none(taken):
    assert list(related(around(taken))) == ["zoningDistricts"]
    assert list(related(around("flood_zones"))) == ["zoningDistricts", "floodZones"]


def test_a_layer_that_is_not_related_costs_as_one_whose_pairs_are_not_kept():
    tables = {name: Table(rows, 0, vertices=9, width=0.001, height=0.001) for name, rows in ROWS.items()}
    costs, layer = FilterCosts(LAYERS, Statistics(tables)), around("flood_zones")
    near, declared, column = (
        keys(costs, layer, [key]) for key in ({"floodZones": "WITHIN"}, {"zoningDistricts": "ANY"}, {"column": "X"})
    )
    assert near == declared > column
