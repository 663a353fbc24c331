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
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cachetools import LRUCache
from sqlalchemy import ColumnElement, Text, func, literal, literal_column, select, update

from gateway.db.paths import OWN as PATH_OF_OWN
from gateway.db.paths import schema_of
from gateway.db.sessions import Database
from gateway.errors import NotFound, Unauthenticated
from gateway.identity.principal import OWN, Principal, Scope
from gateway.models import ApiKey
from gateway.models.jurisdiction import PART, SOME, SPAN
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
        self._known: LRUCache[str, _Held] = LRUCache(_REMEMBERED)

    async def authenticate(self, credential: str, database: Database) -> Principal | None:
        """Whose key it is; None where it does not look like one of ours."""
        match = _KEY.fullmatch(credential)
        if match is None:
            return None
        held = await self._key(match[1], database)
        # Compared where there is no such key, too, so that time does not tell which ids there are.
        if not hmac.compare_digest(_digest(credential), held.key.digest if held else _NO_DIGEST) or held is None:
            raise Unauthenticated(f"The API key is not known here. {_ADVICE}")
        return _holder(held)

    def knows(self, credential: str) -> bool:
        """Whether it is a key that held before, however long ago."""
        match = _KEY.fullmatch(credential)
        held = self._known.get(match[1]) if match else None
        return (
            held is not None
            and held.key.revoked_at is None
            and hmac.compare_digest(_digest(credential), held.key.digest)
        )

    async def confirm(self, identity: str, database: Database) -> Principal | None:
        """Who holds a key now that asked for a URL; None where it was no key."""
        kind, _, key_id = identity.partition(" ")
        if kind != _KIND:
            return None
        held = await self._key(key_id, database)
        if held is None:
            raise Unauthenticated(f"The API key {key_id}, which asked for this URL, is not known here. {_ADVICE}")
        return _holder(held)

    async def _key(self, identity: str, database: Database) -> "_Held | None":
        """The key with this id, as it was `key_seconds` ago at most."""
        held = self._known.get(identity)
        if held is not None and time.monotonic() - held.since < self._seconds:
            return held
        held = await _find(identity, database)
        self._known.pop(identity, None)
        if held is not None:
            self._known[identity] = held
        return held


@dataclass(frozen=True, slots=True)
class _Held:
    """A key, the jurisdictions that it holds in, and when it was read."""

    key: ApiKey
    jurisdictions: frozenset[str]
    since: float


async def _find(identity: str, database: Database) -> _Held | None:
    """The key with this id in the jurisdiction of a database, or in any of those that it reads together.

    Keys of several are in the schema of the URL, whose table alone is believed about jurisdictions.
    """
    since, schema = time.monotonic(), schema_of(database.path)
    wanted = select(ApiKey).where(ApiKey.id == identity)
    if schema != PATH_OF_OWN:
        # Not current_schema(): a node of a cluster, which may be asked, has the path of nobody.
        whose: ColumnElement[str] = literal_column(PART) if schema in {SPAN, SOME} else literal(schema, Text())
        async with database.session() as session:
            rows = await session.rows(wanted.add_columns(whose.label(PART)))
        if rows:
            return _Held(rows[0].ApiKey, frozenset({rows[0].gateway_part}), since)
        database = database.within(PATH_OF_OWN)
    async with database.session() as session:
        keys = await session.entities(wanted, ApiKey)
    here = database.jurisdiction or OWN
    return _Held(keys[0], frozenset(keys[0].jurisdictions or {here}), since) if keys else None


def _holder(held: _Held) -> Principal:
    key = held.key
    if key.revoked_at is not None:
        raise Unauthenticated(f"The API key {key.id} was revoked. {_ADVICE}")
    if key.expires_at is not None and key.expires_at <= _now():
        raise Unauthenticated(f"The API key {key.id} expired at {key.expires_at.isoformat()}. {_ADVICE}")
    scopes, identity = frozenset(map(Scope, key.scopes)), f"{_KIND} {key.id}"
    return Principal(key.name, scopes, identity=identity, jurisdictions=held.jurisdictions)


async def create(
    database: Database,
    name: str,
    scopes: Sequence[Scope],
    expires: datetime | None,
    *,
    jurisdictions: Sequence[str] | None = None,
) -> str:
    """Make a key and store what is needed to know it again; the key itself is given this once.

    `jurisdictions` are the codes of several, of a key that is kept in the schema of the URL.
    """
    identity = secrets.token_hex(6)
    key = f"gwk_{identity}_{secrets.token_urlsafe(32)}"
    row = ApiKey(id=identity, name=name, digest=_digest(key), scopes=[scope.value for scope in scopes])
    row.expires_at, row.jurisdictions = expires, None if jurisdictions is None else list(jurisdictions)

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
    # The time is a parameter: a Citus cluster takes no now() in COALESCE.
    ended = update(ApiKey).where(ApiKey.id == identity).values(revoked_at=func.coalesce(ApiKey.revoked_at, _now()))
    async with database.session() as session, session.transaction():
        ids = await session.rows(ended.returning(ApiKey.id))
    if not ids:
        raise NotFound(f"There is no API key with the id {identity!r}. manage.py listkeys shows the ids.")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC)
