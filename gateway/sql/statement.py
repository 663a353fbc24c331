"""Floor 2. A select as the driver takes it; enters a select with slots, leaves SQL text and recipes of its parameters.

Compiled once for each shape, so that binding is one pass over a few values: SQLAlchemy is not asked again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from gateway.query.slots import Slot

PARENTS = Slot(-1)  # the ids of the rows that related rows belong to, known when those are read

_DIALECT: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the slot of its value, or a value that is always the same."""

    slot: Slot | None
    constant: Any
    process: Callable[[Any], Any] | None

    def value(self, values: Sequence[Any], parents: Sequence[int] | None) -> Any:
        """What the driver is given."""
        if self.slot is None:
            return self.constant
        value = parents if self.slot == PARENTS else values[self.slot.index]
        return self.process(value) if self.process else value


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with parameters in their order."""

    text: str
    parameters: tuple[Parameter, ...]

    def bind(self, values: Sequence[Any], parents: Sequence[int] | None = None) -> list[Any]:
        """The parameters for these values."""
        return [parameter.value(values, parents) for parameter in self.parameters]


def compiled(select: Executable) -> Statement:
    """Compile a select for asyncpg."""
    assert isinstance(select, ClauseElement)
    found: Any = select.compile(dialect=_DIALECT)
    assert isinstance(found, SQLCompiler)
    names: Sequence[str] = found.positiontup or ()
    return Statement(found.string, tuple(_parameter(found, name) for name in names))


def _parameter(found: Any, name: str) -> Parameter:
    process = found._bind_processors.get(name)  # noqa: SLF001 - SQLAlchemy has no public name for it
    bind = found.binds[name]
    if name.startswith("slot_"):
        return Parameter(Slot(int(name.removeprefix("slot_"))), None, process)
    constant = bind.effective_value
    return Parameter(None, process(constant) if process else constant, None)
