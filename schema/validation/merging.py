"""Whether fields of one response name can be merged; enters selections, leaves the first conflict.

The specified algorithm compares fields by pairs, which is quadratic, and takes its time again for each way through
fragments. This is that of Simon Adameit (https://tech.new-work.se/graphql-overlapping-fields-can-be-merged-fast-ea6e92e0a01):
all fields of a name are laid together, with what they select, and compared with the first one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.type import is_list_type, is_non_null_type
from graphql.validation.rules.overlapping_fields_can_be_merged import get_value_structure

from schema.validation.kinds import Field, Kind, Kinds
from schema.validation.report import Checked, Report

_MOST_FIELDS = 6_000  # fields laid together, over and over; documents that people write need some dozens
_ABORTED = (
    "The document repeats fields or fragments so often that to check it would take too long. "
    "Select each field once, and spread each fragment once."
)


class _Entry(NamedTuple):
    node: FieldNode
    parent: Kind
    field: Field


class _ConflictError(Exception):
    def __init__(self, reason: str, nodes: list[FieldNode]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nodes = nodes


_Sets = Sequence[tuple[SelectionSetNode, Kind]]


class Merging:
    """The selections of one valid document."""

    def __init__(self, kinds: Kinds, fragments: Mapping[str, FragmentDefinitionNode], report: Report) -> None:
        self._kinds = kinds
        self._fragments = fragments
        self._report = report
        self._done: set[tuple[str, frozenset[int]]] = set()
        self._collected: dict[frozenset[int], Mapping[str, list[_Entry]]] = {}
        self._left = _MOST_FIELDS

    def check(self, definitions: Iterable[Checked]) -> None:
        """Report the first conflict."""
        for checked in definitions:
            for each in checked.merged:
                try:
                    self._shapes([each])
                    self._parents([each])
                except _ConflictError as conflict:
                    self._report(conflict.reason, conflict.nodes)
                except RecursionError:
                    self._report.add(GraphQLError(_ABORTED))

    def _collect(self, sets: _Sets) -> Mapping[str, list[_Entry]]:
        """The fields of selections by response name, of which there are several; fragments are followed once."""
        key = frozenset(id(selections) for selections, _ in sets)
        if key not in self._collected:
            by_name = self._gather(sets)
            self._collected[key] = {name: entries for name, entries in by_name.items() if len(entries) > 1}
        return self._collected[key]

    def _gather(self, sets: _Sets) -> Mapping[str, list[_Entry]]:
        by_name: dict[str, list[_Entry]] = {}
        seen: set[str] = set()
        stack = list(sets)
        while stack:
            selections, kind = stack.pop()
            self._left -= len(selections.selections)
            if self._left < 0:
                raise RecursionError
            for node in selections.selections:
                if node.__class__ is FieldNode:
                    name = node.name.value
                    field = kind.fields.get(name)
                    if field is not None:
                        key = (node.alias or node.name).value
                        by_name.setdefault(key, []).append(_Entry(node, kind, field))
                elif isinstance(node, FragmentSpreadNode):
                    name = node.name.value
                    if name not in seen:
                        seen.add(name)
                        fragment = self._fragments[name]
                        stack.append((fragment.selection_set, self._kind(fragment.type_condition, kind)))
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    stack.append((node.selection_set, self._kind(condition, kind)))
        return by_name

    def _kind(self, condition: Any, kind: Kind) -> Kind:
        if condition is None:
            return kind
        return self._kinds.kind(self._kinds.schema.get_type(condition.name.value)) or kind

    def _is_done(self, pass_: str, sets: _Sets) -> bool:
        key = (pass_, frozenset(id(selections) for selections, _ in sets))
        if key in self._done:
            return True
        self._done.add(key)
        return False

    def _shapes(self, sets: _Sets) -> None:
        """Fields of one name answer in one form, on all types."""
        if self._is_done("shapes", sets):
            return
        for name, entries in self._collect(sets).items():
            first = entries[0]
            for other in entries[1:]:
                if other.field is not first.field and _conflict(first.field.type, other.field.type):
                    types = f"'{first.field.type}' and '{other.field.type}'"
                    raise _said(name, f"they return conflicting types {types}", first, other)
            self._below(name, entries, self._shapes)

    def _parents(self, sets: _Sets) -> None:
        """Fields of one name on types that one object can be of are one field with the same arguments."""
        if self._is_done("parents", sets):
            return
        for name, entries in self._collect(sets).items():
            for group in _together(entries):
                first, arguments = group[0], None
                for other in group[1:]:
                    if first.node.name.value != other.node.name.value:
                        names = f"'{first.node.name.value}' and '{other.node.name.value}'"
                        raise _said(name, f"{names} are different fields", first, other)
                    if first.node.arguments or other.node.arguments:
                        arguments = arguments or _arguments(first.node)
                        if _arguments(other.node) != arguments:
                            raise _said(name, "they have differing arguments", first, other)
                if len(group) > 1:
                    self._below(name, group, self._parents)

    def _below(self, name: str, entries: Sequence[_Entry], check: Any) -> None:
        below = [(each.node.selection_set, each.field.kind) for each in entries if each.node.selection_set]
        if below:
            try:
                check(below)
            except _ConflictError as conflict:
                reason = conflict.reason.removeprefix("Fields ").removesuffix(_ADVICE)
                raise _said(name, f"subfields {reason}", entries[0], nodes=conflict.nodes) from None


_ADVICE = ". Use different aliases on the fields to fetch both if this was intentional."


def _said(
    name: str, reason: str, first: _Entry, other: _Entry | None = None, nodes: list[FieldNode] | None = None
) -> _ConflictError:
    places = nodes if nodes is not None else [first.node, *([other.node] if other else [])]
    return _ConflictError(f"Fields '{name}' conflict because {reason}{_ADVICE}", places)


def _together(entries: Sequence[_Entry]) -> Iterable[Sequence[_Entry]]:
    """Groups of fields whose parents one object can be of: those of one object type, with those of all interfaces."""
    by_object: dict[int, list[_Entry]] = {}
    abstract = [entry for entry in entries if entry.parent.is_abstract]
    for entry in entries:
        if not entry.parent.is_abstract:
            by_object.setdefault(id(entry.parent), []).append(entry)
    return [[*group, *abstract] for group in by_object.values()] or [abstract]


def _arguments(node: FieldNode) -> dict[str, Any]:
    return {each.name.value: get_value_structure(each.value, []) for each in node.arguments or ()}


def _conflict(one: Any, other: Any) -> bool:
    """Whether two types have answers of different shapes."""
    for wraps in (is_non_null_type, is_list_type):
        if wraps(one) or wraps(other):
            return not (wraps(one) and wraps(other)) or _conflict(one.of_type, other.of_type)
    composite = (hasattr(one, "fields") or hasattr(one, "types"), hasattr(other, "fields") or hasattr(other, "types"))
    return one is not other if not all(composite) else False
