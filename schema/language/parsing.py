"""The parser; enters the text of a document, leaves its AST and counts, or the syntax error or limit it meets.

It makes the nodes of graphql-core, in a fifth of graphql-core's time, and stops where a limit is broken: what a
document costs before it is refused is what a stranger can spend. Only documents of operations and fragments are read,
and a field that a selection repeats, bare of all else, is read once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    VariableDefinitionNode,
)

from gateway import errors
from gateway.settings import LimitSettings
from schema.language.lexing import Span, Tokens, Whole
from schema.language.values import NAME_START, Reader, make

INTROSPECTION = frozenset({"__schema", "__type"})
_OPERATIONS = {kind.value: kind for kind in OperationType}
_TYPE_SYSTEM = frozenset({"schema", "scalar", "type", "interface", "union", "enum", "input", "directive", "extend"})
_HIDDEN = -10_000  # depth below introspection, which has a rule of its own
_BARE_ENDS = frozenset({":", "(", "@", "{"})
_new = object.__new__


@dataclass(slots=True)
class Counts:
    """What is counted in one operation or fragment."""

    depth: int = 0
    roots: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)  # fragment, depth of the spread


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, and what was counted in its operations and its fragments, by name."""

    document: DocumentNode
    operations: Sequence[Counts]
    fragments: Mapping[str, Counts]
    tokens: int


def parse(text: str, limits: LimitSettings) -> Parsed:
    """Read a document; raises GraphQLSyntaxError, or the error of a limit."""
    parser = _Parser(Tokens(text, limits), limits)
    try:
        return parser.document()
    except errors.ArgumentError as error:
        raise parser.at_fault(error) from error


