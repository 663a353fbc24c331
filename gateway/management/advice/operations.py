"""Operations kept in files; enters a folder and what runs an operation, leaves advice on their statements.

A document stands in `name.graphql`, its variables in `name.json` beside it, or in `variables.json` beside it.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import orjson
from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway import errors
from gateway.db.reader import Reader
from gateway.db.sessions import RequestSession
from gateway.execution.explaining import Explaining
from gateway.execution.operation import Operation, OperationResult
from gateway.management.advice.advice import Advice

SLOW_MS = 1_000.0

Runs = Callable[[Operation, Reader], Awaitable[OperationResult]]


def operations(place: Path) -> Iterator[tuple[str, Operation]]:
    """The operations of a file, or of all files of a folder, with names for people."""
    files = sorted(place.rglob("*.graphql")) if place.is_dir() else [place]
    if not files:
        raise errors.SetupError(f"{place} has no file *.graphql.")
    for file in files:
        text = _text(file)
        try:
            definitions = [one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode)]
        except GraphQLError as error:
            raise errors.SetupError(f"{file} is not GraphQL: {error.message}") from error
        for one in definitions:
            name = one.name.value if one.name else None
            variables = _variables(file)
            about = f"{file.relative_to(place) if place.is_dir() else file.name}" + (f" {name}" if name else "")
            yield about, Operation(text, name, variables, read_only=True)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.SetupError(f"{file} cannot be read: {error}") from error


def _variables(file: Path) -> Mapping[str, object]:
    for given in (file.with_suffix(".json"), file.with_name("variables.json")):
        if given.exists():
            try:
                values = orjson.loads(given.read_bytes())
            except orjson.JSONDecodeError as error:
                raise errors.SetupError(f"{given} is not JSON: {error}") from error
            if not isinstance(values, dict):
                raise errors.SetupError(f"{given} must hold an object: the variables by name.")
            return values
    return {}


async def advise(session: RequestSession, about: str, operation: Operation, run: Runs) -> Sequence[Advice]:
    """Run an operation and look at each statement that it took."""
    explaining = Explaining(session)
    outcome = await run(operation, explaining)
    advices = [
        Advice("operations", about, f"{one['verdict']} ({one['ms']:.1f} ms)", tuple(one["cures"]))
        for one in await explaining.statements()
        if one["cures"] or one.get("ms", 0) > SLOW_MS
    ]
    if outcome.errors:
        advices.append(Advice("operations", about, f"answers {outcome.errors[0]['message']}"))
    return advices
