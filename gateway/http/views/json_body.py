"""The JSON of a GraphQL request, in its body or query string; enters bytes, leaves objects within limits."""

from typing import Any

from gateway import errors
from gateway.query.json_text import read_json
from gateway.settings import LimitSettings


def read_object(raw: bytes, limits: LimitSettings) -> dict[str, Any]:
    """The JSON object in `raw`."""
    value = read_json(raw, limits)
    if isinstance(value, list):
        raise errors.BatchLimit(
            "The body is a list. Send one operation a request; one operation may have many root fields."
        )
    if not isinstance(value, dict):
        raise errors.BadJson('The body must be a JSON object such as {"query": "{ __typename }"}.')
    return value


def read_parameter(name: str, text: str, limits: LimitSettings) -> dict[str, Any] | None:
    """The JSON object, or None for null, in the parameter `name` of the query string, which errors name."""
    where = f'"{name}" of the query string: '
    try:
        value = read_json(text.encode(), limits)
    except (errors.BadJson, errors.BadText) as error:
        raise type(error)(where + error.message, **error.details) from error
    if not isinstance(value, dict | None):
        raise errors.BadJson(f'{where}It must be a JSON object such as {{"first": 10}}, or null.')
    return value
