"""One connection's question; enters its arguments, leaves a frozen, hashable Query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway import errors
from gateway.layers import Layer, Layers
from gateway.models.slots import Slot
from gateway.query.filters import And, Filter, Spatial, Target
from gateway.query.links import Links
from gateway.query.order import DistanceTerm, Term, parse_order
from gateway.query.page import CursorCodec, Page, PageArguments, cursor_scope, parse_page
from gateway.query.parse import parse_filter
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of a layer: which, in what order, which page of them; `min_coverage` for related rows alone."""

    layer: Layer
    filter: Filter | None
    order: tuple[Term, ...]
    page: Page
    scope: bytes
    min_coverage: float | Slot[float] = 0.0

    @property
    def by_id(self) -> bool:
        """Whether all rows are wanted, in the order of their ids."""
        return self.filter is None and not self.order

    @property
    def distance_target(self) -> Target | None:
        """What `edge.distance` is measured to: the geometry that orders the rows, else that of a dwithin filter."""
        if self.order and isinstance(self.order[0], DistanceTerm):
            return self.order[0].target
        items = self.filter.items if isinstance(self.filter, And) else (self.filter,)
        return next((i.target for i in items if isinstance(i, Spatial) and i.lookup == "dwithin"), None)


@dataclass(frozen=True, slots=True)
class QueryParser:
    """Reads the arguments of connection fields for one server."""

    layers: Layers
    limits: LimitSettings
    codec: CursorCodec
    links: Links
    least_group: int = 1  # groups of fewer rows are withheld

    def count_cap(self, given: int | None) -> int:
        """Where a capped count stops."""
        if given is None:
            return self.limits.count_cap
        if not 1 <= given <= self.limits.count_cap:
            message = f"cap must be 1 to {self.limits.count_cap}, not {given}."
            raise errors.OutOfRange(message, path=("cap",), limit=self.limits.count_cap)
        return given

    def parse(
        self,
        layer: Layer,
        filters: Mapping[str, object] | None,
        order: Sequence[Mapping[str, object]] | None,
        page: PageArguments,
        *,
        min_coverage: float = 0.0,
    ) -> Query:
        """Read the arguments of one connection field; an error's path begins at the argument."""
        layer = self.layers[layer.name]  # as the principal sees it
        kept = parse_filter(layer, self.layers, self.limits, filters)
        terms = parse_order(layer, self.layers, self.limits, order, kept)
        scope = cursor_scope(layer, terms)
        if not 0 <= min_coverage <= 1:
            raise errors.OutOfRange(f"minCoverage must be 0 to 1, not {min_coverage:g}.", path=("minCoverage",))
        return Query(
            layer,
            kept,
            terms,
            parse_page(page, self.limits, self.codec, terms, scope),
            scope,
            min_coverage,
        )
