"""The nodes of a Citus cluster, as commands use them; enters a transaction or a database, leaves schemas on nodes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.errors import NoCluster
from gateway.execution.jurisdictions import find
from gateway.sql import citus as sql
from gateway.sql import on_nodes

_TRIGGERS = "citus.enable_unsafe_triggers"


def named(node: AnyRow) -> str:
    """What commands call a node."""
    return f"{node.host}:{node.port}"


async def require(connection: AsyncConnection) -> Sequence[AnyRow]:
    """The nodes that may hold a jurisdiction; raises NoCluster where there is none."""
    seen = (await connection.execute(sql.VERSION)).one()
    if seen.extension is None:
        raise NoCluster("This database has no Citus, so a jurisdiction can't be on a node of its own.")
    if not seen.moves:
        raise NoCluster(f"Citus is {seen.extension}; 12.1 is the oldest that moves schemas. Upgrade it on all nodes.")
    nodes = [node for node in await connection.execute(sql.NODES) if node.active and node.holds]
    if not nodes:
        raise NoCluster("No node of this cluster holds rows. Add one: SELECT citus_add_node('host', 5432);")
    return nodes


@asynccontextmanager
async def spreading(connection: AsyncConnection) -> AsyncIterator[None]:
    """Have a schema that is made in the block be distributed; raises NoCluster where that can't be."""
    await require(connection)
    for each in await connection.execute(sql.SETTING, {"name": _TRIGGERS}):
        if each.value != "on":
            raise NoCluster(
                f"{_TRIGGERS} is {each.value} on node {each.node}, so no table there has triggers. On each node: "
                f"ALTER DATABASE ... SET {_TRIGGERS} = on;"
            )
    await connection.execute(sql.spread(on=True))
    yield
    await connection.execute(sql.spread(on=False))


async def settle(connection: AsyncConnection) -> None:
    """Have the triggers of the schema of the connection's path work on a node, where it is distributed."""
    if (await connection.execute(sql.VERSION)).one().extension is None:
        return
    shards = {row.name: row.number for row in await connection.execute(on_nodes.SHARDS)}
    if not shards:
        return
    schema = await connection.scalar(on_nodes.SCHEMA)
    functions = [on_nodes.Function(*row) for row in await connection.execute(on_nodes.FUNCTIONS)]
    for statement in on_nodes.OnNodes(str(schema), functions, shards).statements():
        await connection.exec_driver_sql(statement)


async def places(database: Database) -> Mapping[str, str]:
    """The nodes that distributed schemas are on; none without Citus."""
    async with database.engine.connect() as connection:
        if (await connection.execute(sql.VERSION)).one().extension is None:
            return {}
        return await _places(connection)


async def _places(connection: AsyncConnection) -> Mapping[str, str]:
    return {row.schema: named(row) for row in await connection.execute(sql.PLACES)}


async def move(database: Database, code: str, node: str) -> None:
    """Move a distributed jurisdiction to another node: reads go on meanwhile, writes wait for the end.

    Raises UnknownJurisdiction, and NoCluster where it can't be moved there.
    """
    await find(database, code)
    with faults.classified():
        async with database.engine.begin() as connection:
            nodes = {named(each): each for each in await require(connection)}
            there = (await _places(connection)).get(code)
            if there is None:
                raise NoCluster(f"{code} is not distributed: add one that is with --distributed, and load it there.")
            if node not in nodes:
                raise NoCluster(f"There is no node {node[:80]!r} that holds rows. There are: {', '.join(nodes)}.")
            if there == node:
                raise NoCluster(f"{code} is on {node} already.")
            target = nodes[node]
            await connection.execute(sql.MOVE, {"schema": code, "host": target.host, "port": target.port})
