"""Reads a filter; enters the mapping of a `filters` argument, leaves a Filter or an error with its path."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gateway import errors
from gateway.geo.cells import degrees, parse_key
from gateway.geo.positions import Path
from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField, Layers
from gateway.models.kinds import Kind
from gateway.query import operands
from gateway.query.filters import (
    And,
    Compare,
    Filter,
    InCell,
    IsValid,
    Not,
    Or,
    Quantifier,
    Related,
    RelatedCount,
    Searched,
    Spatial,
)
from gateway.query.geometry import parse_target
from gateway.query.ids import NodeRef
from gateway.query.lookups import LOOKUPS, Lookup, Operand
from gateway.query.patterns import ILIKE, LIKE, pattern
from gateway.query.search import searched_text
from gateway.query.seen import check_members, check_seen
from gateway.settings import LimitSettings

_DE9IM = re.compile(r"[012TF*]{9}")
_BOUNDS = {"start": "gte", "end": "lte"}
_LOOKUPS = {kind: {lookup.name: lookup for lookup in lookups} for kind, lookups in LOOKUPS.items()}


def parse_filter(
    layer: Layer,
    layers: Layers,
    limits: LimitSettings,
    value: Mapping[str, object] | None,
    *,
    path: Path = ("filters",),
) -> Filter | None:
    """Read the filter of a layer; None where it says nothing.

    What is named has a value: an absent variable leaves `{exact: $id}` empty, and that is no wish for all rows.

    Raises:
        NoValue: something is named and has no value.
        PredicateLimit: too many lookups, or nested too deeply.
        ArgumentError: a value that cannot be used; its `path` leads to it.
    """
    return _Parser(layers, limits).read(layer, value, path, 1)


def parse_lookups(
    field: LayerField, layers: Layers, limits: LimitSettings, value: object, path: Path
) -> Sequence[Filter]:
    """Read the lookups of one field, all of which must hold; raises as `parse_filter` does."""
    return tuple(_Parser(layers, limits).lookups(field, _present(value, path), path))


COUNT: Final = LayerField(
    "count", "count", Kind.INTEGER, nullable=False, computed=True, own=False, description="Number of related rows."
)


class _Parser:
    def __init__(self, layers: Layers, limits: LimitSettings) -> None:
        self._layers = layers
        self._limits = limits
        self._predicates = 0

    def read(self, layer: Layer, value: object, path: Path, depth: int) -> Filter | None:
        """Read one level: what stands side by side must hold together."""
        if depth > self._limits.filter_depth:
            message = f"The filter is nested more than {self._limits.filter_depth} levels deep. Flatten it."
            raise errors.PredicateLimit(message, path=path, limit=self._limits.filter_depth)
        items = tuple(
            item
            for name, given in operands.mapping({} if value is None else value, path).items()
            for item in self._member(layer, name, given, (*path, name), depth)
        )
        return _all_of(items)

    def _member(self, layer: Layer, name: str, given: object, path: Path, depth: int) -> Iterator[Filter]:
        if name == "and":
            for i, branch in enumerate(operands.listed(_present(given, path), path)):
                inner = self.read(layer, _present(branch, (*path, i)), (*path, i), depth + 1)
                yield from () if inner is None else (inner,)
        elif name == "or":
            listed = enumerate(operands.listed(_present(given, path), path))
            branches = tuple(self._branch(layer, branch, (*path, i), depth) for i, branch in listed)
            yield from () if And(()) in branches else (Or(branches),)  # one that holds always makes all hold
        elif name == "not":
            yield Not(self._branch(layer, given, path, depth))
        elif name == "search" and layer.searchable:
            yield self._searched(layer, given, path)
        elif name in layer.fields:
            yield from self.lookups(layer.fields[name], given, path)
        else:
            yield from self._related(layer, name, given, path, depth)

    def _branch(self, layer: Layer, given: object, path: Path, depth: int) -> Filter:
        """What `or` and `not` are of: an empty filter would make them hold for every row, or for none."""
        return self.read(layer, named(given, path), path, depth + 1) or And(())

    def _related(self, layer: Layer, name: str, given: object, path: Path, depth: int) -> Iterator[Filter]:
        relation = next((relation for relation in layer.relations if relation.field == name), None)
        if relation is None:
            names = ", ".join([*layer.fields, *(each.field for each in layer.relations)])
            message = f"{layer.plural} have no field or relation of this name."
            raise errors.ArgumentError(message, path=path, names=f"There are {names}.")
        target = self._layers[relation.target]
        for name_of_many, inner in named(given, path).items():
            here = (*path, name_of_many)
            if name_of_many == COUNT.name:
                yield RelatedCount(relation, And(tuple(self.lookups(COUNT, inner, here))))
                continue
            if name_of_many not in set(Quantifier):
                raise errors.ArgumentError("Give some, every, none or count.", path=here)
            self._count(path)
            matching = self.read(target, _present(inner, here), here, depth + 1)
            yield Related(layer, relation, Quantifier(name_of_many), matching)

    def _searched(self, layer: Layer, given: object, path: Path) -> Searched:
        members = named(given, path)
        if unknown := members.keys() - {"match"}:
            raise errors.ArgumentError("search has match, no other member.", path=(*path, min(unknown)))
        self._count(path)
        here = (*path, "match")
        return Searched(layer.searched, searched_text(_present(members["match"], here), self._limits, here))

    def lookups(self, field: LayerField, given: object, path: Path) -> Iterator[Filter]:
        """Read the lookups of one field."""
        check_seen(field, path)
        for name, operand in named(given, path, of_field=True).items():
            self._count(path)
            here = (*path, name)
            if name not in _LOOKUPS[field.kind]:
                names = f"There are {', '.join(_LOOKUPS[field.kind])}."
                raise errors.ArgumentError(f"{field.name} has no lookup of this name.", path=here, names=names)
            check_members(field, operand, here)
            yield self._lookup(field, _LOOKUPS[field.kind][name], _present(operand, here, of_field=True), here)

    def _lookup(self, field: LayerField, lookup: Lookup, operand: object, path: Path) -> Filter:
        match lookup.operand:
            case Operand.GEOMETRY:
                return Spatial(field, lookup.name, self._target(operand, path))
            case Operand.DWITHIN:
                target, metres = self._pair(operand, "distance", path)
                return Spatial(field, lookup.name, target, distance=self._distance(metres, (*path, "distance")))
            case Operand.RELATE:
                return self._relate(field, lookup, operand, path)
            case Operand.FLAG:
                value = operands.flag(operand, path)
                return IsValid(field, value) if lookup.name == "isValid" else Compare(field, lookup.name, value)
            case Operand.MANY:
                return Compare(field, lookup.name, self._many(field, operand, path))
            case Operand.RANGE:
                return _range(field, self._bounds(field, operand, path))
            case Operand.TEXT | Operand.CELL:
                return self._text(field, lookup, operand, path)
            case Operand.SAME:
                return self._same(field, lookup, operand, path)

    def _relate(self, field: LayerField, lookup: Lookup, operand: object, path: Path) -> Spatial:
        target, given = self._pair(operand, "pattern", path)
        if isinstance(target, Shape) and target.geometry_type == "GeometryCollection":
            # GEOS before 3.13 has no answer where the collection lies apart from the row.
            message = "relate takes no GeometryCollection. Give one geometry, for example a MultiPolygon."
            raise errors.GeometryError(message, path=(*path, "geometry"))
        return Spatial(field, lookup.name, target, pattern=_pattern(given, (*path, "pattern")))

    def _pair(self, operand: object, name: str, path: Path) -> tuple[Shape | NodeRef, object]:
        """The geometry of a lookup that has another member besides, and that member."""
        given = operands.mapping(operand, path)
        return self._target(given.get("geometry"), (*path, "geometry")), given.get(name)

    def _text(self, field: LayerField, lookup: Lookup, operand: object, path: Path) -> Compare | InCell:
        value = operands.text(operand, self._limits.text_length, path)
        if lookup.operand is Operand.CELL:
            return _in_cell(field, value, path)
        like = lookup.name in LIKE or lookup.name in ILIKE
        return Compare(field, lookup.name, pattern(lookup.name, value) if like else value)

    def _same(self, field: LayerField, lookup: Lookup, operand: object, path: Path) -> Compare:
        # Every object has all members of an empty one.
        value = named(operand, path) if field.kind is Kind.JSON and isinstance(operand, Mapping) else operand
        if field.kind is Kind.JSON and lookup.name != "contains":
            operands.comparable(value, path)
        return Compare(field, lookup.name, self._scalar(field, value, path))

    def _target(self, operand: object, path: Path) -> Shape | NodeRef:
        return parse_target(operand, self._layers, self._limits, path=path)

    def _distance(self, given: object, path: Path) -> float:
        metres = operands.number(given, path)
        if not 0 <= metres <= self._limits.radius_m:
            message = f"distance must be 0 to {self._limits.radius_m:.10g} metres, not {metres:g}."
            raise errors.OutOfRange(message, path=path, limit=self._limits.radius_m)
        return metres

    def _many(self, field: LayerField, given: object, path: Path) -> tuple[object, ...]:
        values = operands.listed(given, path)
        if len(values) > self._limits.list_items:
            message = f"The list has {len(values)} items; at most {self._limits.list_items} are taken. Ask in parts."
            raise errors.ListLimit(message, path=path, limit=self._limits.list_items)
        return tuple(self._scalar(field, value, (*path, i)) for i, value in enumerate(values))

    def _bounds(self, field: LayerField, operand: object, path: Path) -> list[tuple[str, object]]:
        given = named(operand, path, of_field=True)
        if unknown := given.keys() - _BOUNDS.keys():
            raise errors.ArgumentError("A range has start and end, no other member.", path=(*path, min(unknown)))
        return [
            (lookup, self._scalar(field, _present(given[name], (*path, name), of_field=True), (*path, name)))
            for name, lookup in _BOUNDS.items()
            if name in given
        ]

    def _scalar(self, field: LayerField, value: object, path: Path) -> object:
        return operands.same(field, value, self._limits.text_length, path)

    def _count(self, path: Path) -> None:
        self._predicates += 1
        if self._predicates > self._limits.predicates:
            message = f"The filter has more than {self._limits.predicates} lookups. Use inList, or ask in parts."
            raise errors.PredicateLimit(message, path=path, limit=self._limits.predicates)


def _all_of(items: tuple[Filter, ...]) -> Filter | None:
    return items[0] if len(items) == 1 else And(items) if items else None


def _present(given: object, path: Path, *, of_field: bool = False) -> object:
    """What is given; refused where it is null. Fields have a lookup for rows without a value, other parts have none."""
    if given is None:
        raise _no_value("null", path, of_field=of_field)
    return given


def named(given: object, path: Path, *, of_field: bool = False) -> Mapping[str, object]:
    """An object of one member at least."""
    members = operands.mapping(_present(given, path, of_field=of_field), path)
    if not members:
        raise _no_value("empty", path, of_field=of_field)
    return members


def _no_value(state: str, path: Path, *, of_field: bool) -> errors.NoValue:
    place = ".".join(map(str, path[1:]))
    fix = "Leave it out, give it a value, or ask for rows without one with isNull: true."
    message = f"{place} is {state}. {fix if of_field else 'Leave it out, or give it a value.'}"
    return errors.NoValue(message, path=path)


def _in_cell(field: LayerField, given: str, path: Path) -> InCell:
    cell = parse_key(given)
    if cell is None:
        raise errors.ArgumentError("This is no clusterId. Take one that clusters gave.", path=path)
    return InCell(field, cell, degrees(*cell))


def _range(field: LayerField, bounds: Sequence[tuple[str, object]]) -> Filter:
    return And(tuple(Compare(field, lookup, value) for lookup, value in bounds))


def _pattern(given: object, path: Path) -> str:
    if not (isinstance(given, str) and _DE9IM.fullmatch(given)):
        message = "pattern must be nine of 0, 1, 2, T, F and *, for example 'T*F**F***' (DE-9IM)."
        raise errors.ArgumentError(message, path=path)
    return given