class _Parser(Reader):
    """One pass over the tokens."""

    def __init__(self, tokens: Tokens, limits: LimitSettings) -> None:
        super().__init__(tokens, limits)
        self._depth = self._aliases = 0
        self._most_depth = self._most_roots = 0
        self._counts = Counts()

    def document(self) -> Parsed:
        definitions: list[OperationDefinitionNode | FragmentDefinitionNode] = []
        operations: list[Counts] = []
        fragments: dict[str, Counts] = {}
        while self._texts[self._at] or not definitions:
            self._counts, self._depth = Counts(), 0
            definition = self._definition()
            definitions.append(definition)
            if isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = self._counts
            else:
                operations.append(self._counts)
        whole = make(DocumentNode, Whole(self._tokens, 0, self._at - 1), definitions=tuple(definitions))
        return Parsed(whole, operations, fragments, self._tokens.count)

    def at_fault(self, error: errors.ArgumentError) -> GraphQLError:
        """An error of the literal that is being read."""
        position = self._tokens.starts[self._at]
        return GraphQLError(error.message, source=self._tokens.source, positions=[position], original_error=error)

    def _definition(self) -> OperationDefinitionNode | FragmentDefinitionNode:
        first = self._at
        self._most_depth, self._most_roots = self._limits.depth, self._limits.root_fields
        if self._texts[first] == "{":
            selections = self._selection_set()
            loc = self._span(first)
            return make(OperationDefinitionNode, loc, operation=OperationType.QUERY, selection_set=selections)
        described = self._texts[first][:1] == '"'
        description = self._text() if described else None
        word = self._texts[self._at]
        if word in _OPERATIONS:
            return self._operation(first, description, _OPERATIONS[word])
        if word == "fragment":
            return self._fragment(first, description)
        if word in _TYPE_SYSTEM:
            name = "schema" if word in {"schema", "extend"} else self._texts[self._at + 1][:80]
            raise errors.ValidationFailed(f"The '{name}' definition is not executable.")
        if described and word == "{":
            raise self._wrong(first, "Unexpected description, descriptions are not supported on shorthand queries.")
        if described and word[:1] in NAME_START:
            raise self._wrong(first, "Unexpected description, only GraphQL definitions support descriptions.")
        raise self._unexpected(self._at)

    def _operation(
        self, first: int, description: StringValueNode | None, operation: OperationType
    ) -> OperationDefinitionNode:
        self._at += 1
        name = self._name() if self._texts[self._at][:1] in NAME_START else None
        variables = self._many("(", self._variable_definition, ")")
        directives = self._all_directives()
        selections = self._selection_set()
        return make(
            OperationDefinitionNode,
            self._span(first),
            operation=operation,
            description=description,
            name=name,
            variable_definitions=variables,
            directives=directives,
            selection_set=selections,
        )

    def _variable_definition(self) -> VariableDefinitionNode:
        first = self._at
        description = self._text() if self._texts[first][:1] == '"' else None
        if self._texts[self._at] != "$":
            self._expect("$")
        variable = self._variable()
        self._expect(":")
        kind, default = self._type(), None
        self._constant = True
        if self._texts[self._at] == "=":
            self._at += 1
            default = self._value()
        directives = self._all_directives()
        self._constant = False
        return make(
            VariableDefinitionNode,
            self._span(first),
            description=description,
            variable=variable,
            type=kind,
            default_value=default,
            directives=directives,
        )

    def _fragment(self, first: int, description: StringValueNode | None) -> FragmentDefinitionNode:
        self._at += 1
        self._most_depth = self._most_roots = len(self._texts)  # no limit: what counts is where it is spread
        name, condition = self._fragment_name(), self._condition()
        directives = self._all_directives()
        selections = self._selection_set()
        return make(
            FragmentDefinitionNode,
            self._span(first),
            description=description,
            name=name,
            variable_definitions=(),
            type_condition=condition,
            directives=directives,
            selection_set=selections,
        )

    def _fragment_name(self) -> NameNode:
        if self._texts[self._at] == "on":
            raise self._unexpected(self._at)
        return self._name()

    def _condition(self) -> NamedTypeNode:
        if self._texts[self._at] != "on":
            raise self._wrong(self._at, f"Expected 'on', found {self._described(self._at)}.")
        self._at += 1
        return self._named_type()

    # Selections

    def _selection_set(self) -> SelectionSetNode:
        """A selection, one deeper than what it stands in."""
        self._depth += 1
        selections = self._selections()
        self._depth -= 1
        return selections

    def _selections(self) -> SelectionSetNode:
        first, texts = self._at, self._texts
        self._enter("{")
        counts = self._counts
        if self._depth > counts.depth:
            counts.depth = self._depth
            if counts.depth > self._most_depth:
                raise self._too_many(errors.DepthLimit, "{} selections in each other", self._limits.depth)
        selections: list[SelectionNode] = []
        bare: set[str] = set()
        while (text := texts[self._at]) != "}":
            if text == "...":
                selections.append(self._spread())
            elif text[:1] not in NAME_START or texts[self._at + 1] in _BARE_ENDS:
                selections.append(self._field())
            else:
                if text not in bare:
                    bare.add(text)
                    selections.append(self._bare_field(text))
                self._at += 1
                if self._depth == 1:
                    self._count_root()
        self._leave("}")
        return make(SelectionSetNode, Span(self._tokens, first, self._at - 1), selections=tuple(selections))

    def _bare_field(self, text: str) -> FieldNode:
        loc = Span(self._tokens, self._at, self._at)
        name = _new(NameNode)
        members = name.__dict__
        members["value"] = text
        members["loc"] = loc
        node = _new(FieldNode)
        members = node.__dict__
        members["name"] = name
        members["loc"] = loc
        return node

    def _field(self) -> FieldNode:
        first = self._at
        name, alias = self._name(), None
        if self._texts[self._at] == ":":
            self._at += 1
            self._aliases += 1
            if self._aliases > self._limits.aliases:
                raise self._too_many(errors.AliasLimit, "{} aliases", self._limits.aliases)
            name, alias = self._name(), name
        if self._depth == 1:
            self._count_root()
        texts = self._texts
        arguments = self._many("(", self._argument, ")") if texts[self._at] == "(" else None
        directives = self._all_directives() if texts[self._at] == "@" else None
        selections = None
        if texts[self._at] == "{":
            outside = self._depth
            if name.value in INTROSPECTION:
                self._depth = _HIDDEN
            selections = self._selection_set()
            self._depth = outside
        node = _new(FieldNode)
        node.__dict__.update(
            alias=alias,
            name=name,
            arguments=arguments,
            directives=directives,
            selection_set=selections,
            loc=Span(self._tokens, first, self._at - 1),
        )
        return node

    def _count_root(self) -> None:
        self._counts.roots += 1
        if self._counts.roots > self._most_roots:
            raise self._too_many(errors.RootFieldLimit, "{} root fields", self._limits.root_fields)

    def _spread(self) -> FragmentSpreadNode | InlineFragmentNode:
        first = self._at
        self._at = first + 1
        text = self._texts[self._at]
        if text != "on" and text[:1] in NAME_START:
            name, directives = self._name(), self._all_directives()
            if self._depth > 0:
                self._counts.spreads.append((text, self._depth))
            return make(FragmentSpreadNode, self._span(first), name=name, directives=directives)
        condition = self._condition() if text == "on" else None
        directives, selections = self._all_directives(), self._selections()
        return make(
            InlineFragmentNode,
            self._span(first),
            type_condition=condition,
            directives=directives,
            selection_set=selections,
        )

    def _too_many(self, kind: type[errors.DocumentError], words: str, limit: int) -> errors.DocumentError:
        return kind(f"The document has more than {words.format(limit)}, the limit.", limit=limit)
