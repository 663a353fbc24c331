"""Which jurisdictions there are; enters a database, leaves the same as its pool finds the tables of one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.errors import UnknownJurisdiction
from gateway.sql import jurisdictions as sql


@dataclass(frozen=True, slots=True)
class Known:
    """A jurisdiction, and the search_path by which its tables are found."""

    number: int
    code: str
    name: str
    path: str


async def listed(database: Database) -> Sequence[AnyRow]:
    """All of them by code: number, code, name, created_at, outlined."""
    async with database.engine.connect() as connection:
        return (await connection.execute(sql.KNOWN)).all() if await connection.scalar(sql.THERE) else []


async def known(database: Database) -> Mapping[str, Known]:
    """All of them by code, as requests need them; none where the database is of a version that knew of none."""
    async with database.session() as session:
        session.pin()
        if not await session.scalar(sql.THERE):
            return {}
        rows, extensions = await session.rows(sql.KNOWN), await session.scalar(sql.EXTENSIONS) or "public"
    return {row.code: Known(row.number, row.code, row.name, sql.path_of(row.code, extensions)) for row in rows}


async def applied(database: Database) -> frozenset[str]:
    """The migrations that a schema has."""
    async with database.session() as session:
        return frozenset(row.version_num for row in await session.rows(sql.APPLIED))


async def find(database: Database, code: str) -> Known:
    """The jurisdiction with a code; raises UnknownJurisdiction where there is none."""
    async with database.engine.connect() as connection:
        there = await connection.scalar(sql.THERE)
        row = (await connection.execute(sql.ONE, {"code": code})).first() if there else None
        if row is None:
            raise UnknownJurisdiction(f"There is no jurisdiction {code[:80]!r}.")
        return Known(row.number, row.code, row.name, await path_of(connection, code))


async def path_of(connection: AsyncConnection, code: str) -> str:
    """The search_path of a jurisdiction."""
    return sql.path_of(code, await connection.scalar(sql.EXTENSIONS) or "public")


async def within(database: Database, code: str) -> Database:
    """The database as a jurisdiction's; raises UnknownJurisdiction where there is none."""
    return database.within((await find(database, code)).path)
