"""Database failures as errors of the gateway; enters an exception, leaves a GatewayError.

Classified by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), not by class or text:
asyncpg's errors arrive as bare DBAPIError, and refused connections as plain OSError.
"""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from asyncpg import InterfaceError, InternalClientError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway import errors

_BEHIND: Final = "2201F"  # a root of a number below 0: gateway/sql/kept.py
_BY_STATE: Mapping[str, tuple[type[errors.ServiceError | errors.BadCursor], str]] = {
    "22011": (  # a substring of less than nothing: gateway/sql/keyset.py
        errors.BadCursor,
        "The row of the cursor is gone, or has another value in this order by now. Begin with the first page again.",
    ),
    _BEHIND: (errors.ConcurrentChange, "A concurrent change collided with this one. Try again."),
    "57014": (
        errors.Timeout,
        "It took longer than its limit. Ask for fewer rows or a smaller area, or write fewer rows at a time.",
    ),
    "55P03": (errors.Locked, "Another change holds a lock on these rows. Try again."),
    "40001": (errors.ConcurrentChange, "A concurrent change collided with this one. Try again."),
    "40P01": (errors.ConcurrentChange, "A concurrent change collided with this one. Try again."),
    "53300": (errors.Overloaded, "Every connection to the database is in use. Try again shortly."),
    "53100": (errors.Storage, "The database is out of disk space. Its operator must make room; tell them."),
    "53200": (errors.Storage, "The database is out of memory. Ask for less at a time, and tell its operator."),
    "0A000": (
        errors.ClusterCannot,
        "The database does not support this, as a cluster with what is on several nodes. Ask one of them: /j/{code}/.",
    ),
    "42P01": (
        errors.NotMigrated,
        "The database lacks a table of this version. Its operator must run manage.py migrate.",
    ),
    "42883": (
        errors.NotMigrated,
        "The database lacks a function of this version. Its operator must run manage.py migrate.",
    ),
    "42703": (
        errors.NotMigrated,
        "The database lacks a column of this version. Its operator must run manage.py migrate.",
    ),
}
_NEAR: Final = (
    "PostGIS cannot compare two geometries that meet at {x:.7f}, {y:.7f}: vertices lie closer together there than its "
    "numbers tell apart, or one is not valid. Write them again, with the same coordinates of at most 9 decimals."
)
# Classes that speak of the server, the session or the statement, and say nothing of a row's values.
_NOT_OF_A_ROW = frozenset(
    {"01", "02", "03", "08", "0A", "0B", "24", "25", "26", "28", "2D", "3B", "3D", "40", "42"}
    | {"53", "55", "57", "58", "72", "F0"}
)
# A pooler in transaction mode refuses what a connection sets, or passes a statement on to where it was not prepared:
# protocol violation, a statement's name that is not known or known already.
POOLED = frozenset({"08P01", "26000", "42P05"})
_NOT_POOLED: Final = (
    "The database refuses how the gateway speaks to it, as a pooler in transaction mode does. Its operator must set "
    "GATEWAY_DATABASE_POOLER=pgbouncer, or fix GATEWAY_DATABASE_URL."
)
_CONSTRAINTS = frozenset({"23502", "23505", "23514", "23503", "23P01"})  # not null, unique, check, key, exclusion
_VALUES = frozenset({"22", "44", "54", "P0"})  # data, check option of a view, limits, triggers
_REFUSED = "The database refuses the row: one of its values has no place in its column or index."
_REFUSALS: Mapping[str, str] = {
    "54": "The database refuses the row: one of its values is too long for an index of the table.",
    "P0": "A trigger of the table refuses the row.",
}
_BY_CLASS: Mapping[str, tuple[type[errors.ServiceError], str]] = {
    "08": (errors.Unavailable, "The connection to the database was lost. Try again."),
    "57": (errors.Unavailable, "The database is starting, stopping or restarting. Try again shortly."),
    "28": (
        errors.Unavailable,
        "The database refuses the gateway's login. Its operator must fix GATEWAY_DATABASE_URL.",
    ),
    "3D": (errors.Unavailable, "The database does not exist. Its operator must fix GATEWAY_DATABASE_URL."),
}


# Shutdown, crash of another process, startup or recovery, a session that was idle for too long.
_LEAVES = frozenset({"57P01", "57P02", "57P03", "57P05"})
# What asyncpg says of a connection that the server has ended: it is asked for the next statement, and sends nothing.
_ENDED = ("another operation (2) is in progress", 'protocol is in the "failed" state', "connection is closed")
# Of a connection that could not be opened: what this process lacks.
_OWN_FAULTS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})

