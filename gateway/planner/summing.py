"""Statements of what all rows of a connection have; enters outputs of a plan, leaves reads.

Numbers of one `aggregate` are one statement; what is asked for twice in it is read once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import Executable

from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation
from gateway.planner import plan as p
from gateway.planner import table as t
from gateway.planner.aggregates import ROWS
from gateway.planner.grouped import GroupsReading
from gateway.planner.measured import Measures, ShapeOf, measured
from gateway.planner.reads import AggregateRead, CountRead, ExtentRead, RowsRead, SummaryRead
from gateway.query.connection import Query
from gateway.query.groups import EDGES, SHARES, Groups
from gateway.query.values import Count, Measure
from gateway.sql import aggregates, summaries
from gateway.sql.explain import Explain
from gateway.sql.groups import groups, related_groups
from gateway.sql.parents import Related
from gateway.sql.statement import PARENTS, Statement

Summed: TypeAlias = p.Total | p.Extent | p.Aggregate | p.Grouped


@dataclass(slots=True)
class Summing:
    """What is read of all rows of one connection: a layer's, or of those related to each parent."""

    layers: Layers
    query: Query
    source: Layer | None
    relation: Relation | None
    shape: ShapeOf
    compile: Callable[[Executable], Statement]
    row: Callable[[p.FeaturePlan], RowsRead]
    reads: list[SummaryRead] = field(default_factory=list)
    _extent: int | None = None

    def place(self, output: Summed) -> int:
        """The number of the read that an output is made of; a box is read once, by however many names."""
        if isinstance(output, p.Extent) and self._extent is not None:
            return self._extent
        self.reads.append(self._read(output))
        place = len(self.reads) - 1
        if isinstance(output, p.Extent):
            self._extent = place
        return place

    def _read(self, output: Summed) -> SummaryRead:
        match output:
            case p.Total(_, ask):
                return self._count(self.shape(ask, Count))
            case p.Extent():
                return ExtentRead(self.compile(self._box()))
            case p.Aggregate():
                measures: Measures = {}
                make = t.objects(measured(output, self.shape, measures))
                return AggregateRead(self.compile(self._aggregate(list(measures), self._share(output))), make)
            case p.Grouped(_, ask):
                wanted = self.shape(ask, Groups)
                return GroupsReading(wanted, self.shape, self.row).read(
                    output, lambda read: self.compile(self._groups(wanted, read))
                )

    def _share(self, output: p.Aggregate) -> str:
        if output.edges:
            return EDGES
        return SHARES[0] if output.share is None else self.shape(output.share, str)

    def _count(self, wanted: Count) -> CountRead:
        layers, query, cap = self.layers, self.query, wanted.cap if wanted.mode == "CAPPED" else None
        if self.source is not None and self.relation is not None:
            counted = summaries.related_count(layers, self.source, self.relation, query, PARENTS, cap=cap)
            return CountRead(self.compile(counted), estimate=False)
        if wanted.mode == "ESTIMATED":
            return CountRead(self.compile(Explain(summaries.rows(layers, query))), estimate=True)
        return CountRead(self.compile(summaries.count(layers, query, cap)), estimate=False)

    def _box(self) -> Executable:
        if self.source is None or self.relation is None:
            return summaries.extent(self.layers, self.query)
        return summaries.related_extent(self.layers, self.source, self.relation, self.query, PARENTS)

    def _aggregate(self, measures: Sequence[Measure], share: str) -> Executable:
        measures = measures or [ROWS]  # where nothing is asked for but __typename
        if (of := self._related(share)) is None:
            return aggregates.aggregate(self.layers, self.query, measures)
        return aggregates.related_aggregate(self.layers, of, self.query, measures)

    def _groups(self, wanted: Groups, measures: Sequence[Measure]) -> Executable:
        if (of := self._related(wanted.share)) is None:
            return groups(self.layers, self.query, wanted, measures)
        return related_groups(self.layers, of, self.query, wanted, measures)

    def _related(self, share: str) -> Related | None:
        if self.source is None or self.relation is None:
            return None
        return Related(self.source, self.relation, PARENTS, share)
