"""The table of trusted documents: operations that clients may send where no others are taken."""

from datetime import datetime

from sqlalchemy import DateTime, Integer, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class TrustedDocument(Base):
    """One document with one operation."""

    __tablename__ = "trusted_documents"

    hash: Mapped[str] = mapped_column(Text, primary_key=True, comment="SHA-256 of the text, in hexadecimal.")
    name: Mapped[str] = mapped_column(Text, comment="Name of its operation.")
    document: Mapped[str] = mapped_column(Text, comment="The text, as clients hash it.")
    ids: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="What a manifest calls it besides its hash.")
    cost: Mapped[int] = mapped_column(Integer, comment="Its estimated cost when it was trusted.")
    trusted_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When it was trusted."
    )
