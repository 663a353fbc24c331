"""Floor 3. JSON Web Key Sets (RFC 7517); enters a URL or a file, leaves the keys that may have signed a token.

A set is read again when it is old, and at once for a key id that it lacks, since providers rotate keys; but not more
often than every few seconds, so that made-up ids do not make the gateway flood the provider. A set that can't be read
anew holds on.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt

from gateway import telemetry
from gateway.errors import Unavailable
from gateway.identity.public_keys import Key, UnusableKey, read_jwk, signs

_PAUSE: Final = 5.0  # seconds between two readings for the sake of unknown ids
_TIMEOUT: Final = 5


@dataclass(frozen=True, slots=True)
class Contents:
    """What a set holds for signatures: keys with their ids (`kid`), and why others can't be used."""

    keys: tuple[tuple[str | None, Key], ...]
    unusable: tuple[tuple[str | None, str], ...]


class KeySet:
    """The keys of one provider."""

    def __init__(self, place: str, seconds: float) -> None:
        self._place = place
        self._seconds = seconds
        self._contents: Contents | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, identity: str | None) -> Sequence[Key]:
        """The keys with this id (`kid`), each with its algorithm; all keys for a token that names none.

        Raises Unavailable where no set could be read so far.
        """
        async with self._lock:
            age = time.monotonic() - self._read_at
            if age > self._seconds or (age > _PAUSE and not self._matching(identity)):
                await self._read()
        return self._matching(identity)

    def _matching(self, identity: str | None) -> Sequence[Key]:
        keys = self._contents.keys if self._contents else ()
        return [key for kid, key in keys if identity is None or kid == identity]

    async def _read(self) -> None:
        self._read_at = time.monotonic()
        try:
            contents = await asyncio.to_thread(read, self._place)
            self._warn(contents)
            if not contents.keys:
                raise ValueError(self._place)
            self._contents = contents
        except (OSError, ValueError, RecursionError, jwt.PyJWTError) as error:
            telemetry.log.warning("key set unreadable", place=self._place, reason=type(error).__name__)
            if self._contents is None:
                self._read_at = float("-inf")
                message = "The keys that tokens are checked with can't be read now. Try again in a moment."
                raise Unavailable(message) from error

    def _warn(self, contents: Contents) -> None:
        """Name the keys that can't be used, each once for as long as the set stays as it is."""
        known = self._contents.unusable if self._contents else ()
        for identity, reason in contents.unusable:
            if (identity, reason) not in known:
                telemetry.log.warning("key of a key set unusable", place=self._place, kid=identity, reason=reason)
        if not contents.keys:
            telemetry.log.warning("key set without a usable key", place=self._place)


def is_url(place: str) -> bool:
    """Whether a set is read over HTTP, not from a file."""
    return place.startswith(("https://", "http://"))


def read(place: str) -> Contents:
    """Read a set; raises OSError, ValueError, RecursionError or PyJWTError where there is none."""
    if is_url(place):
        found = jwt.PyJWKClient(place, cache_jwk_set=False, timeout=_TIMEOUT).fetch_data()
    else:
        found = json.loads(Path(place).read_text(encoding="utf-8"))
    match found:
        case {"keys": [*listed]}:
            return _contents([each for each in listed if isinstance(each, dict) and signs(each)])
    raise ValueError(place)


def _contents(listed: Sequence[Mapping[str, Any]]) -> Contents:
    keys: list[tuple[str | None, Key]] = []
    unusable: list[tuple[str | None, str]] = []
    for data in listed:
        identity = data["kid"] if isinstance(data.get("kid"), str) else None
        try:
            keys.append((identity, read_jwk(data)))
        except UnusableKey as error:
            unusable.append((identity, f"It {error}."))
    return Contents(tuple(keys), tuple(unusable))
