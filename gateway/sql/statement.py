"""A select as the driver takes it; enters a select with slots, leaves SQL text and recipes of its parameters.

Compiled once for each shape, so that binding is one pass over a few values: SQLAlchemy is not asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, PGDialect_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from gateway.models.slots import Slot
from gateway.sql.binding import GIVEN

PARENTS: Slot[Sequence[int]] = Slot(-1)  # the ids of the rows that related rows belong to, known when those are read


class _Compiler(PGCompiler_asyncpg):
    """Writes the numbers of our own expressions as they are, where SQLAlchemy makes each one a parameter.

    PostgreSQL computes with constants once, and knows that an expression it orders by is the one that it selects.
    """

    def visit_bindparam(self, bindparam: Any, *arguments: object, **options: Any) -> str:
        given = bindparam.key.startswith("slot_") or f" {GIVEN})" in bindparam.key
        if not given and type(bindparam.value) in {int, float}:
            options["literal_binds"] = True
        text: str = super().visit_bindparam(bindparam, *arguments, **options)  # type: ignore[no-untyped-call]
        return text


class _Dialect(PGDialect_asyncpg):
    statement_compiler = _Compiler
    supports_statement_cache = True


_DIALECT: Any = _Dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the slot of its value, or a value that is always the same."""

    slot: Slot[object] | None
    constant: object
    process: Callable[[Any], Any] | None

    def value(self, values: Sequence[Any], parents: Sequence[int] | None) -> Any:
        """What the driver is given."""
        if self.slot is None:
            return self.constant
        value = parents if self.slot is PARENTS else values[self.slot.index]
        return self.process(value) if self.process else value


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with parameters in their order.

    `tables` are those of layers whose rows alone decide what it answers, none where that is not known.
    """

    text: str
    parameters: tuple[Parameter, ...]
    tables: frozenset[str] = frozenset()

    def bind(self, values: Sequence[Any], parents: Sequence[int] | None = None) -> list[Any]:
        """The parameters for these values."""
        return [parameter.value(values, parents) for parameter in self.parameters]


def compiled(select: Executable) -> Statement:
    """Compile a select for asyncpg."""
    assert isinstance(select, ClauseElement)
    made: Any = select.compile(dialect=_DIALECT)
    assert isinstance(made, SQLCompiler)
    names: Sequence[str] = made.positiontup or ()
    values: Mapping[str, Any] = made.params
    return Statement(made.string, tuple(_parameter(made, name, values) for name in names))


def _parameter(made: Any, name: str, values: Mapping[str, object]) -> Parameter:
    process = made._bind_processors.get(name)  # noqa: SLF001 - SQLAlchemy has no public name for it
    if name.startswith("slot_"):
        slot: Slot[object] = Slot(int(name.removeprefix("slot_")))
        return Parameter(cast("Slot[object]", PARENTS) if slot == PARENTS else slot, None, process)
    constant = values[name]
    return Parameter(None, process(constant) if process else constant, None)
