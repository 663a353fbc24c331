"""Places for values; enters the terms of a read, leaves their shape, which a statement is compiled for once.

Two reads that differ only in values (a box, a key, a page size) have equal shapes, so they share one statement.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from gateway.geo.shapes import Shape
from gateway.layers import Layers
from gateway.models.slots import Slot, known
from gateway.query.connection import Query
from gateway.query.features import FeatureOptions
from gateway.query.filters import (
    And,
    Compare,
    Filter,
    InCell,
    IsValid,
    NodeSlot,
    Not,
    Or,
    Related,
    RelatedCount,
    Searched,
    ShapeSlots,
    Spatial,
    Target,
)
from gateway.query.geometry import GeometryOptions
from gateway.query.groups import Groups
from gateway.query.ids import NodeRef
from gateway.query.keys import RowKey
from gateway.query.order import DistanceTerm, ScoreTerm, Term
from gateway.query.page import Long, Page, Position
from gateway.query.values import Column, Count, Expression, GeometryText, Measure, Value

T = TypeVar("T")


class Slots:
    """Takes the values out of terms, in order; what is left in their places is hashable and equal for equal shapes."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self.values: list[object] = []

    def take(self, value: T) -> Slot[T]:
        """Keep `value` and give its slot."""
        self.values.append(value)
        return Slot(len(self.values) - 1)

    def query(self, query: Query) -> Query:
        """The shape of a connection's query."""
        reaches = query.by_id or (bool(query.order) and isinstance(query.order[0], DistanceTerm))
        return Query(
            query.layer,
            self.filter(query.filter),
            tuple(map(self._term, query.order)),
            self._page(query.page, reaches=reaches),
            scope=b"",
            min_coverage=self.take(known(query.min_coverage)) if query.min_coverage else 0.0,
        )

    def filter(self, wanted: Filter | None) -> Filter | None:
        """The shape of a filter."""
        match wanted:
            case Compare() if wanted.lookup != "isNull":
                return replace(wanted, value=self.take(wanted.value))
            case Spatial():
                distance = None if wanted.distance is None else self.take(known(wanted.distance))
                return Spatial(wanted.field, wanted.lookup, self.target(wanted.target), distance, wanted.pattern)
            case Searched() | InCell():
                return self._searched(wanted)
            case Related():
                return replace(wanted, filter=self.filter(wanted.filter))
            case RelatedCount():
                return replace(wanted, condition=self._some(wanted.condition))
            case And(items) | Or(items):
                return type(wanted)(tuple(self._some(item) for item in items))
            case Not(item):
                return Not(self._some(item))
            case Compare() | IsValid() | None:
                return wanted

    def _searched(self, wanted: Searched | InCell) -> Searched | InCell:
        if isinstance(wanted, Searched):
            return replace(wanted, text=self.take(known(wanted.text)))
        cell = tuple(self.take(known(each)) for each in wanted.cell)
        return InCell(wanted.field, cell, tuple(self.take(known(side)) for side in wanted.sides))

    def target(self, target: Target) -> Target:
        """The shape of a geometry: how many parts it has, and whether it is a circle."""
        match target:
            case NodeRef(layer, number):
                return NodeSlot(layer, self.take(number))
            case Shape(center=(longitude, latitude), radius=float(radius)):
                whole, parts = self._parts(target)
                center = self.take(longitude), self.take(latitude)
                return ShapeSlots(whole, parts, center, self.take(radius))
            case Shape():
                return ShapeSlots(*self._parts(target), None, None)
            case _:
                return target

    def _parts(self, shape: Shape) -> tuple[Slot[bytes], tuple[Slot[bytes], ...]]:
        return self.take(shape.ewkb), tuple(map(self.take, shape.parts))

    def term(self, term: object) -> object:
        """The shape of any term that a field's arguments make."""
        match term:
            case Query():
                return self.query(term)
            case RowKey():
                return RowKey(term.layer, term.attribute, self.take(term.value))
            case FeatureOptions():
                return replace(term, geometry=self._geometry(term.geometry))
            case GeometryText() | Column() | Value():
                return self.expression(term)
            case Count() | Measure() | Groups():
                return self._summary(term)
            case tuple():
                return self._nodes(term)
            case str():
                return term
            case _:
                return None

    def _summary(self, term: Count | Measure | Groups) -> Count | Measure | Groups:
        """The shape of what is asked of all rows."""
        if isinstance(term, Count):
            return replace(term, cap=self.take(known(term.cap)))
        if isinstance(term, Measure):
            return replace(term, given=tuple(self._given(each) for each in term.given))
        return self._groups(term)

    def _groups(self, groups: Groups) -> Groups:
        return replace(
            groups,
            keys=tuple(replace(key, given=tuple(map(self.take, key.given))) for key in groups.keys),
            having=self.filter(groups.having),
            first=self.take(known(groups.first)),
            least=self.take(known(groups.least)),
        )

    def _nodes(self, nodes: Sequence[NodeRef]) -> tuple[tuple[str, Slot[list[int]]], ...]:
        """Ids by layer, each layer's in one slot, whether or not one of its rows is among them."""
        return tuple(
            (layer.name, self.take([node.id for node in nodes if node.layer == layer])) for layer in self._layers
        )

    def expression(self, wanted: Expression) -> Expression:
        """The shape of a computed value."""
        match wanted:
            case GeometryText():
                return self._geometry(wanted)
            case Value(sql, given):
                return Value(sql, tuple(self._given(each) for each in given))
            case _:
                return wanted

    def _given(self, value: object) -> object:
        if isinstance(value, GeometryOptions):
            return self._options(value)
        return self.target(value) if isinstance(value, Shape | NodeRef) else self.take(value)

    def _geometry(self, wanted: GeometryText) -> GeometryText:
        return replace(wanted, options=self._options(wanted.options))

    def _options(self, options: GeometryOptions) -> GeometryOptions:
        return replace(options, simplify=self.take(known(options.simplify))) if options.simplify else options

    def _some(self, wanted: Filter) -> Filter:
        shape = self.filter(wanted)
        assert shape is not None  # a filter within a filter says something
        return shape

    def _term(self, term: Term) -> Term:
        match term:
            case DistanceTerm(target):
                return DistanceTerm(self.target(target))
            case ScoreTerm(searched):
                return replace(term, searched=replace(searched, text=self.take(known(searched.text))))
            case _:
                return term

    def _page(self, page: Page, *, reaches: bool) -> Page:
        size = known(page.size)
        return Page(
            self.take(size),
            page.backward,
            self._position(page.after),
            self._position(page.before),
            steps=size.bit_length() if reaches else 0,
        )

    def _position(self, position: Position | None) -> Position | None:
        return None if position is None else tuple(map(self._place, position))

    def _place(self, value: object) -> object:
        if isinstance(value, Long):
            return Long(self.take(value.id), self.take(value.digest))
        return None if value is None else self.take(value)
