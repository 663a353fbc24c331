"""Histories of rows and values of rows as they were; enters ids or entries, leaves selects for loaders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, Executable, and_, column, func, select, true
from sqlalchemy.orm import aliased

from gateway.layers import Layer
from gateway.query.revisions import RevisionPage
from gateway.query.values import Expression
from gateway.sql.binding import bound, bound_ids, rows_of_ids
from gateway.sql.encode import expression
from gateway.sql.moments import plain
from gateway.sql.types import SqlRows

_TIME = DateTime(timezone=True)


def revisions(layer: Layer, ids: Sequence[int], page: RevisionPage) -> Executable:
    """The changes of each of many rows, newest first, with the plain columns of the row before; one more than a page.

    As of a moment there are no later changes. `version` is that of the row before, 0 where there was none.
    """
    history = layer.history
    columns = [history.c[field.attribute] for field in plain(layer)]
    wanted = rows_of_ids(ids, "wanted")
    bounds = [history.c.id == wanted.c.id]
    if page.after is not None:
        bounds.append(history.c.changed_at < bound(page.after, _TIME))
    if layer.moment is not None:
        bounds.append(history.c.changed_at <= bound(layer.moment, _TIME))
    entry = (
        select(*columns, *(history.c[name] for name in ("operation", "principal", "request_id", "changed_at")))
        .where(*bounds)
        .order_by(history.c.changed_at.desc())
        .limit(bound(page.size, BigInteger()) + 1)
        .correlate(wanted)
        .lateral("entry")
    )
    return select(entry).select_from(wanted.join(entry, true())).order_by(entry.c.id, entry.c.changed_at.desc())


def values(layer: Layer, wanted: Expression, entries: Sequence[tuple[int, datetime]]) -> SqlRows:
    """`id`, `changed_at` and `value` of one expression for many rows as they were before a change."""
    history = layer.history
    kept = select(history).where(history.c.geom.is_not(None)).subquery("kept")
    entity = aliased(layer.model, kept, adapt_on_names=True)
    ids, times = [entry[0] for entry in entries], [entry[1] for entry in entries]
    entry = (
        func.unnest(bound_ids(ids), bound(times, ARRAY(_TIME)))
        .table_valued(column("id", BigInteger), column("changed_at", _TIME))
        .render_derived(name="entry")
    )
    same = and_(kept.c.id == entry.c.id, kept.c.changed_at == entry.c.changed_at)
    return select(kept.c.id, kept.c.changed_at, expression(wanted, entity).label("value")).join(entry, same)
