"""What the keys of groups make the database do; enters them as they are given, leaves microseconds for each row."""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.layers import Layer
from gateway.planner.fields import EDGE_VALUES
from gateway.planner.keys import KINDS, related
from gateway.query import weights
from gateway.query.costs import FilterCosts
from gateway.query.values import EdgeValue

_HASHED: Final = 0.3  # a row that is put into its group
_FOUND: Final = 0.3  # a value in which a text is looked for
_COMPARED: Final = 0.3  # of rows in several wholes, the share for which overlaps are computed


def keys(costs: FilterCosts, layer: Layer, given: Sequence[object]) -> float:
    """Microseconds for each row."""
    names = [name for item in given if isinstance(item, Mapping) for name in item]
    return _HASHED + sum(_key(costs, layer, name) for name in names)


def distinct(given: Mapping[str, object]) -> float:
    """Microseconds of `distinct` for each row; where all values differ, each is looked through."""
    field = given.get("field")
    kind = KINDS["attribute" if isinstance(field, Mapping) and "attribute" in field else "column"]
    return _HASHED + kind.weight.base + (_FOUND if given.get("match") else 0.0)


def _key(costs: FilterCosts, layer: Layer, name: str) -> float:
    vertices = costs.table(layer).vertices
    if (kind := KINDS.get(name)) is not None:
        return kind.weight.base + kind.weight.vertex * vertices
    if (relation := related(layer).get(name)) is None:
        return 0.0  # it will be refused
    near, weight = costs.near(layer, costs.layers[relation.target]), EDGE_VALUES[EdgeValue.COVERAGE].weight
    assert weight is not None
    if costs.kept(relation):
        return _HASHED + near * costs.finding(relation)
    measured = weight.base + weight.vertex * (vertices + costs.table(costs.layers[relation.target]).vertices)
    return weights.PROBE + near * (costs.finding(relation) + costs.pair(layer, relation) + _COMPARED * measured)
