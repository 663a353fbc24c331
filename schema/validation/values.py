"""Literals and directives of a document; enters nodes and what the schema takes, leaves errors and uses."""

from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveLocation,
    DirectiveNode,
    EnumValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.language.printer import print_for_error
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.utilities import validate_input_literal

from gateway import errors
from schema.language import Span
from schema.validation.kinds import Arguments, Field, Input, Kind, Kinds
from schema.validation.report import Checked, Report, Usage

_SHORT_INT = 9  # so many digits always fit 32 bits
_NODES_TOLD = 5
_MOST_PRINTED = 40  # tokens
_CHARACTERS_SHOWN = 100
_NO_ARGUMENTS: tuple[ArgumentNode, ...] = ()


class Values:
    """Checks what stands in arguments."""

    def __init__(self, kinds: Kinds, report: Report, list_items: int) -> None:
        self._kinds = kinds
        self._report = report
        self._list_items = list_items
        self.checked: Checked  # set before each definition

    def value(self, node: ValueNode, wanted: Input, *, has_default: bool = False) -> None:
        """Check a literal of a type."""
        cls = node.__class__
        if cls in wanted.accepted:
            return
        if cls is EnumValueNode and node.value in wanted.names:  # type: ignore[attr-defined]
            return
        if cls is VariableNode:
            self._use(node, wanted.type, has_default=has_default)  # type: ignore[arg-type]
        elif cls is NullValueNode:
            if wanted.required:
                self._report(f"Expected value of non-null type '{wanted.type}' not to be None.", node)
        elif wanted.item is not None:
            self._list(node, wanted.item)
        elif wanted.members is not None:
            self._object(node, wanted)
        elif not (wanted.is_int and cls is IntValueNode and len(node.value) <= _SHORT_INT):  # type: ignore[attr-defined]
            self.untyped(node)
            if wanted.is_simple and _is_large(node):
                self._report(f"Expected value of type '{wanted.leaf}', found: {_shown(node)}.", node)
                return
            hidden = self._report.hide_suggestions
            validate_input_literal(node, wanted.leaf, self._report.add, None, None, hidden)

    def _list(self, node: ValueNode, item: Input) -> None:
        if not isinstance(node, ListValueNode):
            self.value(node, item)
        elif len(node.values) > self._list_items:
            limit = self._list_items
            error = errors.ListLimit(f"A list has {len(node.values)} items; the limit is {limit}.", limit=limit)
            self.untyped(node)
            self._report(error.message, node, error)
        else:
            value = self.value
            for each in node.values:
                value(each, item)

    def _object(self, node: ValueNode, wanted: Input) -> None:
        if not isinstance(node, ObjectValueNode):
            self.untyped(node)
            said = f"Expected value of type '{wanted.leaf}' to be an object, found: {_shown(node)}."
            self._report(said, node)
            return
        members, given = wanted.members or {}, dict[str, ObjectFieldNode]()
        for field in node.fields:
            name = field.name.value
            if name in given:
                nodes = [given[name].name, field.name]
                self._report(f"There can be only one input field named '{name}'.", nodes)
                self.untyped(field.value)
                continue
            given[name] = field
            member = members.get(name)
            if member is None:
                self.untyped(field.value)
                self._unknown_member(node, wanted, field)
            else:
                self.value(field.value, member.input, has_default=member.has_default)
        for name in wanted.needed:
            if name not in given:
                said = f"Expected value of type '{wanted.leaf}' to include required field '{name}'"
                self._report(f"{said}, found: {_shown(node)}.", node)
        if wanted.is_one_of and (len(node.fields) != 1 or isinstance(node.fields[0].value, NullValueNode)):
            named = f"{', '.join(given)} were given" if given else "none was given"
            self._report(f"{wanted.leaf} takes exactly one of its members, not null; {named}.", node)

    def _unknown_member(self, node: ObjectValueNode, wanted: Input, field: ObjectFieldNode) -> None:
        name = field.name.value
        similar = suggestion_list(name, list(wanted.members or ())) if self._report.suggests(name) else []
        suggestion = did_you_mean(similar)
        ending = f".{suggestion} Found" if suggestion else ", found"
        said = f"Expected value of type '{wanted.leaf}' not to include unknown field '{name}'"
        self._report(f"{said}{ending}: {_shown(node)}.", field)

    def untyped(self, node: ValueNode) -> None:
        """Look for variables, and members named twice, in what has no type to check."""
        if isinstance(node, VariableNode):
            self._use(node, None, has_default=False)
        elif isinstance(node, ListValueNode):
            for each in node.values:
                self.untyped(each)
        elif isinstance(node, ObjectValueNode):
            given: dict[str, Any] = {}
            for field in node.fields:
                name = field.name.value
                if given.setdefault(name, field) is not field:
                    nodes = [given[name].name, field.name]
                    self._report(f"There can be only one input field named '{name}'.", nodes)
                self.untyped(field.value)

    def _use(self, node: VariableNode, type_: Any, *, has_default: bool) -> None:
        key = (node.name.value, id(type_), has_default)
        if key not in self.checked.usages:
            self.checked.usages[key] = Usage(node, type_, has_default)

    # Arguments and directives

    def arguments(self, node: Any, takes: Arguments | None, owner: str) -> None:
        """Check the arguments of a field or directive; `owner` is how errors name it."""
        given: dict[str, list[ArgumentNode]] = {}
        for argument in node.arguments or _NO_ARGUMENTS:
            name = argument.name.value
            given.setdefault(name, []).append(argument)
            wanted = takes.values.get(name) if takes else None
            if wanted is not None:
                self.value(argument.value, wanted.input, has_default=wanted.has_default)
                continue
            self.untyped(argument.value)
            if takes is not None:
                similar = suggestion_list(name, list(takes.values)) if self._report.suggests(name) else []
                self._report(f"Unknown argument '{name}' on {owner}.{did_you_mean(similar)}", argument)
        for name, same in given.items():
            if len(same) > 1:
                nodes = [each.name for each in same[:_NODES_TOLD]]
                self._report(f"There can be only one argument named '{name}'.", nodes)
        for name in takes.required if takes else ():
            if name not in given:
                self._required(node, name)

    def _required(self, node: Any, name: str) -> None:
        if isinstance(node, DirectiveNode):
            type_ = self._kinds.directives[node.name.value].arguments.values[name].input.type
            place = f"@{node.name.value}({name}:)"
        else:
            type_, place = self._of_field(node, name)
        self._report(f"Argument '{place}' of type '{type_}' is required, but it was not provided.", node)

    def _of_field(self, node: Any, name: str) -> tuple[Any, str]:
        parent, field = self.owner
        prefix = "<meta>." if field.is_introspection else f"{parent.type}."
        return field.arguments.values[name].input.type, f"{prefix}{node.name.value}({name}:)"

    owner: tuple[Kind, Field]

    def directives(self, nodes: tuple[DirectiveNode, ...] | None, location: str) -> None:
        """Check the directives at a place of a kind."""
        seen: dict[str, DirectiveNode] = {}
        for node in nodes or ():
            name = node.name.value
            known = self._kinds.directives.get(name)
            if known is None:
                self._report(f"Unknown directive '@{name}'.", node)
                self.arguments(node, None, "")
                continue
            if location not in known.locations:
                self._report(f"Directive '@{name}' may not be used on {DirectiveLocation[location].value}.", node)
            if not known.repeatable and seen.setdefault(name, node) is not node:
                self._report(f"The directive '@{name}' can only be used once at this location.", [seen[name], node])
            self.arguments(node, known.arguments, f"directive '@{name}'")


def _is_large(node: ValueNode) -> bool:
    """Whether a literal has so many tokens that to print it would take long."""
    return isinstance(node.loc, Span) and node.loc.tokens > _MOST_PRINTED


def _shown(node: ValueNode) -> str:
    """A literal for an error."""
    if not _is_large(node) or node.loc is None:
        return print_for_error(node)
    return f"{node.loc.source.body[node.loc.start : node.loc.start + _CHARACTERS_SHOWN]}..."
