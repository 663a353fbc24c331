"""The parser reads as graphql-core's does: the same trees, places and errors."""

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, Lexer, Source, TokenKind
from graphql import parse as read_by_library
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway import errors
from gateway.settings import LimitSettings
from schema.language import parse
from schema.language.lexing import Tokens
from tests.fixtures.examples import examples

NO_LIMITS = LimitSettings(
    tokens=10_000, json_depth=10_000, depth=10_000, aliases=10_000, root_fields=10_000, directives=10_000
)
# What can end one token within another, or hide one.
PIECES = ['"', '"""', "\\", '\\"""', "#", "\n", "\r", " ", ",", "\ufeff", "-", "+", "0", "12", ".", "..."]
PIECES += ["e", "E", "_", "name", "é", "\\u0041", "\\u{1F600}", "\\ud83d\\ude00", "\\ud800", *"!$&():=@[]{|}?'"]
WORDS = ["{", "}", "{", "}", "(", ")", "[", "]", "a", "b", "on", "query", "mutation", "fragment", "true", "null", "$a"]
WORDS += ["$", ":", "a:", "=", "!", "...", "... on A", "@a", "@", "1", "-0", "1.5e3", "01", '"text"', '"\\n"', '"a']
WORDS += [
    '"""\n  block\n    text\n"""',
    "#comment\n",
    "&",
    "|",
    "{a}",
    "(a:1)",
    "fragment F on A {a}",
    "query($a:[A!]!=1){a}",
]


def without_repeats(node):
    """A tree without the fields that a selection repeats, bare of all else."""
    if isinstance(node, list):
        return [without_repeats(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: without_repeats(value) for key, value in node.items() if value is not None and value != []}
    if found.get("kind") == "selection_set":
        seen, kept = set(), []
        for item in found.get("selections", ()):
            bare = item["kind"] == "field" and set(item) == {"kind", "name", "loc"} and item["name"]["value"]
            if not bare or bare not in seen:
                kept.append(item)
            seen.add(bare)
        found["selections"] = kept
    return found


def outcome(read):
    try:
        return without_repeats(read().to_dict(locations=True))
    except (GraphQLSyntaxError, errors.GatewayError) as error:
        return error


def assert_alike(text):
    ours, theirs = outcome(lambda: parse(text, NO_LIMITS).document), outcome(lambda: read_by_library(text))
    if isinstance(theirs, GraphQLSyntaxError):
        assert isinstance(ours, GraphQLSyntaxError)
        assert (ours.message, ours.locations) == (theirs.message, theirs.locations)
    else:
        assert ours == theirs


@settings(max_examples=examples(40, 4000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
@example('query A($a:[Int!]!="x" @a(b:{c:[1,$d]})){...on A@b{a:b(c:$d)}...F ...{c}} fragment F on A{a a a}')
@example('"about" query A{a} "about"{a}')
@example('"about" nothing')
@example("{a(b:$)} query($a:Int=$b){a}")
@example("{}")
@example("")
@example("fragment on on A{a}")
@example("{...on}")
@example("#comment\n {a} #comment\n")
def test_documents_are_read_as_graphql_core_reads_them(text):
    assert_alike(text)


@settings(max_examples=examples(40, 4000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: "{a(b:[" + "".join(pieces) + "])}"))
@example('{a(b:"\\\\u{41}\\u{41}\\u{1F600}\\/\\u0041\\b")}')
@example('{a(b:"\\u{D83D}\\u{DE00}")}')
@example('{a(b:"\\u{110000}")}')
@example('{a(b:"\\u{0000041}")}')
@example('{a(b:"\\q")}')
@example('{a(b:"""a\r\n\r  b\\""" \n c""" d:1)}')
@example("{a(b:[1-1-1 1.0-1])}")
@example("{a(b:1...c)}")
def test_tokens_are_read_as_graphql_core_reads_them(text):
    assert_alike(text)


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
        Tokens(text, LimitSettings(tokens=limit))
    except errors.TokenLimit as error:
        return "more than" in error.message
    return False


@given(st.lists(st.sampled_from([piece for piece in PIECES if piece not in "\n\r"]), max_size=40).map("".join))
@example("1-1-1-1")
@example("-1-1e-1-1.5E+1-0")
@example("a...b...c...d")
@example("a-1-1")
@example('"""\\\\""" # """ a b c d')
@example('"""\\"""""" # a b c')
@example('"a\\"b"c"d')
def test_no_token_of_the_lexer_escapes_the_count(text):
    found, whole = lexed(text)
    if found > 1:
        assert too_many(text, found - 1)
    if whole:
        assert not too_many(text, max(found + text.count("\\u{"), 1))


@pytest.mark.parametrize("token", ["-1", "...a", "-1.5e-3", '"" ', '"""\\\\""" # """ a\n', "\n", "\r", '"\\u{41}"'])
def test_tokens_without_space_between_them_are_counted_each(token):
    with pytest.raises(errors.TokenLimit, match="2000"):
        parse("{parcels(first:" + token * 2_001 + "){totalCount}}", LimitSettings())


def test_a_text_of_escapes_has_as_many_as_it_may():
    with pytest.raises(errors.TokenLimit, match="escapes"):
        parse('{a(b:"' + "\\n" * 20_001 + '")}', LimitSettings())


def test_brackets_after_a_block_text_that_ends_in_a_backslash_are_counted():
    with pytest.raises(errors.DepthLimit):
        parse('{a(b:"""\\\\""" """,c:' + "[" * 100, LimitSettings())


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{" + "a " * 21, errors.RootFieldLimit),
        ("{b{" + "".join(f"a{n}:a " for n in range(31)), errors.AliasLimit),
        ("{a" + "@b " * 51, errors.DirectiveLimit),
        ("{a" * 13, errors.DepthLimit),
    ],
)
def test_a_limit_is_told_where_it_is_broken_whatever_follows(text, limit):
    with pytest.raises(limit):
        parse(text + "\0", LimitSettings())


def test_a_literal_that_nothing_takes_is_told_with_its_place():
    with pytest.raises(GraphQLError) as caught:
        parse('{\n  a(b: [{c: ["x", "\\u0000"]}])}', LimitSettings())
    assert caught.value.original_error.path == ("b", 0, "c", 1)
    assert [(place.line, place.column) for place in caught.value.locations] == [(2, 19)]
