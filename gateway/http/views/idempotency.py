"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header); enters a request, leaves the key."""

import re
from typing import Final

from gateway.errors import BadIdempotencyKey
from gateway.http.answers import Scope, headers_of

_NAME: Final = b"idempotency-key"
_LONGEST: Final = 255
_BARE: Final = re.compile(rb"[\x20-\x7e]+")
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\["\\])*)"')  # a string of RFC 9651
_ESCAPED: Final = re.compile(rb"\\(.)")
_ADVICE: Final = "Send a text that is new for each write, such as a UUID, in quotes or without."


def idempotency_key(scope: Scope) -> str | None:
    """The key of a request, or None. The draft wants quotes around it, many clients send none: either is the same key.

    Raises BadIdempotencyKey.
    """
    if _NAME not in headers_of(scope):
        return None
    given = [value.strip() for name, value in scope["headers"] if name == _NAME]
    if len(given) > 1:
        raise BadIdempotencyKey("There are two headers Idempotency-Key. Send one.")
    key = _unquoted(given[0])
    if not key:
        raise BadIdempotencyKey(f"The Idempotency-Key is empty. {_ADVICE}")
    if len(key) > _LONGEST:
        message = f"The Idempotency-Key has {len(key)} characters, and may have {_LONGEST}. {_ADVICE}"
        raise BadIdempotencyKey(message, limit=_LONGEST)
    return key.decode()


def _unquoted(given: bytes) -> bytes:
    if given and not _BARE.fullmatch(given):
        raise BadIdempotencyKey(f"The Idempotency-Key holds characters other than printable ASCII. {_ADVICE}")
    if not given.startswith(b'"'):
        return given
    quoted = _QUOTED.fullmatch(given)
    if quoted is None:
        raise BadIdempotencyKey(f"The Idempotency-Key begins with a quote and is no quoted text. {_ADVICE}")
    return _ESCAPED.sub(rb"\1", quoted[1])
