"""Pages of related rows from kept pairs; enters pairs and ids of parents, leaves a select of the pages of all.

Rows that have a pair are there, those of the parents too: only rows whose columns are asked for are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, FromClause, func, literal_column, null, select, true

from gateway.layers import Layers
from gateway.query.connection import Query
from gateway.query.values import EdgeValue
from gateway.sql import keyset, spatial
from gateway.sql.binding import Ids, bound, rows_of_ids
from gateway.sql.filters import where
from gateway.sql.kept import Pairs, current
from gateway.sql.moments import rows_of
from gateway.sql.page_rows import PageRows, Read
from gateway.sql.types import Entity, SqlRows, SqlValue


@dataclass(frozen=True, slots=True)
class PagesOfPairs:
    """One page of related rows for each of many parents; `of_edge` names what is read of a pair."""

    layers: Layers
    query: Query
    pairs: Pairs
    of_edge: Sequence[EdgeValue]

    def columns(self, ids: Ids, read: Read, entity: Entity) -> SqlRows:
        """The pages as the columns that `read` names, by parent and in order."""
        parents = rows_of_ids(ids, "parents")
        page = self._page(parents).correlate(parents).lateral("page")
        positions = [page.c[f"position_{i}"] for i in range(len(self.query.order) + 1)]
        source = PageRows(entity, positions, page.c.distance, parents.c.id, edge=page)
        return (
            select(*read(source))
            .select_from(parents)
            .join(page, true())
            .join(entity, entity.id == page.c.id)
            .where(*current(self.pairs))
            .order_by(parents.c.id, page.c.rank)
        )

    def _page(self, parents: FromClause) -> SqlRows:
        """`id`, `position_0` to `position_n`, `distance`, `rank` and values of edges: one row more than a page has."""
        pairs, query = self.pairs, self.query
        rows = (self._by_id() if query.by_id else self._by_columns()).add_columns(
            *(pairs.value(value).label(value) for value in self.of_edge)
        )
        rows = rows.where(pairs.own == parents.c.id, *pairs.covering(query.min_coverage))
        return (self._reached(rows, parents) if query.by_id else rows).limit(bound(query.page.size, BigInteger()) + 1)

    def _by_id(self) -> SqlRows:
        """The pairs alone say which rows a page has, and in what order."""
        other, page = self.pairs.other, self.query.page
        rank = -other if page.backward else other
        selected = select(other.label("id"), other.label("position_0"), null().label("distance"), rank.label("rank"))
        ordered = selected.select_from(self.pairs.rows).where(keyset.bounds((keyset.of_id(other),), page))
        return ordered.order_by(*self._ids(other))

    def _reached(self, rows: SqlRows, parents: FromClause) -> SqlRows:
        """The same rows, of which PostgreSQL knows that they are few."""
        few = rows.limit(literal_column(str(self.query.page.reach))).correlate(parents).lateral("few")
        return select(*few.c).order_by(*self._ids(few.c.id))

    def _ids(self, column: SqlValue) -> Sequence[SqlValue]:
        return keyset.order_by(keyset.ordered((keyset.of_id(column),), self.query.page))

    def _by_columns(self) -> SqlRows:
        """Columns of the rows are filtered, ordered by or measured."""
        query, row = self.query, rows_of(self.query.layer)
        keys = keyset.keys(query.order, row)
        order = keyset.order_by(keyset.ordered(keys, query.page))
        return (
            select(row.id.label("id"), *(key.output.label(f"position_{i}") for i, key in enumerate(keys)))
            .add_columns(spatial.measured_to(query, row).label("distance"))
            .add_columns(func.row_number().over(order_by=order).label("rank"))
            .select_from(self.pairs.rows)
            .join(row, row.id == self.pairs.other)
            .where(where(self.layers, query.filter, row), keyset.bounds(keys, query.page))
            .order_by(*order)
        )
