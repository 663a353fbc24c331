"""Partitions of a list that come and go; enters a layer and values, or a table, leaves the layer with it or without.

All that takes long happens before, while others read and write: conditions are validated and indexes made on the table
that comes, so that to attach it takes a moment. Its rows were written to no layer, so that no trigger counted them:
overviews are counted again, kept relations are behind until they are remade, and the history knows of no change.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import errors
from gateway.checks.inspection import quote
from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.ingest.catching_up import catch_up
from gateway.layers import LAYERS, Layer
from gateway.management.divisions import table_of
from gateway.management.partitioning import Advance
from gateway.models.overview import overview_of
from gateway.sql import attaching, divided, rebuilding
from gateway.sql.counting import KeptOverview


async def add(database: Database, layer: Layer, values: Sequence[str]) -> str:
    """Make a partition for values, with the rows of the default one that have them; answers its name."""
    with faults.classified():
        async with database.engine.begin() as connection:
            whole = await _listed(connection, layer)
            parts = await _rows(connection, divided.PARTS, whole.oid)
            literals, columns = await _literals(connection, whole, values)
            name, made = await _free(connection, whole, len(parts))
            default = next((part.name for part in parts if part.bounds == "DEFAULT"), None)
            options = f" WITH ({whole.options})" if whole.options else ""
            like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE"
            await _do(connection, f"CREATE TABLE {made} (LIKE {whole.name} {like}){options}")
            if default is not None:
                await _do(connection, f"LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE")
                wanted = attaching.held(quote(whole.by), literals)
                await _do(connection, attaching.move(default, made, columns, wanted))
            await _attach(connection, whole, made, literals)
            await _do(connection, f"ALTER TABLE {made} OWNER TO {quote(whole.owner)}")
    return name


async def attach(database: Database, layer: Layer, other: str, values: Sequence[str], advance: Advance) -> None:
    """Have a table of the same columns be the partition of values.

    Raises CannotPartition where it has others, rows of other values, or keys that the layer has.
    """
    with faults.classified():
        async with database.autocommit.connect() as connection:
            whole = await _listed(connection, layer)
            table = await _comparable(connection, whole, other)
            literals, _ = await _literals(connection, whole, values)
            await _prepare(connection, whole, table, literals, advance)
        async with database.engine.begin() as connection:
            await _do(connection, "SET LOCAL statement_timeout = 0")
            await _do(connection, f"LOCK TABLE {whole.name} IN SHARE ROW EXCLUSIVE MODE")
            await _refuse_clash(connection, layer, whole, table)
            await _do(connection, f"ALTER TABLE {table.name} ALTER id DROP IDENTITY IF EXISTS")
            await _do(connection, attaching.go_on(table.name, whole.sequence))
            await _attach(connection, whole, table.name, literals)
            await _do(connection, f"ALTER TABLE {table.name} DROP CONSTRAINT {_condition(table)}")
            await _changed(connection, layer, whole)
        await _known(database, layer, whole, advance)


async def detach(database: Database, layer: Layer, part: str, advance: Advance) -> None:
    """Have a partition be a table of its own, which nobody reads any more.

    Concurrently, unless there is a default partition: then reads and writes wait for the moment that it takes.
    """
    with faults.classified():
        async with database.autocommit.connect() as connection:
            whole = await _listed(connection, layer)
            parts = await _rows(connection, divided.PARTS, whole.oid)
            found = next((each for each in parts if each.plain_name == part), None)
            if found is None:
                known = ", ".join(each.plain_name for each in parts)
                raise errors.CannotPartition(f"{layer.name} has no partition {part}; it has {known}.")
            how = "" if any(each.bounds == "DEFAULT" for each in parts) else " CONCURRENTLY"
            advance("detaching", 0, 1)
            await _do(connection, f"ALTER TABLE {whole.name} DETACH PARTITION {found.name}{how}")
        async with database.engine.begin() as connection:
            await _do(connection, "SET LOCAL statement_timeout = 0")
            await _changed(connection, layer, whole)
        await _known(database, layer, whole, advance)


async def _listed(connection: AsyncConnection, layer: Layer) -> Any:
    whole = await table_of(connection, layer)
    if whole.strategy != "l":
        raise errors.CannotPartition(f"{layer.name} is not divided by a list, the partitions of which come and go.")
    return whole


async def _comparable(connection: AsyncConnection, whole: AnyRow, other: str) -> Any:
    table = (await connection.execute(divided.DIVIDED, {"name": other})).first()
    if table is None or table.divided or table.schema != whole.schema:
        raise errors.CannotPartition(f"There is no ordinary table {other} in the schema {whole.schema}.")
    mine, its = [
        {row.plain_name: (row.type, row.filled) for row in await _rows(connection, divided.COLUMNS, oid)}
        for oid in (whole.oid, table.oid)
    ]
    if mine != its:
        unlike = sorted(name for name in mine.keys() | its.keys() if mine.get(name) != its.get(name))
        raise errors.CannotPartition(
            f"{other} has other columns, types or NOT NULL than {whole.plain_name}: {', '.join(unlike)}. "
            f"Make it so: CREATE TABLE {other} (LIKE {whole.plain_name} INCLUDING DEFAULTS)"
        )
    return table


async def _literals(connection: AsyncConnection, whole: AnyRow, values: Sequence[str]) -> tuple[list[str], str]:
    """Values as literals of the column's type, and the names of all columns."""
    columns = await _rows(connection, divided.COLUMNS, whole.oid)
    kind = next(row.type for row in columns if row.plain_name == whole.by)
    literals = list((await connection.scalars(attaching.literals(kind), {"values": list(values)})).all())
    return literals, ", ".join(row.name for row in columns)


