"""What an operation selects; enters its AST, leaves a tree with fragments spread and directives settled.

Fields of one response key are merged (GraphQL specification, 6.3.2). A field of an interface has a selection for each
type that may stand there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS

FIELDS = 2_000  # of a tree; a few fragments that spread one another more than once make millions
FIELD_SIZE = 2_000  # bytes that one takes with its arguments in a plan, at most, as measured


class CannotPlan(Exception):
    """Resolvers must answer: nothing can be planned, or more than is worth to prepare. Raised at preparation alone."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One field under its response key; `children` are the selections of the types that it may give."""

    key: str
    name: str
    nodes: tuple[FieldNode, ...]
    definition: GraphQLField
    children: Mapping[str, tuple["Selected", ...]]

    @property
    def node(self) -> FieldNode:
        """The first of its nodes, whose arguments count."""
        return self.nodes[0]

    def of(self, type_name: str) -> tuple["Selected", ...]:
        """What is selected of one type."""
        return self.children[type_name]


class Selecting:
    """Reads the selections of one document; `switches` are the values of variables in @skip and @include."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, switches: Mapping[str, object]) -> None:
        self._schema = schema
        self._switches = switches
        self._left = FIELDS
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    @property
    def size(self) -> int:
        """Bytes of a plan of what was read, estimated."""
        return FIELD_SIZE * (FIELDS - self._left)

    def read(self, operation: OperationDefinitionNode) -> tuple[Selected, ...]:
        """The root selection of a valid operation; raises CannotPlan where resolvers must answer."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None  # the specified rules say so
        return self._select(root, [operation.selection_set])

    def _select(self, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> tuple[Selected, ...]:
        merged: dict[str, list[FieldNode]] = {}
        for node in self._fields(kind, sets, set()):
            merged.setdefault((node.alias or node.name).value, []).append(node)
        return tuple(self._selected(kind, key, nodes) for key, nodes in merged.items())

    def _selected(self, kind: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Selected:
        self._left -= 1
        if self._left < 0:
            raise CannotPlan("too many fields")
        name = nodes[0].name.value
        definition = self._schema.get_field(kind, name)
        assert definition is not None  # the specified rules say so
        sets = [node.selection_set for node in nodes if node.selection_set]
        named = get_named_type(definition.type)
        if is_abstract_type(named):
            types: Sequence[GraphQLObjectType] = self._schema.get_possible_types(named)
        else:
            types = [named] if is_object_type(named) else []
        children = {child.name: self._select(child, sets) for child in types}
        return Selected(key, name, tuple(nodes), definition, children)

    def _fields(
        self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], spread: set[str]
    ) -> Iterator[FieldNode]:
        for selection in (selection for each in sets for selection in each.selections):
            if not self._included(selection.directives or ()):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._fits(kind, condition.name.value):
                    yield from self._fields(kind, [selection.selection_set], spread)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                spread.add(selection.name.value)
                fragment = self._fragments[selection.name.value]
                if self._fits(kind, fragment.type_condition.name.value):
                    yield from self._fields(kind, [fragment.selection_set], spread)

    def _fits(self, kind: GraphQLObjectType, condition: str) -> bool:
        named = self._schema.get_type(condition)
        return named is kind or (is_abstract_type(named) and self._schema.is_sub_type(named, kind))

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        given = {directive.name.value: directive for directive in directives}
        if "skip" in given and self._switch(given["skip"]):
            return False
        return "include" not in given or self._switch(given["include"])

    def _switch(self, directive: DirectiveNode) -> bool:
        (argument,) = directive.arguments or ()
        given = argument.value
        if isinstance(given, VariableNode):
            value = self._switches[given.name.value]
            if value is None:
                raise CannotPlan("null")  # which is an error of the field, if it comes to that
            return bool(value)
        assert isinstance(given, BooleanValueNode)  # the specified rules say so
        return given.value


def switches(document: DocumentNode) -> frozenset[str]:
    """The variables that stand in @skip and @include anywhere in the document."""
    return frozenset(_switch_names(document))


def _switch_names(node: Node) -> Iterator[str]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, DirectiveNode) and here.name.value in {"skip", "include"}:
            yield from (a.value.name.value for a in here.arguments or () if isinstance(a.value, VariableNode))
        for key in QUERY_DOCUMENT_KEYS.get(here.kind, ()):
            value = getattr(here, key)
            waiting.extend(value if isinstance(value, tuple) else [value] if value is not None else ())
