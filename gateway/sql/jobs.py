"""Statements about jobs; enters ids, processes and what came of a job, leaves INSERT, SELECT and UPDATE.

The process that runs a job holds an advisory lock of its number in a transaction that does nothing else; the lock ends
with the process. A job that waits or runs, and whose process holds none, was interrupted. Locks are those of one
server: where jobs are on a node of a cluster, the coordinator is asked first which processes are `Gone`. A process that
takes a job meanwhile is not among these.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Update,
    all_,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from gateway.models import IngestChunk, IngestRun, Job
from gateway.sql.types import Inserted, SqlRows, Updated

RUNNER: Final = 0x1A6E59  # the first of the two numbers of the lock of a process
OPEN: Final = ("waiting", "running")
COUNTS: Final = ("read", "inserted", "updated", "repaired", "skipped", "rejected")
TRIES: Final = 3  # how often a job is begun by itself without coming further

Gone = Collection[int] | None
"""The numbers of processes of jobs that have ended, where they are not looked for by the statement itself: None."""

_JOBS = Job.__table__
_RUNS = IngestRun.__table__
_CHUNKS = IngestChunk.__table__
_LOCKS = table("pg_locks", column("locktype"), column("database"), column("classid"), column("objid"))


def _here() -> object:
    """The number of this database in its cluster."""
    named = column("datname") == func.current_database()
    return select(column("oid")).select_from(table("pg_database")).where(named).scalar_subquery()


def runners() -> SqlRows:
    """The processes of jobs that wait or run."""
    return select(_JOBS.c.runner).where(_JOBS.c.state.in_(OPEN), _JOBS.c.runner.is_not(None)).distinct()


def held() -> SqlRows:
    """The processes that hold their lock."""
    here = and_(_LOCKS.c.locktype == "advisory", _LOCKS.c.database == _here())
    return select(cast(_LOCKS.c.objid, BigInteger)).where(here, cast(_LOCKS.c.classid, BigInteger) == RUNNER)


def alive(runner: ColumnElement[Any], gone: Gone = None) -> ColumnElement[bool]:
    """Whether the process of a job still holds its lock; of no process, it is not."""
    if gone is not None:
        return and_(runner.is_not(None), runner != all_(literal(sorted(gone), ARRAY(BigInteger))))
    return (
        select(literal(1))
        .select_from(_LOCKS)
        .where(
            _LOCKS.c.locktype == "advisory",
            _LOCKS.c.database == _here(),
            cast(_LOCKS.c.classid, BigInteger) == RUNNER,
            cast(_LOCKS.c.objid, BigInteger) == runner,
        )
        .exists()
    )


def _interrupted(gone: Gone) -> ColumnElement[bool]:
    return and_(_JOBS.c.state.in_(OPEN), ~func.coalesce(alive(_JOBS.c.runner, gone), False))


def _now_where(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The time where a condition holds, else null; a cluster takes no now() within CASE."""
    return func.now() + case((condition, literal_column("interval '0'")), else_=None)


def database() -> SqlRows:
    """A name of this database that no other one has: of its cluster, and within that; and of its jurisdiction."""
    cluster = select(column("system_identifier")).select_from(func.pg_control_system()).scalar_subquery()
    return select(func.concat_ws("-", cluster, _here(), func.nullif(func.current_schema(), "public")))


def hold(number: int) -> SqlRows:
    """Take the lock of the process `number` until the transaction ends."""
    return select(func.pg_advisory_xact_lock(RUNNER, cast(number, Integer)))


def add(values: Mapping[str, object]) -> Inserted:
    """Add a job."""
    return insert(_JOBS).values(**values).returning(_JOBS.c.id)


def _shown(gone: Gone) -> SqlRows:
    """Jobs as they are shown: with the state that they are in and the sums of their chunks."""
    sums = (
        select(*(cast(func.coalesce(func.sum(_CHUNKS.c[name]), 0), BigInteger).label(name) for name in COUNTS))
        .where(_CHUNKS.c.run_id == _JOBS.c.run_id)
        .lateral("sums")
    )
    notes = (
        select(func.array_agg(aggregate_order_by(column("key"), column("key"))).label("notes"))
        .select_from(
            select(func.jsonb_object_keys(_CHUNKS.c.notes).label("key"))
            .where(_CHUNKS.c.run_id == _JOBS.c.run_id)
            .distinct()
            .correlate(_JOBS)
            .subquery()
        )
        .lateral("notes")
    )
    hidden = {"state", "runner", "stop", "attempts", "digest", "request_id"}
    state = case((_interrupted(gone), "interrupted"), else_=_JOBS.c.state).label("state")
    shown = (each for each in _JOBS.c if each.name not in hidden)
    return select(*shown, state, *sums.c, notes.c.notes).select_from(_JOBS.join(sums, true()).join(notes, true()))


def one(job: str, owner: str | None, gone: Gone = None) -> SqlRows:
    """A job, of this owner alone unless that is None."""
    return _of(_shown(gone).where(_JOBS.c.id == job), owner)


def newest(owner: str | None, rows: int, gone: Gone = None) -> SqlRows:
    """The newest jobs of an owner, or of all where it is None."""
    return _of(_shown(gone).order_by(_JOBS.c.created_at.desc(), _JOBS.c.id).limit(rows), owner)


