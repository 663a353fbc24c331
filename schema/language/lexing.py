"""The tokens of a document; enters its text, leaves the texts of its tokens, or the limit that it breaks.

One regular expression walks the text once, in C and in time linear in its length. What a token says is looked at when
the parser gets there; graphql-core's own lexer is asked only what is wrong with one.
"""

import json
import re
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from operator import itemgetter

from graphql import GraphQLSyntaxError, Lexer, Location, Source
from graphql.language.block_string import dedent_block_string_lines
from graphql.language.location import SourceLocation

from gateway import errors
from gateway.query.text import SURROGATE
from gateway.settings import LimitSettings
from schema.language.literals import WKT_FACTOR

# As graphql-core's lexer reads, whose tokens need no space between them. Texts without an end match too: to fail there
# and try at every later quote would take quadratic time. In a block text a backslash stands for itself, but before
# three quotes.
_TOKEN = re.compile(
    r"""
    [\t\n\r ,\ufeff]*+
    (
        [_A-Za-z][_A-Za-z0-9]*+
      | [!$&:=@|(){}\[\]] | \.\.\.
      | -?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?[0-9A-Za-z_.]*+
      | \"\"\"(?:[^"\\]++|\\(?:\"\"\"|(?!\"\"\"))|"(?!""))*(?:\"\"\")?
      | "(?:[^"\\\r\n]++|\\.)*"?
      | \#[^\r\n]*+
      | \Z
      | .
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_INT = re.compile(r"-?(?:0|[1-9][0-9]*+)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_WHOLE_TEXT = re.compile(r'"(?:[^"\\\r\n]++|\\[^\r\n])*"')
_WHOLE_BLOCK = re.compile(r'"""(?:[^"\\]++|\\(?:"""|(?!"""))|"(?!""))*"""')
_BRACED = re.compile(r"((?:[^\\]++|\\(?!u\{).)*)\\u\{([0-9A-Fa-f]{1,8})\}", re.DOTALL)
_NEWLINE = re.compile(r"\r\n|[\n\r]")
_ESCAPES_A_TOKEN = 10
_CHARACTERS_A_TOKEN = 100  # of space between tokens: a document of blanks is work for the lexer too


class _Text(Source):
    """The text of a document, which tells places without a step for each of its lines."""

    def get_location(self, position: int) -> SourceLocation:
        before = self.body[:position]
        line = before.count("\n") + before.count("\r") - before.count("\r\n")
        # A line break of two characters whose first is the last one of them is not whole yet.
        return SourceLocation(line + 1, position - max(before.rfind("\n"), before.rfind("\r")))


class Tokens:
    """The tokens of a document, without comments; the last one is empty."""

    def __init__(self, document: str, limits: LimitSettings) -> None:
        escapes = document.count("\\")
        if escapes > limits.tokens * _ESCAPES_A_TOKEN:
            most = limits.tokens * _ESCAPES_A_TOKEN
            raise errors.TokenLimit(f"The document has {escapes} escapes; the limit is {most}.", limit=limits.tokens)
        texts = list(islice(map(itemgetter(1), _TOKEN.finditer(document)), limits.tokens + 1))
        if texts[-2:] == ["", ""]:
            texts.pop()
        # Lines, and escapes in braces, are work as tokens are.
        lines = document.count("\n") + document.count("\r")
        self.count = len(texts) - 1 + document.count("\\u{")
        if texts[-1] or self.count > limits.tokens or lines > limits.tokens:
            message = f"The document has more than {limits.tokens} tokens, the limit. Ask for less, or use variables."
            if not texts[-1] and self.count <= limits.tokens:
                message = f"The document has {lines} lines; the limit is {limits.tokens}. Leave out empty lines."
            raise errors.TokenLimit(message, limit=limits.tokens)
        _check_lengths(document, texts, limits)
        self.texts: Sequence[str] = [text for text in texts if text[:1] != "#"] if "#" in document else texts
        self.source = _Text(document)

    @cached_property
    def starts(self) -> Sequence[int]:
        """Where each token begins; looked up when somebody asks."""
        return [match.start(1) for match in _TOKEN.finditer(self.source.body) if match[1][:1] != "#"]

    def is_float(self, at: int) -> bool:
        """Whether a number has a fraction or an exponent."""
        text = self.texts[at]
        if _INT.fullmatch(text):
            return False
        if not _FLOAT.fullmatch(text):
            raise self.mistake(at)
        return True

    def text(self, at: int) -> str:
        """What a text says."""
        raw = self.texts[at]
        if raw[:3] == '"""':
            return self._block(at, raw)
        if "\\" not in raw:
            if len(raw) < 2 or raw[-1] != '"':
                raise self.mistake(at)
            return raw[1:-1]
        if not _WHOLE_TEXT.fullmatch(raw):
            raise self.mistake(at)
        try:
            decoded: str = json.loads(_BRACED.sub(_unbraced, raw) if "\\u{" in raw else raw, strict=False)
        except ValueError:
            raise self.mistake(at) from None
        if not decoded.isascii() and SURROGATE.search(decoded):
            raise self.mistake(at)
        return decoded

    def _block(self, at: int, raw: str) -> str:
        if not _WHOLE_BLOCK.fullmatch(raw):
            raise self.mistake(at)
        lines = _NEWLINE.split(raw[3:-3].replace('\\"""', '"""'))
        return "\n".join(dedent_block_string_lines(lines))

    def mistake(self, at: int) -> GraphQLSyntaxError:
        """What graphql-core's lexer says of a token that is none."""
        try:
            Lexer(self.source).read_next_token(self.starts[at])
        except GraphQLSyntaxError as error:
            return error
        return GraphQLSyntaxError(self.source, self.starts[at], "Unexpected character.")


class Span(Location):
    """The place of a node, by its first and last token; it is looked up when somebody asks."""

    __slots__ = ("_tokens", "first", "last")

    def __init__(self, tokens: Tokens, first: int, last: int) -> None:
        self._tokens, self.first, self.last = tokens, first, last

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return self.last - self.first + 1

    def covers(self, other: "Span") -> bool:
        """Whether another place in the same document is in this one."""
        return self.first <= other.first and other.last <= self.last

    @property
    def start(self) -> int:  # type: ignore[override]
        return self._tokens.starts[self.first]

    @property
    def end(self) -> int:  # type: ignore[override]
        return self._tokens.starts[self.last] + len(self._tokens.texts[self.last])

    @property
    def source(self) -> Source:  # type: ignore[override]
        return self._tokens.source


class Whole(Span):
    """The place of a document: all of its text, with what stands before its first token and after its last one."""

    __slots__ = ()

    start = 0
    end = property(lambda self: len(self.source.body))


def _unbraced(match: re.Match[str]) -> str:
    """An escape in braces as JSON writes it; one that stands for no character is left, which is no JSON."""
    code = int(match[2], 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return match[0]
    return match[1] + json.dumps(chr(code))[1:-1]


def _check_lengths(document: str, texts: Sequence[str], limits: LimitSettings) -> None:
    read, most = 0, limits.text_length * WKT_FACTOR
    for text in texts:
        if text[:1] == '"':
            read += len(text)
            if len(text) > most:
                message = f"A text in the document has {len(text)} characters; the limit is {most}. Shorten it."
                raise errors.BadText(message, limit=most)
    if len(document) - read > limits.tokens * _CHARACTERS_A_TOKEN:
        message = (
            f"The document has {len(document) - read} characters besides its texts; "
            f"the limit is {limits.tokens * _CHARACTERS_A_TOKEN}."
        )
        raise errors.TokenLimit(message, limit=limits.tokens)
