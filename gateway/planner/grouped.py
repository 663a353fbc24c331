"""Statements of groups and the makers of what is answered about them; enters an output of a plan, leaves a read.

They must agree on the place of each column, so they are made together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.planner import plan as p
from gateway.planner import table as t
from gateway.planner.aggregates import ROWS
from gateway.planner.keys import PARTS_OF, places, width
from gateway.planner.measured import Measures, ShapeOf, measured
from gateway.planner.reads import GroupsRead, RowsRead
from gateway.query.groups import COUNTS, WEIGHT, Groups
from gateway.query.values import Measure
from gateway.sql.statement import Statement

_EMBEDDED: Final = frozenset({"attribute", "geometry", "value"})  # JSON text


@dataclass(slots=True)
class GroupsReading:
    """What is read and made of the groups of one field."""

    wanted: Groups
    shape: ShapeOf
    row: Callable[[p.FeaturePlan], RowsRead]
    _measures: Measures = field(default_factory=dict)
    _related: list[tuple[int, RowsRead]] = field(default_factory=list)

    def read(self, output: p.Grouped, statement: Callable[[Sequence[Measure]], Statement]) -> GroupsRead:
        """The read of groups; `statement` makes the statement with measures."""
        members = [each for each in output.outputs if isinstance(each, p.Member)]
        lists = {each.key: t.objects(self._group(each)) for each in members if each.name in {"groups", "values"}}
        return GroupsRead(
            statement(list(self._measures)),
            {each.key: each.value for each in output.outputs if isinstance(each, p.Constant)},
            {each.key: COUNTS[each.name] for each in members if each.name in COUNTS},
            lists,
            tuple(self._related),
        )

    def _group(self, group: p.Member) -> Mapping[str, t.Maker]:
        makers: dict[str, t.Maker] = {}
        for each in group.outputs:
            match each:
                case p.Constant(key, value):
                    makers[key] = t.constant(value)
                case p.Aggregate():
                    makers[each.key] = t.nested(measured(each, self.shape, self._measures, width(self.wanted.keys)))
                case p.Member(key, "weight"):
                    makers[key] = t.column(WEIGHT)
                case p.Member(key, "count"):
                    rows = self._measures.setdefault(ROWS, len(self._measures))
                    makers[key] = t.column(width(self.wanted.keys) + rows)
                case p.Member(key, "value"):
                    makers[key] = self._part(each)
                case p.Member(key, _, outputs):
                    makers[key] = t.nested({part.key: self._part(part) for part in outputs})
        return makers

    def _part(self, part: p.Constant | p.Member | p.RelatedKey | p.Aggregate) -> t.Maker:
        """One field of the key; null where the groups have no such key."""
        if isinstance(part, p.Constant):
            return t.constant(part.value)
        assert not isinstance(part, p.Aggregate)  # it is beside the key
        if (place := places(self.wanted.keys).get(part.name)) is None:
            return t.constant(None)
        if isinstance(part, p.RelatedKey):
            self._related.append((place, self.row(part.feature)))
            return t.related(len(self._related) - 1)
        if part.name not in PARTS_OF:
            return t.embedded(place) if part.name in _EMBEDDED else t.column(place)
        return t.present(place, t.nested({each.key: _told(part.name, place, each) for each in part.outputs}))


def _told(name: str, place: int, each: object) -> t.Maker:
    if isinstance(each, p.Constant):
        return t.constant(each.value)
    assert isinstance(each, p.Member)
    at = place + PARTS_OF[name].index(each.name)
    return t.embedded(at) if each.name in _EMBEDDED else t.column(at)
