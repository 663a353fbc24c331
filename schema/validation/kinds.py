"""What validation looks up of a schema, settled once: fields, arguments and inputs by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    Node,
    StringValueNode,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

# The literals that a type takes with any content.
_ACCEPTED: Mapping[str, frozenset[type[Node]]] = {
    "Float": frozenset({FloatValueNode, IntValueNode}),
    "String": frozenset({StringValueNode}),
    "ID": frozenset({StringValueNode, IntValueNode}),
    "Boolean": frozenset({BooleanValueNode}),
}


class Input:
    """A type of values, as its literals are checked."""

    def __init__(self, type_: GraphQLInputType, kinds: "Kinds") -> None:
        self.type = type_
        self.required = is_non_null_type(type_)
        bare: Any = get_nullable_type(type_)
        self.item = Input(bare.of_type, kinds) if is_list_type(bare) else None
        self.leaf: Any = bare
        self.accepted = _ACCEPTED.get(getattr(bare, "name", ""), frozenset())
        self.is_int = getattr(bare, "name", "") == "Int"
        self.names = frozenset(bare.values) if is_enum_type(bare) else frozenset()
        # Whether no list or object is a literal of it.
        self.is_simple = self.is_int or bool(self.accepted) or bool(self.names)
        self._object = bare if is_input_object_type(bare) else None
        definition = bare.extensions.get("strawberry-definition") if self._object else None
        self.is_one_of = definition is not None and bool(definition.is_one_of)
        self._kinds = kinds

    @cached_property
    def members(self) -> "Mapping[str, InputValue] | None":
        """The members of an input object, by name."""
        return None if self._object is None else self._kinds.members(self._object)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Members that must be given."""
        return tuple(name for name, wanted in (self.members or {}).items() if wanted.required)


class InputValue:
    """An argument or a member of an input object."""

    def __init__(self, definition: GraphQLArgument | GraphQLInputField, kinds: "Kinds") -> None:
        self.input = kinds.input(definition.type)
        default = definition.default if definition.default is not None else definition.default_value
        self.has_default = default is not Undefined
        self.required = (
            is_required_argument(definition)
            if isinstance(definition, GraphQLArgument)
            else is_required_input_field(definition)
        )


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a field or directive."""

    values: Mapping[str, InputValue]
    required: tuple[str, ...]


class Kind:
    """A type that has fields."""

    def __init__(self, type_: Any, kinds: "Kinds") -> None:
        self.type = type_
        self.is_abstract = is_abstract_type(type_)
        possible = kinds.schema.get_possible_types(type_) if self.is_abstract else (type_,)
        self.possible = frozenset(each.name for each in possible)
        self.fields: dict[str, Field] = {}
        self._kinds = kinds

    def find(self, name: str) -> "Field | None":
        """The field of a name, which is kept."""
        definition = self._kinds.schema.get_field(self.type, name)
        if definition is None:
            return None
        self.fields[name] = Field(definition, self._kinds)
        return self.fields[name]


class Field:
    """A field, with the kind of what is below it; None for a leaf."""

    def __init__(self, definition: GraphQLField, kinds: "Kinds") -> None:
        self.type = definition.type
        named = get_named_type(definition.type)
        self.kind = kinds.kind(named)
        self.is_introspection = named.name.startswith("__")
        self.arguments = kinds.arguments(definition)
        self.bare = not self.arguments.required and self.kind is None  # valid with nothing but its name


class Kinds:
    """A schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._kinds: dict[str, Kind] = {}
        self._members: dict[str, Mapping[str, InputValue]] = {}
        self._inputs: dict[int, Input] = {}
        self._types: list[object] = []  # keeps types whose id is a key
        self.directives = {each.name: Directive(each, self) for each in schema.directives}

    def kind(self, type_: GraphQLNamedType | None) -> Kind | None:
        """What is known of a type; None for what has no fields."""
        if not is_composite_type(type_):
            return None
        if type_.name not in self._kinds:
            self._kinds[type_.name] = Kind(type_, self)
        return self._kinds[type_.name]

    def input(self, type_: GraphQLInputType) -> Input:
        """How literals of a type that the schema has are checked."""
        if id(type_) not in self._inputs:
            self._types.append(type_)
            self._inputs[id(type_)] = Input(type_, self)
        return self._inputs[id(type_)]

    def members(self, type_: GraphQLInputObjectType) -> Mapping[str, InputValue]:
        """The members of an input object."""
        if type_.name not in self._members:
            self._members[type_.name] = {name: InputValue(member, self) for name, member in type_.fields.items()}
        return self._members[type_.name]

    def arguments(self, definition: GraphQLField | GraphQLDirective) -> Arguments:
        """The arguments of a field or directive."""
        values = {name: InputValue(argument, self) for name, argument in definition.args.items()}
        return Arguments(values, tuple(name for name, wanted in values.items() if wanted.required))


class Directive:
    """A directive."""

    def __init__(self, definition: GraphQLDirective, kinds: Kinds) -> None:
        self.definition = definition
        self.repeatable = definition.is_repeatable
        self.locations = {location.name for location in definition.locations}
        self.arguments = kinds.arguments(definition)
