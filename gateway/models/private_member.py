"""The table of members of `attributes` that are private by name, as the options of ingest named them."""

from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base

NAMES: Final = "SELECT layer, name FROM private_members"


class PrivateMember(Base):
    """One name, in any case and at any depth of the `attributes` of one layer."""

    __tablename__ = "private_members"

    layer: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name of the layer.")
    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name of a member of attributes, in any case.")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When it was made private."
    )
