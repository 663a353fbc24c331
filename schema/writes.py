"""A mutation operation as one transaction; enters what executes it, leaves its result, committed or undone.

An operation with an error changes nothing. One that collided with others, or whose connection was lost before the
commit, is tried again a few times: nothing of the first try is in the second. So is one with a key
whose connection was lost during the commit: to take the key again tells whether the first try came through.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    ExecutionResult,
    GraphQLError,
    VariableNode,
    Visitor,
    visit,
)

from gateway import errors, telemetry
from gateway.db.outages import deadline
from gateway.execution.context import Context
from gateway.execution.operation import OperationResult
from gateway.execution.writing import Once, RowResult
from schema.mutations import Isolation
from schema.problems import Refusal, cause

_TRIES: Final = 5
_PAUSE: Final = 0.02  # seconds, doubled with each try, and half of it left to chance
_PAUSE_LOST: Final = 0.1  # the same where the database went away
_BREAKS: Final = 2  # how often one begins again whose connection was lost before the commit

Run = Callable[[], Awaitable[ExecutionResult]]
Tell = Callable[[ExecutionResult], OperationResult]


@dataclass(frozen=True, slots=True)
class Terms:
    """How an operation is written.

    `timeout_ms` is the statement_timeout of its statements; it is `alone` where it has but one field, and `single`
    where it is one statement, which needs no transaction around it.
    """

    isolation: Isolation
    timeout_ms: int
    once: Once | None
    alone: bool
    single: bool


class _Undone(Exception):
    def __init__(self, problems: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.problems = problems


async def write(run: Run, tell: Tell, context: Context, terms: Terms) -> OperationResult:
    """Run a mutation operation in one transaction, and give its result.

    Raises Refusal where its idempotency key is in use, or stands for another operation.
    """
    return await _Write(run, tell, context, terms).result()


class _Write:
    """One operation, with what is left of the try whose commit was lost."""

    def __init__(self, run: Run, tell: Tell, context: Context, terms: Terms) -> None:
        self._run = run
        self._tell = tell
        self._context = context
        self._terms = terms
        self._result: OperationResult | None = None
        self._changed: Sequence[tuple[str, RowResult]] = ()
        self._lost = False
        self._breaks = 0

    async def result(self) -> OperationResult:
        problems: Sequence[GraphQLError] = ()
        for number in range(_TRIES):
            if number:
                pause = _PAUSE_LOST if self._lost else _PAUSE
                await asyncio.sleep(pause * 2**number * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            try:
                result = await self._try()
            except _Undone as undone:
                problems = undone.problems
                if not self._again(problems):
                    break
            else:
                self._audit()
                self._context.committed()
                return result
        return self._tell(ExecutionResult(None, [_unknown()] if self._lost else list(problems)))

    def _again(self, problems: Sequence[GraphQLError]) -> bool:
        """Whether another try may end otherwise; who has waited for its own lost commit need not wait again."""
        causes = [cause(problem) for problem in problems]
        if self._lost:
            waited = any(isinstance(each, errors.IdempotencyKeyInUse) for each in causes)
            return not waited and time.monotonic() < deadline.get()
        if any(isinstance(each, errors.Unavailable) and each.undone for each in causes):
            self._breaks += 1
            return self._breaks <= _BREAKS
        return any(isinstance(each, errors.ConcurrentChange) for each in causes)

    async def _try(self) -> OperationResult:
        try:
            async with self._transaction():
                return await self._answer()
        except errors.GatewayError as error:
            if isinstance(error, errors.UnknownOutcome):
                self._lost = self._terms.once is not None
            elif isinstance(error, errors.BadIdempotencyKey) and not (self._lost and error.retryable):
                raise Refusal([error]) from error
            raise _Undone([GraphQLError(error.message, original_error=error)]) from error

    def _transaction(self) -> AbstractAsyncContextManager[None]:
        terms = self._terms
        if terms.single:
            return nullcontext()
        return self._context.transaction(terms.isolation.value, terms.timeout_ms, alone=terms.alone)

    async def _answer(self) -> OperationResult:
        once = self._terms.once
        if once is not None and (kept := await once.claim()) is not None:
            return self._replayed(kept)
        self._lost = False  # a key that can be taken was not used: nothing was done with it
        result = await self._run()
        if result.errors:
            raise _Undone(result.errors)
        self._changed = self._context.writer.changed
        self._result = self._tell(result)
        if once is not None:
            self._result = replace(self._result, content=self._result.body())
            await once.keep(self._result.body())
        return self._result

    def _replayed(self, kept: bytes) -> OperationResult:
        if self._lost and self._result is not None and self._result.content == kept:
            return self._result  # the commit that was lost came through
        self._changed = ()
        return OperationResult(status=200, ran=True, content=kept, replayed=True)

    def _audit(self) -> None:
        """Who changed which rows: structured, and without what is in them."""
        for layer, result in self._changed:
            telemetry.log.info(
                "write",
                principal=self._context.principal.name,
                layer=layer,
                operation=result.outcome.value,
                id=result.id,
                version=result.version,
            )


def _unknown() -> GraphQLError:
    message = (
        "The connection to the database was lost during the commit, and it was not known in time whether the "
        "change was made. Send the same request again with the same Idempotency-Key: it is done once."
    )
    return GraphQLError(message, original_error=errors.UnknownOutcome(message, retryable=True))


def isolation_of(document: DocumentNode, variables: Mapping[str, object]) -> Isolation:
    """The strictest isolation that any field of a document asks for."""
    isolations = _Isolations(variables)
    visit(document, isolations)
    return Isolation.SERIALIZABLE if Isolation.SERIALIZABLE.name in isolations.names else Isolation.READ_COMMITTED


class _Isolations(Visitor):
    def __init__(self, variables: Mapping[str, object]) -> None:
        super().__init__()
        self._variables = variables
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        if node.name.value != "isolation":
            return
        if isinstance(node.value, EnumValueNode):
            self.names.add(node.value.value)
        elif isinstance(node.value, VariableNode):
            given = self._variables.get(node.value.name.value)
            self.names.add(str(getattr(given, "name", given)))
