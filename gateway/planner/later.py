"""Plans of a row that is yet to be written; enters a plan and its terms, leaves how to read the row.

Either by its id when that is known, or in the statement itself that inserts it, where that can say all there is to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql.execution.values import VariableValues

from gateway.layers import Layer, Layers
from gateway.models.slots import slots
from gateway.planner import asks
from gateway.planner import plan as p
from gateway.planner.compile import Compiling
from gateway.planner.lru import LruCache, MemoryBudget
from gateway.planner.prepared import SHAPES, Bound, Planned
from gateway.planner.reads import CreatedRead
from gateway.planner.table import Row, Table
from gateway.query.connection import QueryParser
from gateway.sql.prepared_writes import RETURNED, WrittenRow, given


class PlannedRow(Planned):
    """Fields that each give one row of a layer, the same one."""

    def __init__(self, plan: p.Plan, layer: Layer, layers: Layers, memory: MemoryBudget) -> None:
        super().__init__(plan, layers, memory)
        self._layer = layer
        self._created = LruCache[Sequence[object], CreatedRead](SHAPES, memory)
        ones = [output for output in plan.outputs if isinstance(output, p.One)]
        others = p.Related | p.Own | p.Projected  # what is read besides, or may fail after the row is there
        self.simple = not any(isinstance(output, others) for one in ones for output in one.feature.outputs)

    def later(self, variables: VariableValues, parser: QueryParser) -> "Later":
        """Bind all but the row; raises what is wrong with an argument."""
        return Later(self, parser, *self.terms(variables, parser))

    def created(self, shapes: Sequence[object], names: Sequence[str], settings: Sequence[str], at: int) -> CreatedRead:
        """The insert of a row of which `names` are given; they and the settings have the slots from `at` on."""
        places = slots(at, len(names) + len(settings))

        def compile_it(_: Sequence[object]) -> tuple[CreatedRead, int]:
            row, author = ({name: next(places) for name in each} for each in (names, settings))
            compiling = Compiling(self.layers, shapes)
            return compiling.created(self.plan, self._layer, row, author), compiling.size

        return self._created.get((shapes, *names), compile_it)


@dataclass(frozen=True, slots=True)
class Creating:
    """A statement that inserts a row and reads it."""

    read: CreatedRead
    parameters: Sequence[object]
    later: "Later"

    @property
    def text(self) -> str:
        """SQL."""
        return self.read.statement.text

    def written(self, row: Row) -> WrittenRow:
        """What was written."""
        return WrittenRow(*row[self.read.width : self.read.width + RETURNED])

    def made(self, row: Row) -> dict[str, object]:
        """The row under each key that it was asked for by."""
        table = Table([row], self.later.terms, self.later.parser.codec)
        return self.read.make(table)[0]


@dataclass(frozen=True, slots=True)
class Later:
    """The terms of one request, but for the row."""

    planned: PlannedRow
    parser: QueryParser
    terms: Sequence[object]
    shapes: Sequence[object]
    values: Sequence[object]

    def read(self, number: int) -> Bound:
        """Read the row that has the id."""
        values = [number if value is asks.LATER else value for value in self.values]
        return Bound(self.planned.compiled(self.shapes), values, self.terms, self.planned.plan)

    def create(self, row: Mapping[str, object], author: Mapping[str, str]) -> Creating:
        """Insert the row for an author by names of settings."""
        read = self.planned.created(self.shapes, tuple(row), tuple(author), len(self.values))
        return Creating(read, read.statement.bind([*self.values, *map(given, row.values()), *author.values()]), self)
