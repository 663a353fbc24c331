"""The tables that ingest keeps its accounts in, so that an interrupted one can go on where it stopped."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class IngestRun(Base):
    """One attempt, or several, to load one source into one layer."""

    __tablename__ = "ingest_runs"
    __table_args__ = (Index("ix_ingest_runs_identity", "identity"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Number of the run.")
    layer: Mapped[str] = mapped_column(Text, comment="Name of the layer that is loaded into.")
    source: Mapped[str] = mapped_column(Text, comment="Name of the source, without its folder.")
    identity: Mapped[str] = mapped_column(Text, comment="Digest of layer, content and options: equal runs may go on.")
    on_duplicate: Mapped[str] = mapped_column(Text, comment="What happens to a feature whose key is there already.")
    state: Mapped[str] = mapped_column(Text, comment="running, failed, complete or abandoned.")
    error: Mapped[str | None] = mapped_column(Text, comment="Why the run failed.")
    started_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When the run began."
    )
    finished_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the run was complete, failed or abandoned."
    )


class IngestChunk(Base):
    """Features that were committed together, written in the same transaction as they were."""

    __tablename__ = "ingest_chunks"

    run_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ingest_runs.id", ondelete="CASCADE"), primary_key=True, comment="Run of the chunk."
    )
    number: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="Place in the run, from 0."
    )
    first: Mapped[int] = mapped_column(BigInteger, comment="Index of the first feature in the source.")
    read: Mapped[int] = mapped_column(Integer, comment="Features read: the sum of the five below.")
    inserted: Mapped[int] = mapped_column(Integer, comment="New rows.")
    updated: Mapped[int] = mapped_column(Integer, comment="Rows that were there and changed.")
    repaired: Mapped[int] = mapped_column(Integer, comment="New or changed rows with a mended geometry.")
    skipped: Mapped[int] = mapped_column(Integer, comment="Features left out as the options ask.")
    rejected: Mapped[int] = mapped_column(Integer, comment="Features that can't be rows.")
    checksum: Mapped[str] = mapped_column(Text, comment="SHA-256 of the rows as they were sent.")
    outcomes: Mapped[list[object]] = mapped_column(JSONB, comment="Features that were not inserted as they were.")
    notes: Mapped[dict[str, object]] = mapped_column(JSONB, comment="Remarks on many features, with their number.")
    committed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When the chunk was written."
    )
