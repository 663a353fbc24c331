"""Tokens by which clients read what they wrote; enters a position in the log of the database, leaves a text, and back.

    c1.<position and time>.<signature>              parts are base64url without padding

The answer of a write carries one. A read that brings it is answered by a server that has the write. In time every
server that may be read from has it: then the token says nothing any more.
"""

import struct
import time
from collections.abc import Callable
from typing import Final

from gateway.errors import BadConsistencyToken
from gateway.query.signing import Signer, packed, unpacked

HEADER: Final = b"consistency-token"
COOKIE: Final = b"gateway-consistency"
_VERSION: Final = "c1"
_DIGEST: Final = 12
_PURPOSE: Final = b"consistency"  # the same key signs cursors
_FORM: Final = struct.Struct(">QI")
_LONGEST: Final = 100
_SKEW: Final = 600.0  # seconds that clocks of hosts may differ by, and that a lag may be told late


class ConsistencyCodec:
    """Writes and reads tokens, which are good for as long as a replica that is read from may lack their write."""

    def __init__(self, secret: bytes, lag: float, clock: Callable[[], float] = time.time) -> None:
        """`lag` is how many seconds replicas may be behind."""
        self.seconds = int(lag + _SKEW)
        self._signer = Signer(secret, _PURPOSE, _DIGEST)
        self._clock = clock

    def encode(self, position: int) -> str:
        """The token of a position."""
        return self._signer.signed(f"{_VERSION}.{packed(_FORM.pack(position, int(self._clock())))}")

    def decode(self, text: str, *, path: tuple[str, ...]) -> int:
        """The position of a token, 0 where every server has it by now; raises BadConsistencyToken."""
        version, _, rest = text[:_LONGEST].partition(".")
        body = unpacked(rest.partition(".")[0])
        if body is None or version != _VERSION or not self._signer.holds(text[:_LONGEST]):
            message = "This is no token of this server. Send what the answer of a write had, whole, or leave it out."
            raise BadConsistencyToken(message, path=path)
        position: int
        position, made = _FORM.unpack(body)
        return position if self._clock() < made + self.seconds else 0


def from_cookies(sent: bytes | None) -> str | None:
    """The token among the cookies of a request (RFC 6265, 4.2)."""
    for pair in (sent or b"").split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name == COOKIE:
            return value.decode("latin-1")
    return None
