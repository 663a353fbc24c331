"""What a notice list makes the database do; enters its arguments and statistics, leaves rows and microseconds."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway import errors
from gateway.layers import Layer
from gateway.query import page_costs, weights
from gateway.query.costs import FilterCosts
from gateway.query.ids import decode
from gateway.query.notices import Include, notified
from gateway.query.statistics import Table
from gateway.query.targets import Size, wider
from gateway.query.units import METRES
from gateway.query.values import Given
from gateway.query.work import units
from gateway.settings import LimitSettings

_METRES: Final = 110_500.0  # in a degree of latitude, at least
_LATITUDE: Final = 60.0  # where it is unknown
_PAIR: Final = 0.3  # two rows whose boxes are compared
_ABUTTERS: Final = 10.0  # of one subject


class NoticeCost(NamedTuple):
    """How many rows are near, and the microseconds to find and measure them."""

    rows: float = 0.0
    time: float = 0.0

    @classmethod
    def of(cls, costs: FilterCosts, given: Given) -> "NoticeCost":
        """The cost of a list; of arguments that will be refused, that of an empty one."""
        layer, _ = notified(costs.layers)
        try:
            sizes = _sizes(costs, layer, given)
            metres = float(given["distance"]) * METRES[given.get("unit") or "FEET"]
        except (TypeError, ValueError, AttributeError, LookupError, errors.ArgumentError):
            return cls()
        table = costs.table(layer)
        near = [_near(table, size, metres) * costs.rows(layer) / max(table.rows, 1.0) for size in sizes]
        rows = min(sum(near), costs.rows(layer))
        each = weights.BOXES.base + weights.FETCH
        measured = (
            rows_near * (each + page_costs.distance(costs, layer, size))
            for rows_near, size in zip(near, sizes, strict=True)
        )
        second = Include.ABUTTERS_TO_ABUTTERS in (given.get("include") or ())
        pairs = min(rows, _ABUTTERS * len(sizes)) * rows * _PAIR if second else 0.0
        return cls(rows, sum(measured) + rows * 2 * weights.FETCH + pairs)

    @property
    def units(self) -> int:
        """Units of cost to find all, and to write a file of them."""
        return units(weights.STATEMENT + self.time + self.rows * weights.ENCODED.base)

    def check(self, limits: LimitSettings) -> None:
        """Refuse a list that takes longer than an operation may."""
        if self.units > limits.cost:
            message = f"The list could cost {self.units}; the limit is {limits.cost}. Give a lesser distance."
            raise errors.CostLimit(message, path=("distance",), cost=self.units, cap=limits.cost)


def _sizes(costs: FilterCosts, layer: Layer, given: Given) -> Sequence[Size]:
    """The size of each subject."""
    if given.get("geometry") is not None:
        return [costs.size(given["geometry"])._replace(circle=False)]  # which is measured from its center
    numbers = {decode(costs.layers, text, path=()).id for text in given[layer.plural]}
    rows = map(costs.table(layer).row, numbers)
    return [Size(row.vertices, None, row.width, row.height) for row in rows]


def _near(table: Table, size: Size, metres: float) -> float:
    """About how many rows are within a distance of a geometry."""
    grid = table.grid
    if size.box is not None and grid is not None:
        return table.within(wider(size.box, metres))
    latitude = _LATITUDE if grid is None else grid.latitude
    up = 2 * metres / _METRES
    west, south, east, north = size.box or (0.0, 0.0, size.width, size.height)
    return table.around((east - west) % 360.0 + up / math.cos(math.radians(min(latitude, 89.0))), north - south + up)
