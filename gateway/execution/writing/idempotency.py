"""Writes that are done once however often they are sent (the header Idempotency-Key, of the IETF's draft).

Enters a principal, its key and what it asks for; leaves the answer that the first request was given. The key is taken
at the start of the transaction and the answer stored before its end: changes, key and answer are all there, or none is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

import orjson

from gateway import errors
from gateway.db.sessions import Database, RequestSession
from gateway.identity.principal import Principal
from gateway.sql import idempotency

_AT_A_TIME: Final = 10_000


@dataclass(frozen=True, slots=True)
class Once:
    """One write of one session that is to be done once; `seconds` is how long its key stands for it."""

    session: RequestSession
    digest: bytes
    fingerprint: bytes
    seconds: float

    @classmethod
    def of(
        cls, session: RequestSession, principal: Principal, key: str, asked: Sequence[object], *, seconds: float
    ) -> Self:
        """The write that `principal` sent with `key`; `asked` is all that makes it another one, as JSON.

        A principal with other scopes than before may not be shown what it was shown then.
        """
        scopes = sorted(scope.value for scope in principal.scopes)
        return cls(session, _digest([principal.owner, key]), _digest([*asked, scopes]), seconds)

    async def claim(self) -> bytes | None:
        """Take the key in the session's transaction: None, or the answer where the write was done before.

        Waits up to lock_timeout for a transaction that has the key and goes on. Raises IdempotencyKeyInUse where that
        was too short, IdempotencyKeyReused where the key stands for another write.
        """
        try:
            taken = await self.session.rows(idempotency.claim(self.digest, self.fingerprint, self.seconds))
        except errors.Locked as error:
            message = "A request with this Idempotency-Key is still being done. Send it again in a moment."
            raise errors.IdempotencyKeyInUse(message) from error
        if taken:
            return None
        (kept,) = await self.session.rows(idempotency.kept(self.digest))
        if kept.fingerprint != self.fingerprint:
            message = (
                "This Idempotency-Key came before with another operation, other variables or other scopes. "
                "Send a new key with each new write, and the same key only to repeat one."
            )
            raise errors.IdempotencyKeyReused(message)
        answer: bytes = kept.answer
        return answer

    async def keep(self, answer: bytes) -> None:
        """Store the answer in the transaction that took the key."""
        await self.session.rows(idempotency.keep(self.digest, answer))


async def forget(database: Database, seconds: float) -> int:
    """Delete the keys that are older, and count them."""
    total = 0
    while True:
        async with database.session() as session, session.transaction():
            deleted = len(await session.rows(idempotency.forget(seconds, _AT_A_TIME)))
        total += deleted
        if deleted < _AT_A_TIME:
            return total


def _digest(parts: Sequence[object]) -> bytes:
    # JSON from a body has nothing else that orjson does not write.
    return sha256(orjson.dumps(parts, default=lambda number: number.text, option=orjson.OPT_SORT_KEYS)).digest()
