"""The table of API keys: what the gateway knows of them, which is not the keys themselves."""

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class ApiKey(Base):
    """One key of one client; it holds until it expires or is revoked."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True, comment="Public part of the key.")
    name: Mapped[str] = mapped_column(Text, comment="Whose key it is; written to logs and history.")
    digest: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of the whole key.")
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="What it allows: read, write, bulk, admin.")
    jurisdictions: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), comment="Codes of those that it holds in, * for all; null for the one whose table this is."
    )
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When it was made."
    )
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When it ends, if ever.")
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When it was revoked.")
