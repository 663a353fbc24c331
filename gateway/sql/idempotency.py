"""Statements about idempotency keys; enters digests and answers, leaves INSERT, SELECT, UPDATE and DELETE."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Executable, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.models import IdempotencyKey


def claim(digest: bytes, fingerprint: bytes, seconds: float) -> Executable:
    """Take a key that is free or expired: one row, else none. Waits for a transaction that took it and goes on."""
    statement = insert(IdempotencyKey).values(digest=digest, fingerprint=fingerprint)
    return statement.on_conflict_do_update(
        index_elements=["digest"],
        set_={"fingerprint": statement.excluded.fingerprint, "answer": None, "created_at": func.now()},
        where=_expired(seconds),
    ).returning(IdempotencyKey.digest)


def kept(digest: bytes) -> Select[bytes, bytes | None]:
    """What a key stands for, and the answer."""
    return select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(IdempotencyKey.digest == digest)


def keep(digest: bytes, answer: bytes) -> Executable:
    """Store the answer with a key that this transaction took."""
    statement = update(IdempotencyKey).where(IdempotencyKey.digest == digest).values(answer=answer)
    return statement.returning(IdempotencyKey.digest).execution_options(synchronize_session=False)


def forget(seconds: float, most: int) -> Executable:
    """Delete keys that have expired, `most` at a time."""
    some = select(IdempotencyKey.digest).where(_expired(seconds)).limit(most)
    statement = delete(IdempotencyKey).where(IdempotencyKey.digest.in_(some)).returning(IdempotencyKey.digest)
    return statement.execution_options(synchronize_session=False)


def expired(seconds: float, most: int) -> Select[int]:
    """How many keys have expired, counted up to `most`."""
    some = select(IdempotencyKey.digest).where(_expired(seconds)).limit(most).subquery()
    return select(func.count()).select_from(some)


def _expired(seconds: float) -> ColumnElement[bool]:
    return IdempotencyKey.created_at <= func.now() - timedelta(seconds=seconds)
