"""The table of jobs: bulk loads that were accepted, with what is needed to go on with them."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from gateway.models.job_columns import JobColumns


class Job(JobColumns, Base):
    """One bulk load; what became of its features stands in its ingest run."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_owner", "owner", "created_at"),)

    layer: Mapped[str] = mapped_column(Text, comment="Name of the layer that is loaded into.")
    format: Mapped[str] = mapped_column(Text, comment="Format of the body: geojson, geojsonl or fgb.")
    options: Mapped[dict[str, object]] = mapped_column(JSONB, comment="Options of the ingest, as they were given.")
    bytes: Mapped[int] = mapped_column(BigInteger, comment="Size of the body, decoded.")
    digest: Mapped[str] = mapped_column(Text, comment="SHA-256 of the body, decoded, in hexadecimal.")
    state: Mapped[str] = mapped_column(Text, comment="waiting, running, complete, failed or cancelled.")
    stop: Mapped[bool] = mapped_column(server_default=text("false"), comment="Whether it is to stop after its chunk.")
    attempts: Mapped[int] = mapped_column(
        Integer, server_default=text("0"), comment="How often it was begun since its last chunk."
    )
    run_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("ingest_runs.id", ondelete="SET NULL"), comment="Its ingest run, once that has begun."
    )
    total: Mapped[int | None] = mapped_column(BigInteger, comment="Features in the body, once they are counted.")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When its body was there."
    )
    owner: Mapped[str | None] = mapped_column(Text, comment="Whose it is: the key or the subject of the token.")
