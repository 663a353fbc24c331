"""What crosses between the HTTP view and the GraphQL surface: the operation asked for, and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import orjson

from gateway.execution.context import Context
from gateway.execution.trusted import Trusted
from gateway.execution.values import Plain
from gateway.query.statistics import Estimates

LARGE: Final = 16 * 1024


@dataclass(slots=True)  # frozen, it takes microseconds to be made
class Operation:
    """One GraphQL request as the client wrote it; `read_only` refuses mutations (GET), `explain` shows its plan.

    `key` is that of the header Idempotency-Key; `size` is how many bytes the client sent for it; `document_id` is what
    it names the document by, whose text may be empty then; `consistency` names a write that is to be seen.
    """

    document: str
    name: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    read_only: bool = False
    explain: bool = False
    key: str | None = None
    size: int = 0
    document_id: str | None = None
    consistency: object = None

    @property
    def large(self) -> bool:
        """Whether reading its arguments may take so long that others should be served meanwhile."""
        return self.size > LARGE


@dataclass(slots=True)
class OperationResult:
    """How an operation ended.

    `status` is that of `application/graphql-response+json`: 200 once the operation ran, else that of its refusal.
    `data` is absent (None and `ran` false) when the operation did not run; it may hold `orjson.Fragment`s. `content`
    is the body where that is made already; a `replayed` one has nothing else. `consistency` is told as an extension.
    """

    status: int
    ran: bool
    data: Plain = None
    errors: Sequence[Mapping[str, Plain]] = ()
    extensions: Mapping[str, Plain] = field(default_factory=dict)
    content: bytes | None = None
    replayed: bool = False
    consistency: str | None = None

    def body(self) -> bytes:
        """The body of the answer, as JSON."""
        if self.content is not None:
            return self.content if self.consistency is None else _extended(self.content, self.consistency)
        if self.consistency is not None:
            self.extensions = {**self.extensions, "consistency": self.consistency}
        body: dict[str, object] = {"data": self.data} if self.ran else {}
        if self.errors:
            body["errors"] = self.errors
        if self.extensions:
            body["extensions"] = self.extensions
        return orjson.dumps(body)


def _extended(content: bytes, consistency: str) -> bytes:
    """A body that was made and kept before, whose extensions stand last and are not empty, with one more."""
    return content[:-2] + b',"consistency":%s}}' % orjson.dumps(consistency)


class Runs(Protocol):
    """What runs operations: the surface gives one to the view. It prices them by estimates that servers refresh."""

    @property
    def estimates(self) -> Estimates:
        """What is known of the tables."""

    @property
    def trusted(self) -> Trusted:
        """The documents that are trusted, which servers refresh as well."""

    async def run(self, operation: Operation, context: Context) -> OperationResult:
        """Run `operation`; never raises but for a cancel."""
        ...