async def _prepare(
    connection: AsyncConnection, whole: AnyRow, table: AnyRow, literals: Sequence[str], advance: Advance
) -> None:
    """Give a table all that a partition must have."""
    await _do(connection, "SET statement_timeout = 0")
    advance("checking rows", 0, 1)
    wanted = attaching.held(quote(whole.by), literals)
    try:
        await _do(connection, *attaching.checked(table.name, _condition(table), wanted))
    except Exception as error:
        if faults.sqlstate(error) != "23514":
            raise
        await _do(connection, f"ALTER TABLE {table.name} DROP CONSTRAINT {_condition(table)}")
        raise errors.CannotPartition(f"{table.plain_name} has rows of another {whole.by}.") from error
    there = {row.name for row in await _rows(connection, attaching.CHECKS, table.oid)}
    for check in await _rows(connection, attaching.CHECKS, whole.oid):
        if check.name not in there:
            condition = check.definition.removeprefix("CHECK ")
            await _do(connection, *attaching.checked(table.name, check.name, condition))
    keys = list(await _rows(connection, divided.KEYS, whole.oid))
    indexes = await _rows(connection, divided.INDEXES, whole.oid)
    constrained = {row.name.rpartition(".")[2] for row in await _rows(connection, attaching.CONSTRAINED, table.oid)}
    for number, index in enumerate([*keys, *indexes]):
        advance("building indexes", number, len(keys) + len(indexes))
        name = quote(f"{table.plain_name}_a{number}")
        if name in constrained:
            continue
        await _index(connection, whole.schema, name, table, index)
        if hasattr(index, "main"):
            kind = "PRIMARY KEY" if index.main else "UNIQUE"
            await _do(connection, f"ALTER TABLE {table.name} ADD CONSTRAINT {name} {kind} USING INDEX {name}")


async def _index(connection: AsyncConnection, schema: str, name: str, table: AnyRow, index: AnyRow) -> None:
    whole_name = f"{quote(schema)}.{name}"
    if await connection.scalar(attaching.VALID, {"name": whole_name}):
        return
    await _do(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {whole_name}")
    if hasattr(index, "main"):
        columns = ", ".join(map(quote, index.columns))
        await _do(connection, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table.name} ({columns})")
    else:
        how = index.definition.partition(" USING ")[2]
        await _do(connection, f"CREATE INDEX CONCURRENTLY {name} ON {table.name} USING {how}")


async def _refuse_clash(connection: AsyncConnection, layer: Layer, whole: AnyRow, table: AnyRow) -> None:
    clash = await connection.scalar(attaching.clash(whole.name, table.name, quote(layer.natural_key)))
    if clash is not None:
        raise errors.CannotPartition(f"{layer.name} and {table.plain_name} both have the {clash}.")
    beyond = await connection.scalar(attaching.beyond(table.name, whole.sequence))
    if beyond is not None:
        raise errors.CannotPartition(f"The id {beyond} of {table.plain_name} is none that {layer.name} gives rows.")


async def _attach(connection: AsyncConnection, whole: AnyRow, part: str, literals: Sequence[str]) -> None:
    bounds = f"FOR VALUES IN ({', '.join(literals)})"
    await _do(connection, f"ALTER TABLE {whole.name} ATTACH PARTITION {part} {bounds}")


async def _changed(connection: AsyncConnection, layer: Layer, whole: AnyRow) -> None:
    """Have tiles and overviews be made again, and kept relations be behind."""
    await _do(connection, f"DELETE FROM {whole.name} WHERE false")  # noqa: S608 - quoted; its trigger announces a change
    model = layer.model.__layer__
    if (name := overview_of(whole.plain_name, model)) is not None:
        kept = KeptOverview(name, quote(whole.plain_name), model.summed, model.minzoom)
        for statement in kept.counted():
            await connection.execute(statement)
    kept_now = set((await connection.scalars(rebuilding.KEPT)).all())
    names = [each.name for each in rebuilding.kept_pairs(LAYERS) if whole.plain_name in each.sides.values()]
    await connection.execute(attaching.MARK, {"names": [name for name in names if name in kept_now]})


async def _known(database: Database, layer: Layer, whole: AnyRow, advance: Advance) -> None:
    advance("analyzing", 0, 1)
    async with database.autocommit.connect() as connection:
        await _do(connection, f"ANALYZE {whole.name}")
    await catch_up(database.engine, layer, lambda relation, done, total: advance(f"relating {relation}", done, total))


async def _free(connection: AsyncConnection, whole: AnyRow, count: int) -> tuple[str, str]:
    """A name that no relation has, plain and quoted."""
    number = count
    while not await connection.scalar(divided.PLACE, {"name": f"{whole.plain_name}_p{number}"}):
        number += 1
    name = f"{whole.plain_name}_p{number}"
    return name, f"{quote(whole.schema)}.{quote(name)}"


def _condition(table: AnyRow) -> str:
    return str(quote(f"{table.plain_name}_values"))


async def _rows(connection: AsyncConnection, statement: Any, oid: int) -> Sequence[AnyRow]:
    return (await connection.execute(statement, {"table": oid})).all()


async def _do(connection: AsyncConnection, *statements: str) -> None:
    for statement in statements:
        await connection.exec_driver_sql(statement)
