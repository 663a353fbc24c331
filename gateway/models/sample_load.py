"""The table that knows the rows of the sample county, so that they are never taken for those of a city."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class SampleLoad(Base):
    """The rows that `manage.py sample` made in one layer: those of these ids that were made at that time.

    Ids alone would do, since none is given twice; with the time, no other row is lost where someone resets a sequence.
    """

    __tablename__ = "sample_loads"

    layer: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name of the layer.")
    first_id: Mapped[int] = mapped_column(BigInteger, comment="Id of the first row that was made.")
    last_id: Mapped[int] = mapped_column(BigInteger, comment="Id of the last row that was made.")
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="created_at of each of the rows.")
