"""Floor 3. JSON Web Key Sets (RFC 7517); enters a URL or a file, leaves the keys that may have signed a token.

A set is read again when it is old, and at once for a key id that it lacks, since providers rotate keys; but not more
often than every few seconds, so that made-up ids do not make the gateway flood the provider. A set that can't be read
anew holds on.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import jwt

from gateway import telemetry
from gateway.errors import Unavailable

_PAUSE: Final = 5.0  # seconds between two readings for the sake of unknown ids
_TIMEOUT: Final = 5
_ALGORITHMS = {"RSA": "RS256", "OKP": "EdDSA"}


class KeySet:
    """The keys of one provider."""

    def __init__(self, place: str, seconds: float) -> None:
        self._place = place
        self._seconds = seconds
        self._keys: Sequence[tuple[str | None, Any, str]] | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, identity: str | None) -> Sequence[tuple[Any, str]]:
        """The keys with this id (`kid`), each with its algorithm; all keys for a token that names none.

        Raises Unavailable where no set could be read so far.
        """
        async with self._lock:
            age = time.monotonic() - self._read_at
            if age > self._seconds or (age > _PAUSE and not self._matching(identity)):
                await self._read()
        return self._matching(identity)

    def _matching(self, identity: str | None) -> Sequence[tuple[Any, str]]:
        return [(key, algorithm) for kid, key, algorithm in self._keys or () if identity is None or kid == identity]

    async def _read(self) -> None:
        self._read_at = time.monotonic()
        try:
            found = await asyncio.to_thread(_fetch, self._place)
            self._keys = [(key.key_id, key.key, _ALGORITHMS[str(key.key_type)]) for key in found if _usable(key)]
        except (OSError, ValueError, jwt.PyJWTError) as error:
            telemetry.log.warning("key set unreadable", place=self._place, reason=type(error).__name__)
            if self._keys is None:
                self._read_at = float("-inf")
                message = "The keys that tokens are checked with can't be read now. Try again in a moment."
                raise Unavailable(message) from error


def _fetch(place: str) -> Sequence[jwt.PyJWK]:
    if place.startswith(("https://", "http://")):
        return jwt.PyJWKClient(place, timeout=_TIMEOUT).get_jwk_set(refresh=True).keys
    return jwt.PyJWKSet.from_json(Path(place).read_text(encoding="utf-8")).keys


def _usable(key: jwt.PyJWK) -> bool:
    return key.key_type in _ALGORITHMS and key.public_key_use in {None, "sig"}
