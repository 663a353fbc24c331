"""Variables that have nothing wrong; enters input types, leaves what coerces a value of each in one pass.

It is what `check_variables` and graphql-core's own coercion do one after the other, made ready once for a type. Where a
value is wrong, unusual or large it raises something, whatever that is, and those two know what to say of the value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from gateway.settings import LimitSettings
from schema.values import check_texts, is_one_of, most_items, most_objects


class UnsureError(Exception):
    """A value is left to the thorough way."""


@dataclass(slots=True)
class Room:
    """How many objects and members one request may yet have."""

    left: int

    def take(self, count: int) -> None:
        """Take some of it."""
        self.left -= count
        if self.left < 0:
            raise UnsureError


Take: TypeAlias = Callable[[Any, Room], Any]


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of an input object: its name, what the object has it by, and its default, if it may be absent."""

    name: str
    out: str
    take: Take
    default: Any
    required: bool


class Takers:
    """Makes what takes values, for one schema."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._objects: dict[GraphQLInputObjectType, Take] = {}

    def room(self) -> Room:
        """What a request has."""
        return Room(min(most_objects(self._limits), most_items(self._limits)))

    def of(self, kind: GraphQLInputType) -> Take:
        """What takes a value of a type."""
        if is_non_null_type(kind):
            return self._given(kind.of_type)
        given = self._given(kind)
        return lambda value, room: None if value is None else given(value, room)

    def _given(self, kind: Any) -> Take:
        if is_list_type(kind):
            return self._list(kind)
        if is_input_object_type(kind):
            if kind not in self._objects:
                self._objects[kind] = self._object(kind)
            return self._objects[kind]
        return self._leaf(kind)

    def _leaf(self, kind: Any) -> Take:
        limits, coerce = self._limits, kind.coerce_input_value

        def take(value: Any, _: Room) -> Any:
            if value is None:
                raise UnsureError
            if isinstance(value, str | list | dict):
                check_texts(value, (), limits)
            if (found := coerce(value)) is Undefined:
                raise UnsureError
            return found

        return take

    def _list(self, kind: Any) -> Take:
        most, item = self._limits.list_items, self.of(kind.of_type)

        def take(value: Any, room: Room) -> Any:
            if not isinstance(value, list) or len(value) > most:
                raise UnsureError
            room.take(len(value))
            return [item(each, room) for each in value]

        return take

    def _object(self, kind: GraphQLInputObjectType) -> Take:
        members: Sequence[_Member] = ()  # known at the first value: types hold each other
        only_one = is_one_of(kind)

        def take(value: Any, room: Room) -> Any:
            nonlocal members
            if not isinstance(value, dict):
                raise UnsureError
            room.take(1 + len(value))
            members = members or self._members(kind)
            found: dict[str, Any] = {}
            given = 0
            for member in members:
                if member.name in value:
                    found[member.out] = member.take(value[member.name], room)
                    given += 1
                elif member.required:
                    raise UnsureError
                elif member.default is not Undefined:
                    found[member.out] = member.default
            if given != len(value) or (only_one and (given != 1 or None in value.values())):
                raise UnsureError
            return kind.out_type(found)

        return take

    def _members(self, kind: GraphQLInputObjectType) -> Sequence[_Member]:
        return [self._member(name, each) for name, each in kind.fields.items()]

    def _member(self, name: str, each: GraphQLInputField) -> _Member:
        required = is_required_input_field(each)
        return _Member(name, each.out_name or name, self.of(each.type), coerce_default_value(each), required)
