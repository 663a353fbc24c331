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
from gateway.query.weights import Weight
from gateway.query.work import units
from gateway.settings import AnalyticsSettings

_METRES: Final = 110_500.0  # in a degree of latitude, at least
_ROW: Final = Weight(8.0, 0.2)  # read, and its center put into the plane
_NEIGHBOR: Final = 0.1  # a pair of rows that lie as near as DBSCAN asks
_MEAN: Final = 0.2  # a row and a cluster of k-means
_PAIR: Final = Weight(20.0, 4.0)  # two rows that are intersected
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


class Extent(NamedTuple):
    """How many rows are analysed, and their vertices; pairs of rows that are compared, and the vertices of these."""

    rows: float
    vertices: float
    pairs: float = 0.0
    paired: float = 0.0

    def time(self, name: str, given: Mapping[str, Any]) -> float:
        """Microseconds of a method."""
        weight = _WEIGHTS[name]
        time = self.rows * (_ROW.base + weight.base) + self.vertices * (_ROW.vertex + weight.vertex)
        match name:
            case "clusterDbscan":
                return time + self.pairs * _NEIGHBOR
            case "clusterKMeans":
                return time + self.rows * min(float(given["clusters"]), MOST_CLUSTERS) * _MEAN
            case "intersectionWith":
                return time + self.pairs * _PAIR.base + self.paired * _PAIR.vertex
        return time

    def check(self, name: str, given: Mapping[str, Any], limits: AnalyticsSettings) -> float:
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


def expected(costs: FilterCosts, layer: Layer, filters: object, name: str, given: Mapping[str, Any]) -> float:
    """Microseconds that a method will take, by what statistics say; of arguments that will be refused, none."""
    table, rows = costs.table(layer), costs.work(layer, filters).kept
    try:
        pairs, paired = _pairs(costs, layer, rows, name, given)
        return Extent(rows, rows * table.vertices, pairs, paired).time(name, given)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError, errors.ArgumentError):
        return 0.0


def _pairs(costs: FilterCosts, layer: Layer, rows: float, name: str, given: Mapping[str, Any]) -> tuple[float, float]:
    """How many pairs of rows are compared, and their vertices."""
    table = costs.table(layer)
    if name == "clusterDbscan":
        up = 2 * float(given["distance"]) * METRES[given.get("unit") or "METERS"] / _METRES
        return rows * table.around(up, up) * rows / max(table.rows, 1.0) * math.pi / 4, 0.0
    if name != "intersectionWith":
        return 0.0, 0.0
    ((other, value),) = given["other"].items()
    if other == GEOMETRY:
        size = costs.size(value)
        near = min(rows, table.within(size.box) if size.box else table.around(size.width, size.height))
        return near, near * (table.vertices + size.vertices)
    target = next(each for each in costs.layers if each.plural == other)
    pairs = rows * costs.near(layer, target)
    return pairs, pairs * (table.vertices + costs.table(target).vertices)
