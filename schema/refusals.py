"""Documents that were refused, so that the same one costs a look-up the next time; bounded in bytes.

What is kept is what the client sees: an error of graphql-core holds its document, and a traceback all that was called.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from operator import itemgetter

from cachetools import LRUCache
from graphql import GraphQLError

from gateway import errors
from schema.problems import Problem, Refusal, cause

_ENTRY_SIZE = 2_000  # bytes of an entry and of each of its errors, besides their texts; measured


_NAMES_TOLD = 20

Names = Sequence[str | None]  # of the operations of a document


class Refusals:
    """The latest refusals by the digest of their document; what was asked for longest ago is forgotten first."""

    def __init__(self, capacity: int) -> None:
        self._kept: LRUCache[bytes, tuple[Sequence[Problem], Names, int]] = LRUCache(capacity, itemgetter(2))

    def __len__(self) -> int:
        return len(self._kept)

    def check(self, key: bytes, name: str | None) -> None:
        """Raise what is known of a document, or of the operation `name` of it."""
        if (kept := self._kept.get(key)) is not None:
            problems, names, _ = kept
            if problems:
                raise Refusal([_bare(problem) for problem in problems])
            choose(names, name)

    def keep(self, key: bytes, problems: Sequence[Problem]) -> None:
        """Remember why a document is refused."""
        bare = [_bare(problem) for problem in problems]
        self._keep(key, bare, (), _ENTRY_SIZE + sum(_ENTRY_SIZE + 8 * len(problem.message) for problem in bare))

    def keep_names(self, key: bytes, names: Names) -> None:
        """Remember the operations of a good document, of which a client wanted another."""
        self._keep(key, (), names, _ENTRY_SIZE + sum(100 + len(name or "") for name in names))

    def _keep(self, key: bytes, problems: Sequence[Problem], names: Names, size: int) -> None:
        if key not in self._kept:
            with suppress(ValueError):  # it is larger than all that may be kept
                self._kept[key] = (problems, names, size)


def choose(names: Names, name: str | None) -> int:
    """Which of the operations of these names is wanted."""
    if name is None and len(names) == 1:
        return 0
    if name is not None and name in names:
        return names.index(name)
    if not names:
        raise errors.OperationNotFound("The document has no operation, only fragments.")
    given = f"no operation named {name[:80]!r}" if name is not None else "several operations; name one as operationName"
    named = ", ".join(each for each in names[:_NAMES_TOLD] if each) or "an anonymous one"
    raise errors.OperationNotFound(f"The document has {given}. It has: {named}.")


def digest(text: str) -> bytes:
    """What stands for a document."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _bare(problem: Problem) -> Problem:
    """A problem without the document and the calls that led to it; each request gets one of its own to raise."""
    known = cause(problem)
    assert isinstance(known, errors.GatewayError)  # all that refuses a document has a code
    error = type(known)(known.message, path=known.path, **known.details)
    if not isinstance(problem, GraphQLError):
        return error
    bare = GraphQLError(problem.message, original_error=error)
    bare.locations = problem.locations
    return bare
