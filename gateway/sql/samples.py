"""Statements about rows of the sample county; enters a layer, leaves counts, DELETE and their marks."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert

from gateway.layers import Layer
from gateway.models import IngestRun, SampleLoad
from gateway.sql.ctes import materialized

# Only what pg_get_indexdef tells whole: an index with a place, a comment or a role of its own stays. It tells that of a
# partitioned table without those of the partitions.
INDEXES = text("""
    SELECT c.oid::regclass::text AS name, replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ') AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
      AND NOT i.indisunique AND i.indisvalid AND NOT i.indisreplident AND NOT i.indisclustered
      AND c.reltablespace = 0 AND obj_description(c.oid, 'pg_class') IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    ORDER BY c.oid
""")
# The rows that an unfinished ingest counts on are gone: it must not go on after them.
ABANDON = (
    update(IngestRun)
    .where(IngestRun.layer.in_(bindparam("layers", expanding=True)), IngestRun.state.in_(("running", "failed")))
    .values(state="abandoned", finished_at=func.now())
)


def _made(layer: Layer) -> ColumnElement[bool]:
    """Whether a row of the layer is one that `manage.py sample` made."""
    model: Any = layer.model
    if not layer.tracked:
        return false()
    return exists(
        select(SampleLoad.layer).where(
            SampleLoad.layer == layer.name,
            model.id.between(SampleLoad.first_id, SampleLoad.last_id),
            model.created_at == SampleLoad.made_at,
        )
    )


def rows(layer: Layer) -> Select[int, bool]:
    """One row: how many rows of the layer the sample made, and whether there are others."""
    model = layer.model
    made = select(func.count(model.id)).where(_made(layer)).scalar_subquery()
    return select(made.label("made"), exists(select(model.id).where(not_(_made(layer)))).label("others"))


def mark(layer: Layer) -> Insert:
    """Have all rows of the layer be those that the sample made in this transaction."""
    ends = select(func.min(layer.model.id).label("first_id"), func.max(layer.model.id).label("last_id"))
    # Apart: Citus makes no SQL of an INSERT that selects from a table of the same schema with a parameter.
    ids = materialized(ends, "ids")
    read = select(literal(layer.name), ids.c.first_id, ids.c.last_id, func.now())
    statement = insert(SampleLoad).from_select(["layer", "first_id", "last_id", "made_at"], read)
    fresh = {name: statement.excluded[name] for name in ("first_id", "last_id", "made_at")}
    return statement.on_conflict_do_update(index_elements=["layer"], set_=fresh)


def remove(layer: Layer) -> Delete:
    """Delete the rows that the sample made."""
    return delete(layer.model).where(_made(layer)).execution_options(synchronize_session=False)


def forget(layer: Layer) -> Delete:
    """Delete the mark of the sample's rows."""
    table = SampleLoad.__table__
    return delete(table).where(table.c.layer == layer.name)
