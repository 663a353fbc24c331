"""The state of kept relations: where their pairs are behind the rows, and who changes which place."""

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class RelationMark(Base):
    """A place where the pairs of a relation are behind the rows; the relation is computed at read while there is one.

    `done` says how far a rebuild came: it remakes the sources of the place in the order of their ids.
    """

    __tablename__ = "relation_marks"
    __table_args__ = (Index("ix_relation_marks_relation", "relation"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, comment="Number of the mark.")
    relation: Mapped[str] = mapped_column(Text, comment="Table of the pairs.")
    place: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", srid=4326, spatial_index=False), comment="Box of what changed; null is everywhere."
    )
    done: Mapped[int | None] = mapped_column(
        BigInteger, comment="Id of the last source that a rebuild remade; null where none began."
    )
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When the rows changed."
    )


class RelationCell(Base):
    """A cell of the map whose rows one transaction at a time may change."""

    __tablename__ = "relation_cells"
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)

    cell: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="Row and column of a grid of 1/128 degree."
    )
    held_by: Mapped[int] = mapped_column(BigInteger, comment="The transaction that changed rows there last.")
