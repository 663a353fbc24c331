"""Explains statements; enters a request's session, leaves the SQL that it sent and the plans of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from asyncpg import PostgresError
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from gateway import errors
from gateway.admission.claims import Claim
from gateway.db import faults
from gateway.db.reader import Reader, Row
from gateway.db.sessions import RequestSession
from gateway.execution.values import Plain
from gateway.sql import catalog, workload
from gateway.sql.explain import analysed, is_explain
from gateway.sql.scans import Plan, Scan, cures, indexes, scans, tables
from gateway.sql.statement import compiled

_QUOTED = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of a plan, in a line, and the statements that would fix it."""

    text: str
    cures: tuple[str, ...]


class Explaining:
    """A request's session that remembers what it sent, to explain it when the answer is made."""

    def __init__(self, session: RequestSession) -> None:
        self._session = session
        self._sent: list[tuple[str, Sequence[object]]] = []

    @property
    def claim(self) -> Claim:
        """That of the session."""
        return self._session.claim

    @property
    def writing(self) -> RequestSession:
        """The session itself: to explain a statement is to run it once more, which no write must be."""
        return self._session

    @property
    def busy(self) -> float:
        """As the session's."""
        return self._session.busy

    def pin(self) -> None:
        """As the session does."""
        self._session.pin()

    def pin_for(self, moment: datetime) -> None:
        """As the session does."""
        self._session.pin_for(moment)

    async def rows(self, statement: Executable) -> Sequence[Row]:
        """As the session does."""
        self._remember(statement)
        return await self._session.rows(statement)

    async def entities(self, statement: Executable) -> Sequence[Row]:
        """As the session does."""
        self._remember(statement)
        return await self._session.entities(statement)

    async def scalar(self, statement: Executable) -> Row:
        """As the session does."""
        self._remember(statement)
        return await self._session.scalar(statement)

    async def fetch(self, text: str, parameters: Sequence[object]) -> Sequence[Row]:
        """As the session does."""
        self._sent.append((text, parameters))
        return await self._session.fetch(text, parameters)

    def _remember(self, statement: Executable) -> None:
        made = compiled(statement)
        self._sent.append((made.text, made.bind(())))

    async def statements(self) -> list[Mapping[str, Plain]]:
        """Each statement with its plan, in the order in which they were sent; each is run once more."""
        return [await self._explained(text, parameters) for text, parameters in self._sent]

    async def _explained(self, text: str, parameters: Sequence[object]) -> Mapping[str, Plain]:
        sent = {"sql": text, "parameters": [_shown(value) for value in parameters]}
        if is_explain(text):
            return sent | {"verdict": "PostgreSQL estimates and reads no rows", "cures": []}
        try:
            answer = await explain(self._session, text, parameters)
            verdict = await judge(self._session, answer["Plan"])
        except (errors.GatewayError, DBAPIError, PostgresError) as error:  # the answer stands
            return sent | {"verdict": f"not explained: {_reason(error)}", "cures": []}
        return sent | {"verdict": verdict.text, "cures": verdict.cures, "ms": answer["Execution Time"], "plan": answer}


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, errors.GatewayError) else f"SQLSTATE {faults.sqlstate(error)}"


def _shown(value: object) -> object:
    """A parameter as JSON has it, or as text where JSON has nothing for it."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return value.hex() if isinstance(value, bytes) else str(value)
    return value


async def explain(session: Reader, text: str, parameters: Sequence[object]) -> Plan:
    """Run a statement and answer its plan with the times in milliseconds."""
    return as_plan(await session.fetch(analysed(text), parameters))


def as_plan(rows: Sequence[Row]) -> Plan:
    """The plan in the rows that EXPLAIN answers."""
    answer = rows[0][0]
    plan: Plan = (orjson.loads(answer) if isinstance(answer, str) else answer)[0]
    return plan


async def judge(session: Reader, plan: Plan) -> Verdict:
    """Whether a plan reads more than it should; of one that was not run, by the estimates of PostgreSQL."""
    sizes = {} if "Actual Rows" in plan else await _sizes(session, plan)
    every = scans(plan, sizes)
    bad = [scan for scan in every if scan.wasteful]
    if not bad:
        used = ", ".join(sorted(indexes(plan)))
        whole = ", ".join(sorted({scan.table for scan in every if scan.index is None}))
        index = f"index used: {used}" if used else "no index used"
        return Verdict(f"{index}; read whole: {whole}" if whole else index, ())
    texts = [_text(scan) for scan in bad]
    fixes = [cure for scan in bad for cure in await _cures(session, scan)]
    return Verdict("; ".join(dict.fromkeys(texts)), tuple(dict.fromkeys(fixes)))


def _text(scan: Scan) -> str:
    how = f"walk along {scan.index}" if scan.index else "sequential scan"
    what = f"{how}: {scan.read} rows of {scan.table} read"
    if scan.order:
        return f"{what} and sorted for a page"
    return f"{what}, {scan.kept} kept"


async def _sizes(session: Reader, plan: Plan) -> Mapping[str, float]:
    named = workload.SIZES.bindparams(names=sorted(tables(plan)))
    return {row.name: row.rows for row in await session.rows(named)}


async def _cures(session: Reader, scan: Scan) -> Sequence[str]:
    stored = await session.rows(catalog.TABLE.bindparams(name=_QUOTED(scan.table)))
    if not stored:
        return ()
    columns = await session.rows(catalog.COLUMNS.bindparams(table=stored[0].oid))
    present = [row.keys for row in await session.rows(catalog.INDEXES.bindparams(table=stored[0].oid)) if row.valid]
    return cures(scan, stored[0].name, {row.name: row.type for row in columns}, present)
