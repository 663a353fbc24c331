"""JSON Web Key Sets (RFC 7517); enters a URL or a file, leaves the keys that may have signed a token.

A set is read in a thread of its own, one reading at a time, and a token of a known key waits for none: old keys serve
while the set is read again, and go on to where that fails, for a bounded time. A key id that the set lacks begins a
reading, too, since providers rotate keys, and waits for it; but there are seconds between two readings, whatever ids
tokens name, so that made-up ids do not flood the provider.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from gateway import telemetry
from gateway.errors import Unavailable
from gateway.identity.public_keys import PublicKey, UnusableKey, read_jwk, signs

_PAUSE: Final = 5.0  # seconds from a reading to the next one, at least
_TIMEOUT: Final = 5.0  # seconds that a reading may take
_LARGEST: Final = 1_000_000  # bytes of a set
_HEADERS: Final = {"Accept": "application/jwk-set+json, application/json", "User-Agent": "spatial-gateway"}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a set holds for signatures: keys with their ids (`kid`), and why others can't be used."""

    keys: tuple[tuple[str | None, PublicKey], ...]
    unusable: tuple[tuple[str | None, str], ...]


class KeySet:
    """The keys of one provider, read again after `seconds`, and used for `stale` seconds where that fails."""

    def __init__(self, place: str, seconds: float, stale: float) -> None:
        self._place = place
        self._seconds = seconds
        self._stale = max(seconds, stale)
        self._contents: Contents | None = None
        self._read_at = self._tried_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "key-set")

    async def keys(self, identity: str | None) -> Sequence[PublicKey]:
        """The keys with this id (`kid`); of a token or keys that name none, all that may have signed it.

        Raises Unavailable where no set could be read so far, or for too long.
        """
        matching = self._matching(identity)
        if not matching or self._age > self._seconds:
            self._begin()
        if not matching and self._reading is not None and (left := _TIMEOUT - self._since_try) > 0:
            await asyncio.wait({self._reading}, timeout=left)
            matching = self._matching(identity)
        if self._age > self._stale:
            raise Unavailable("The keys that tokens are checked with can't be read now. Try again in a moment.")
        return matching

    @property
    def _age(self) -> float:
        return time.monotonic() - self._read_at

    @property
    def _since_try(self) -> float:
        return time.monotonic() - self._tried_at

    def _matching(self, identity: str | None) -> Sequence[PublicKey]:
        if self._contents is None or self._age > self._stale:
            return ()
        return [key for kid, key in self._contents.keys if identity is None or kid is None or kid == identity]

    def _begin(self) -> None:
        """Read the set in the background, unless that is being done or was done a moment ago."""
        if (self._reading is None or self._reading.done()) and self._since_try > _PAUSE:
            self._tried_at = time.monotonic()
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            contents = await asyncio.get_running_loop().run_in_executor(self._thread, read, self._place)
            self._warn(contents)
            if not contents.keys:
                raise ValueError(self._place)
            self._contents, self._read_at = contents, time.monotonic()
            telemetry.key_set_reads.labels("read").inc()
        except (OSError, ValueError, RecursionError, HTTPException) as error:
            telemetry.key_set_reads.labels("failed").inc()
            age = None if self._contents is None else round(self._age)
            reason = type(error).__name__
            telemetry.log.warning("key set unreadable", place=self._place, reason=reason, seconds_since_read=age)
            self._tried_at = time.monotonic()  # it may have taken longer than the pause

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
    """Read a set; raises OSError, ValueError, RecursionError or HTTPException where there is none."""
    match json.loads(_fetched(place) if is_url(place) else Path(place).read_bytes()):
        case {"keys": [*listed]}:
            return _contents([each for each in listed if isinstance(each, dict) and signs(each)])
    raise ValueError(place)


def _fetched(url: str) -> bytes:
    """The body at a URL; a server that sends it slowly or without end is as one that does not answer."""
    until, content = time.monotonic() + _TIMEOUT, b""
    with urlopen(Request(url, headers=_HEADERS), timeout=_TIMEOUT) as answer:  # noqa: S310 (an http URL)
        while part := answer.read1(65_536):
            content += part
            if len(content) > _LARGEST or time.monotonic() > until:
                raise TimeoutError(url)
    return content


def _contents(listed: Sequence[Mapping[str, Any]]) -> Contents:
    keys: list[tuple[str | None, PublicKey]] = []
    unusable: list[tuple[str | None, str]] = []
    for data in listed:
        identity = data["kid"] if isinstance(data.get("kid"), str) else None
        try:
            keys.append((identity, read_jwk(data)))
        except UnusableKey as error:
            unusable.append((identity, f"It {error}."))
    return Contents(tuple(keys), tuple(unusable))
