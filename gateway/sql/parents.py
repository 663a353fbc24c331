"""Rows that are related to each of many parents; enters a relation and ids, leaves what is made of those of each.

A select of the rows of one parent stands beside the ids. It knows its parent by name, also within a WITH of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import CTE, BigInteger, literal_column, select, true

from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation
from gateway.query.connection import Query
from gateway.query.values import EdgeValue
from gateway.sql.binding import Ids, rows_of_ids
from gateway.sql.ctes import materialized
from gateway.sql.filters import where
from gateway.sql.kept import Pairs, current
from gateway.sql.moments import rows_of
from gateway.sql.relations import edge_value, meeting
from gateway.sql.types import Entity, SqlRows, SqlValue

_PARENT: Final[Any] = literal_column("parents.id", BigInteger)
# Selects of a row, and of values of its edge.
Reading: TypeAlias = Callable[[Entity, Callable[[EdgeValue], SqlValue]], SqlRows]


@dataclass(frozen=True, slots=True)
class Related:
    """The rows that are related to each of the rows of `source` with these ids, and how much of each counts.

    `share` is one of SHARES, or EDGES.
    """

    source: Layer
    relation: Relation
    ids: Ids
    share: str

    def rows(self, layers: Layers, query: Query, read: Reading) -> SqlRows:
        """What is read of the rows of one parent."""
        target, pairs = rows_of(query.layer), Pairs.of(layers, self.relation)
        parent = rows_of(self.source)

        def value(wanted: EdgeValue) -> SqlValue:
            return edge_value(wanted, self.relation, parent, target) if pairs is None else pairs.value(wanted)

        related = read(target, value)
        if pairs is None:
            met, *conditions = meeting(self.relation, query, parent, target)
            related = related.join_from(parent, target, met).where(parent.id == _PARENT, *conditions)
        else:
            related = related.join_from(pairs.rows, target, target.id == pairs.other)
            related = related.where(pairs.own == _PARENT, *pairs.covering(query.min_coverage))
        if self.share == "PRIMARY":
            related = related.where(value(EdgeValue.IS_PRIMARY))
        elif self.share == "WITHIN":
            related = related.where(value(EdgeValue.COVERAGE) >= 1.0)
        return related.where(where(layers, query.filter, target))

    def keyed(self, layers: Layers, query: Query) -> CTE:
        """The ids of the rows of one parent, each with its `share` if there is one, which is computed once."""

        def read(row: Entity, value: Callable[[EdgeValue], SqlValue]) -> SqlRows:
            return select(row.id, *([value(EdgeValue.COVERAGE).label("share")] if self.share == "OVERLAP" else []))

        return materialized(self.rows(layers, query, read), "own")

    def each(self, layers: Layers, made: SqlRows) -> SqlRows:
        """What is made of the rows of one parent, for each of them, with its id last."""
        parents = rows_of_ids(self.ids, "parents")
        own = made.lateral("found")
        every = select(*own.c, parents.c.id.label("parent_id")).select_from(parents).join(own, true())
        return every.where(*current(Pairs.of(layers, self.relation)))
