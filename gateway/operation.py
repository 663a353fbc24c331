"""Floor 4. What crosses between the HTTP view and the GraphQL surface: the operation asked for, and its outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Operation:
    """One GraphQL request as the client wrote it; `reading` refuses mutations (GET), `explain` tells its plan."""

    document: str
    name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    reading: bool = False
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ended.

    `status` is that of `application/graphql-response+json`: 200 once the operation ran, else that of its refusal.
    `data` is absent (None and `ran` false) when the operation did not run; it may hold `orjson.Fragment`s.
    """

    status: int
    ran: bool
    data: Any = None
    errors: Sequence[Mapping[str, Any]] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)


class Runs(Protocol):
    """Whatever runs operations: the surface gives one to the view."""

    async def run(self, operation: Operation, context: Any) -> Outcome:
        """Run `operation`; never raises but for a cancel."""
        ...
