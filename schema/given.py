"""Arguments as a document gives them; enters an AST, leaves plain values with holes for variables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from graphql import FieldNode, SelectionNode, SelectionSetNode, ValueNode, value_from_ast_untyped

from gateway.execution.values import Plain
from schema.prices import Number, Variables

_SWITCHES: Final = frozenset({"skip", "include"})


@dataclass(frozen=True, slots=True)
class _Hole:
    """Where the value of a variable goes."""

    name: str


class _Holes(dict[str, object]):
    """All variables, each as its hole."""

    def __bool__(self) -> bool:
        return True

    def get(self, key: str, default: object = None) -> object:  # noqa: ARG002 - as dict has it
        return _Hole(key)

    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, key: str) -> object:
        return _Hole(key)


@dataclass(frozen=True, slots=True)
class Given:
    """The value of one argument."""

    value: Plain
    varies: bool

    def at(self, variables: Variables) -> Plain:
        """The value with those of its variables; None for one that is absent."""
        return _filled(self.value, variables) if self.varies else self.value


def given(node: ValueNode) -> Given:
    """What stands in a document."""
    value = value_from_ast_untyped(node, _Holes())
    return Given(value, _has_holes(value))


def hole(value: object, *names: str) -> str | None:
    """The variable that is all of what stands under these names; None where there is something else."""
    for name in names:
        if not isinstance(value, dict) or len(value) != 1 or name not in value:
            return None
        value = value[name]
    return value.name if isinstance(value, _Hole) else None


def _filled(value: object, variables: Variables) -> object:
    if isinstance(value, _Hole):
        return variables.get(value.name)
    if isinstance(value, dict):
        return {name: _filled(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return value.value if isinstance(value, Enum) else value


def _has_holes(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_holes, value.values() if isinstance(value, dict) else value))
    return isinstance(value, _Hole)


def included(node: SelectionNode) -> Number:
    """How often a selection is taken, once or not at all, by @skip and @include."""
    if not node.directives:
        return 1.0
    conditions = [
        (given(argument.value), directive.name.value == "include")
        for directive in node.directives
        if directive.name.value in _SWITCHES
        for argument in directive.arguments or ()
    ]

    def taken(variables: Variables) -> float:
        return float(all(bool(value.at(variables)) is wanted for value, wanted in conditions))

    return taken if any(value.varies for value, _ in conditions) else taken({})


def bare(node: SelectionNode) -> SelectionNode:
    """The same selection without its directives."""
    return replace(node, directives=())


def merged(selections: Sequence[SelectionNode]) -> Sequence[SelectionNode]:
    """The selections, fields of one response key as one field: what is read once costs once."""
    fields: dict[str, list[FieldNode]] = {}
    others: list[SelectionNode] = []
    for selection in selections:
        if isinstance(selection, FieldNode) and not selection.directives:
            fields.setdefault((selection.alias or selection.name).value, []).append(selection)
        else:
            others.append(selection)
    return [*others, *(nodes[0] if len(nodes) == 1 else _as_one(nodes) for nodes in fields.values())]


def _as_one(nodes: Sequence[FieldNode]) -> FieldNode:
    below = tuple(selection for node in nodes if node.selection_set for selection in node.selection_set.selections)
    return replace(nodes[0], selection_set=SelectionSetNode(selections=below)) if below else nodes[0]
