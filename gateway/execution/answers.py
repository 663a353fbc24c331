"""Answers about many rows that were made before; enters statements, leaves their rows, read again where rows changed.

An answer is kept with the state of the tables and the snapshot that it was read in. It is given out again after one
short statement has found, on the server that the request reads from, that all of its rows are still the same: so it is
never older than an answer that would be made then. What principals may not see is in the statement and its values,
and these are the key.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from sys import getsizeof
from typing import Any, Final

from cachetools import LRUCache

from gateway import telemetry
from gateway.db.reader import Row
from gateway.db.sessions import RequestSession
from gateway.identity.principal import OWN
from gateway.query.statistics import Estimates
from gateway.settings import AnswerSettings
from gateway.sql.following import same, with_state
from gateway.sql.statement import Statement

_OVERHEAD: Final = 500  # bytes of an answer beside its rows
_SERVERS: Final = 4  # whose answers to one statement are kept: a primary and its replicas take turns
_SHARE: Final = 8  # what is larger than this part of the memory would drive out most others


@dataclass(frozen=True, slots=True)
class _Kept:
    """The rows of one server."""

    rows: Sequence[tuple[Any, ...]]
    state: str
    snapshot: str
    size: int

    @property
    def server(self) -> str:
        return self.state.partition("|")[0]


class AnswerCache:
    """The least recently used answers leave beyond so many bytes; jurisdictions of a server share it."""

    def __init__(self, settings: AnswerSettings) -> None:
        self.cost = settings.cost
        self.kept: LRUCache[bytes, Sequence[_Kept]] = LRUCache(settings.bytes, lambda kept: sum(k.size for k in kept))


class Answers:
    """Reads what statements say of all rows of layers."""

    def __init__(self, cache: AnswerCache, estimates: Estimates, code: str = OWN) -> None:
        """`estimates` know which layers' changes are noted.

        `code` is of the jurisdiction whose rows are read: tables of two databases may be in the same state.
        """
        self._cache = cache
        self._code = code
        self._estimates = estimates

    async def rows(
        self, session: RequestSession, statement: Statement, parameters: Sequence[Any]
    ) -> Sequence[Row] | Sequence[tuple[Any, ...]]:
        """The rows of `statement`; those of operations that cost little are not kept."""
        if session.claim.cost < self._cache.cost:
            return await session.fetch(statement.text, parameters)
        if session.in_transaction or not self._keeps(statement):
            return await session.fetch_widely(statement.text, parameters)
        key = sha256(pickle.dumps((self._code, session.path, statement.text, parameters))).digest()
        kept = self._cache.kept.get(key, ())
        if kept:
            given = [each.state for each in kept], [each.snapshot for each in kept]
            if places := await session.fetch(same(statement.tables), given):
                telemetry.answers.labels("kept").inc()
                place: int = places[0][0]
                return kept[place - 1].rows
        telemetry.answers.labels("made").inc()
        rows = await session.fetch_widely(with_state(statement.text, statement.tables), parameters)
        made = [tuple(row)[:-2] for row in rows]
        if rows and (told := tuple(rows[0])[-2:])[0] is not None:
            self._keep(key, made, *told)
        return made

    def _keeps(self, statement: Statement) -> bool:
        known = bool(statement.tables) and statement.tables <= self._estimates.now.followed
        return known and self._cache.kept.maxsize > 0

    def _keep(self, key: bytes, rows: Sequence[tuple[Any, ...]], state: str, snapshot: str) -> None:
        size = _OVERHEAD + sum(getsizeof(row) + sum(map(getsizeof, row)) for row in rows)
        made = _Kept(rows, state, snapshot, size)
        others = [each for each in self._cache.kept.pop(key, ()) if each.server != made.server]
        if size * _SHARE <= self._cache.kept.maxsize:
            self._cache.kept[key] = [made, *others][:_SERVERS]
