"""Strawberry inputs and fields made from declarations; enters names, types and descriptions.

An annotation names types of the schema, as Python writes them: `list[Parcel]`, `Int | None`. Some are made later.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.enum import has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.types.unset import UNSET

from gateway import errors
from gateway.execution.values import Plain
from gateway.layers import Layer, Layers
from gateway.models.declaration import camel
from schema.scalars import SCALARS

Fields: TypeAlias = Mapping[str, StrawberryField]  # of a type, by their names in Python
Resolver: TypeAlias = Callable[..., object]
V = TypeVar("V")
MEMBERS = "attributes.*"  # in place of a column: members of `attributes`, of which some are private


class Types(dict[str, object]):
    """The types of one schema by GraphQL name, in which annotations are looked up; scalars are there from the start."""

    def __init__(self, layers: Layers) -> None:
        super().__init__(Boolean=bool, Float=float, ID=strawberry.ID, Int=int, String=str)
        self.update({scalar.name: kind for kind, scalar in SCALARS.items()})
        self.layers = layers
        self._annotations: dict[str, StrawberryAnnotation] = {}

    def add(self, name: str, made: object) -> None:
        """Take a type that was made; raises SetupError where another one has its name."""
        if name in self:
            message = f"Two types of the schema are called {name}. Rename the model of a layer, or its relation."
            raise errors.SetupError(message)
        self[name] = made

    def annotation(self, text: str) -> StrawberryAnnotation:
        """The annotation of that text: one for all fields that have it, since Strawberry takes long to evaluate one."""
        return self._annotations.setdefault(text, StrawberryAnnotation(text, namespace=self))


@dataclass(frozen=True, slots=True)
class Member:
    """One field of an input; it may be left out unless it is required, and has a default then if there is one."""

    annotation: str
    description: str
    required: bool = False
    default: object = UNSET


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a field; required, unless it has a default or is `| None`: then it may be left out of `given`."""

    annotation: str
    description: str
    default: object = UNSET


def make_input(
    types: Types, name: str, description: str, members: Mapping[str, Member], *, one_of: bool = False
) -> None:
    """Make an input type; a member that is not required may be left out."""
    fields = {f"{key}_": _member(types, key, each) for key, each in members.items()}  # `and` and `or` are Python's own
    with _unread(fields):
        made = strawberry.input(_class(name, fields), name=name, description=description, one_of=one_of)
    types.add(name, made)


def make_type(types: Types, name: str, description: str, fields: Mapping[str, object], *bases: type) -> type:
    """Make an object type of Strawberry fields and, if need be, `is_type_of`."""
    with _unread(fields):
        made = strawberry.type(_class(name, fields, *bases), name=name, description=description)
    types.add(name, made)
    return made


def make_enum(types: Types, name: str, description: str, members: type[Enum], texts: Mapping[str, str]) -> None:
    """Make an enum type of a Python enum; `texts` describes each of its members, by name."""
    made = strawberry.enum(members, name=name, description=description)
    assert has_enum_definition(made)
    definition = made.__strawberry_definition__
    definition.values = [replace(value, description=texts[value.name]) for value in definition.values]
    types.add(name, made)


def _member(types: Types, name: str, member: Member) -> StrawberryField:
    given = member.required or member.default is not UNSET
    annotation = member.annotation if given else f"{member.annotation} | None"
    default = MISSING if member.required else member.default
    return StrawberryField(
        graphql_name=name,
        type_annotation=types.annotation(annotation),
        description=member.description,
        default=default,
    )


def _class(name: str, fields: Mapping[str, object], *bases: type) -> type:
    return type(name, bases, {"__annotations__": {}, "__module__": __name__, **fields})


@contextmanager
def _unread(fields: Mapping[str, object]) -> Iterator[None]:
    """Let a class be made of fields without their annotations, which have a namespace that dataclasses know nothing of.

    Dataclasses would look at each several times, most of them in vain, since they name types that are made later.
    """
    annotations = {field: field.type_annotation for field in fields.values() if isinstance(field, StrawberryField)}
    for field in annotations:
        field.type_annotation = StrawberryAnnotation(object)
    yield
    for field, annotation in annotations.items():
        field.type_annotation = annotation


def apart(owner: str, *parts: Mapping[str, V]) -> dict[str, V]:
    """The fields or members of all parts; raises SetupError where two have the same name in GraphQL."""
    together: dict[str, V] = {}
    taken: set[str] = set()
    for part in parts:
        names = {camel(name) for name in part}
        if same := taken & names:
            message = f"{owner} has two members called {min(same)}: a column or relation, and what each layer has."
            raise errors.SetupError(f"{message} Rename the attribute of the model, or the relation.")
        taken |= names
        together |= part
    return together


def plain(value: object) -> Plain:
    """An argument as plain values: inputs as mappings with GraphQL names, enums as their values."""
    if (definition := get_object_definition(value)) is not None:
        names = {field.graphql_name or camel(field.python_name): field.python_name for field in definition.fields}
        given = {name: getattr(value, attribute) for name, attribute in names.items()}
        return {name: plain(item) for name, item in given.items() if item is not UNSET}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def resolved(
    types: Types, resolver: Resolver, returns: str, description: str, **arguments: Argument
) -> StrawberryField:
    """A field whose type and arguments are made at run time, which annotations can't say.

    The resolver takes `root`, maybe `info`, and the arguments that the client gave by their names.
    """
    made: StrawberryResolver[object] = StrawberryResolver(resolver)
    made.arguments = [_argument(types, name, each) for name, each in arguments.items()]
    annotation = types.annotation(returns)
    return StrawberryField(type_annotation=annotation, description=description, base_resolver=made)


def of_column(made: StrawberryField, layer: Layer, attribute: str) -> StrawberryField:
    """Note that a field which is not one of rows shows a column, or members of `attributes`."""
    made.metadata = MappingProxyType({"column": (layer.name, attribute)})
    return made


def entry(name: str) -> Resolver:
    """The resolver of an entry of a mapping."""
    return lambda root: root[name]


def _argument(types: Types, name: str, argument: Argument) -> StrawberryArgument:
    annotation = types.annotation(argument.annotation)
    return StrawberryArgument(name, None, annotation, description=argument.description, default=argument.default)
