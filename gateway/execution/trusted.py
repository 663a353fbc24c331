"""Trusted documents: a table that commands write, as the workers know it a few seconds later."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from gateway import telemetry
from gateway.db.sessions import Database
from gateway.errors import GatewayError, NotFound
from gateway.models import TrustedDocument

_PAUSE: Final = 4.0  # seconds between looks, so that a change holds within 5
_FIRST: Final = 2.0  # seconds that a worker waits for the first look before it serves


def sha256(text: str) -> str:
    """The hash that stands for a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Trusted:
    """The trusted documents as one worker knows them; `own` are those of pages that the gateway serves."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._own = {sha256(text): text for text in own}
        self.by_id: Mapping[str, str] = self._own
        self.texts = frozenset(self._own.values())
        self.learned, self.asked = asyncio.Event(), asyncio.Event()

    def learn(self, documents: Iterable[TrustedDocument]) -> None:
        """Take what the table holds now."""
        by_id = dict(self._own)
        for each in documents:
            by_id |= dict.fromkeys((each.hash, *each.ids), each.document)
        self.by_id, self.texts = by_id, frozenset(by_id.values())


async def keep_learning(trusted: Trusted, database: Database, *, always: bool) -> None:
    """Read the table now, and every few seconds: always, or while requests name documents by hash."""
    known: frozenset[str] | None = None
    while True:
        try:
            known = await _learn(trusted, database, known)
            trusted.learned.set()
        except (GatewayError, DBAPIError, OSError) as error:
            telemetry.log.warning("trusted documents not read", reason=type(error).__name__)
        await asyncio.sleep(_PAUSE)
        if not always:
            await trusted.asked.wait()
            trusted.asked.clear()


async def _learn(trusted: Trusted, database: Database, known: frozenset[str] | None) -> frozenset[str]:
    async with database.session() as session:
        marks = await session.rows(select(TrustedDocument.hash, TrustedDocument.ids))
        stored = frozenset(repr(tuple(row)) for row in marks)
        if stored != known:
            trusted.learn(await session.entities(select(TrustedDocument), TrustedDocument))
    return stored


async def begin(trusted: Trusted, database: Database, *, always: bool) -> "asyncio.Task[None]":
    """Learn from now on; where no other documents are taken the first look is waited for a moment."""
    learning = asyncio.create_task(keep_learning(trusted, database, always=always))
    if always:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST):
                await trusted.learned.wait()
    return learning


async def listed(database: Database) -> Sequence[TrustedDocument]:
    """All of them, by name."""
    async with database.session() as session:
        wanted = select(TrustedDocument).order_by(TrustedDocument.name, TrustedDocument.hash)
        return await session.entities(wanted, TrustedDocument)


async def trust(database: Database, documents: Sequence[TrustedDocument], *, replace: bool) -> int:
    """Keep documents; with `replace` no others. Returns how many were forgotten."""
    columns = ("hash", "name", "document", "ids", "cost")
    values = [{name: getattr(each, name) for name in columns} for each in documents]
    hashes = [each.hash for each in documents]
    async with database.session() as session, session.transaction():
        for value in values:
            kept = insert(TrustedDocument).values(value)
            renewed = {name: getattr(kept.excluded, name) for name in ("name", "ids", "cost")}
            await session.rows(
                kept.on_conflict_do_update(index_elements=["hash"], set_=renewed).returning(TrustedDocument.hash)
            )
        if not replace:
            return 0
        others = delete(TrustedDocument).where(TrustedDocument.hash.not_in(hashes)).returning(TrustedDocument.hash)
        return len(await session.rows(others))


async def forget(database: Database, prefix: str) -> Sequence[str]:
    """Trust a document no longer, named by its hash or the first 8 characters of it and more."""
    wanted = TrustedDocument.hash.startswith(prefix, autoescape=True)
    async with database.session() as session, session.transaction():
        named = await session.rows(select(TrustedDocument.hash, TrustedDocument.name).where(wanted))
        if len(named) != 1 or len(prefix) < 8:
            reason = "Several trusted documents have" if len(named) > 1 else "There is no trusted document with"
            raise NotFound(f"{reason} a hash that begins with {prefix!r}. manage.py trust --list shows all.")
        await session.rows(delete(TrustedDocument).where(wanted).returning(TrustedDocument.hash))
        return [str(named[0].hash), str(named[0].name)]
