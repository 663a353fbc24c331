"""The variables of an operation; enters JSON values and the types they are declared with, leaves refusals.

What no argument could take is refused here, for values of any type: NUL, lone surrogates, texts and lists that are too
long. The rest is the types' own work, in graphql-core; here their errors get the path of the value.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputType,
    VariableDefinitionNode,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.utilities import validate_input_value

from gateway import errors
from gateway.settings import LimitSettings
from schema.language.literals import check_text
from schema.problems import cause

_OBJECTS_A_PREDICATE = 8  # a filter, its lookup, what nests them, and room to spare
_LISTS = 20  # long lists in one request

_Found = tuple[object, GraphQLInputType | None, tuple[str | int, ...]]


def check_variables(
    kinds: Sequence[tuple[str, GraphQLInputType]], values: Mapping[str, object], limits: LimitSettings
) -> None:
    """Refuse texts and lists that are no good for any argument; the error names the variable and the place in it."""
    stack: list[_Found] = [(values[name], kind, (f"${name}",)) for name, kind in kinds if name in values]
    objects = items = 0
    while stack:
        value, kind, path = stack.pop()
        if not _is_composite(kind):
            check_texts(value, path, limits)
        elif isinstance(value, list | dict):
            objects += isinstance(value, dict)
            items += len(value)
            _check_work(objects, items, path, limits)
            _check_list(value, kind, path, limits)
            _check_one_of(value, kind, path)
            stack.extend(_inside(value, kind, path))


def _is_composite(kind: GraphQLInputType | None) -> bool:
    bare: object = get_nullable_type(kind)
    return is_list_type(bare) or is_input_object_type(bare)


def check_texts(value: object, path: Sequence[str | int], limits: LimitSettings) -> None:
    """Check what a scalar takes: a text, or JSON such as a geometry, whose texts share the place of the whole."""
    waiting = [value]
    try:
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                check_text(each, limits)
            elif isinstance(each, list):
                waiting += each
            elif isinstance(each, dict):
                waiting += each
                waiting += each.values()
    except errors.BadText as error:
        raise error.at(*path) from error


def most_objects(limits: LimitSettings) -> int:
    """How many input objects the variables of one request may have."""
    return limits.predicates * _OBJECTS_A_PREDICATE


def most_items(limits: LimitSettings) -> int:
    """How many members their lists and objects may have together."""
    return limits.list_items * _LISTS


def _check_work(objects: int, items: int, path: Sequence[str | int], limits: LimitSettings) -> None:
    """Refuse more than coercion can do in a tenth of a second: it takes 30 us an object and 3 us an item."""
    most = most_objects(limits)
    if objects > most:
        message = f"The variables hold more than {most} input objects. Use fewer lookups; inList takes many values."
        raise errors.PredicateLimit(message, path=path, limit=most)
    most = most_items(limits)
    if items > most:
        message = f"The lists and objects of the variables have over {most} members together. Send several requests."
        raise errors.ListLimit(message, path=path, limit=most)


def _check_list(value: object, kind: GraphQLInputType | None, path: Sequence[str | int], limits: LimitSettings) -> None:
    if kind is not None and is_list_type(get_nullable_type(kind)) and isinstance(value, list):
        count = len(value)
        if count > limits.list_items:
            message = f"A list has {count} items; the limit is {limits.list_items}."
            raise errors.ListLimit(message, path=path, limit=limits.list_items)


def _check_one_of(value: object, kind: GraphQLInputType | None, path: Sequence[str | int]) -> None:
    bare: Any = get_nullable_type(kind)
    if not isinstance(value, dict) or not is_one_of(bare):
        return
    if len(value) != 1 or None in value.values():
        message = f"{bare.name} takes exactly one of its members, not null; {', '.join(value) or 'none'} given."
        raise errors.BadVariables(message, path=path)


def is_one_of(kind: object) -> bool:
    """Whether a type takes exactly one of its members."""
    definition = kind.extensions.get("strawberry-definition") if is_input_object_type(kind) else None
    return definition is not None and bool(definition.is_one_of)


def _inside(value: Any, kind: GraphQLInputType | None, path: tuple[str | int, ...]) -> Iterator[_Found]:
    bare: Any = get_nullable_type(kind)
    if isinstance(value, list):
        of_type = bare.of_type if is_list_type(bare) else None
        yield from ((item, of_type, (*path, index)) for index, item in enumerate(value))
    else:
        fields = bare.fields if is_input_object_type(bare) else {}
        for name, item in value.items():
            yield item, fields[name].type if name in fields else None, (*path, name)


def misfits(
    kinds: Sequence[tuple[str, GraphQLInputType]],
    nodes: Mapping[str, VariableDefinitionNode],
    values: Mapping[str, Any],
    problems: Sequence[GraphQLError],
) -> Sequence[GraphQLError]:
    """What graphql-core found wrong with the variables, each with the place in the variable."""
    wrong: list[GraphQLError] = []
    for name, kind in kinds:
        if name in values:

            def collect(error: GraphQLError, path: list[str | int], name: str = name) -> None:
                known = cause(error)
                if not isinstance(known, errors.GatewayError):
                    known = errors.BadVariables(f"Variable '${name}': {error.message}")
                wrong.append(GraphQLError(known.message, nodes[name], original_error=known.at(f"${name}", *path)))

            validate_input_value(values[name], kind, collect, hide_suggestions=True)
    known = [
        GraphQLError(each.message, each.nodes, original_error=errors.BadVariables(each.message)) for each in problems
    ]
    return wrong or known
