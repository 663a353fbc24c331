"""Floor 2. Reads a filter; enters the mapping of a `filters` argument, leaves a Filter or an error with its path."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from gateway import errors
from gateway.geo.shapes import Shape
from gateway.layers import Kind, Layer, LayerField, Layers
from gateway.query.filters import And, Compare, Filter, IsValid, Not, Or, Quantifier, Related, Spatial
from gateway.query.geometry import parse_target
from gateway.query.ids import BIGINT_MAX
from gateway.query.lookups import LOOKUPS, Lookup, Operand
from gateway.query.patterns import ILIKE, LIKE, pattern
from gateway.query.text import check_text
from gateway.settings import LimitSettings

Path = tuple[str | int, ...]

_DE9IM = re.compile(r"[012TF*]{9}")
_LOOKUPS = {kind: {lookup.name: lookup for lookup in lookups} for kind, lookups in LOOKUPS.items()}


def parse_filter(
    layer: Layer, layers: Layers, limits: LimitSettings, value: Mapping[str, Any] | None, *, path: Path = ("filters",)
) -> Filter | None:
    """Read the filter of a layer; None where it says nothing.

    Raises:
        PredicateLimit: too many lookups, or nested too deeply.
        ArgumentError: a value that cannot be used; its `path` leads to it.
    """
    return _Parser(layers, limits).read(layer, value, path, 1)


class _Parser:
    def __init__(self, layers: Layers, limits: LimitSettings) -> None:
        self._layers = layers
        self._limits = limits
        self._predicates = 0

    def read(self, layer: Layer, value: Mapping[str, Any] | None, path: Path, depth: int) -> Filter | None:
        """Read one level: what stands side by side must hold together."""
        if depth > self._limits.filter_depth:
            message = f"The filter is nested more than {self._limits.filter_depth} levels deep. Flatten it."
            raise errors.PredicateLimit(message, path=path, limit=self._limits.filter_depth)
        items = tuple(
            item
            for name, given in (value or {}).items()
            if given is not None
            for item in self._member(layer, name, given, (*path, name), depth)
        )
        return _all_of(items)

    def _member(self, layer: Layer, name: str, given: Any, path: Path, depth: int) -> Iterator[Filter]:
        if name in {"and", "or"}:
            branches = [self.read(layer, branch, (*path, i), depth + 1) for i, branch in enumerate(given)]
            yield from _combined(name, branches)
        elif name == "not":
            inner = self.read(layer, given, path, depth + 1)
            yield Not(inner or And(()))
        elif name in layer.fields:
            yield from self._lookups(layer.fields[name], given, path)
        else:
            yield from self._related(layer, name, given, path, depth)

    def _related(self, layer: Layer, name: str, given: Mapping[str, Any], path: Path, depth: int) -> Iterator[Filter]:
        relation = next(relation for relation in layer.relations if relation.field == name)
        target = self._layers[relation.target]
        for quantifier, inner in given.items():
            if inner is not None:
                self._count(path)
                wanted = self.read(target, inner, (*path, quantifier), depth + 1)
                yield Related(layer, relation, Quantifier(quantifier), wanted)

    def _lookups(self, field: LayerField, given: Mapping[str, Any], path: Path) -> Iterator[Filter]:
        for name, operand in given.items():
            self._count(path)
            here = (*path, name)
            if operand is None:
                message = f"{name} is null. Leave it out, or ask for rows without a value with isNull: true."
                raise errors.ArgumentError(message, path=here)
            yield self._lookup(field, _LOOKUPS[field.kind][name], operand, here)

    def _lookup(self, field: LayerField, lookup: Lookup, operand: Any, path: Path) -> Filter:
        match lookup.operand:
            case Operand.GEOMETRY:
                return Spatial(field, lookup.name, self._target(operand, path))
            case Operand.DWITHIN:
                target = self._target(operand["geometry"], (*path, "geometry"))
                return Spatial(field, lookup.name, target, distance=self._distance(operand["distance"], path))
            case Operand.RELATE:
                target = self._target(operand["geometry"], (*path, "geometry"))
                if isinstance(target, Shape) and target.geometry_type == "GeometryCollection":
                    # GEOS before 3.13 has no answer where the collection lies apart from the row.
                    message = "relate takes no GeometryCollection. Give one geometry, for example a MultiPolygon."
                    raise errors.GeometryError(message, path=(*path, "geometry"))
                return Spatial(field, lookup.name, target, pattern=_pattern(operand["pattern"], path))
            case Operand.FLAG if lookup.name == "isValid":
                return IsValid(field, operand)
            case Operand.MANY:
                return Compare(field, lookup.name, self._many(field, operand, path))
            case Operand.RANGE:
                return _range(field, self._bounds(field, operand, path))
            case _:
                value = self._scalar(field, operand, path)
                like = field.kind is Kind.TEXT and (lookup.name in LIKE or lookup.name in ILIKE)
                return Compare(field, lookup.name, pattern(lookup.name, value) if like else value)

    def _target(self, operand: Mapping[str, Any], path: Path) -> Any:
        return parse_target(operand, self._layers, self._limits, path=path)

    def _distance(self, metres: float, path: Path) -> float:
        if not 0 <= metres <= self._limits.radius_m:
            message = f"distance must be 0 to {self._limits.radius_m:.10g} metres, not {metres:g}."
            raise errors.OutOfRange(message, path=(*path, "distance"), limit=self._limits.radius_m)
        return metres

    def _many(self, field: LayerField, values: Sequence[Any], path: Path) -> tuple[Any, ...]:
        if len(values) > self._limits.list_items:
            message = f"The list has {len(values)} items; at most {self._limits.list_items} are taken. Ask in parts."
            raise errors.ListLimit(message, path=path, limit=self._limits.list_items)
        return tuple(self._scalar(field, value, (*path, i)) for i, value in enumerate(values))

    def _bounds(self, field: LayerField, operand: Mapping[str, Any], path: Path) -> list[tuple[str, Any]]:
        return [
            (lookup, self._scalar(field, operand[name], (*path, name)))
            for name, lookup in (("start", "gte"), ("end", "lte"))
            if operand.get(name) is not None
        ]

    def _scalar(self, field: LayerField, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            check_text(value, self._limits.text_length, path)
        if field.kind is Kind.JSON and not isinstance(value, str):
            return _json(value, self._limits.text_length, path)
        if field.kind is Kind.BIGINT and not -BIGINT_MAX - 1 <= value <= BIGINT_MAX:
            raise errors.OutOfRange("The number is larger than 64 bits.", path=path)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise errors.ArgumentError("The time has no zone. End it with Z or an offset such as -05:00.", path=path)
        return value

    def _count(self, path: Path) -> None:
        self._predicates += 1
        if self._predicates > self._limits.predicates:
            message = f"The filter has more than {self._limits.predicates} lookups. Use inList, or ask in parts."
            raise errors.PredicateLimit(message, path=path, limit=self._limits.predicates)


def _all_of(items: tuple[Filter, ...]) -> Filter | None:
    return items[0] if len(items) == 1 else And(items) if items else None


def _combined(name: str, branches: Sequence[Filter | None]) -> Iterator[Filter]:
    if name == "and":
        yield from (branch for branch in branches if branch)
    elif branches:
        # An empty branch says nothing, so it holds for every row.
        yield Or(tuple(branch or And(()) for branch in branches))


def _range(field: LayerField, bounds: Sequence[tuple[str, Any]]) -> Filter:
    return And(tuple(Compare(field, lookup, value) for lookup, value in bounds))


def _pattern(pattern: str, path: Path) -> str:
    if not _DE9IM.fullmatch(pattern):
        message = "pattern must be nine of 0, 1, 2, T, F and *, for example 'T*F**F***' (DE-9IM)."
        raise errors.ArgumentError(message, path=(*path, "pattern"))
    return pattern


def _json(value: Any, longest: int, path: Path) -> str:
    if not isinstance(value, dict):
        raise errors.ArgumentError('Give a JSON object, for example {use_code: "105"}.', path=path)
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    check_text(text, longest, path)
    if "\\u0000" in text:
        raise errors.BadText("The text holds NUL (U+0000), which PostgreSQL cannot store.", path=path)
    return text
