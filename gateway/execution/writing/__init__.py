"""Writes: the rows that a client wants into the database, whole or not at all."""

from gateway.execution.writing.drafts import Draft, OnInvalid, RowTarget
from gateway.execution.writing.idempotency import Once
from gateway.execution.writing.results import Affected, RowResult, WriteOutcome
from gateway.execution.writing.writer import Item, Refused, RowWriter