def _of(statement: SqlRows, owner: str | None) -> SqlRows:
    return statement if owner is None else statement.where(_JOBS.c.owner == owner)


def outcomes(job: str, after: int) -> Executable:
    """The first chunk of a job behind the chunk `after` that has outcomes of features: its number, and their JSON."""
    return (
        select(_CHUNKS.c.number, _CHUNKS.c.outcomes)
        .join(_JOBS, _CHUNKS.c.run_id == _JOBS.c.run_id)
        .where(_JOBS.c.id == job, _CHUNKS.c.number > after, func.jsonb_array_length(_CHUNKS.c.outcomes) > 0)
        .order_by(_CHUNKS.c.number)
        .limit(1)
    )


def cancel(job: str, gone: Gone = None) -> Updated:
    """End a job that nobody runs; have one that runs stop after its chunk. No row where it has ended."""
    over = or_(_JOBS.c.state == "waiting", _interrupted(gone))
    return (
        update(_JOBS)
        .where(_JOBS.c.id == job, _JOBS.c.state.in_(OPEN))
        .values(
            stop=True,
            state=case((over, "cancelled"), else_=_JOBS.c.state),
            finished_at=_now_where(over),
        )
        .returning(_JOBS.c.id)
    )


def resume(job: str, runner: int, gone: Gone = None) -> Updated:
    """Let a job that failed, was cancelled or interrupted wait again. No row where it is in another state."""
    fresh = {"state": "waiting", "stop": False, "attempts": 0, "runner": runner, "finished_at": None}
    return (
        update(_JOBS)
        .where(_JOBS.c.id == job, or_(_JOBS.c.state.in_(("failed", "cancelled")), _interrupted(gone)))
        .values(**fresh, error_code=None, error_message=None)
        .returning(_JOBS.c.id)
    )


def known(jobs: Collection[str], runner: int, gone: Gone = None) -> SqlRows:
    """Jobs of which a body is here: whether they have ended and when, and whether another process has them.

    In the order in which they came, in which they are to go on.
    """
    others = and_(_JOBS.c.runner != runner, alive(_JOBS.c.runner, gone))
    columns = (_JOBS.c.id, _JOBS.c.layer, _JOBS.c.state, _JOBS.c.finished_at)
    read = select(*columns, func.coalesce(others, False).label("others")).where(_JOBS.c.id.in_(jobs))
    return read.order_by(_JOBS.c.created_at, _JOBS.c.id)


def adopt(job: str, runner: int, gone: Gone = None) -> Executable:
    """Take an interrupted job for the process `runner`; one that stays where it is has failed. No row if it has one."""
    stuck = _JOBS.c.attempts >= TRIES
    return (
        update(_JOBS)
        .where(_JOBS.c.id == job, or_(_interrupted(gone), and_(_JOBS.c.state.in_(OPEN), _JOBS.c.runner == runner)))
        .values(
            runner=runner,
            state=case((_JOBS.c.stop, "cancelled"), (stuck, "failed"), else_="waiting"),
            finished_at=_now_where(or_(_JOBS.c.stop, stuck)),
            error_code=case((stuck, "INTERRUPTED"), else_=None),
            error_message=case((stuck, _STUCK), else_=None),
        )
        .returning(_JOBS.c.state)
    )


_STUCK = (
    "The server ended several times while it worked on this job, which came no further in between. Resume it, or send "
    "the file in parts to find what the server stumbles over."
)


def begin(job: str, runner: int) -> Updated:
    """Begin a job that waits for this process, with all that is needed for it. No row where it was cancelled."""
    ended = select(_RUNS.c.state).where(_RUNS.c.id == _JOBS.c.run_id).scalar_subquery()
    return (
        update(_JOBS)
        .where(_JOBS.c.id == job, _JOBS.c.state == "waiting", _JOBS.c.runner == runner)
        .values(
            state="running",
            attempts=_JOBS.c.attempts + 1,
            started_at=func.least(_JOBS.c.started_at, func.now()),  # which a cluster takes, and passes over null
        )
        .returning(*_JOBS.c, ended.label("run_state"))
    )


def note(job: str, **values: object) -> Executable:
    """Keep how far a job has come, and answer whether it is to stop."""
    return update(_JOBS).where(_JOBS.c.id == job).values(**values).returning(_JOBS.c.stop)


def stopped(job: str) -> Executable:
    """Whether a job is to stop."""
    return select(_JOBS.c.stop).where(_JOBS.c.id == job)


def end(job: str, state: str, code: str | None = None, message: str | None = None) -> Update:
    """The end of a job."""
    values = {"state": state, "error_code": code, "error_message": message, "finished_at": func.now()}
    return update(_JOBS).where(_JOBS.c.id == job).values(**values)


def let_go(job: str, runner: int | None) -> Update:
    """A job that waits on, of the process `runner` or of none, if it is not to stop."""
    state = case((_JOBS.c.stop, "cancelled"), else_="waiting")
    values = {"state": state, "finished_at": _now_where(_JOBS.c.stop), "runner": runner, "attempts": 0}
    return update(_JOBS).where(_JOBS.c.id == job).values(**values)
