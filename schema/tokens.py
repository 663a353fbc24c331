"""Floor 5. The first look at a document, before any parser; enters its text, leaves nothing or the limit it breaks.

One regular expression walks the text once, in time linear in its length: parsing and validating cost hundreds of times
as much a token, so what is too large never gets there.
"""

import re

from gateway import errors
from gateway.settings import LimitSettings

# As graphql-core's lexer reads, whose tokens need no space between them; where it stops at a mistake, what is counted
# from there on does not matter. Texts without an end match too: to fail there and try at every later quote would take
# quadratic time. In a block text a backslash stands for itself, but before three quotes.
_TOKEN = re.compile(
    r"""
    (?P<comment> \#[^\r\n]*+ )
  | (?P<text> \"\"\"(?:[^"\\]++|\\(?:\"\"\")?+|"(?!""))*+(?:\"\"\")? | "(?:[^"\\\r\n]++|\\.)*+"? )
  | (?P<open> [({\[] )
  | (?P<close> [)}\]] )
  | \.\.\. | [!$&:=@|] | [_A-Za-z][_A-Za-z0-9]*+ | -?[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+ | -
    """,
    re.VERBOSE | re.DOTALL,
)
WKT_FACTOR = 10  # GATEWAY_LIMITS_TEXT_LENGTH: WKT has its own, tenfold, and no document says which texts are WKT
_CHARACTERS_A_TOKEN = 100  # of space between tokens: a document of blanks is work for the lexer too


def check_tokens(document: str, limits: LimitSettings) -> int:
    """Refuse more tokens (comments count), deeper brackets or longer texts than the limits; tells the tokens."""
    count = depth = read = 0
    for count, token in enumerate(_TOKEN.finditer(document), start=1):
        if count > limits.tokens:
            message = f"The document has more than {limits.tokens} tokens, the limit. Ask for less, or use variables."
            raise errors.TokenLimit(message, limit=limits.tokens)
        if token.lastgroup == "open":
            depth += 1
            if depth > limits.json_depth:
                message = f"The document nests brackets more than {limits.json_depth} deep, the limit."
                raise errors.DepthLimit(message, limit=limits.json_depth)
        elif token.lastgroup == "close":
            depth -= 1
        elif token.lastgroup is not None:
            read += _read_text(token.end() - token.start(), limits)
    _check_space(len(document) - read, limits)
    return count


def _read_text(characters: int, limits: LimitSettings) -> int:
    most = limits.text_length * WKT_FACTOR
    if characters > most:
        message = f"A text in the document has {characters} characters; the limit is {most}. Shorten it."
        raise errors.BadText(message, limit=most)
    return characters


def _check_space(characters: int, limits: LimitSettings) -> None:
    most = limits.tokens * _CHARACTERS_A_TOKEN
    if characters > most:
        message = f"The document has {characters} characters besides its texts; the limit is {most}."
        raise errors.TokenLimit(message, limit=limits.tokens)
