"""Floor 4. Writes: the rows that a client wants into the database, whole or not at all."""

from gateway.writing.drafts import Draft, OnInvalid, Target
from gateway.writing.idempotency import Once
from gateway.writing.results import Affected, Outcome, Result
from gateway.writing.writer import Item, Refused, Writer

__all__ = ["Affected", "Draft", "Item", "OnInvalid", "Once", "Outcome", "Refused", "Result", "Target", "Writer"]
