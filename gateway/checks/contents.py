"""Rows that a layer must not hold; enters a table, leaves messages. Reads a bounded sample."""

from collections.abc import AsyncIterator

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable, declared_checks, normal, quote, srid
from gateway.checks.messages import Message
from gateway.checks.structure import stored_checks
from gateway.db.rows import AnyRow
from gateway.sql import catalog, probe

_SHOWN = 5


async def invalid(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """Invalid geometries: a light look where a validated constraint refuses them, a thorough one elsewhere."""
    stored = await stored_checks(at, table)
    for column in table.geometries:
        condition = f"ST_IsValid({quote(column)})"
        trusted = stored.holds("", condition)
        limit = at.bounds.trusted_rows if trusted else at.bounds.rows
        tally = await _broken(at, table, condition, limit)
        if not tally.broken:
            continue
        ids = sorted(tally.ids)[:_SHOWN]
        why = await at.rows(probe.reasons(table.model, column, ids))
        shown = "; ".join(f"{row.id}: {row.reason}" for row in why)
        yield rules.ROWS_INVALID(
            f"{_share(tally)} are invalid. {shown}{_more(tally)}",
            hint=_quarantine(table, column),
            about=f"{table.name}.{column}",
        )


def _quarantine(table: StoredTable, column: str) -> str:
    """One invalid geometry can hold a tile for minutes, so set such rows aside first and repair them there."""
    name, aside, shape = table.name, quote(f"{table.model.name}_quarantine"), quote(column)
    keep = f"CREATE TABLE {aside} AS SELECT * FROM {name} WHERE NOT ST_IsValid({shape})"  # noqa: S608 - printed only
    drop = f"DELETE FROM {name} USING {aside} WHERE {aside}.id = {name}.id"  # noqa: S608 - printed, never sent
    return f"Set them aside, then repair and load them again with manage.py ingest: BEGIN; {keep}; {drop}; COMMIT;"


async def broken_constraints(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """Rows that break what a missing or not validated constraint would hold; validity has a rule of its own."""
    stored = await stored_checks(at, table)
    for name, condition in declared_checks(table.model):
        if "st_isvalid" in normal(condition) or stored.holds(name, condition):
            continue
        tally = await _broken(at, table, condition, at.bounds.rows)
        if tally.broken:
            ids = ", ".join(str(each) for each in sorted(tally.ids)[:_SHOWN])
            rows = f"SELECT * FROM {table.name} WHERE NOT ({condition});"  # noqa: S608 - printed, never sent
            yield rules.ROWS_BREAK_CONSTRAINT(
                f"{_share(tally)} break {condition}: id {ids}{_more(tally)}",
                hint=f"Fix or delete them: {rows} then: ALTER TABLE {table.name} VALIDATE CONSTRAINT {quote(name)};",
                about=f"{table.name}.{name}",
            )


async def srid_mix(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    registered = {row.name: row.srid for row in await at.rows(catalog.GEOMETRY_COLUMNS, table=table.oid)}
    for column in table.geometries:
        wanted = srid(table.model, column)
        declared = registered.get(column) or wanted
        seen = await at.rows(probe.srids(table.model, column, table.sample(at.bounds.rows)))
        if other := {row.srid: row.rows for row in seen if row.srid != declared}:
            counts = ", ".join(f"{rows} with {number}" for number, rows in other.items())
            shape = quote(column)
            moved = f"UPDATE {table.name} SET {shape} = ST_Transform({shape}, {wanted})"  # noqa: S608 - printed only
            yield rules.SRID_MIX(
                f"{column} should have SRID {declared}, but there are rows {counts}.",
                hint=f"Where the number is right: {moved} WHERE ST_SRID({shape}) <> {wanted}; "
                "where only the label is wrong use ST_SetSRID.",
                about=f"{table.name}.{column}",
            )


async def _broken(at: Inspection, table: StoredTable, condition: str, rows: int) -> AnyRow:
    (tally,) = await at.rows(probe.broken_rows(table.model, condition, table.sample(rows)))
    return tally


def _share(tally: AnyRow) -> str:
    return f"{tally.broken} of {tally.seen} rows looked at"


def _more(tally: AnyRow) -> str:
    return "; ..." if tally.broken > _SHOWN else "."
