"""Where this server is for its clients; enters a request, leaves the beginning of absolute URLs.

Map libraries load tiles in workers, which have no page to resolve a relative URL by.
"""

from typing import Final
from urllib.parse import urlsplit

from gateway.http.answers import Scope, headers_of
from gateway.settings import HttpSettings

PREFIX: Final = "gateway.prefix"


def origin(scope: Scope, settings: HttpSettings) -> str:
    """`https://maps.example.org/gis`: the setting, else as the client asked (the door has checked the host)."""
    if settings.public_url is not None:
        return settings.public_url
    host = (headers_of(scope).get(b"host") or b"localhost").decode("latin-1")
    return f"{scope['scheme']}://{host}{prefix(scope)}"


def prefix(scope: Scope) -> str:
    """`/gis`, what paths begin with for clients, or nothing; middleware/prefix.py has put it there."""
    return str(scope.get(PREFIX, ""))


def public_prefix(settings: HttpSettings) -> str:
    """The path of the public URL, if that is set."""
    return urlsplit(settings.public_url or "").path
