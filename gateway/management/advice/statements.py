"""The costliest spatial statements that PostgreSQL has counted; enters a session, leaves them and advice."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from gateway import errors
from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import RequestSession
from gateway.execution.explaining import Verdict, as_plan, judge
from gateway.management.advice.advice import Advice
from gateway.sql import workload
from gateway.sql.explain import Explain

SHOWN = 10
_NOT_LOADED = "55000"  # object_not_in_prerequisite_state
_OWN = Verdict("the gateway's own: it reads all rows, or some of them at random, on purpose", ())
_TURN_ON = (
    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';",
    "Restart PostgreSQL.",
    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;",
)


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A statement and what it has cost; `share` is that of all spatial statements, `cached` that of its blocks."""

    query: str
    calls: int
    total_ms: float
    mean_ms: float
    rows: int
    share: float
    cached: float | None
    verdict: str
    cures: tuple[str, ...]

    @property
    def as_json(self) -> dict[str, object]:
        """Its parts."""
        return asdict(self)


async def hotspots(session: RequestSession) -> tuple[Sequence[Hotspot], Sequence[Advice]]:
    """The costliest statements first; where nothing is counted, how to turn that on."""
    if not await session.scalar(workload.STATEMENTS):
        return (), [_missing("pg_stat_statements is not there, so nobody knows which statements cost the most.")]
    try:
        rows = await session.rows(workload.HOTSPOTS.bindparams(count=SHOWN))
    except DBAPIError as error:
        if faults.sqlstate(error) != _NOT_LOADED:
            raise
        return (), [_missing("pg_stat_statements is created but not loaded, so it counts nothing.")]
    costliest = [await _hotspot(session, row) for row in rows]
    return costliest, [_advice(number, hotspot) for number, hotspot in enumerate(costliest, start=1) if hotspot.cures]


def _missing(text: str) -> Advice:
    return Advice("statements", "pg_stat_statements", text, _TURN_ON)


def _advice(number: int, hotspot: Hotspot) -> Advice:
    return Advice("statements", f"statement {number}", hotspot.verdict, hotspot.cures)


async def _hotspot(session: RequestSession, row: AnyRow) -> Hotspot:
    blocks = row.hit + row.read
    verdict = _OWN if row.own else await _generic(session, row.query)
    cached = row.hit / blocks if blocks else None
    share = row.share or 0.0
    query = " ".join(row.query.split())
    figures = (row.calls, row.total_ms, row.mean_ms, row.rows, share, cached)
    return Hotspot(query, *figures, verdict.text, verdict.cures)


async def _generic(session: RequestSession, query: str) -> Verdict:
    """What PostgreSQL would do for any values: those that were given are not kept."""
    numbers = [int(number) for number in re.findall(r"\$(\d+)", query)]
    nulls = ", ".join(["NULL"] * max(numbers, default=0))
    execute = f"EXECUTE advised({nulls})" if nulls else "EXECUTE advised"
    try:
        await session.fetch("SET plan_cache_mode = force_generic_plan", ())
        await session.fetch(f"PREPARE advised AS {query}", ())
        try:
            plan = await session.fetch(f"EXPLAIN ({Explain.form}) {execute}", ())
            return await judge(session, as_plan(plan)["Plan"])
        finally:
            await session.fetch("DEALLOCATE advised", ())
    except (errors.GatewayError, DBAPIError, PostgresError):
        return Verdict("not explained: its parameters have no certain type", ())
    finally:
        await session.fetch("RESET plan_cache_mode", ())
