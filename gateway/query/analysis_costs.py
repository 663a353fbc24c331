"""What an analysis makes its engine do; enters how many rows and vertices there are, leaves microseconds.

Before it runs rows are counted; before that, statistics say about how many there are.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway import errors
from gateway.layers import Layer
from gateway.query import weights
from gateway.query.analysis import GEOMETRY, MOST_CLUSTERS
from gateway.query.costs import FilterCosts
from gateway.query.units import METRES
from gateway.query.values import Given
from gateway.query.weights import Weight
from gateway.query.work import units
from gateway.settings import AnalyticsSettings

_METRES: Final = 110_500.0  # in a degree of latitude, at least
_ROW: Final = Weight(8.0, 0.2)  # read, and its center put into the plane
_COUNTED: Final = Weight(1.5, 0.05)  # a row that is counted before, with its vertices
_NEIGHBOR: Final = 0.1  # a pair of rows that lie as near as DBSCAN asks
_MEAN: Final = 0.2  # a row and a cluster of k-means
_PAIR: Final = Weight(20.0, 4.0)  # two rows that are intersected
_MET: Final = 1.5  # two rows of which it is counted that their boxes meet
_LOOSE: Final = 0.3  # the ratio from which on a concave hull is soon found
_DEEP: Final = 30.0  # a vertex of one that is more concave, or has holes
# Measured on 32,000 parcels of 200,000 vertices. Of each method for each row, and each of its vertices.
_WEIGHTS: Final[Mapping[str, Weight]] = {
    "clusterDbscan": Weight(20.0),
    "clusterKMeans": Weight(20.0),
    "concaveHull": Weight(2.0, 6.0),
    "dissolve": Weight(20.0, 8.0),
    "union": Weight(20.0, 8.0),
    "voronoi": Weight(60.0),
    "intersectionWith": Weight(2.0),
}

# What arguments may raise that will be refused.
_REFUSED: Final = (TypeError, ValueError, AttributeError, LookupError, OverflowError, errors.ArgumentError)


class Extent(NamedTuple):
    """How many rows are analysed, and their vertices; pairs of rows that are compared, and the vertices of these.

    Pairs of k-means with a radius are of a row and a cluster.
    """

    rows: float
    vertices: float
    pairs: float = 0.0
    paired: float = 0.0

    def time(self, name: str, given: Given) -> float:
        """Microseconds of a method."""
        weight = _WEIGHTS[name]
        time = self.rows * (_ROW.base + weight.base) + self.vertices * (_ROW.vertex + weight.vertex)
        match name:
            case "clusterDbscan":
                return time + self.pairs * _NEIGHBOR
            case "clusterKMeans":
                return time + max(self.rows * min(float(given["clusters"]), MOST_CLUSTERS), self.pairs) * _MEAN
            case "concaveHull":
                deep = given.get("allowHoles") or float(given.get("ratio", _LOOSE)) < _LOOSE
                return time + self.vertices * _DEEP * deep
            case "intersectionWith":
                return time + self.pairs * _PAIR.base + self.paired * _PAIR.vertex
        return time

    def check(self, name: str, given: Given, limits: AnalyticsSettings) -> float:
        """Microseconds of a method; refuse one that is too much before it starts. Raises AnalysisLimit."""
        rows = max(self.rows, self.pairs if name == "intersectionWith" else 0.0)
        vertices = max(self.vertices, self.paired)
        time = self.time(name, given)
        measures = (
            ("rows", rows, limits.rows),
            ("vertices", vertices, limits.vertices),
            ("units of cost", units(weights.STATEMENT + time), limits.cost),
        )
        for what, number, limit in measures:
            if number > limit:
                message = f"The analysis would have {number:.0f} {what}; the limit is {limit}. Filter for fewer rows."
                told: dict[str, Any] = {each.rpartition(" ")[2]: round(value) for each, value, _ in measures}
                raise errors.AnalysisLimit(message, path=("filters",), limit=limit, **told)
        return time


def reading(costs: FilterCosts, layer: Layer, filters: object, name: str, given: Given) -> float:
    """Microseconds to count the rows and what they are compared with, and to find them again."""
    table, work = costs.table(layer), costs.work(layer, filters)
    time = 2 * (weights.STATEMENT + work.time()) + work.kept * (_COUNTED.base + _COUNTED.vertex * table.vertices)
    if name != "intersectionWith":
        return time
    try:
        for other, value in given["other"].items():
            if (target := _named(costs, other)) is not None:
                time += 2 * costs.work(target, value).time()
        return time + _pairs(costs, layer, work.kept, name, given)[0] * _MET
    except _REFUSED:
        return time


def expected(costs: FilterCosts, layer: Layer, filters: object, name: str, given: Given) -> float:
    """Microseconds that a method will take, by what statistics say; of arguments that will be refused, none."""
    table, rows = costs.table(layer), costs.work(layer, filters).kept
    try:
        pairs, paired = _pairs(costs, layer, rows, name, given)
        return Extent(rows, rows * table.vertices, pairs, paired).time(name, given)
    except _REFUSED:
        return 0.0


def _pairs(costs: FilterCosts, layer: Layer, rows: float, name: str, given: Given) -> tuple[float, float]:
    """How many pairs of rows are compared, and their vertices."""
    table = costs.table(layer)
    if name == "clusterDbscan":
        up = 2 * float(given["distance"]) * METRES[given.get("unit") or "METERS"] / _METRES
        return rows * table.around(up, up) * rows / max(table.rows, 1.0) * math.pi / 4, 0.0
    if name == "clusterKMeans" and given.get("maxRadius") is not None:
        side = float(given["maxRadius"]) * METRES[given.get("unit") or "METERS"] / _METRES
        return rows * min(rows, table.area * rows / max(table.rows, 1.0) / side**2), 0.0
    if name != "intersectionWith":
        return 0.0, 0.0
    ((other, value),) = given["other"].items()
    if other == GEOMETRY:
        size = costs.size(value)
        near = min(rows, table.within(size.box) if size.box else table.around(size.width, size.height))
        return near, near * (table.vertices + size.vertices)
    target = _named(costs, other)
    assert target is not None  # the schema has no other member
    pairs = rows * costs.near(layer, target)
    return pairs, pairs * (table.vertices + costs.table(target).vertices)


def _named(costs: FilterCosts, plural: str) -> Layer | None:
    return next((each for each in costs.layers if each.plural == plural), None)
