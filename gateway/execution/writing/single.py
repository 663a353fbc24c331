"""A new row by one statement, which reads it, too; enters a draft, leaves its result and what was read.

The statement is a transaction of its own: there is nothing to begin, nothing to undo and nothing to commit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from gateway import errors
from gateway.db.sessions import RequestSession
from gateway.execution.writing.results import Outcome, Result
from gateway.execution.writing.writer import Item, Refused, taken
from gateway.layers import Layer
from gateway.sql.prepared_writes import given


class Creating(Protocol):
    """A statement that inserts a row, and what its answer becomes."""

    @property
    def text(self) -> str:
        """SQL."""

    @property
    def parameters(self) -> Sequence[Any]:
        """Its parameters."""

    def told(self, row: Sequence[Any]) -> tuple[int, int]:
        """Id and version of the row."""

    def made(self, row: Sequence[Any]) -> Mapping[str, Any]:
        """What was read."""


async def create(
    session: RequestSession, layer: Layer, item: Item, statement: Callable[[Mapping[str, Any]], Creating]
) -> tuple[Result, Mapping[str, Any]]:
    """Insert a row; raises Refused, as a writer does where nothing stands alone."""
    if item.draft is None:
        assert item.error is not None
        raise Refused([item.error])
    creating = statement({name: given(value) for name, value in item.draft.values.items()})
    try:
        rows = await session.fetch_once(creating.text, creating.parameters)
    except errors.ConstraintViolated as error:
        raise Refused([error.at(*item.path)]) from error
    if not rows:
        raise Refused([taken(layer, item)])
    (row,) = rows
    return Result(item.index, Outcome.CREATED, *creating.told(row), item.draft.area_change), creating.made(row)
