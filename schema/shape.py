"""Floor 5. The shape of a document: depth, counts and literals; enters its AST, leaves a refusal.

These rules run before the specified ones, whose time grows faster than the document. They take cycles and unknown
fragments as they come (the specified rules name them), visit each node once, and follow a fragment once.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
)

from gateway import errors
from gateway.settings import LimitSettings
from schema.tokens import WKT_FACTOR

INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class _Definition:
    """What one pass over an operation or fragment finds."""

    depth: int = 0
    roots: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)  # fragment, depth of the spread


class Shape:
    """The counts of a document; fragments are settled once each."""

    def __init__(self, document: DocumentNode) -> None:
        self.aliases = 0
        self.directives = 0
        self.introspects = False
        self._fragments: dict[str, _Definition] = {}
        self._operations: list[_Definition] = []
        self._settled: dict[str, tuple[int, int]] = {}
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = self._scan(definition)
            elif isinstance(definition, OperationDefinitionNode):
                self._operations.append(self._scan(definition))
        self._settle()

    @property
    def depth(self) -> int:
        """The deepest selection of any operation; introspection has the specified rule of its own."""
        return max((self._follow(operation)[0] for operation in self._operations), default=0)

    @property
    def roots(self) -> int:
        """The most root fields of any operation."""
        return max((self._follow(operation)[1] for operation in self._operations), default=0)

    def _scan(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Definition:
        found = _Definition()
        self.directives += len(definition.directives or ())
        stack: list[tuple[SelectionSetNode, int, bool]] = [(definition.selection_set, 1, False)]
        while stack:
            selections, depth, hidden = stack.pop()
            found.depth = max(found.depth, 0 if hidden else depth)
            for selection in selections.selections:
                self.directives += len(selection.directives or ())
                if isinstance(selection, FragmentSpreadNode) and not hidden:
                    found.spreads.append((selection.name.value, depth))
                elif isinstance(selection, InlineFragmentNode):
                    stack.append((selection.selection_set, depth, hidden))
                elif isinstance(selection, FieldNode):
                    self._field(selection, depth, hidden, found, stack)
        return found

    def _field(
        self,
        node: FieldNode,
        depth: int,
        hidden: bool,  # noqa: FBT001
        found: _Definition,
        stack: list[tuple[SelectionSetNode, int, bool]],
    ) -> None:
        self.aliases += node.alias is not None
        found.roots += depth == 1
        introspects = node.name.value in INTROSPECTION
        self.introspects |= introspects
        if node.selection_set:
            stack.append((node.selection_set, depth + 1, hidden or introspects))

    def _settle(self) -> None:
        """Settle fragments in an order in which those they spread come first; a cycle is cut where it closes."""
        for root in self._fragments:
            path: list[tuple[str, Iterator[tuple[str, int]]]] = []
            self._enter(root, path)
            while path:
                name, spreads = path[-1]
                for spread, _ in spreads:
                    if self._enter(spread, path):
                        break
                else:
                    path.pop()
                    self._settled[name] = self._follow(self._fragments[name])

    def _enter(self, name: str, path: list[tuple[str, Iterator[tuple[str, int]]]]) -> bool:
        if name in self._settled or name not in self._fragments:
            return False
        self._settled[name] = (0, 0)
        path.append((name, iter(self._fragments[name].spreads)))
        return True

    def _follow(self, definition: _Definition) -> tuple[int, int]:
        depth, roots = definition.depth, definition.roots
        for name, at in definition.spreads:
            below, beside = self._settled.get(name, (0, 0))
            depth = max(depth, at - 1 + below)
            roots += beside if at == 1 else 0
        return depth, roots


def check_shape(document: DocumentNode, limits: LimitSettings) -> Shape:
    """Refuse a document whose counts or literals break a limit."""
    shape = Shape(document)
    counts: Mapping[type[errors.DocumentError], tuple[int, int, str]] = {
        errors.DepthLimit: (shape.depth, limits.depth, "selections nested {} deep"),
        errors.AliasLimit: (shape.aliases, limits.aliases, "{} aliases"),
        errors.RootFieldLimit: (shape.roots, limits.root_fields, "{} root fields"),
        errors.DirectiveLimit: (shape.directives, limits.directives, "{} directives"),
    }
    for kind, (count, limit, words) in counts.items():
        if count > limit:
            raise kind(f"The document has {words.format(count)}; the limit is {limit}.", count=count, limit=limit)
    check_literals(document, limits)
    return shape


def check_literals(document: Node, limits: LimitSettings) -> None:
    """Refuse literals that no argument could take: infinite numbers, NUL, half characters, texts without end."""
    stack: list[tuple[Node, tuple[str | int, ...]]] = [(document, ())]
    while stack:
        node, path = stack.pop()
        try:
            if isinstance(node, FloatValueNode | IntValueNode):
                check_number(node.value)
            elif isinstance(node, StringValueNode):
                check_text(node.value, limits)
        except errors.ArgumentError as error:
            raise GraphQLError(error.message, node, original_error=error.at(*path)) from error
        stack.extend(_children(node, path))


def argument_path(document: Node, wanted: Node) -> tuple[str | int, ...]:
    """The argument, and the place in it, that leads to a value of a document; empty for what is no argument."""
    stack: list[tuple[Node, tuple[str | int, ...]]] = [(document, ())]
    while stack:
        node, path = stack.pop()
        if node is wanted:
            return path
        stack.extend(_children(node, path))
    return ()


def _children(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[Node, tuple[str | int, ...]]]:
    if isinstance(node, ArgumentNode | ObjectFieldNode):
        yield node.value, (*path, node.name.value)
        return
    for key in node.keys:
        child = getattr(node, key, None)
        if isinstance(child, Node):
            yield child, path
        elif isinstance(child, list | tuple):
            for index, item in enumerate(child):
                yield item, (*path, index) if isinstance(node, ListValueNode) else path


def check_number(literal: str) -> None:
    """Refuse a literal that a double holds as infinity."""
    if not math.isfinite(float(literal)):
        shown = literal if len(literal) <= 40 else f"{literal[:40]}..."
        raise errors.NonFinite(f"The number {shown} is too large: a double cannot hold it.")


def check_text(text: str, limits: LimitSettings) -> None:
    """Refuse NUL, half a surrogate pair, and texts too long for any argument."""
    most = limits.text_length * WKT_FACTOR
    if len(text) > most:
        raise errors.BadText(f"A text has {len(text)} characters; the limit is {most}. Shorten it.", limit=most)
    if "\0" in text:
        raise errors.BadText("A text holds the character NUL, which PostgreSQL cannot store. Remove it.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise errors.BadText("A text holds half a surrogate pair, which is no character. Remove or complete it.")
