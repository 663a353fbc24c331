"""Floor 5. Media types; enters the headers Accept and Content-Type, leaves the type to answer in, or a refusal."""

from functools import lru_cache

from gateway import errors

JSON = b"application/json"
RESPONSE = b"application/graphql-response+json"
HTML = b"text/html"
_RANGES = {b"*/*": JSON, b"application/*": JSON, b"text/*": HTML}


@lru_cache(maxsize=64)  # clients say the same with each request
def choose(accept: bytes | None, *, html: bool) -> bytes:
    """The media type to answer in; `html` says whether there is a page to show.

    Of equal preferences the first wins; a client that takes anything gets application/json.
    """
    best, preference = None, 0.0
    for item in (accept or b"*/*").lower().split(b","):
        name, *parameters = [part.strip() for part in item.split(b";")]
        media = _RANGES.get(name, name)
        if media not in (JSON, RESPONSE) and not (html and media == HTML):
            continue
        quality = _quality(parameters)
        if quality > preference:
            best, preference = media, quality
    if best is None:
        raise errors.NotAcceptable(f"Accept one of {RESPONSE.decode()} and {JSON.decode()}.")
    return best


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=64)
def check_content_type(content_type: bytes | None, encoding: bytes | None) -> None:
    """Refuse bodies that are not plain application/json in UTF-8.

    Forms and text/plain can be posted from any site without a preflight, so they are never read.
    """
    name, *parameters = [part.strip().lower() for part in (content_type or b"").split(b";")]
    charsets = [parameter[8:].strip(b'"') for parameter in parameters if parameter.startswith(b"charset=")]
    if name != JSON or any(charset not in (b"utf-8", b"utf8") for charset in charsets):
        raise errors.UnsupportedMediaType("Send the body as Content-Type: application/json, in UTF-8.")
    if encoding not in (None, b"identity"):
        raise errors.UnsupportedMediaType("Send the body without Content-Encoding: compressed bodies are not read.")
