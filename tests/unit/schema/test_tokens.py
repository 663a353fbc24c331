"""Tokens are counted as the parser will read them, so that no document smuggles in more than the limit."""

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import DepthLimit, TokenLimit
from gateway.settings import LimitSettings
from schema.tokens import check_tokens

# What can end one token within another, or hide one.
PIECES = ['"', '"""', "\\", '\\"""', "#", "\n", "\r", " ", ",", "\ufeff", "-", "+", "0", "12", ".", "..."]
PIECES += ["e", "E", "_", "name", "é", "\\u0041", *"!$&():=@[]{|}?"]


def lexed(text):
    """How many tokens and comments graphql-core reads, and whether it reads the text to its end."""
    lexer, found = Lexer(Source(text)), 0
    token = lexer.token
    try:
        while (token := lexer.read_next_token(token.end)).kind != TokenKind.EOF:
            found += 1
    except GraphQLSyntaxError:
        return found, False
    return found, True


def too_many(text, limit):
    try:
        check_tokens(text, LimitSettings(tokens=limit, json_depth=10_000))
    except TokenLimit as error:
        return "more than" in error.message
    return False


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("1-1-1-1")
@example("-1-1e-1-1.5E+1-0")
@example("a...b...c...d")
@example("a-1-1")
@example('"""\\\\""" # """ a b c d')
@example('"""\\"""""" # a\nb c')
@example('"a\\"b"c"d')
def test_no_token_of_the_lexer_escapes_the_count(text):
    found, whole = lexed(text)
    if found > 1:
        assert too_many(text, found - 1)
    if whole:
        assert not too_many(text, max(found, 1))


@pytest.mark.parametrize("token", ["-1", "...a", "-1.5e-3", '"" ', '"""\\\\""" # """ a\n'])
def test_tokens_without_space_between_them_are_counted_each(token):
    with pytest.raises(TokenLimit, match="more than 2000 tokens"):
        check_tokens("{parcels(first:" + token * 2_000 + "){totalCount}}", LimitSettings())


def test_brackets_after_a_block_text_that_ends_in_a_backslash_are_counted():
    with pytest.raises(DepthLimit):
        check_tokens('{a(b:"""\\\\""" """,c:' + "[" * 100, LimitSettings())
