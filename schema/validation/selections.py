"""The selections of a document; enters an operation or fragment, leaves errors and what it spreads."""

from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionSetNode,
)
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.validation.rules.fields_on_correct_type import get_suggested_field_names, get_suggested_type_names

from gateway import errors
from schema.language import INTROSPECTION
from schema.validation.kinds import Field, Kind, Kinds
from schema.validation.report import Report
from schema.validation.values import Values

_OFF = "Introspection is switched off on this server. Ask its operator for the schema."


class Selections:
    """Walks selections; what stands below an unknown field is walked for its spreads and variables alone."""

    def __init__(
        self,
        kinds: Kinds,
        report: Report,
        values: Values,
        fragments: Mapping[str, FragmentDefinitionNode],
        *,
        introspection: bool,
    ) -> None:
        self._kinds = kinds
        self._report = report
        self._values = values
        self._fragments = fragments
        self._introspection = introspection

    def walk(self, selections: SelectionSetNode, kind: Kind | None, *, inline: bool = False) -> None:
        """Check a selection of a type."""
        several, keys = False, set()
        fields = {} if kind is None else kind.fields
        for node in selections.selections:
            if node.__class__ is not FieldNode:
                several = True
                self._other(node, kind)
                continue
            field = fields.get(node.name.value)
            key = (node.alias or node.name).value
            if key in keys:
                several = True
            keys.add(key)
            if field is None or not field.bare or node.arguments or node.directives or node.selection_set:
                self._field(node, field, kind)
        if several and not inline and kind is not None:
            self._values.checked.merged.append((selections, kind))

    def _field(self, node: FieldNode, field: Field | None, kind: Kind | None) -> None:
        name = node.name.value
        if name in INTROSPECTION:
            self._values.checked.introspects = True
            if not self._introspection:
                self._report(_OFF, node, errors.IntrospectionOff(_OFF))
        if field is None and kind is not None:
            field = kind.find(name)
            if field is None:
                self._unknown(node, kind)
        if kind is not None and field is not None:
            if node.arguments or field.arguments.required:
                self._values.owner = (kind, field)
                self._values.arguments(node, field.arguments, f"field '{kind.type}.{name}'")
            self._leaf(node, field)
        elif node.arguments:
            self._values.arguments(node, None, "")
        if node.directives:
            self._values.directives(node.directives, "FIELD")
        if node.selection_set:
            self.walk(node.selection_set, field.kind if field else None)

    def _leaf(self, node: FieldNode, field: Field) -> None:
        name = node.name.value
        if field.kind is None:
            if node.selection_set:
                said = f"Field '{name}' must not have a selection since type '{field.type}' has no subfields."
                self._report(said, node.selection_set)
        elif not node.selection_set:
            said = f"Field '{name}' of type '{field.type}' must have a selection of subfields."
            self._report(f"{said} Did you mean '{name} {{ ... }}'?", node)

    def _unknown(self, node: FieldNode, kind: Kind) -> None:
        name, said = node.name.value, ""
        if self._report.suggests(name):
            types = get_suggested_type_names(self._kinds.schema, kind.type, name)
            said = did_you_mean(types, "to use an inline fragment on")
            said = said or did_you_mean(get_suggested_field_names(kind.type, name))
        self._report(f"Cannot query field '{name}' on type '{kind.type}'.{said}", node)

    # Fragments

    def _other(self, node: object, kind: Kind | None) -> None:
        if isinstance(node, FragmentSpreadNode):
            self._spread(node, kind)
        elif isinstance(node, InlineFragmentNode):
            below = kind
            if node.type_condition:
                below = self.condition(node.type_condition, "Fragment")
                if below is not None and kind is not None and below.possible.isdisjoint(kind.possible):
                    never = f"as objects of type '{kind.type}' can never be of type '{below.type}'"
                    self._report(f"Fragment cannot be spread here {never}.", node)
            if node.directives:
                self._values.directives(node.directives, "INLINE_FRAGMENT")
            self.walk(node.selection_set, below, inline=True)

    def _spread(self, node: FragmentSpreadNode, kind: Kind | None) -> None:
        name = node.name.value
        self._values.checked.spreads.append(node)
        if node.directives:
            self._values.directives(node.directives, "FRAGMENT_SPREAD")
        fragment = self._fragments.get(name)
        if fragment is None:
            self._report(f"Unknown fragment '{name}'.", node.name)
            return
        of = self._kinds.kind(self._kinds.schema.get_type(fragment.type_condition.name.value))
        if of is not None and kind is not None and of.possible.isdisjoint(kind.possible):
            never = f"as objects of type '{kind.type}' can never be of type '{of.type}'"
            self._report(f"Fragment '{name}' cannot be spread here {never}.", node)

    def condition(self, node: NamedTypeNode, fragment: str) -> Kind | None:
        """The type that a fragment is on."""
        type_ = self.named(node)
        kind = self._kinds.kind(type_)
        if type_ is not None and kind is None:
            self._report(f"{fragment} cannot condition on non composite type '{type_.name}'.", node)
        return kind

    def named(self, node: NamedTypeNode) -> GraphQLNamedType | None:
        """The type of a name."""
        name = node.name.value
        type_ = self._kinds.schema.get_type(name)
        if type_ is None:
            similar = suggestion_list(name, list(self._kinds.schema.type_map)) if self._report.suggests(name) else []
            self._report(f"Unknown type '{name}'.{did_you_mean(similar)}", node)
        return type_
