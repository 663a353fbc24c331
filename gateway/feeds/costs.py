"""What a feed makes the database do; enters the filter of a URL and estimates, leaves units of cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway import errors
from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation
from gateway.query import weights
from gateway.query.costs import FilterCosts
from gateway.query.page_costs import EXTENT
from gateway.query.statistics import Box, Estimates, Statistics
from gateway.query.work import Work, advice, units
from gateway.settings import LimitSettings


@dataclass
class FeedCost:
    """The cost of the rows that a filter keeps of a layer, by the statistics as they are when it is asked for."""

    layers: Layers
    layer: Layer
    filters: Mapping[str, object]
    estimates: Estimates
    limits: LimitSettings
    relations: Sequence[Relation] = ()  # what is written of each row besides
    past: bool = False  # whether rows are read as of a moment
    _known: tuple[Statistics, Work] | None = field(default=None, init=False, repr=False)

    @property
    def work(self) -> Work:
        """The work of the filter."""
        if self._known is None or self._known[0] is not self.estimates.now:
            costs = FilterCosts(self.layers, self.estimates.now, past=self.past)
            self._known = self.estimates.now, costs.work(self.layer, self.filters)
        return self._known[1]

    @property
    def whole(self) -> int:
        """Units to find and write all rows: an export."""
        return units(self.work.time() + self.work.kept * (self._row + self._related))

    @property
    def spread(self) -> int:
        """Units to find where the rows lie."""
        return units(EXTENT.time(self.work))

    def tile(self, box: Box, most: float) -> int:
        """Units to find the rows of a tile, and to draw no more than `most`."""
        rows = self._near(box)
        return units(self._finding(rows) + min(rows, self.work.kept, most) * self._row)

    def overview(self, box: Box, summed: LayerField | None) -> int:
        """Units to count the rows of a tile by cell; those that are counted already are read in no time."""
        known = not self.filters and not self.past and (summed is None or summed.attribute in self.layer.summed)
        if known and FilterCosts(self.layers, self.estimates.now).counted(self.layer):
            return units(weights.STATEMENT + weights.CELLS)
        return units(self._finding(self._near(box)) / 2 + min(self._near(box), self.work.kept) * weights.CELL)

    def check(self, box: Box | None = None) -> None:
        """Refuse a filter that takes longer to apply than an operation may, to all rows or to those of a tile.

        Rows without a filter are never refused: a map shows them, and an export is a stream.
        """
        if not self.filters:
            return
        cost = units(self.work.time() if box is None else self._finding(self._near(box)))
        if cost > self.limits.cost:
            message = f"The filter could cost {cost}; the limit is {self.limits.cost}. {advice(self.work)}"
            raise errors.CostLimit(message, path=("filters",), cost=cost, cap=self.limits.cost)

    @property
    def _row(self) -> float:
        return weights.ENCODED.base + weights.ENCODED.vertex * self.estimates.now.table(self.layer.name).vertices

    @property
    def _related(self) -> float:
        """Microseconds for what is related to one row: pairs are found, and their edges take as long again, twice."""
        costs = FilterCosts(self.layers, self.estimates.now)
        return sum(
            costs.near(self.layer, self.layers[each.target])
            * (costs.finding(each) + 3 * costs.pair(self.layer, each) + weights.FETCH)
            for each in self.relations
        )

    def _near(self, box: Box) -> float:
        return self.estimates.now.table(self.layer.name).within(box)

    def _finding(self, near: float) -> float:
        """Microseconds to find rows near a tile, which is done twice: what a tile holds is known by then."""
        joined = sum(min(near * each, once) for each, once in self.work.joins)
        exact = sum(min(near * each, most) for each, most in self.work.near)
        by_tile = self.work.once + joined + exact + near * (weights.FETCH + self.work.each)
        return 2 * min(by_tile, self.work.time())
