"""Columns of every table of jobs: who asked, who runs it, and how it ended; leaves them to the models of jobs."""

from datetime import datetime

from sqlalchemy import DateTime, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column


class JobColumns:
    """What goes on after its request, and is found by its name."""

    id: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name of the job, which nobody can guess.")
    principal: Mapped[str] = mapped_column(Text, comment="Who asked for it.")
    request_id: Mapped[str | None] = mapped_column(Text, comment="Id of the request that it came with.")
    runner: Mapped[int | None] = mapped_column(Integer, comment="Number of the process that runs it, while it lives.")
    error_code: Mapped[str | None] = mapped_column(Text, comment="Stable code of why it failed.")
    error_message: Mapped[str | None] = mapped_column(Text, comment="Why it failed, and how to mend it.")
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When it was first begun.")
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When it came to its end.")
