"""Writes: the rows that a client wants into the database, whole or not at all."""

from gateway.execution.writing.drafts import Draft, OnInvalid, Target
from gateway.execution.writing.idempotency import Once
from gateway.execution.writing.results import Affected, Outcome, Result
from gateway.execution.writing.writer import Item, Refused, Writer

__all__ = ["Affected", "Draft", "Item", "OnInvalid", "Once", "Outcome", "Refused", "Result", "Target", "Writer"]
