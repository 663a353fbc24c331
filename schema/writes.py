"""Floor 5. A mutation operation as one transaction; enters what executes it, leaves its result, committed or undone.

An operation with an error changes nothing. One that collided with others is tried again a few times: it began anew, so
nothing of the first try is in the second.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

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
from gateway.context import Context
from schema.mutations import Isolation
from schema.problems import cause

_TRIES: Final = 5
_PAUSE: Final = 0.02  # seconds, doubled with each try, and half of it left to chance

Run = Callable[[], Awaitable[ExecutionResult]]


class _Undone(Exception):
    def __init__(self, result: ExecutionResult) -> None:
        super().__init__()
        self.result = result


async def write(run: Run, context: Context, isolation: Isolation, timeout_ms: int) -> ExecutionResult:
    """Run a mutation operation in one transaction; `timeout_ms` is the statement_timeout of its statements."""
    result = await _try(run, context, isolation, timeout_ms)
    for number in range(1, _TRIES):
        if not _collided(result):
            break
        await asyncio.sleep(_PAUSE * 2**number * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        result = await _try(run, context, isolation, timeout_ms)
    if not result.errors:
        _audit(context)
    return result


async def _try(run: Run, context: Context, isolation: Isolation, timeout_ms: int) -> ExecutionResult:
    try:
        async with context.transaction(isolation.value, timeout_ms):
            result = await run()
            if result.errors:
                raise _Undone(result)
    except _Undone as undone:
        return ExecutionResult(None, undone.result.errors)
    except errors.GatewayError as error:
        return ExecutionResult(None, [GraphQLError(error.message, original_error=error)])
    return result


def _collided(result: ExecutionResult) -> bool:
    return any(isinstance(cause(problem), errors.ConcurrentChange) for problem in result.errors or ())


def _audit(context: Context) -> None:
    """Who changed which rows: structured, and without what is in them."""
    for layer, result in context.writer.changed:
        telemetry.log.info(
            "write",
            principal=context.principal.name,
            layer=layer,
            operation=result.outcome.value,
            id=result.id,
            version=result.version,
        )


def isolation_of(document: DocumentNode, variables: Mapping[str, Any]) -> Isolation:
    """The strictest isolation that any field of a document asks for."""
    found = _Isolations(variables)
    visit(document, found)
    return Isolation.SERIALIZABLE if Isolation.SERIALIZABLE.name in found.names else Isolation.READ_COMMITTED


class _Isolations(Visitor):
    def __init__(self, variables: Mapping[str, Any]) -> None:
        super().__init__()
        self._variables = variables
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value != "isolation":
            return
        if isinstance(node.value, EnumValueNode):
            self.names.add(node.value.value)
        elif isinstance(node.value, VariableNode):
            given = self._variables.get(node.value.name.value)
            self.names.add(str(getattr(given, "name", given)))
