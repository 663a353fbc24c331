"""Arguments of a field, read ahead of its variables; enters a field, leaves a function of their values.

graphql-core coerces the literals around a variable each time. Here that is done once, with a hole for each variable,
and the holes are filled. Where a variable is missing or null it has rules of its own, and is asked again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    VariableNode,
    get_named_type,
    is_enum_type,
    is_input_object_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from gateway.query.values import Given

Fill: TypeAlias = Callable[[Mapping[str, object]], object]


@dataclass(frozen=True, slots=True)
class _Hole:
    """Where the value of a variable goes."""

    name: str


class Arguments:
    """The arguments of one field of a document."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self.names = _variables(node)
        self._fill = self._prepare()

    def read(self, variables: VariableValues) -> Given:
        """The coerced arguments without the enum classes of the surface; raises GraphQLError where one is wrong."""
        values = variables.coerced
        if self._fill is None or None in map(values.get, self.names):
            values = get_argument_values(self._definition, self._node, variables)
            return {name: _plain(value) for name, value in values.items()}
        return self._fill(values)

    def _prepare(self) -> Callable[[Mapping[str, object]], Given] | None:
        holes = VariableValues({}, {name: _Hole(name) for name in self.names})
        try:
            coerced = get_argument_values(self._definition, self._node, holes)
        except GraphQLError:
            return None  # a variable within a scalar such as a box, or arguments that do not fit
        members = [(name, self._argument(name, _plain(value))) for name, value in coerced.items()]
        return lambda values: {name: fill(values) for name, fill in members}

    def _argument(self, name: str, value: object) -> Fill:
        """What fills one; where it is a variable and its type has no enum, the value is plain as it is."""
        argument = self._definition.args.get(name)
        if isinstance(value, _Hole) and argument is not None and not _has_enums(argument.type):
            return itemgetter(value.name)
        return _filling(value)


def _variables(node: FieldNode) -> frozenset[str]:
    """The names of the variables in the arguments."""
    names: set[str] = set()
    waiting: list[Any] = [argument.value for argument in node.arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            names.add(value.name.value)
        waiting.extend(getattr(value, "values", None) or ())
        waiting.extend(member.value for member in getattr(value, "fields", None) or ())
    return frozenset(names)


def _filling(value: object) -> Fill:
    if isinstance(value, _Hole):
        return lambda values: _plain(values[value.name])
    if not _has_holes(value):
        return lambda _: value
    if isinstance(value, dict):
        members = [(name, _filling(item)) for name, item in value.items()]
        return lambda values: {name: fill(values) for name, fill in members}
    assert isinstance(value, list)
    items = [_filling(item) for item in value]
    return lambda values: [fill(values) for fill in items]


def _has_holes(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_holes, value.values() if isinstance(value, dict) else value))
    return isinstance(value, _Hole)


@lru_cache
def _has_enums(kind: GraphQLInputType) -> bool:
    """Whether a value of the type may hold an enum."""
    seen: set[GraphQLNamedType] = set()
    waiting: list[GraphQLNamedType] = [get_named_type(kind)]
    while waiting:
        named = waiting.pop()
        if is_enum_type(named):
            return True
        if is_input_object_type(named) and named not in seen:
            seen.add(named)
            waiting.extend(get_named_type(field.type) for field in named.fields.values())
    return False


_DEEPER = (dict, list, Enum)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(item) if isinstance(item, _DEEPER) else item for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) if isinstance(item, _DEEPER) else item for item in value]
    return value.value if isinstance(value, Enum) else value
