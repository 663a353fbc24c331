"""Which jurisdictions there are; enters a database, leaves the same as its pool finds the tables of one of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.paths import marked, schema_of
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.errors import SpanningReadsOnly, UnknownJurisdiction
from gateway.identity.principal import OWN
from gateway.models.jurisdiction import ALL, SOME, SPAN
from gateway.sql import jurisdictions as sql
from gateway.sql import spanning

_JOINED: Final = "+"  # which no code has


@dataclass(frozen=True, slots=True)
class Known:
    """A jurisdiction, and the search_path by which its tables are found; of all together `parts` are theirs by code."""

    number: int
    code: str
    name: str
    path: str
    parts: tuple[tuple[str, str], ...] = ()
    apart: bool = False  # in a database of its own


async def listed(database: Database) -> Sequence[AnyRow]:
    """All of them by code: number, code, name, created_at, outlined."""
    async with database.engine.connect() as connection:
        return (await connection.execute(sql.KNOWN)).all() if await connection.scalar(sql.THERE) else []


async def known(database: Database) -> Mapping[str, Known]:
    """All of them by code, as requests need them; none where the database is of a version that knew of none.

    Under ALL there are all together, once `manage.py migrate` has made the views that these are read by.
    """
    async with database.session() as session:
        session.pin()
        if not await session.scalar(sql.THERE):
            return {}
        rows, extensions = await session.rows(sql.KNOWN), await session.scalar(sql.EXTENSIONS) or "public"
        own = await session.scalar(spanning.OWN_SCHEMA) if rows and await session.scalar(spanning.THERE) else None
    found = {row.code: Known(row.number, row.code, row.name, sql.path_of(row.code, extensions)) for row in rows}
    return found if own is None else {ALL: _together(found, str(own), extensions), **found}


def _together(found: Mapping[str, Known], own: str, extensions: str) -> Known:
    """All of them: functions that their views don't bring are those of the schema of the URL."""
    parts = ((OWN, sql.path_of(own, extensions)), *((each.code, each.path) for each in found.values()))
    path = sql.path_of(SPAN, sql.path_of(own, extensions))
    return Known(0, ALL, "All jurisdictions", path, parts)


def some(every: Known, codes: Collection[str]) -> Known:
    """Those of all that have these codes, read together; `every` is what `known` has under ALL.

    Raises UnknownJurisdiction where there is none of them.
    """
    parts = tuple(part for part in every.parts if part[0] in codes)
    if not parts:
        raise UnknownJurisdiction("None of these jurisdictions is there any more.")
    mark, (_, own) = marked([schema_of(path) for _, path in parts]), every.parts[0]
    path = sql.path_of(SOME, sql.path_of(mark, own))
    return Known(0, _JOINED.join((ALL, *(code for code, _ in parts))), "Some jurisdictions", path, parts)


def codes_of(code: str) -> Sequence[str] | None:
    """The codes that a code of several has, as `some` makes it; None for that of one, or of all."""
    first, *others = code.split(_JOINED)
    return others if first == ALL and others else None


async def applied(database: Database) -> frozenset[str]:
    """The migrations that a schema has."""
    async with database.session() as session:
        return frozenset(row.version_num for row in await session.rows(sql.APPLIED))


async def find(database: Database, code: str) -> Known:
    """The jurisdiction with a code; raises UnknownJurisdiction where there is none, SpanningReadsOnly for ALL."""
    async with database.engine.connect() as connection:
        there = await connection.scalar(sql.THERE)
        row = (await connection.execute(sql.ONE, {"code": code})).first() if there else None
        if row is None and code == ALL:
            raise SpanningReadsOnly(f"A command works on one jurisdiction. Name one; /j/{ALL}/ reads all of them.")
        if row is None:
            raise UnknownJurisdiction(f"There is no jurisdiction {code[:80]!r}.")
        return Known(row.number, row.code, row.name, await path_of(connection, code))


async def path_of(connection: AsyncConnection, code: str) -> str:
    """The search_path of a jurisdiction."""
    return sql.path_of(code, await connection.scalar(sql.EXTENSIONS) or "public")


async def within(database: Database, code: str) -> Database:
    """The database as a jurisdiction's; raises UnknownJurisdiction where there is none."""
    return database.within((await find(database, code)).path)
