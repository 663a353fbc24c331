"""A layer that is declared wrongly is told before any database is asked."""

from dataclasses import replace

import pytest

from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layers


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"natural_key": "address"}, {"gateway.E006"}),
        ({"natural_key": "parcelId"}, {"gateway.E006"}),
        ({"private": frozenset({"owner"})}, {"gateway.E007"}),
    ],
)
def test_a_wrong_declaration_gives_exactly_its_message(settings, values, expected):
    layers = Layers((replace(PARCELS, **values), ZONING_DISTRICTS))
    told = Run(settings, layers, frozenset({Tag.LAYERS})).static()
    assert {message.rule.id for message in told} == expected


def test_a_relation_to_a_layer_that_is_not_served_is_told(settings):
    told = list(Run(settings, Layers((PARCELS,)), frozenset({Tag.LAYERS})).static())
    assert [(message.rule.id, message.about) for message in told] == [("gateway.E008", "parcels.zoning_districts")]
