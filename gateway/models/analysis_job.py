"""The tables of analyses that run as jobs, and of what came of them."""

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Float, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import SRID, Base
from gateway.models.job_columns import JobColumns


class AnalysisJob(JobColumns, Base):
    """One analysis: what was asked, by whom, and how far it is."""

    __tablename__ = "analysis_jobs"
    __table_args__ = (
        Index("ix_analysis_jobs_owner", "owner", "created_at"),
        Index("ix_analysis_jobs_open", "created_at", postgresql_where=text("finished_at IS NULL")),
        Index("ix_analysis_jobs_expires_at", "expires_at"),
    )

    layer: Mapped[str] = mapped_column(Text, comment="Name of the layer whose rows are analysed.")
    method: Mapped[str] = mapped_column(Text, comment="Name of the method, as in GraphQL.")
    asked: Mapped[str] = mapped_column(Text, comment="Filter, moment and arguments of the method, as JSON.")
    identity: Mapped[str | None] = mapped_column(Text, comment="The credential that asked, where it has a name.")
    owner: Mapped[str] = mapped_column(Text, comment="Whose it is: the key or the subject of the token.")
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="What the credential granted then.")
    state: Mapped[str] = mapped_column(
        Text, server_default=text("'waiting'"), comment="waiting, running, complete, failed or cancelled."
    )
    phase: Mapped[str | None] = mapped_column(Text, comment="counting, analysing or writing, while it runs.")
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"), comment="How often it was begun.")
    rows: Mapped[int | None] = mapped_column(BigInteger, comment="Rows that are analysed, once they are counted.")
    vertices: Mapped[int | None] = mapped_column(BigInteger, comment="Their vertices.")
    seconds: Mapped[float | None] = mapped_column(Float, comment="How long it was thought to take.")
    written: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="Features of its result so far.")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When it was asked for."
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When it is deleted, with its result."
    )


class AnalysisResult(Base):
    """One feature of a result."""

    __tablename__ = "analysis_results"
    __table_args__ = (
        Index("ix_analysis_results_geom", "geom", postgresql_using="gist"),
        Index("ix_analysis_results_size", "job", "size"),
    )

    job: Mapped[str] = mapped_column(
        Text, ForeignKey("analysis_jobs.id", ondelete="CASCADE"), primary_key=True, comment="Its job."
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="Its place in the result, from 1.")
    properties: Mapped[dict[str, object]] = mapped_column(JSONB, comment="What is told of it.")
    size: Mapped[float] = mapped_column(Float, comment="Degrees across its box: the largest are drawn first.")
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", srid=SRID, spatial_index=False), comment="Its shape; NULL of rows in no cluster."
    )
