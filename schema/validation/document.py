"""The validation of a document; enters its AST, leaves errors.

graphql-core asks each of its rules at each node, and compares fields with each other: both cost too much for what
strangers send. This is one pass that knows what each node may be, then what only the whole document shows. It decides
as graphql-core does, with its messages (tests compare them), and stops at as many errors as an answer has.
"""

from collections.abc import Sequence
from contextlib import suppress

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeNode,
    ValidationContext,
    VariableDefinitionNode,
    is_input_type,
    print_ast,
    type_from_ast,
)
from graphql.validation.rules.max_introspection_depth_rule import MaxIntrospectionDepthRule

from gateway.settings import HttpSettings, LimitSettings
from schema.validation.fragments import check_fragments, reached
from schema.validation.kinds import Input, Kinds
from schema.validation.merging import Merging
from schema.validation.report import Checked, EnoughError, Report
from schema.validation.selections import Selections
from schema.validation.values import Values
from schema.validation.variables import check_variables


class Validator:
    """What one server validates, settled once."""

    def __init__(self, schema: GraphQLSchema, limits: LimitSettings, http: HttpSettings) -> None:
        self._kinds = Kinds(schema)
        self._limits = limits
        self._http = http

    def check(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """The errors of a document, at most as many as the limit."""
        report = Report(self._limits.errors, hide_suggestions=not self._http.suggestions)
        with suppress(EnoughError):
            _Pass(self._kinds, report, document, self._limits, self._http).check()
        return report.errors


class _Pass:
    def __init__(
        self, kinds: Kinds, report: Report, document: DocumentNode, limits: LimitSettings, http: HttpSettings
    ) -> None:
        self._kinds = kinds
        self._report = report
        self._document = document
        definitions = document.definitions
        self._operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self._values = Values(kinds, report, limits.list_items)
        self._selections = Selections(kinds, report, self._values, self._fragments, introspection=http.introspection)

    def check(self) -> None:
        operations: list[Checked] = []
        fragments: dict[str, Checked] = {}
        self._names()
        for definition in self._document.definitions:
            checked = self._values.checked = Checked(definition)  # type: ignore[arg-type]
            if isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = checked
                self._fragment(definition)
            elif isinstance(definition, OperationDefinitionNode):
                operations.append(checked)
                self._operation(definition)
        used = check_fragments(operations, fragments, self._report)
        for checked in operations:
            check_variables(checked, reached(checked, fragments), self._kinds.schema, self._report)
        if any(checked.introspects for checked in used):
            self._introspection()
        if not self._report.errors:
            Merging(self._kinds, self._fragments, self._report).check(used)

    def _names(self) -> None:
        operations: dict[str, Node] = {}
        fragments: dict[str, Node] = {}
        for definition in self._document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._once(fragments, definition.name, "fragment")
            elif isinstance(definition, OperationDefinitionNode):
                if definition.name:
                    self._once(operations, definition.name, "operation")
                elif len(self._operations) > 1:
                    self._report("This anonymous operation must be the only defined operation.", definition)

    def _once(self, names: dict[str, Node], node: NameNode, what: str) -> None:
        name = node.value
        if names.setdefault(name, node) is not node:
            self._report(f"There can be only one {what} named '{name}'.", [names[name], node])

    def _operation(self, node: OperationDefinitionNode) -> None:
        root = self._kinds.schema.get_root_type(node.operation)
        if root is None:
            self._report(f"The {node.operation.value} operation is not supported by the schema.", node)
        if node.variable_definitions:
            self._variables(node.variable_definitions)
        if node.directives:
            self._values.directives(node.directives, node.operation.value.upper())
        self._selections.walk(node.selection_set, self._kinds.kind(root))

    def _fragment(self, node: FragmentDefinitionNode) -> None:
        kind = self._selections.condition(node.type_condition, f"Fragment '{node.name.value}'")
        if node.directives:
            self._values.directives(node.directives, "FRAGMENT_DEFINITION")
        # Its fields are merged with those of selections that spread it.
        self._selections.walk(node.selection_set, kind, inline=True)

    def _variables(self, nodes: Sequence[VariableDefinitionNode]) -> None:
        names: dict[str, list[Node]] = {}
        for node in nodes:
            names.setdefault(node.variable.name.value, []).append(node.variable.name)
            type_ = (
                None
                if self._selections.named(_innermost(node.type)) is None
                else type_from_ast(self._kinds.schema, node.type)
            )
            if type_ is not None and not is_input_type(type_):
                said = f"Variable '${node.variable.name.value}' cannot be non-input type '{print_ast(node.type)}'."
                self._report(said, node.type)
            elif type_ is not None and node.default_value:
                self._values.value(node.default_value, Input(type_, self._kinds))
            elif node.default_value:
                self._values.untyped(node.default_value)
            self._values.directives(node.directives, "VARIABLE_DEFINITION")
        for name, nodes_of_name in names.items():
            if len(nodes_of_name) > 1:
                self._report(f"There can be only one variable named '${name}'.", nodes_of_name[:5])

    def _introspection(self) -> None:
        """Where introspection follows lists in lists, answers grow without bounds; the library looks at it."""
        context = ValidationContext(self._kinds.schema, self._document, TypeInfo(self._kinds.schema), self._report.add)
        rule = MaxIntrospectionDepthRule(context)
        stack = [definition.selection_set for definition in (*self._operations, *self._fragments.values())]
        while stack:
            for node in stack.pop().selections:
                if node.kind == "field" and rule.enter_field(node) is not None:  # type: ignore[arg-type]
                    continue
                below = getattr(node, "selection_set", None)
                if below is not None:
                    stack.append(below)


def _innermost(node: TypeNode) -> NamedTypeNode:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node
