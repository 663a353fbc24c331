"""The nesting of a document: how deep and wide fragments make it; enters what was counted, leaves a refusal.

The parser counts what stands in one definition. Here fragments are followed, each once; cycles and unknown fragments
are taken as they come (the specified rules name them).
"""

from collections.abc import Iterator

from graphql import ArgumentNode, DocumentNode, ListValueNode, Node, ObjectFieldNode
from graphql.language.ast import QUERY_DOCUMENT_KEYS

from gateway import errors
from gateway.settings import LimitSettings
from schema.language import Counts, Parsed


class Nesting:
    """The counts of a document; fragments are settled once each."""

    def __init__(self, parsed: Parsed) -> None:
        self._fragments = parsed.fragments
        self._settled: dict[str, tuple[int, int]] = {}
        self._settle()
        nestings = [self._follow(operation) for operation in parsed.operations]
        self.depth = max((depth for depth, _ in nestings), default=0)
        self.roots = max((roots for _, roots in nestings), default=0)

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

    def _follow(self, counts: Counts) -> tuple[int, int]:
        depth, roots = counts.depth, counts.roots
        for name, at in counts.spreads:
            below, beside = self._settled.get(name, (0, 0))
            depth = max(depth, at - 1 + below)
            roots += beside if at == 1 else 0
        return depth, roots


def check_nesting(parsed: Parsed, limits: LimitSettings) -> Nesting:
    """Refuse a document that is too deep or wide by its fragments."""
    nesting = Nesting(parsed)
    if nesting.depth > limits.depth:
        message = f"The document has selections nested {nesting.depth} deep; the limit is {limits.depth}."
        raise errors.DepthLimit(message, limit=limits.depth)
    if nesting.roots > limits.root_fields:
        message = f"The document has {nesting.roots} root fields; the limit is {limits.root_fields}."
        raise errors.RootFieldLimit(message, limit=limits.root_fields)
    return nesting


def argument_path(document: DocumentNode, wanted: Node) -> tuple[str | int, ...]:
    """The argument, and the place in it, that leads to a value of a document; empty for what is no argument."""
    stack: list[tuple[Node, tuple[str | int, ...]]] = [(document, ())]
    while stack:
        node, path = stack.pop()
        if node is wanted:
            return path
        stack.extend(child for child in _children(node, path) if _covers(child[0], wanted))
    return ()


def _covers(node: Node, wanted: Node) -> bool:
    """Whether `wanted` may stand in `node`: what stands elsewhere is not looked into."""
    return node.loc is None or wanted.loc is None or node.loc.covers(wanted.loc)  # type: ignore[attr-defined]


def _children(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[Node, tuple[str | int, ...]]]:
    if isinstance(node, ArgumentNode | ObjectFieldNode):
        yield node.value, (*path, node.name.value)
        return
    for key in QUERY_DOCUMENT_KEYS.get(node.kind, ()):
        child = getattr(node, key)
        if isinstance(child, Node):
            yield child, path
        elif child is not None:
            for index, item in enumerate(child):
                yield item, (*path, index) if isinstance(node, ListValueNode) else path
