"""The parts of a document below a selection: names, values, arguments, directives and types.

Nodes are made past their constructors, which take most of the time of graphql-core's parser; a member that is absent
is that of the class, None.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLSyntaxError,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableNode,
)

from gateway import errors
from gateway.settings import LimitSettings
from schema.language.lexing import Span, Tokens
from schema.language.literals import check_number, check_text

N = TypeVar("N", bound=Node)

NAME_START = frozenset("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NUMBER_START = frozenset("-0123456789")
_MARKS = frozenset({"!", "$", "&", "(", ")", "...", ":", "=", "@", "[", "]", "{", "|", "}"})
_LONGEST_FINITE = 300  # a double holds any number of so many digits
_new = object.__new__


def make(kind: type[N], loc: Any, **members: Any) -> N:
    """A node of the AST."""
    node = _new(kind)
    node.__dict__.update(members, loc=loc)
    return node


class Reader:
    """Reads on from one token."""

    def __init__(self, tokens: Tokens, limits: LimitSettings) -> None:
        self._tokens = tokens
        self._texts = tokens.texts
        self._limits = limits
        self._most_nested = limits.json_depth
        self._longest = limits.text_length
        self._at = self._nested = self._directives = 0

    # Errors, and what moves on

    def _span(self, first: int) -> Span:
        return Span(self._tokens, first, self._at - 1)

    def _wrong(self, at: int, said: str) -> GraphQLSyntaxError:
        return GraphQLSyntaxError(self._tokens.source, self._tokens.starts[at], said)

    def _described(self, at: int) -> str:
        text = self._texts[at]
        if text in _MARKS:
            return f"'{text}'"
        if not text:
            return "<EOF>"
        if text[0] in NAME_START:
            return f"Name '{text}'"
        if text[0] == '"':
            kind = "BlockString" if text[:3] == '"""' else "String"
            return f"{kind} '{self._tokens.text(at)}'"
        if text[0] in _NUMBER_START:
            return f"{'Float' if self._tokens.is_float(at) else 'Int'} '{text}'"
        raise self._tokens.mistake(at)

    def _unexpected(self, at: int) -> GraphQLSyntaxError:
        return self._wrong(at, f"Unexpected {self._described(at)}.")

    def _expect(self, mark: str) -> None:
        if self._texts[self._at] != mark:
            raise self._wrong(self._at, f"Expected '{mark}', found {self._described(self._at)}.")
        self._at += 1

    def _enter(self, mark: str) -> None:
        """Read an opening bracket."""
        if self._texts[self._at] != mark:
            self._expect(mark)
        self._at += 1
        self._nested += 1
        if self._nested > self._most_nested:
            limit = self._most_nested
            raise errors.DepthLimit(f"The document nests brackets more than {limit} deep, the limit.", limit=limit)

    def _leave(self, mark: str) -> None:
        if self._texts[self._at] != mark:
            self._expect(mark)
        self._at += 1
        self._nested -= 1

    def _many(self, opening: str, read: Callable[[], N], closing: str) -> tuple[N, ...] | None:
        if self._texts[self._at] != opening:
            return None
        self._enter(opening)
        nodes = [read()]
        texts = self._texts
        while texts[self._at] != closing:
            nodes.append(read())
        self._leave(closing)
        return tuple(nodes)

    def _name(self) -> NameNode:
        at = self._at
        text = self._texts[at]
        if text[:1] not in NAME_START:
            raise self._wrong(at, f"Expected Name, found {self._described(at)}.")
        self._at = at + 1
        node = _new(NameNode)
        members = node.__dict__
        members["value"] = text
        members["loc"] = Span(self._tokens, at, at)
        return node

    # Values

    def _value(self) -> ValueNode:
        at = self._at
        text = self._texts[at]
        first = text[:1]
        if first in NAME_START:
            return self._word(at, text)
        if first == '"':
            return self._text()
        if first in _NUMBER_START:
            kind = FloatValueNode if self._tokens.is_float(at) else IntValueNode
            if kind is FloatValueNode or len(text) > _LONGEST_FINITE:
                check_number(text)
            self._at = at + 1
            return self._leaf(kind, at, text)
        if text == "{":
            return self._object(at)
        if text == "[":
            return self._list(at)
        if text == "$":
            return self._variable()
        raise self._unexpected(at)

    def _leaf(self, kind: type[N], at: int, value: object) -> N:
        node = _new(kind)
        members = node.__dict__
        members["value"] = value
        members["loc"] = Span(self._tokens, at, at)
        return node

    def _word(self, at: int, text: str) -> ValueNode:
        self._at = at + 1
        if text in {"true", "false"}:
            return self._leaf(BooleanValueNode, at, text == "true")
        if text == "null":
            return make(NullValueNode, Span(self._tokens, at, at))
        return self._leaf(EnumValueNode, at, text)

    def _text(self) -> StringValueNode:
        at = self._at
        value = self._tokens.text(at)
        if len(value) > self._longest or "\0" in value or not value.isascii():
            check_text(value, self._limits)
        self._at = at + 1
        node = self._leaf(StringValueNode, at, value)
        node.__dict__["block"] = self._texts[at][:3] == '"""'
        return node

    def _list(self, first: int) -> ListValueNode:
        self._enter("[")
        values, texts, value = [], self._texts, self._value
        try:
            while texts[self._at] != "]":
                values.append(value())
        except errors.ArgumentError as error:
            raise error.at(len(values)) from None
        self._leave("]")
        return make(ListValueNode, Span(self._tokens, first, self._at - 1), values=tuple(values))

    def _object(self, first: int) -> ObjectValueNode:
        self._enter("{")
        fields, texts = [], self._texts
        while texts[self._at] != "}":
            fields.append(self._named(ObjectFieldNode))
        self._leave("}")
        return make(ObjectValueNode, Span(self._tokens, first, self._at - 1), fields=tuple(fields))

    def _named(self, kind: type[N]) -> N:
        """A name, a colon and a value: an argument, or a member of an object."""
        first = self._at
        name = self._name()
        self._expect(":")
        try:
            value = self._value()
        except errors.ArgumentError as error:
            raise error.at(name.value) from None
        node = _new(kind)
        members = node.__dict__
        members["name"] = name
        members["value"] = value
        members["loc"] = Span(self._tokens, first, self._at - 1)
        return node

    def _argument(self) -> ArgumentNode:
        return self._named(ArgumentNode)

    def _variable(self) -> VariableNode:
        first = self._at
        self._at = first + 1
        if self._constant:
            if self._texts[self._at][:1] not in NAME_START:
                raise self._unexpected(first)
            raise self._wrong(first, f"Unexpected variable '${self._texts[self._at]}' in constant value.")
        return make(VariableNode, name=self._name(), loc=self._span(first))

    _constant = False  # whether no variable may stand in a value

    # Directives and types

    def _all_directives(self) -> tuple[DirectiveNode, ...] | None:
        if self._texts[self._at] != "@":
            return None
        directives = []
        while self._texts[self._at] == "@":
            first = self._at
            self._at = first + 1
            self._directives += 1
            limit = self._limits.directives
            if self._directives > limit:
                raise errors.DirectiveLimit(f"The document has more than {limit} directives, the limit.", limit=limit)
            name, arguments = self._name(), self._many("(", self._argument, ")")
            directives.append(make(DirectiveNode, self._span(first), name=name, arguments=arguments))
        return tuple(directives)

    def _type(self) -> TypeNode:
        first = self._at
        kind: TypeNode
        if self._texts[first] == "[":
            self._enter("[")
            kind = self._type()
            self._leave("]")
            kind = make(ListTypeNode, self._span(first), type=kind)
        else:
            kind = self._named_type()
        if self._texts[self._at] != "!":
            return kind
        self._at += 1
        return make(NonNullTypeNode, self._span(first), type=kind)

    def _named_type(self) -> NamedTypeNode:
        name = self._name()
        return make(NamedTypeNode, name.loc, name=name)
