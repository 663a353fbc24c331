"""Messages are short, whatever the client wrote that they repeat."""

import pytest

from gateway.errors import ArgumentError
from gateway.layers import Layers
from gateway.settings import HttpSettings, LimitSettings
from schema.documents import Documents
from schema.problems import Refusal, entry
from tests.fixtures.schema import SCHEMA

LONG = "a" * 90_000


@pytest.fixture(scope="module")
def documents():
    return Documents(SCHEMA, Layers(()), LimitSettings(), HttpSettings(), plans=False)


@pytest.mark.parametrize(
    ("document", "name", "start"),
    [
        ('{parcels(first:"' + LONG + '"){totalCount}}', None, "Int cannot represent"),
        ("{" + LONG + "}", None, "Cannot query field"),
        ("{parcels(" + LONG + ":1){totalCount}}", None, "Unknown argument"),
        (LONG, None, "Syntax Error"),
        ("query A{__typename}", LONG, "The document has no operation named 'aaa"),
    ],
)
def test_a_message_does_not_repeat_long_texts_whole(documents, document, name, start):
    with pytest.raises(Refusal) as refused:
        documents.prepare(document, name)
    message = entry(refused.value.problems[0])["message"]
    assert message.startswith(start)
    assert len(message) <= 1_000


def test_an_unknown_operation_is_told_of_those_there_are(documents):
    with pytest.raises(Refusal) as refused:
        documents.prepare("query A{__typename}", LONG)
    assert entry(refused.value.problems[0])["message"].endswith("It has: A.")


def test_a_long_message_keeps_its_start_and_its_end():
    message = entry(ArgumentError(f"It is wrong: {LONG}. Shorten it."))["message"]
    assert len(message) == 1_000
    assert message.startswith("It is wrong: a")
    assert "a…a" in message
    assert message.endswith("a. Shorten it.")


def test_a_message_of_the_longest_length_is_whole():
    message = "x" * 1_000
    assert entry(ArgumentError(message))["message"] == message
