"""Rows as they are, or as they were; enters a layer, leaves an entity to select from.

A version of a row was valid from its `updated_at` until it was changed. So the rows of a moment are those that are
there and were so by then, and those of the history that were changed later. PostgreSQL takes filters into both parts,
each of which has indexes of its own, and leaves out months of the history before the moment.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    FromClause,
    Subquery,
    TextClause,
    inspect,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import iterate

from gateway.errors import BadMoment
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.sql.binding import bound
from gateway.sql.spanning import within_path
from gateway.sql.types import Entity, SqlRows, SqlValue

_SPAN = text("""
    SELECT min((regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\)$$))[1]::timestamptz) AS since,
           clock_timestamp() AS now
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = CAST(:history AS regclass)
""")

# A view of several jurisdictions: the time from when on each of them has kept its history.
_SPAN_OF_ALL = text(f"""
    SELECT CASE WHEN count(*) = count(since) THEN max(since) END AS since, clock_timestamp() AS now FROM (
        SELECT min((regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\)$$))[1]::timestamptz)
               AS since
        FROM (
            SELECT DISTINCT d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
            JOIN pg_class t ON t.oid = d.refobjid
            WHERE r.ev_class = CAST(:history AS regclass) AND d.classid = 'pg_rewrite'::regclass
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
              AND {within_path("t.relnamespace")}
        ) AS part JOIN pg_inherits i ON i.inhparent = part.refobjid JOIN pg_class c ON c.oid = i.inhrelid
        GROUP BY part.refobjid
    ) AS each
""")  # noqa: S608 - names of our own


def rows_of(layer: Layer) -> Entity:
    """The rows of a layer, now or at its moment, under an alias of their own."""
    return aliased(layer.model, _with_geometry(layer) if layer.moment is None else _then(layer))


def plain(layer: Layer) -> Sequence[LayerField]:
    """The columns that are neither geometries nor JSON: what is read with every row."""
    others = {Kind.GEOMETRY, Kind.JSON}
    return [field for field in layer.fields.values() if not field.computed and field.kind not in others]


def again(entity: Entity) -> Entity:
    """The rows of an entity under another alias."""
    inspected: Any = inspect(entity)
    rows = inspected.selectable
    other: Entity = aliased(inspected.mapper.class_, rows.element.subquery() if isinstance(rows, Subquery) else None)
    return other


def behind(entity: Entity, attributes: Iterable[str]) -> Sequence[SqlValue]:
    """The columns of an entity's rows that these attributes are read from: what a table of others stores is another."""
    inspected: Any = inspect(entity)
    made = (inspected.mapper.column_attrs[name].columns[0] for name in attributes)
    stored = (each for expression in made for each in iterate(expression) if isinstance(each, Column))
    return [inspected.selectable.corresponding_column(each) for each in dict.fromkeys(stored)]


def _with_geometry(layer: Layer) -> FromClause | None:
    """The rows that are features, of a table of others where some may have no geometry."""
    if layer.managed or not layer.fields["geometry"].nullable:
        return None
    table: Any = layer.model.__table__
    return select(table).where(*(each.is_not(None) for each in behind(layer.model, ("geom",)))).subquery()


def _then(layer: Layer) -> FromClause:
    """The conditions stand outside the union: PostgreSQL merges parts with an order of their own if they have none."""
    if not layer.tracked:
        message = f"The past of {layer.verbose_name_plural} is not kept. Leave out asOf, or what you ask of them."
        raise BadMoment(message, path=("asOf",))
    now = layer.model.__table__
    before = layer.history
    names = [column.name for column in now.columns]
    there = select(now, literal_column("timestamptz 'infinity'").label("changed_at"))
    kept: SqlRows = select(*(before.c[name] for name in names), before.c.changed_at)
    every = union_all(there, kept).subquery("every")
    moment: SqlValue = bound(layer.moment, DateTime(timezone=True))
    valid = (every.c.updated_at <= moment, every.c.changed_at > moment)
    # No entry of a row that was made has a geometry; indexes of the history hold no others.
    return select(*(every.c[name] for name in names)).where(*valid, every.c.geom.is_not(None)).subquery()


def span(layer: Layer) -> TextClause:
    """`since`, from when on the history is kept, and `now`, both by the clock of the database."""
    return (_SPAN_OF_ALL if layer.spanning else _SPAN).bindparams(history=layer.history.name)
