"""Floor 5. The JSON of a GraphQL request; enters bytes, leaves one object within limits."""

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
