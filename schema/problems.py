"""Errors on their way out; enters exceptions of graphql-core, leaves the `errors` entries of an answer.

A GatewayError anywhere behind an error gives it its code; an error of graphql-core's own gets the code of its stage;
anything else is unforeseen: the client gets an id, the log gets the error.
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from graphql import GraphQLError

from gateway import errors, telemetry
from gateway.execution.writing import Refused

# Messages of graphql-core repeat what the client wrote, whose length has no bound but the body's.
_LONGEST = 1_000  # characters of a message
_END = 200  # of which so many are its last: there it says what was expected

Problem = GraphQLError | errors.GatewayError


class Refusal(Exception):
    """An operation that does not run, with all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0])
        self.problems = problems


def cause(problem: BaseException) -> BaseException:
    """The exception behind the wraps of graphql-core, or an error of its own."""
    behind = problem
    while isinstance(behind, GraphQLError) and behind.original_error is not None:
        behind = behind.original_error
    return behind


def spread(problems: Sequence[GraphQLError]) -> Sequence[GraphQLError]:
    """The errors with each write that was refused as all that is wrong with it."""
    every: list[GraphQLError] = []
    for problem in problems:
        behind = cause(problem)
        if isinstance(behind, Refused):
            every += [_of_field(problem, each) for each in behind.problems]
        else:
            every.append(problem)
    return every


def _of_field(problem: GraphQLError, error: errors.GatewayError) -> GraphQLError:
    return GraphQLError(error.message, problem.nodes, path=problem.path, original_error=error)


def entry(problem: BaseException, *, stage: type[errors.GatewayError] = errors.ArgumentError) -> Mapping[str, object]:
    """One entry of `errors`: message, locations, path and extensions."""
    known = _known(problem, stage)
    telemetry.errors_sent.labels(known.code).inc()
    shown: dict[str, object] = {"message": _cut(known.message)}
    if isinstance(problem, GraphQLError):
        if problem.locations:
            shown["locations"] = [{"line": place.line, "column": place.column} for place in problem.locations]
        if problem.path:
            shown["path"] = problem.path
    return shown | {"extensions": known.extensions}


def _cut(message: str) -> str:
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST - _END - 1]}…{message[-_END:]}"


def _known(problem: BaseException, stage: type[errors.GatewayError]) -> errors.GatewayError:
    behind = cause(problem)
    if isinstance(behind, errors.GatewayError):
        return behind
    if isinstance(behind, GraphQLError):
        return stage(behind.message)
    identity = uuid4().hex
    telemetry.log.error("unforeseen", error_id=identity, path=getattr(problem, "path", None), exc_info=behind)
    return errors.Internal(errors.Internal.MASK, id=identity)


def status(problem: BaseException) -> int:
    """The HTTP status of a refusal for this reason."""
    behind = cause(problem)
    return behind.status if isinstance(behind, errors.GatewayError) else errors.DocumentError.status
