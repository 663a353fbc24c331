"""Strawberry inputs and fields made from declarations; enters names, types and descriptions."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from gateway import errors
from gateway.models.declaration import camel

Types = dict[str, Any]  # what has been made so far, by GraphQL name; names in annotations are looked up here


@dataclass(frozen=True, slots=True)
class Member:
    """One field of an input: its type (a name where it is made later) and description."""

    annotation: Any
    description: str
    required: bool = False


def make_input(
    types: Types, name: str, description: str, members: Mapping[str, Member], *, one_of: bool = False
) -> Any:
    """Make an input type; a member that is not required may be left out."""
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    annotations: dict[str, StrawberryAnnotation] = {}
    for graphql_name, member in members.items():
        # `and`, `or` and `not` are words of Python.
        attribute = f"{graphql_name}_"
        default = {} if member.required else {"default": UNSET}
        made: Any = strawberry.field(name=graphql_name, description=member.description, **default)
        annotations[attribute] = made.type_annotation = StrawberryAnnotation(_optional(member), namespace=types)
        namespace[attribute] = made
    made = strawberry.input(type(name, (), namespace), name=name, description=description, one_of=one_of)
    return _entered(types, name, _with_names(made, annotations))


def make_type(types: Types, name: str, description: str, fields: Mapping[str, Any], *bases: type) -> Any:
    """Make an object type of Strawberry fields and, if need be, `is_type_of`."""
    namespace = {"__annotations__": {}, "__module__": __name__, **fields}
    annotations = {key: made.type_annotation for key, made in fields.items() if isinstance(made, StrawberryField)}
    made = strawberry.type(type(name, bases, namespace), name=name, description=description)
    return _entered(types, name, _with_names(made, annotations))


def make_enum(types: Types, name: str, description: str, members: type[Enum], texts: Mapping[str, str]) -> object:
    """Make an enum type of a Python enum; `texts` describes each of its members, by name."""
    made: Any = strawberry.enum(members, name=name, description=description)
    definition = made.__strawberry_definition__
    definition.values = [replace(value, description=texts[value.name]) for value in definition.values]
    return _entered(types, name, made)


def _entered(types: Types, name: str, made: object) -> object:
    if name in types:
        message = f"Two types of the schema are called {name}. Rename the model of a layer, or its relation."
        raise errors.SetupError(message)
    types[name] = made
    return made


def apart(owner: str, *parts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields or members of all parts; raises SetupError where two have the same name in GraphQL."""
    found: dict[str, Any] = {}
    taken: set[str] = set()
    for part in parts:
        if same := taken & {camel(name) for name in part}:
            message = f"{owner} has two members called {min(same)}: a column or relation, and what each layer has."
            raise errors.SetupError(f"{message} Rename the attribute of the model, or the relation.")
        taken |= {camel(name) for name in part}
        found |= part
    return found


def _with_names(made: Any, annotations: Mapping[str, object]) -> object:
    """Give back to each field the namespace of its annotation, which dataclasses drops with the annotation."""
    for field in made.__strawberry_definition__.fields:
        if field.python_name in annotations:
            field.type_annotation = annotations[field.python_name]
    return made


def _optional(member: Member) -> Any:
    if member.required:
        return member.annotation
    return f"{member.annotation} | None" if isinstance(member.annotation, str) else member.annotation | None


def plain(value: Any) -> Any:
    """An argument as plain values: inputs as mappings with GraphQL names, enums as their values."""
    if has_object_definition(value):
        fields = value.__strawberry_definition__.fields
        given = {field.graphql_name or camel(field.python_name): getattr(value, field.python_name) for field in fields}
        return {name: plain(item) for name, item in given.items() if item is not UNSET}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a field; required, unless it has a default or is `| None`: then it may be left out of `given`."""

    annotation: Any
    description: str
    default: Any = inspect.Parameter.empty


def resolved(
    types: Types, resolver: Callable[..., Any], returns: Any, description: str, **arguments: Argument
) -> StrawberryField:
    """A field whose type and arguments are made at run time, which annotations can't say.

    The resolver takes `root`, maybe `info`, and the arguments that the client gave as `**given`.
    """
    own = [p for p in inspect.signature(resolver).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    given = [_parameter(name, argument) for name, argument in arguments.items()]
    resolver.__signature__ = inspect.Signature([*own, *given])  # type: ignore[attr-defined]
    made: StrawberryField = strawberry.field(resolver=resolver, description=description)
    made.type_annotation = StrawberryAnnotation(returns, namespace=types)
    return made


def _parameter(name: str, argument: Argument) -> inspect.Parameter:
    described = strawberry.argument(description=argument.description)
    annotation: Any = Annotated[argument.annotation, described]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=argument.default, annotation=annotation)
