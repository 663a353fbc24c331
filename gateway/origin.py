"""Floor 4. Where this server is for its clients; enters a request, leaves the beginning of absolute URLs.

Map libraries load tiles in workers, which have no page to resolve a relative URL by.
"""

from gateway.answers import Scope, header
from gateway.settings import HttpSettings


def origin(scope: Scope, settings: HttpSettings) -> str:
    """`https://maps.example.org/gateway`: the setting, else as the client asked (the door has checked the host)."""
    if settings.public_url is not None:
        return settings.public_url
    host = (header(scope, b"host") or b"localhost").decode("latin-1")
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"
