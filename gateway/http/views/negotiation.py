"""Media types; enters the headers Accept and Content-Type, leaves the type to answer in, or a refusal."""

from collections.abc import Mapping
from functools import lru_cache

from gateway import errors
from gateway.http.answers import qualities

JSON = b"application/json"
RESPONSE = b"application/graphql-response+json"
HTML = b"text/html"


@lru_cache(maxsize=64)  # clients say the same with each request
def choose(accept: bytes | None, *, html: bool) -> bytes:
    """The media type to answer in; `html` says whether there is a page to show.

    The most specific range of a type tells its quality (RFC 9110, 12.5.1). Of equal qualities the first range wins; a
    client that takes anything gets application/json.
    """
    accepted = qualities(accept or b"*/*")
    ranges = {name: (quality, -place) for place, (name, quality) in enumerate(accepted.items())}
    offered = (JSON, RESPONSE, HTML) if html else (JSON, RESPONSE)
    best = max(offered, key=lambda media: _preference(media, ranges))
    if _preference(best, ranges)[0] <= 0:
        raise errors.NotAcceptable(f"Accept one of {RESPONSE.decode()} and {JSON.decode()}.")
    return best


def _preference(media: bytes, ranges: Mapping[bytes, tuple[float, int]]) -> tuple[float, int]:
    """The quality of a type, 0 where no range has it, and the place of its range from the end of the header."""
    names = (media, media.partition(b"/")[0] + b"/*", b"*/*")
    return next((ranges[name] for name in names if name in ranges), (0.0, 0))


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
