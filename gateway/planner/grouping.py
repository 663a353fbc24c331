"""Arguments of `groupBy` as terms; enters coerced arguments, leaves keys, conditions and an order, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway import errors
from gateway.geo.positions import Path
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.planner.aggregates import Function, functions
from gateway.planner.keys import KINDS, distinct_key, relation_key
from gateway.query.connection import QueryParser
from gateway.query.filters import And, Filter
from gateway.query.groups import SHARES, GroupKey, Groups, GroupTerm
from gateway.query.order import MAX_TERMS, Ordering
from gateway.query.page import page_size
from gateway.query.parse import named, parse_lookups
from gateway.query.seen import check_seen
from gateway.query.values import Given, Measure

_KINDS: Final = {
    "Int": Kind.INTEGER,
    "Float": Kind.FLOAT,
    "BigInt": Kind.BIGINT,
    "Decimal": Kind.DECIMAL,
    "DateTime": Kind.DATETIME,
}


def compared_as(function: Function, layer: Layer, column: LayerField | None = None) -> Kind | None:
    """The kind of value that groups are chosen and ordered by; None where they can't be by this function."""
    if function.arguments or function.embed:
        return None
    if function.columns is None:
        return _KINDS.get(function.returns(layer).removesuffix(" | None"))
    assert column is not None
    return _KINDS[function.columns.returns[column.kind]]


def parse_groups(parser: QueryParser, layer: Layer, given: Given) -> Groups:
    """Read the arguments of `groupBy`; raises what is wrong with one."""
    layer = parser.layers[layer.name]
    keys = _keys(parser, layer, given["keys"])
    comparing = _Comparing(parser, layer)
    having = comparing.having(given.get("having") or {})
    order = comparing.order(given.get("order") or ())
    first = page_size("first", given.get("first"), parser.limits)
    share = share_of(parser, given)
    return Groups(keys, having, tuple(comparing.measures), order, first, parser.least_group, share)


def share_of(_: QueryParser, given: Given) -> str:
    """How the rows of a relation count; one that has no shares counts them whole."""
    share: str = given.get("share", SHARES[0])
    return share


def parse_distinct(parser: QueryParser, layer: Layer, given: Given) -> Groups:
    """Read the arguments of `distinct`, whose groups are of one key; raises what is wrong with one."""
    layer = parser.layers[layer.name]
    key = distinct_key(layer, parser.limits, given)
    first = page_size("first", given.get("first"), parser.limits)
    return Groups((key,), None, (), (), first, parser.least_group)


def _keys(parser: QueryParser, layer: Layer, given: Sequence[Given]) -> tuple[GroupKey, ...]:
    if not 1 <= len(given) <= MAX_TERMS:
        message = f"keys must be 1 to {MAX_TERMS}, not {len(given)}."
        raise errors.ListLimit(message, path=("keys",), limit=MAX_TERMS)
    made: dict[str, GroupKey] = {}
    for place, item in enumerate(given):
        ((name, value),) = item.items()
        path = ("keys", place, name)
        kind = KINDS.get(name)
        key = kind.read(layer, parser.limits, value, path) if kind else relation_key(layer, name, value)
        if key.place in made:
            message = f"Two keys are told by the field {key.place}. Give one of them, and group again for the other."
            raise errors.ArgumentError(message, path=path)
        made[key.place] = key
    return tuple(made.values())


@dataclass(slots=True)
class _Comparing:
    """The measures that groups are chosen and ordered by, each once."""

    parser: QueryParser
    layer: Layer
    measures: dict[Measure, int] = field(default_factory=dict)

    def having(self, given: Given) -> Filter | None:
        """The condition of groups: all that is given must hold."""
        items: list[Filter] = []
        for name, value in given.items():
            function, path = functions(self.layer)[name], ("having", name)
            if function.columns is None:
                items += self._lookups(function, None, value, path)
                continue
            for column, lookups in named(value, path).items():
                items += self._lookups(function, self.layer.fields[column], lookups, (*path, column))
        return And(tuple(items)) if items else None

    def _lookups(self, function: Function, column: LayerField | None, given: object, path: Path) -> Sequence[Filter]:
        kind = compared_as(function, self.layer, column)
        assert kind is not None  # the schema has no others
        number = self._number(function, column, path)
        compared = LayerField(path[-1], f"h{number}", kind, nullable=True, computed=False, own=False, description="")  # type: ignore[arg-type]
        return parse_lookups(compared, self.parser.layers, self.parser.limits, given, path)

    def order(self, given: Sequence[Given]) -> tuple[GroupTerm, ...]:
        """The terms of the order, the first counts most."""
        if len(given) > MAX_TERMS:
            raise errors.ListLimit(f"order takes at most {MAX_TERMS} terms.", path=("order",), limit=MAX_TERMS)
        return tuple(self._term(item, ("order", place)) for place, item in enumerate(given))

    def _term(self, item: Given, path: Path) -> GroupTerm:
        ((name, value),) = item.items()
        number, path = None, (*path, name)
        if name != "key":
            function, column = functions(self.layer)[name], None
            if function.columns is not None:
                ((column_name, value),) = value.items()
                column, path = self.layer.fields[column_name], (*path, column_name)
            number = self._number(function, column, path)
        ordering = Ordering(value)
        return GroupTerm(number, ordering.value.startswith("DESC"), ordering.value.endswith("FIRST"))

    def _number(self, function: Function, column: LayerField | None, path: Path) -> int:
        if column is not None:
            check_seen(column, path)
        measure = Measure(function.sql, column, raw=True)
        return self.measures.setdefault(measure, len(self.measures))
