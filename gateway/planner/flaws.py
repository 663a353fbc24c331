"""What failed in an answer; enters values with flaws in them, leaves data and errors as the executor would.

An error has the path of its field. The field is null then, or the nearest thing above it that may be null
(GraphQL specification, 6.4.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, get_nullable_type, is_list_type, is_non_null_type
from graphql.error import located_error

from gateway.planner.selection import Selected


@dataclass(frozen=True, slots=True)
class Flaw:
    """Stands in place of a value: null where that failed, or what is left of it where parts of it did."""

    errors: Sequence[Exception]
    value: object = None


class NulledError(Exception):
    """Something is null that can't be: so is what it belongs to."""


class Settling:
    """Takes flaws out of values; what it meets on the way are `errors`."""

    def __init__(self) -> None:
        self.errors: list[GraphQLError] = []

    def settled(self, value: object, fields: Sequence[Selected], path: Sequence[str | int]) -> object:
        """The value of the field that was selected as `fields`, one for each type; raises NulledError."""
        return self._value(value, fields[0].definition.type, fields, path)

    def _value(self, value: object, kind: Any, fields: Sequence[Selected], path: Sequence[str | int]) -> object:
        try:
            settled = self._nullable(value, get_nullable_type(kind), fields, path)
        except NulledError:
            settled = None
        if settled is None and is_non_null_type(kind):
            raise NulledError
        return settled

    def _nullable(self, value: object, kind: Any, fields: Sequence[Selected], path: Sequence[str | int]) -> object:
        if isinstance(value, Flaw):
            self.errors += [_located(error, fields[0], path) for error in value.errors]
            return value.value
        if isinstance(value, list) and is_list_type(kind):
            return [self._value(item, kind.of_type, fields, [*path, index]) for index, item in enumerate(value)]
        below: dict[str, list[Selected]] = {}
        for child in (child for field in fields for children in field.children.values() for child in children):
            below.setdefault(child.key, []).append(child)
        if not below or value is None:
            return value
        assert isinstance(value, dict)
        # Not in place: a row that stands in several places is one object.
        return {key: self.settled(item, below[key], [*path, key]) for key, item in value.items()}


def _located(error: Exception, field: Selected, path: Sequence[str | int]) -> GraphQLError:
    """An error at its place; one of a resolver has a path that begins with the number of a row and its field."""
    if isinstance(error, GraphQLError) and error.path:
        return GraphQLError(
            error.message, error.nodes, path=[*path, *error.path[2:]], original_error=error.original_error
        )
    return located_error(error, list(field.nodes), list(path))
