"""Which media type a client gets."""

import pytest

from gateway import errors
from gateway.http.views.negotiation import HTML, JSON, RESPONSE, check_content_type, choose


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json; charset=utf-8", JSON),
        (b"application/graphql-response+json, application/json;q=0.9", RESPONSE),
        (b"application/json;q=0.8, application/graphql-response+json", RESPONSE),
        (b"APPLICATION/JSON", JSON),
        (b"text/event-stream;q=0.1, application/graphql-response+json", RESPONSE),
        (b"text/html,application/xhtml+xml,*/*;q=0.8", HTML),
        (b"application/json;q=x, application/graphql-response+json;q=0.1", RESPONSE),
        (b"application/json;q=nan, application/graphql-response+json;q=0.1", RESPONSE),
        (b"application/json;q=0, */*", RESPONSE),
        (b"*/*, application/json;q=0", RESPONSE),
        (b"application/json;q=0.1, application/*;q=0.5", RESPONSE),
        (b"application/*;q=0, */*;q=0.1", HTML),
        (b"*/*;q=0.9, application/*;q=0.1, application/json;q=0.2", HTML),
        (b"application/json;q=0.1, */*;q=0.5, application/json;q=0.7", JSON),
        (b"*/*;q=0, application/json;q=0.1", JSON),
        (b"text/html, */*", HTML),
        (b"*/*, text/html", JSON),
        (b", application/graphql-response+json", RESPONSE),
    ],
)
def test_the_type_is_the_one_preferred(accept, chosen):
    assert choose(accept, html=True) == chosen


@pytest.mark.parametrize(
    "accept", [b"text/html", b"image/png", b"application/json;q=0", b"application/jso", b"application/*;q=0, */*"]
)
def test_types_that_cannot_be_served_are_refused(accept):
    with pytest.raises(errors.NotAcceptable):
        choose(accept, html=False)


@pytest.mark.parametrize("content_type", [b"application/json", b'Application/JSON ; charset="UTF-8"'])
def test_json_in_utf_8_is_read(content_type):
    check_content_type(content_type, None)


@pytest.mark.parametrize(
    "content_type", [None, b"", b"text/plain", b"application/json-patch+json", b"application/json; charset=utf-16"]
)
def test_other_bodies_are_refused(content_type):
    with pytest.raises(errors.UnsupportedMediaType):
        check_content_type(content_type, None)
