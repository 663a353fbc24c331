"""What reads; the session of a request is one, and so is what stands before it to explain its statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Executable

from gateway.admission.claims import Claim
from gateway.db.sessions import RequestSession

Row: TypeAlias = Any  # of an answer: the statement says which columns it has, by name and place


class Reader(Protocol):
    """Sends statements and fetches what they answer."""

    @property
    def claim(self) -> Claim:
        """What the request claims of the database."""

    @property
    def writing(self) -> RequestSession:
        """The session that writes, with its transactions."""

    @property
    def busy(self) -> float:
        """Seconds that the statements took so far."""

    def pin(self) -> None:
        """Ask the primary from here on."""

    def pin_for(self, moment: datetime) -> None:
        """Ask the primary from here on if a replica might lack what was committed by a moment."""

    async def rows(self, statement: Executable) -> Sequence[Row]:
        """Run `statement` and fetch all its rows."""

    async def entities(self, statement: Executable) -> Sequence[Row]:
        """Run a select of one ORM entity and fetch all of them."""

    async def scalar(self, statement: Executable) -> Row:
        """The first column of the first row, or None."""

    async def fetch(self, text: str, parameters: Sequence[object]) -> Sequence[Row]:
        """Run SQL text that was compiled before."""
