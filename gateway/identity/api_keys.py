"""API keys; enters a key, leaves its principal, or from a name and scopes a new key.

A key is `gwk_<id>_<secret>`, with 256 random bits for a secret. Only its digest is stored: with that many bits a plain
SHA-256 can't be turned back, and it costs no request a slow hash.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cachetools import LRUCache
from sqlalchemy import func, select, update

from gateway.db.sessions import Database
from gateway.errors import NotFound, Unauthenticated
from gateway.identity.principal import Principal, Scope
from gateway.models import ApiKey
from gateway.settings import AuthSettings

_KEY = re.compile(r"gwk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_REMEMBERED: Final = 1_000
_KIND: Final = "key"  # how identities of keys begin
_NO_DIGEST: Final = bytes(32)
_ADVICE = "Ask the operator for another one (manage.py createkey)."


class ApiKeys:
    """The backend of API keys."""

    def __init__(self, settings: AuthSettings) -> None:
        self._seconds = settings.key_seconds
        self._known: LRUCache[str, tuple[ApiKey, float]] = LRUCache(_REMEMBERED)

    async def authenticate(self, credential: str, database: Database) -> Principal | None:
        """Whose key it is; None where it does not look like one of ours."""
        match = _KEY.fullmatch(credential)
        if match is None:
            return None
        key = await self._key(match[1], database)
        # Compared where there is no such key, too, so that time does not tell which ids there are.
        if not hmac.compare_digest(_digest(credential), key.digest if key else _NO_DIGEST) or key is None:
            raise Unauthenticated(f"The API key is not known here. {_ADVICE}")
        return _holder(key)

    def knows(self, credential: str) -> bool:
        """Whether it is a key that held before, however long ago."""
        match = _KEY.fullmatch(credential)
        key, _ = self._known.get(match[1], (None, 0.0)) if match else (None, 0.0)
        return key is not None and key.revoked_at is None and hmac.compare_digest(_digest(credential), key.digest)

    async def confirm(self, identity: str, database: Database) -> Principal | None:
        """Who holds a key now that asked for a URL; None where it was no key."""
        kind, _, key_id = identity.partition(" ")
        if kind != _KIND:
            return None
        key = await self._key(key_id, database)
        if key is None:
            raise Unauthenticated(f"The API key {key_id}, which asked for this URL, is not known here. {_ADVICE}")
        return _holder(key)

    async def _key(self, identity: str, database: Database) -> ApiKey | None:
        """The key with this id, as it was `key_seconds` ago at most."""
        key, since = self._known.get(identity, (None, float("-inf")))
        if key is not None and time.monotonic() - since < self._seconds:
            return key
        async with database.session() as session:
            keys = await session.entities(select(ApiKey).where(ApiKey.id == identity), ApiKey)
        self._known.pop(identity, None)
        if not keys:
            return None
        self._known[identity] = keys[0], time.monotonic()
        return keys[0]


def _holder(key: ApiKey) -> Principal:
    if key.revoked_at is not None:
        raise Unauthenticated(f"The API key {key.id} was revoked. {_ADVICE}")
    if key.expires_at is not None and key.expires_at <= _now():
        raise Unauthenticated(f"The API key {key.id} expired at {key.expires_at.isoformat()}. {_ADVICE}")
    scopes, identity = frozenset(map(Scope, key.scopes)), f"{_KIND} {key.id}"
    return Principal(key.name, scopes, identity=identity, jurisdictions=None)  # each has a table of its own keys


async def create(database: Database, name: str, scopes: Sequence[Scope], expires: datetime | None) -> str:
    """Make a key and store what is needed to know it again; the key itself is given this once."""
    identity = secrets.token_hex(6)
    key = f"gwk_{identity}_{secrets.token_urlsafe(32)}"
    row = ApiKey(id=identity, name=name, digest=_digest(key), scopes=[scope.value for scope in scopes])
    row.expires_at = expires

    async with database.session() as session, session.transaction():
        await session.add(row)
    return key


async def listed(database: Database) -> Sequence[ApiKey]:
    """All keys, oldest first, those that no longer hold among them."""
    async with database.session() as session:
        return await session.entities(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id), ApiKey)


async def revoke(database: Database, identity: str) -> None:
    """End a key and the URLs that it asked for; workers that remember it take it for `GATEWAY_AUTH_KEY_SECONDS` more.

    Raises NotFound where there is no such key.
    """
    ended = update(ApiKey).where(ApiKey.id == identity).values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
    async with database.session() as session, session.transaction():
        ids = await session.rows(ended.returning(ApiKey.id))
    if not ids:
        raise NotFound(f"There is no API key with the id {identity!r}. manage.py listkeys shows the ids.")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC)
