"""What fields about jobs of every kind have in common; enters where a request finds its jobs, leaves fields.

Of such kinds there are bulk loads and analyses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from strawberry.types.field import StrawberryField

from gateway import errors
from gateway.execution.context import Context
from gateway.ingest.bulk.jobs import MOST
from schema.annotations import Argument, Fields, Resolver, Types, resolved
from schema.info import Info

# Of every job: type and description by attribute.
ENDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "error": ("JobError | None", "Why it failed, where it did."),
    "started_at": ("DateTime | None", "When it first began."),
    "finished_at": ("DateTime | None", "When it came to its end."),
}


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs of one kind: their type, the argument that names one, and those of a request, which has it `get` them."""

    types: Types
    kind: str
    named: Argument
    of: Callable[[Context], Any]

    def one(self, description: str) -> StrawberryField:
        """The field that reads a job."""

        async def read(root: None, info: Info, id: str) -> object:  # noqa: A002, ARG001
            return await self.of(info.context).get(id)

        return resolved(self.types, read, f"{self.kind} | None", description, id=self.named)

    def newest(self, description: str) -> StrawberryField:
        """The field that reads the newest jobs."""

        async def read(root: None, info: Info, first: int) -> Sequence[object]:  # noqa: ARG001
            if not 0 <= first <= MOST:
                raise errors.BadPage(f"first must be 0 to {MOST}, not {first}.", path=("first",), limit=MOST)
            jobs: Sequence[object] = await self.of(info.context).newest(first)
            return jobs

        most = Argument("Int", f"How many, at most {MOST}.", 20)
        return resolved(self.types, read, f"list[{self.kind}]", description, first=most)

    def steered(self, action: str, description: str) -> StrawberryField:
        """The mutation that does something with a job, such as `cancel`, and leaves it as it is then."""

        async def steer(root: None, info: Info, id: str) -> object:  # noqa: A002, ARG001
            return await getattr(self.of(info.context), action)(id)

        return resolved(self.types, steer, self.kind, description, id=self.named)


def attributes(types: Types, told: Mapping[str, tuple[str, str]]) -> Fields:
    """Fields that are attributes of a job, by type and description."""
    return {name: resolved(types, _attribute(name), kind, text) for name, (kind, text) in told.items()}


def _attribute(name: str) -> Resolver:
    return lambda root: getattr(root, name)


def named(fields: Fields) -> Fields:
    """The same fields, called in GraphQL as they are here."""
    for name, field in fields.items():
        field.graphql_name = name
    return fields
