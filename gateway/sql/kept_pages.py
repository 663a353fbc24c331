"""Pages of related rows from kept pairs; enters pairs, leaves the page of one parent as a select beside it."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, FromClause, func, select

from gateway.layers import Layers
from gateway.query.connection import Query
from gateway.query.values import EdgeValue
from gateway.sql import keyset, spatial
from gateway.sql.binding import bound
from gateway.sql.filters import where
from gateway.sql.kept import Pairs
from gateway.sql.moments import rows_of
from gateway.sql.types import Entity


def page_of_pairs(
    layers: Layers, query: Query, pairs: Pairs, parent: Entity, of_edge: Sequence[EdgeValue]
) -> FromClause:
    """`id`, `position_0` to `position_n`, `distance`, `rank` and values of edges: one row more than the page has."""
    row = rows_of(query.layer)
    keys = keyset.keys(query.order, row)
    order = keyset.order_by(keyset.ordered(keys, query.page))
    return (
        select(row.id.label("id"), *(key.output.label(f"position_{i}") for i, key in enumerate(keys)))
        .add_columns(spatial.measured_to(query, row).label("distance"))
        .add_columns(func.row_number().over(order_by=order).label("rank"))
        .add_columns(*(pairs.value(value).label(value) for value in of_edge))
        .select_from(pairs.rows)
        .join(row, row.id == pairs.other)
        .where(pairs.own == parent.id, *pairs.covering(query.min_coverage))
        .where(where(layers, query.filter, row), keyset.bounds(keys, query.page))
        .order_by(*order)
        .limit(bound(query.page.size, BigInteger()) + 1)
        .correlate(parent)
        .lateral("page")
    )
