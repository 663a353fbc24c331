"""The table of jurisdictions: cities and counties, each with a schema of all tables of its own."""

from datetime import datetime
from typing import Final

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Identity, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import SRID, Base

# Ids of rows are below number << BITS + 2 ** BITS: so many bits for rows leave 17 for the number within a JSON number.
BITS = 36
MOST = 2 ** (53 - BITS) - 1

ALL: Final = "all"
"""The code under which all are read together, so that none of them can have it."""

SPAN: Final = "gateway_all"
"""The schema of views by which they are (`gateway.sql.spanning_views`)."""

SOME: Final = "gateway_some"
"""The schema of views by which those of them are that the search_path has the marks of, and no others."""

PART: Final = "gateway_part"
"""The column that says of which schema a row is, in the views of API keys."""


def found_in(column: str) -> str:
    """The column of a view of all that has what a value of `column` is found by, made as the index of each has it."""
    return f"gateway_search_{column}"


class Jurisdiction(Base):
    """One jurisdiction; its schema is called as its code. That of the URL, which was there first, is none of these."""

    __tablename__ = "jurisdictions"

    number: Mapped[int] = mapped_column(
        BigInteger,
        Identity(maxvalue=MOST),
        primary_key=True,
        comment="Never given twice: ids of its rows begin with it.",
    )
    code: Mapped[str] = mapped_column(Text, unique=True, comment="What URLs and commands call it, and its schema.")
    name: Mapped[str] = mapped_column(Text, comment="What people call it.")
    outline: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False), comment="Where its rows lie; null where nobody said."
    )
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), comment="When it was added."
    )