# What a server process says that knows tables, types or PostGIS by their numbers before a restore; it has no state of
# its own.
_INTERNAL = "XX000"
# Of GEOS before 3.13, of two valid geometries: "GEOSIntersects: TopologyException: side location conflict at -71 42".
_INCOMPARABLE = re.compile(r"TopologyException:.*? at (?P<x>-?\d\S*) (?P<y>-?\d+(\.\d+)?(e[+-]\d+)?)")
_UNPLANNED = "could not create distributed plan"  # of Citus
_OUTDATED = ("cache lookup failed for", "no spatial operator found for", "could not open relation with OID")
# What a replica says where the primary would answer: it had to remove rows or locks that a read needs, or its log ends
# before a migration; it writes nothing, and refuses logins and connections for itself.
_CONFLICTS = frozenset({"40001", "40P01"})
_NOT_THERE_YET = frozenset({"42P01", "42703", "42883", "42704", "3F000"})
_NOT_THERE = frozenset({"25006", "55000", "0A000", "53300"})


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind an exception of SQLAlchemy or asyncpg, or None."""
    source = error.orig if isinstance(error, DBAPIError) else error
    return getattr(source, "sqlstate", None)


def classify(error: BaseException) -> errors.GatewayError | None:
    """The error to tell a client, or None where the failure is none that the database is known to give."""
    if isinstance(error, PoolTimeout):
        return errors.Overloaded("Every connection to the database is in use. Try again shortly.")
    state = sqlstate(error)
    if state is None:
        return _unreachable(error)
    if state in _CONSTRAINTS:
        return _violated(error)
    if state in POOLED:
        return errors.Unavailable(_NOT_POOLED)
    if state == _INTERNAL:
        if (found := _INCOMPARABLE.search(str(error))) is not None:
            return errors.IncomparableGeometries(_NEAR.format(x=float(found["x"]), y=float(found["y"])))
        if _UNPLANNED in str(error):
            state = "0A000"
    if outdated(error):
        return errors.Unavailable("Tables or types of the database were made again meanwhile. Try again.")
    kind, message = _BY_STATE.get(state) or _BY_CLASS.get(state[:2]) or (None, "")
    return kind(message) if kind else None


@contextmanager
def classified() -> Iterator[None]:
    """Raise what fails in the block as the error to tell a client, where the database is known to give it."""
    try:
        yield
    except Exception as error:
        known = None if isinstance(error, errors.GatewayError) else classify(error)
        if known is None:
            raise
        raise known from error


def away(error: BaseException) -> bool:
    """Whether the database restarts, fails over or cannot be reached: for one that waits it may be there again."""
    if isinstance(error, errors.Unavailable) and error.__cause__ is not None:
        return away(error.__cause__)
    state = sqlstate(error)
    if state is None:
        return _unreachable(error) is not None and getattr(error, "errno", None) not in _OWN_FAULTS
    return state in _LEAVES or (state[:2] == "08" and state not in POOLED)


def of_replica(error: BaseException) -> str | None:
    """Why a read that failed on a replica may succeed on the primary: conflict, behind, refused or away; else None."""
    state = sqlstate(error) or ""
    if state in _CONFLICTS:
        return "conflict"
    if state in _NOT_THERE_YET or outdated(error):
        return "behind"
    if state in _NOT_THERE or state[:2] in {"28", "3D"}:
        return "refused"
    return "away" if away(error) else None


def behind(error: BaseException) -> bool:
    """Whether a statement read pairs that are behind their rows: to compute what they say gives the answer."""
    return error.__cause__ is not None and sqlstate(error.__cause__) == _BEHIND


def unsent(error: BaseException) -> bool:
    """Whether the connection had ended before a statement was sent on it."""
    source = getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error
    return isinstance(source, InterfaceError | InternalClientError) and any(words in str(source) for words in _ENDED)


def announced(error: BaseException) -> bool:
    """Whether the server said that it ends the connection; one that says nothing may have been ended by its work."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None and getattr(cause, "sqlstate", None) not in _LEAVES:
        cause = cause.__cause__
    return cause is not None


def outdated(error: BaseException) -> bool:
    """Whether a connection is of before the database was restored, as its server process then fails for good."""
    source = error.orig if isinstance(error, DBAPIError) else error
    return sqlstate(error) == _INTERNAL and any(words in str(source) for words in _OUTDATED)


def of_a_row(error: BaseException) -> bool:
    """Whether the database refuses values of a row: data, constraints, triggers, limits, and PostGIS's own failures."""
    state = sqlstate(error)
    return state is not None and state[:2] not in _NOT_OF_A_ROW


def refused(error: BaseException) -> errors.ConstraintViolated | None:
    """The error for a write whose row the database refuses in a way that `classify` does not know, or None."""
    if (sqlstate(error) or "")[:2] not in _VALUES:
        return None
    return errors.ConstraintViolated(refusal(error), constraint=None)


def refusal(error: BaseException) -> str:
    """Why the database refuses a row."""
    state, name = sqlstate(error) or "", _constraint(error)
    if state in _CONSTRAINTS and name:
        return f"The database refuses the row by its constraint {name}."
    return _REFUSALS.get(state[:2], _REFUSED)


def _violated(error: BaseException) -> errors.ConstraintViolated:
    name = _constraint(error)
    named = f" {name}" if name else ""
    return errors.ConstraintViolated(
        f"The row breaks the constraint{named} of its table. Change the values that it is about.", constraint=name
    )


def _constraint(error: BaseException) -> str | None:
    source: Any = error.orig if isinstance(error, DBAPIError) else error
    return getattr(source, "constraint_name", None) or getattr(source.__cause__, "constraint_name", None)


def _unreachable(error: BaseException) -> errors.GatewayError | None:
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    refused = invalidated or isinstance(error, OSError) or unsent(error)
    return errors.Unavailable("The database cannot be reached. Try again shortly.") if refused else None
