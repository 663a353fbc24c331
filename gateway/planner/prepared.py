"""An operation prepared once and bound often; enters a document, then variables, leaves reads and values.

Two caches, both bounded: plans by the variables in @skip and @include and by what is withheld, and compiled
reads by the shapes of the terms. Values never grow either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from gateway.layers import Layers
from gateway.models.slots import Slot
from gateway.planner.arguments import Arguments
from gateway.planner.compile import Compiling
from gateway.planner.lru import LruCache, MemoryBudget
from gateway.planner.plan import Ask, Plan
from gateway.planner.planning import Planning
from gateway.planner.reads import RootRead
from gateway.planner.selection import CannotPlan, Selected, Selecting, switches
from gateway.query.connection import QueryParser
from gateway.query.slots import Slots
from gateway.query.values import Given

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Terms: TypeAlias = Sequence[object]

PLANS = 16
SHAPES = 64


@dataclass(slots=True)  # frozen, it takes a microsecond to be made
class Bound:
    """What to read for one request: statements, the values of their slots, and the terms that makers look at."""

    reads: Sequence[RootRead]
    values: Terms
    terms: Terms
    plan: Plan

    def term(self, ask: int, kind: type[T]) -> T:
        """What the arguments of one field ask for."""
        term = self.terms[ask]
        assert isinstance(term, kind)
        return term


class Planned:
    """One plan of an operation."""

    def __init__(self, plan: Plan, layers: Layers, memory: MemoryBudget) -> None:
        self.plan = plan
        self.layers = layers
        self._asks = [(ask.read, _arguments(ask), ask.moment, _varies(ask)) for ask in plan.asks]
        self._settled: dict[int, tuple[object, object]] = {}  # terms and shapes by number, of asks that don't vary
        self._moments = [(ask.read, _arguments(ask)) for ask in plan.moments]
        self._past = [layers.as_of(Slot(number)) for number in range(len(plan.moments))]
        self._compiled = LruCache[Terms, Sequence[RootRead]](SHAPES, memory)

    def bind(self, variables: VariableValues, parser: QueryParser) -> Bound:
        """Read the arguments into terms and take their values out; raises what is wrong with an argument."""
        return self.bound(*self.terms(variables, parser))

    def bound(self, terms: Terms, shapes: Terms, values: list[object]) -> Bound:
        """The statements for terms and their values; not for threads, since it keeps what it compiles."""
        return Bound(self.compiled(shapes), values, terms, self.plan)

    def terms(self, variables: VariableValues, parser: QueryParser) -> tuple[Terms, Terms, list[object]]:
        """The terms of the arguments, their shapes, and the values that were taken out of them."""
        slots = Slots(self.layers)
        parsers: dict[int | None, QueryParser] = {None: parser}
        for number, (read, arguments) in enumerate(self._moments):
            moment = read(parser, arguments(variables))
            slots.take(moment)
            parsers[number] = parser if moment is None else replace(parser, layers=self._past[number])
        terms, shapes = [], []
        for number in range(len(self._asks)):
            term, shape = self._term(number, slots, parsers, variables)
            terms.append(term)
            shapes.append(shape)
        return terms, tuple(shapes), slots.values

    def _term(
        self, number: int, slots: Slots, parsers: Mapping[int | None, QueryParser], variables: VariableValues
    ) -> tuple[object, object]:
        """One term and its shape, which are the same each time where no value is taken out and no variable has a part.

        All that reads a term is as the layers are, which a plan is for, but for links: these are for a principal.
        """
        if (settled := self._settled.get(number)) is not None:
            return settled
        read, arguments, moment, varies = self._asks[number]
        term, before = read(parsers[moment], arguments(variables)), len(slots.values)
        made = term, slots.term(term)
        if not varies and len(slots.values) == before and not isinstance(term, Mapping):
            self._settled[number] = made
        return made

    def compiled(self, shapes: Terms) -> Sequence[RootRead]:
        """The plan compiled for shapes of terms."""
        return self._compiled.get(shapes, self._compile)

    def _compile(self, shapes: Terms) -> tuple[Sequence[RootRead], int]:
        compiling = Compiling(self.layers, shapes)
        return [compiling.root(output) for output in self.plan.outputs], compiling.size


def _varies(ask: Ask) -> bool:
    fields = [(ask.definition, ask.node), *([ask.above] if ask.above else [])]
    return ask.moment is not None or any(Arguments(*field).names for field in fields)


def _arguments(ask: Ask) -> Callable[[VariableValues], Given]:
    own = Arguments(ask.definition, ask.node).read
    if ask.above is None:
        return own
    above = Arguments(*ask.above).read
    return lambda variables: {**above(variables), **own(variables)}


class PlannedOperation(Generic[T_co]):
    """The plans of one operation of a document, made of its selection by `make`, which may raise CannotPlan."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        make: Callable[[Sequence[Selected], Layers, MemoryBudget], T_co],
        memory: MemoryBudget,
    ) -> None:
        self._schema = schema
        self._document = document
        self._operation = operation
        self._planned = make
        self._memory = memory
        self._switches = sorted(switches(document))
        self._plans = LruCache[object, T_co | None](PLANS, memory)

    def plan(self, variables: Mapping[str, object], layers: Layers) -> T_co | None:
        """The plan for these variables, over the layers as the principal sees them; None where there can be none."""
        key = (layers.view, *map(variables.get, self._switches))
        return self._plans.get(key, lambda _: self._make(variables, layers))

    def _make(self, variables: Mapping[str, object], layers: Layers) -> tuple[T_co | None, int]:
        selecting = Selecting(self._schema, self._document, variables)
        try:
            selection = selecting.read(self._operation)
            return self._planned(selection, layers, self._memory), selecting.size
        except CannotPlan:
            return None, 0


def planned_reads(selection: Sequence[Selected], layers: Layers, memory: MemoryBudget) -> Planned:
    """The plan of a query; raises CannotPlan."""
    return Planned(Planning(layers).plan(selection), layers, memory)
