"""Kept relations as reads see them; enters layers and a relation, leaves columns of its pairs in place of geometries.

Which relations are read so is a part of the layers (`Layers.kept`), as a server knows it. It may have changed since, so
each statement that reads pairs asks for marks in its own snapshot, once and before all else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, Float, FromClause, Text, func, literal_column, select

from gateway.layers import Layers
from gateway.models.declaration import Relation, Side
from gateway.models.relation_state import RelationMark
from gateway.models.slots import Slot
from gateway.query.filters import And, Filter, Not, Or, Related, RelatedCount
from gateway.query.values import EdgeValue
from gateway.sql.binding import bound
from gateway.sql.types import SqlValue


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of a relation: ids of the row that asks and of the `other`, and what both have in common."""

    rows: FromClause
    relation: Relation
    own: ColumnElement[int]
    other: ColumnElement[int]

    @classmethod
    def of(cls, layers: Layers, relation: Relation) -> Self | None:
        """The pairs that a relation is read from; None where it is computed."""
        if relation.pairs not in layers.kept:
            return None
        model: Any = layers[relation.target].model
        rows = model.metadata.tables[relation.pairs].alias()
        ids = rows.c.source_id, rows.c.target_id
        own, other = ids if relation.own is Side.SOURCE else ids[::-1]
        return cls(rows, relation, own, other)

    def covering(self, least: float | Slot[float]) -> Sequence[ColumnElement[bool]]:
        """Whether the whole covers at least this share of the part."""
        return [self.rows.c.coverage >= bound(least, Float())] if least else []

    def value(self, wanted: EdgeValue) -> SqlValue:
        """One value of the edge."""
        if wanted is EdgeValue.COVERAGE:
            return self.rows.c.coverage
        return self._primary() if wanted is EdgeValue.IS_PRIMARY else self.rows.c.shared

    def _primary(self) -> ColumnElement[bool]:
        """Whether no other whole covers more of the part; of two that cover as much, the lower id."""
        part, whole = self.relation.ends(self.own, self.other)
        every: Any = self.rows
        every = every.element.alias()
        first = select(every.c[whole.key]).where(every.c[part.key] == part)
        first = first.order_by(every.c.shared.desc(), every.c[whole.key]).limit(1).correlate(self.rows)
        is_first: ColumnElement[bool] = first.scalar_subquery() == whole
        return is_first


def filters_current(layers: Layers, wanted: Filter | None) -> Sequence[ColumnElement[bool]]:
    """The same of all pairs that a filter reads."""
    names = _named(layers, wanted)
    return [_unmarked(names)] if names else []


def _named(layers: Layers, wanted: Filter | None) -> frozenset[str]:
    match wanted:
        case Related(relation=relation, filter=inner):
            return (layers.kept & {relation.pairs}) | _named(layers, inner)
        case RelatedCount(relation=relation):
            return layers.kept & {relation.pairs}
        case And(items) | Or(items):
            return frozenset().union(*(_named(layers, item) for item in items))
        case Not(item):
            return _named(layers, item)
        case _:
            return frozenset()


def current(pairs: Pairs | None) -> Sequence[ColumnElement[bool]]:
    """Whether pairs are those of their rows; it belongs where it is looked at whether or not there are any pairs.

    Where they are behind, the root of a number below 0 ends the statement with a SQLSTATE of its own, which
    gateway/db/faults.py reads.
    """
    return [] if pairs is None else [_unmarked({pairs.relation.pairs})]


def _unmarked(names: Iterable[str | None]) -> ColumnElement[bool]:
    marks = RelationMark.__table__.alias()
    named = marks.c.relation.in_([literal_column(f"'{name}'", Text) for name in sorted(filter(None, names))])
    none: ColumnElement[bool] = func.sqrt(-func.count(), type_=Float) == literal_column("0")
    return select(none).select_from(marks).where(named).scalar_subquery()
