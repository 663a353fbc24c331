"""Variables that have nothing wrong; enters input types, leaves a coercer of each, which takes one pass over a value.

It does what `check_variables` and graphql-core's own coercion do one after the other, made ready once for a type. Where
a value is wrong, unusual or large it raises an exception of any kind, and those two say what is wrong with the value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    Undefined,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from gateway.settings import LimitSettings
from schema.language.literals import check_text
from schema.values import check_texts, is_one_of, most_items, most_objects


class UnsureError(Exception):
    """A value is left to the thorough way."""


@dataclass(slots=True)
class ItemBudget:
    """How many objects and members one request may yet have."""

    left: int

    def spend(self, count: int) -> None:
        """Take some of it."""
        self.left -= count
        if self.left < 0:
            raise UnsureError


_NESTED = (list, dict)

Coercer: TypeAlias = Callable[[object, ItemBudget], object]


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of an input object: its name, what the object has it by, and its default, if it may be absent."""

    name: str
    out: str
    coerce: Coercer
    default: object
    required: bool


class Coercers:
    """Makes the coercers of one schema."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._most = min(most_objects(limits), most_items(limits))
        self._objects: dict[GraphQLInputObjectType, Coercer] = {}

    def budget(self) -> ItemBudget:
        """What a request has."""
        return ItemBudget(self._most)

    def of(self, kind: GraphQLInputType) -> Coercer:
        """The coercer of a type."""
        if is_non_null_type(kind):
            return self._of_nullable(kind.of_type)
        coerce = self._of_nullable(kind)
        return lambda value, budget: None if value is None else coerce(value, budget)

    def _of_nullable(self, kind: GraphQLInputType) -> Coercer:
        if is_list_type(kind):
            return self._list(kind)
        if is_input_object_type(kind):
            if kind not in self._objects:
                self._objects[kind] = self._object(kind)
            return self._objects[kind]
        assert is_leaf_type(kind)
        return self._leaf(kind)

    def _leaf(self, kind: GraphQLLeafType) -> Coercer:
        limits = self._limits
        coerce_leaf: Callable[..., object] = kind.coerce_input_value

        def coerce(value: object, _: ItemBudget) -> object:
            if value is None:
                raise UnsureError
            if isinstance(value, str):
                check_text(value, limits)
            elif isinstance(value, _NESTED):
                check_texts(value, (), limits)
            if (coerced := coerce_leaf(value)) is Undefined:
                raise UnsureError
            return coerced

        return coerce

    def _list(self, kind: GraphQLList[GraphQLInputType]) -> Coercer:
        most, coerce_item = self._limits.list_items, self.of(kind.of_type)

        def coerce(value: object, budget: ItemBudget) -> object:
            if not isinstance(value, list) or len(value) > most:
                raise UnsureError
            budget.spend(len(value))
            return [coerce_item(each, budget) for each in value]

        return coerce

    def _object(self, kind: GraphQLInputObjectType) -> Coercer:
        members: Sequence[_Member] = ()  # known at the first value: types hold each other
        only_one = is_one_of(kind)

        def coerce(value: object, budget: ItemBudget) -> object:
            nonlocal members
            if not isinstance(value, dict):
                raise UnsureError
            budget.spend(1 + len(value))
            members = members or [self._member(name, each) for name, each in kind.fields.items()]
            coerced: dict[str, object] = {}
            given = 0
            for member in members:
                if member.name in value:
                    coerced[member.out] = member.coerce(value[member.name], budget)
                    given += 1
                elif member.required:
                    raise UnsureError
                elif member.default is not Undefined:
                    coerced[member.out] = member.default
            if given != len(value) or (only_one and (given != 1 or None in value.values())):
                raise UnsureError
            return kind.out_type(coerced)

        return coerce

    def _member(self, name: str, each: GraphQLInputField) -> _Member:
        required = is_required_input_field(each)
        return _Member(name, each.out_name or name, self.of(each.type), coerce_default_value(each), required)
