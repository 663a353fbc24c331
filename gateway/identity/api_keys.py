"""Floor 3. API keys; enters a key, leaves its principal, or from a name and scopes a new key.

A key is `gwk_<id>_<secret>`, with 256 random bits for a secret. Only its digest is stored: with that many bits a plain
SHA-256 can't be turned back, and it costs no request a slow hash.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select, update

from gateway.db import Database
from gateway.errors import NotFound, Unauthenticated
from gateway.models import ApiKey
from gateway.principal import Principal, Scope
from gateway.settings import AuthSettings

_KEY = re.compile(r"gwk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_REMEMBERED: Final = 1_000
_ADVICE = "Ask the operator for another one (manage.py createkey)."


class ApiKeys:
    """The backend of API keys."""

    def __init__(self, settings: AuthSettings) -> None:
        self._seconds = settings.key_seconds
        self._known: OrderedDict[bytes, tuple[ApiKey, float]] = OrderedDict()

    async def authenticate(self, credential: str, database: Database) -> Principal | None:
        """Whose key it is; None where it does not look like one of ours."""
        match = _KEY.fullmatch(credential)
        if match is None:
            return None
        digest = _digest(credential)
        key = self._remembered(digest) or await _find(match[1], digest, database)
        if key is None:
            raise Unauthenticated(f"The API key is not known here. {_ADVICE}")
        if key.revoked_at is not None:
            raise Unauthenticated(f"The API key {key.id} was revoked. {_ADVICE}")
        if key.expires_at is not None and key.expires_at <= _now():
            raise Unauthenticated(f"The API key {key.id} expired at {key.expires_at.isoformat()}. {_ADVICE}")
        self._remember(digest, key)
        return Principal(key.name, frozenset(map(Scope, key.scopes)), identity=f"key {key.id}")

    def _remembered(self, digest: bytes) -> ApiKey | None:
        key, since = self._known.get(digest, (None, 0.0))
        return key if time.monotonic() - since < self._seconds else None

    def _remember(self, digest: bytes, key: ApiKey) -> None:
        if self._remembered(digest) is None:
            self._known[digest] = key, time.monotonic()
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


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
    """End a key; workers that remember it take it for `GATEWAY_AUTH_KEY_SECONDS` more.

    Raises NotFound where there is no such key.
    """
    ended = update(ApiKey).where(ApiKey.id == identity).values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
    async with database.session() as session, session.transaction():
        found = await session.rows(ended.returning(ApiKey.id))
    if not found:
        raise NotFound(f"There is no API key with the id {identity!r}. manage.py listkeys shows the ids.")


async def _find(identity: str, digest: bytes, database: Database) -> ApiKey | None:
    async with database.session() as session:
        found = await session.entities(select(ApiKey).where(ApiKey.id == identity), ApiKey)
    return found[0] if found and hmac.compare_digest(found[0].digest, digest) else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC)
