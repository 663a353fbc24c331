"""What is made of measures; enters an aggregate of a plan, leaves makers and the place of each measure in a row."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias, TypeVar

from gateway.planner import plan as p
from gateway.planner import table as t
from gateway.query.values import Measure

T = TypeVar("T")
Measures: TypeAlias = dict[Measure, int]  # and their places, each once


class ShapeOf(Protocol):
    """The shape of the term with a number."""

    def __call__(self, ask: int, kind: type[T]) -> T: ...


def measured(output: p.Aggregate, shape: ShapeOf, measures: Measures, before: int = 0) -> Mapping[str, t.Maker]:
    """What an aggregate is made of; `before` the measures, a row has so many other values."""
    makers: dict[str, t.Maker] = {}
    for each in output.outputs:
        if isinstance(each, p.Constant):
            makers[each.key] = t.constant(each.value)
        elif isinstance(each, p.Aggregate):
            makers[each.key] = t.nested(measured(each, shape, measures, before))
        else:
            place = before + measures.setdefault(shape(each.ask, Measure), len(measures))
            makers[each.key] = t.embedded(place) if each.embed else t.column(place)
    return makers
