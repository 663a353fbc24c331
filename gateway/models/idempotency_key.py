"""The table of idempotency keys: each with the answer that the request which bore it was given."""

from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class IdempotencyKey(Base):
    """One key of one principal, written in the transaction of the changes: both are there, or neither."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    digest: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, comment="SHA-256 of whose key it is and of the key."
    )
    fingerprint: Mapped[bytes] = mapped_column(
        LargeBinary, comment="SHA-256 of the operation, its variables and the scopes of whoever asked."
    )
    answer: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="Body of the answer; null only before its transaction commits."
    )
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When the changes were made."
    )
