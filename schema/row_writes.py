"""Mutations of one row past the executor; enters a mutation that has a plan, leaves what resolvers would answer.

Most writes are of one row and ask little of it. graphql-core would coerce its variables twice, Strawberry make objects
of them that the writer takes apart again, and both resolve field by field what is known at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ExecutionResult, FieldNode
from graphql.error import located_error
from graphql.execution.values import VariableValues

from gateway.execution.context import Context
from gateway.execution.reading import Resolving
from gateway.execution.values import Arguments
from gateway.execution.writing import RowResult, WriteOutcome
from gateway.layers import Layer, Layers
from gateway.planner import arguments as planned
from gateway.planner.describe import plan_text
from gateway.planner.later import Later, PlannedRow
from gateway.planner.lru import MemoryBudget
from gateway.planner.planning import Planning
from gateway.planner.selection import CannotPlan, Selected
from gateway.query.connection import QueryParser
from schema.verbs import Verb, of_one_row, write_one

_ValueOf: TypeAlias = Callable[[RowResult], object]

# What no row is read for; a row that could not be written fails its operation, so that there is no error to show.
_MEMBERS: Mapping[str, _ValueOf | None] = {
    "index": lambda result: result.index,
    "outcome": lambda result: result.outcome.name,
    "areaChange": lambda result: result.area_change,
    "error": lambda _: None,
}


@dataclass(frozen=True, slots=True)
class RowWrite:
    """A mutation of one field that writes one row.

    `members` are response keys and what gives the value of each; None where it is the row.
    """

    key: str
    node: FieldNode
    layer: Layer
    verb: Verb
    arguments: planned.Arguments
    members: Sequence[tuple[str, _ValueOf | None]]
    row: PlannedRow

    def bind(self, variables: VariableValues, parser: QueryParser) -> "BoundWrite":
        """Take the values of one request; raises what is wrong with an argument."""
        return BoundWrite(self, self.arguments.read(variables), self.row.later(variables, parser))


@dataclass(frozen=True, slots=True)
class BoundWrite:
    """The write of one request."""

    prepared: RowWrite
    given: Arguments
    row: Later

    @property
    def plan(self) -> str:
        """How the row is read, for people."""
        return plan_text(self.prepared.row.plan)

    @property
    def single(self) -> bool:
        """Whether one statement can do all of it."""
        return self.prepared.verb.name == "create" and self.prepared.row.simple

    async def run(self, context: Context, resolving: Resolving, *, single: bool) -> ExecutionResult:
        """Write the row in the transaction of the context, and read it back; or by a `single` statement."""
        it = self.prepared
        try:
            if single:
                context.returning(self.row)
            result = await write_one(context, it.layer, it.verb, self.given)
            read = ExecutionResult(context.writer.returned) if single else await self._read(context, resolving, result)
        except Exception as error:  # noqa: BLE001 - as the executor does: the client gets an answer in any case
            return ExecutionResult(None, [located_error(error, [it.node], [it.key])])
        if read.errors:
            return read
        rows = read.data or {}
        made = {key: rows.get(key) if value_of is None else value_of(result) for key, value_of in it.members}
        return ExecutionResult({it.key: made}, None)

    async def _read(self, context: Context, resolving: Resolving, result: RowResult) -> ExecutionResult:
        if result.id is None or result.outcome is WriteOutcome.DELETED or not self.row.planned.plan.outputs:
            return ExecutionResult()
        return await context.read(self.row.read(result.id), resolving, [self.prepared.key])


def row_write(selection: Sequence[Selected], layers: Layers, memory: MemoryBudget) -> RowWrite:
    """The plan of a mutation; raises CannotPlan."""
    if len(selection) != 1 or selection[0].name not in (known := of_one_row(layers)):
        raise CannotPlan("several writes, or no write of one row")
    (selected,) = selection
    layer, verb = known[selected.name]
    type_name = f"{layer.type_name}Write"
    members = selected.of(type_name)
    rows = [member for member in members if member.name == layer.singular]
    row = PlannedRow(Planning(layers).later(layer, rows), layer, layers, memory)
    arguments = planned.Arguments(selected.definition, selected.node)
    values = {**_MEMBERS, layer.singular: None, "__typename": lambda _: type_name}
    values_of = [(member.key, values[member.name]) for member in members]
    return RowWrite(selected.key, selected.node, layer, verb, arguments, values_of, row)
