"""Groups of rows; enters terms of `groupBy` and measures, leaves one select of its groups.

Each row begins with `total` and `withheld`, numbers of groups; then come `rank`, null where no group is left, `weight`,
what the keys tell, and the measures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    and_,
    cast,
    func,
    literal_column,
    select,
    true,
)

from gateway.layers import Layers
from gateway.query.connection import Query
from gateway.query.groups import Groups
from gateway.query.values import Measure
from gateway.sql.aggregates import Measured, measured
from gateway.sql.binding import bound
from gateway.sql.filters import where
from gateway.sql.group_keys import Keyed, KeySql
from gateway.sql.moments import rows_of
from gateway.sql.parents import Related
from gateway.sql.types import SqlRows, SqlValue


def related_groups(layers: Layers, of: Related, query: Query, wanted: Groups, measures: Sequence[Measure]) -> SqlRows:
    """The groups of the rows that are related to each parent, in order, and its id last."""
    own = of.keyed(layers, query)
    made = groups(layers, query, wanted, measures, own)
    return (every := of.each(layers, made)).order_by(every.selected_columns.rank)


def groups(
    layers: Layers, query: Query, wanted: Groups, measures: Sequence[Measure], own: CTE | None = None
) -> SqlRows:
    """The groups, in order; those of the rows that `own` has, with the share of each that counts."""
    entity = rows_of(query.layer)
    keys = [_beside(Keyed(key, layers, query, entity, own)) for key in wanted.keys]
    grouped = _grouped(keys, query, wanted, measures)
    enough = grouped.c.rows >= bound(wanted.least, BigInteger())
    places = list(_matched(keys, grouped))
    kept = and_(enough, where(layers, wanted.having, grouped.c), *(place > 0 for place in places))  # type: ignore[arg-type]
    totals = select(
        func.count().filter(kept).label("total"), func.count().filter(enough.is_(False)).label("withheld")
    ).select_from(grouped)
    rank = (
        func.row_number()
        .over(order_by=[*((place == 1).desc() for place in places), *_order(grouped, wanted)])
        .label("rank")
    )
    page = select(grouped, rank).where(kept).order_by(rank).limit(bound(wanted.first, BigInteger())).subquery("page")
    counted = totals.subquery("totals")
    told = list(_told(keys, page))
    values = [page.c[f"m{place}"] for place in range(len(measures))]
    selected = select(counted.c.total, counted.c.withheld, page.c.rank, page.c.weight, *told, *values)
    source: FromClause = counted.outerjoin(page, true())
    beside = [keyed.beside for keyed in keys if isinstance(keyed.beside, CTE)]
    for each in beside:
        source = source.outerjoin(each, true())
    if own is not None:  # all of it is within the select of one parent
        selected = selected.add_cte(own, *beside, grouped, nest_here=True)
    return selected.select_from(source).order_by(page.c.rank)


def _beside(keyed: Keyed) -> Keyed:
    made: KeySql = keyed.key.sql
    return keyed if made.beside is None else replace(keyed, beside=made.beside(keyed))


def _grouped(keys: Sequence[Keyed], query: Query, wanted: Groups, measures: Sequence[Measure]) -> CTE:
    entity, layers, own = keys[0].entity, keys[0].layers, keys[0].own
    share: SqlValue | None = None if own is None else own.c.get("share")
    selected = select(*(keyed.key.sql.value(keyed).label(f"k{place}") for place, keyed in enumerate(keys))).select_from(
        entity
    )
    if own is not None:
        selected = selected.join(own, own.c.id == entity.id)
    for keyed in keys:
        if (beside := keyed.beside) is None:
            continue
        met = beside.c.part_id == entity.id if "part_id" in beside.c else true()
        selected = selected.join(beside, met, isouter=True).where(*keyed.key.sql.checks(keyed))
        if "share" in beside.c:
            part = func.coalesce(beside.c.share, 1.0)
            share = part if share is None else share * part
    weight = func.count() if share is None else func.sum(Measured(entity, share=share).shared(literal_column("1")))
    return (
        selected.add_columns(func.count().label("rows"), cast(weight, Float).label("weight"))
        .add_columns(*(measured(each, entity, share).label(f"m{place}") for place, each in enumerate(measures)))
        .add_columns(*(measured(each, entity, share).label(f"h{place}") for place, each in enumerate(wanted.compared)))
        .where(true() if own is not None else where(layers, query.filter, entity))
        .group_by(*(literal_column(str(place)) for place in range(1, len(keys) + 1)))
        .cte("grouped")
    )


def _order(grouped: CTE, wanted: Groups) -> Sequence[ColumnElement[object]]:
    """The terms of the order, then the most rows, then the keys: so no two groups tie."""
    keys = [grouped.c[f"k{place}"] for place in range(len(wanted.keys))]
    terms: list[ColumnElement[object]] = []
    for term in wanted.order:
        for column in keys if term.compared is None else [grouped.c[f"h{term.compared}"]]:
            ordered = column.desc() if term.descending else column.asc()
            terms.append(ordered.nulls_first() if term.nulls_first else ordered.nulls_last())
    return [*terms, grouped.c.rows.desc(), *(key.asc().nulls_last() for key in keys)]


def _matched(keys: Sequence[Keyed], grouped: CTE) -> Iterator[SqlValue]:
    """Where values have the text that is looked for; those that begin with it come first."""
    for place, keyed in enumerate(keys):
        match = keyed.key.sql.matched(keyed, grouped.c[f"k{place}"])
        if match is not None:
            yield match


def _told(keys: Sequence[Keyed], page: FromClause) -> Iterator[SqlValue]:
    for place, keyed in enumerate(keys):
        for part, value in enumerate(keyed.key.sql.told(keyed, page.c[f"k{place}"])):
            yield value.label(f"k{place}_{part}")
