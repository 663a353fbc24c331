"""Floor 3. An operation prepared once and bound often; enters a document, then variables, leaves reads and values.

Two caches, both bounded: plans by the variables in @skip and @include and by the withheld columns, and compiled
reads by the shapes of the terms. Values never grow either.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from gateway.layers import Layers
from gateway.planner.arguments import Arguments
from gateway.planner.compile import Compiling
from gateway.planner.plan import Plan
from gateway.planner.planning import CannotPlan, Planning
from gateway.planner.reads import RootRead
from gateway.planner.selection import Selecting, switches
from gateway.query.connection import QueryParser
from gateway.query.slots import Slots

PLANS = 16
SHAPES = 64


@dataclass(frozen=True, slots=True)
class Bound:
    """What to read for one request: statements, the values of their slots, and the terms that makers look at."""

    reads: Sequence[RootRead]
    values: Sequence[Any]
    terms: Sequence[Any]
    plan: Plan


class Planned:
    """One plan of an operation."""

    def __init__(self, plan: Plan, layers: Layers) -> None:
        self.plan = plan
        self._layers = layers
        self._asks = [(ask.read, Arguments(ask.definition, ask.node)) for ask in plan.asks]
        self._compiled: OrderedDict[Sequence[Any], Sequence[RootRead]] = OrderedDict()
        self._last: tuple[Sequence[Any], Sequence[RootRead]] | None = None

    def bind(self, variables: VariableValues, parser: QueryParser) -> Bound:
        """Read the arguments into terms and take their values out; raises what is wrong with an argument."""
        terms = [read(parser, arguments.read(variables)) for read, arguments in self._asks]
        slots = Slots(self._layers)
        shapes = tuple(slots.term(term) for term in terms)
        return Bound(self._reads(shapes), slots.values, terms, self.plan)

    def _reads(self, shapes: Sequence[Any]) -> Sequence[RootRead]:
        """What was compiled for the shapes. Mostly they are those of last time: to see that is cheaper than a hash."""
        if self._last is None or self._last[0] != shapes:
            self._last = (shapes, self._lookup(shapes))
        return self._last[1]

    def _lookup(self, shapes: Sequence[Any]) -> Sequence[RootRead]:
        known = self._compiled.get(shapes)
        if known is None:
            compiling = Compiling(self._layers, shapes)
            known = self._compiled[shapes] = [compiling.root(output) for output in self.plan.outputs]
            if len(self._compiled) > SHAPES:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(shapes)
        return known


class PlannedOperation:
    """The plans of one operation of a document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._document = document
        self._operation = operation
        self._switches = sorted(switches(document))
        self._plans: OrderedDict[Any, Planned | None] = OrderedDict()

    def plan(self, variables: Mapping[str, Any], layers: Layers) -> Planned | None:
        """The plan for these variables, over the layers as whoever asks sees them; None where there can be none."""
        key = (layers.withheld, *(bool(variables.get(name)) for name in self._switches))
        if key not in self._plans:
            self._plans[key] = self._make(variables, layers)
            if len(self._plans) > PLANS:
                self._plans.popitem(last=False)
        return self._plans[key]

    def _make(self, variables: Mapping[str, Any], layers: Layers) -> Planned | None:
        selection = Selecting(self._schema, self._document, variables).read(self._operation)
        try:
            return Planned(Planning(layers).plan(selection), layers)
        except CannotPlan:
            return None
