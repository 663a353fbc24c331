"""Statements about analyses that run as jobs; enters ids, processes and terms, leaves what takes, shows and ends them.

Processes of all hosts take jobs of one table: the oldest that waits, or one whose process holds no lock any more
(gateway/sql/jobs.py). Who runs one names its attempt with each change, so one that lost its job changes nothing.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Update,
    and_,
    case,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from gateway.models import AnalysisJob
from gateway.sql.jobs import OPEN, TRIES, alive
from gateway.sql.types import Deleted, Inserted, SqlRows, Updated

INTERRUPTED: Final = "The server ended several times while it worked on this analysis. Ask for one of fewer rows."

_JOBS = AnalysisJob.__table__
_HIDDEN: Final = frozenset({"runner", "request_id"})


class Attempt(NamedTuple):
    """One try at a job."""

    id: str
    runner: int
    attempts: int

    @property
    def here(self) -> ColumnElement[bool]:
        """Whether it is still the one that runs the job."""
        mine = and_(_JOBS.c.runner == self.runner, _JOBS.c.attempts == self.attempts)
        return and_(_JOBS.c.id == self.id, _JOBS.c.state == "running", mine)


def add(values: Mapping[str, object], waiting: int) -> Inserted:
    """Add a job. No row where its owner has as many that wait or run."""
    others = select(func.count()).where(_JOBS.c.owner == values["owner"], _JOBS.c.finished_at.is_(None))
    given = [literal(value, _JOBS.c[name].type).label(name) for name, value in values.items()]
    room = select(*given).where(others.scalar_subquery() < waiting)
    return insert(_JOBS).from_select(list(values), room).returning(_JOBS.c.id)


def make_room(owner: str, kept: int) -> Deleted:
    """Delete the oldest ended jobs of an owner, so that with a new one as many are there as are kept."""
    ended = select(_JOBS.c.id).where(_JOBS.c.owner == owner, _JOBS.c.finished_at.is_not(None))
    return (
        delete(_JOBS)
        .where(_JOBS.c.id.in_(ended.order_by(_JOBS.c.created_at.desc()).offset(kept - 1)))
        .returning(_JOBS.c.id)
    )


def one(job: str, owner: str | None) -> SqlRows:
    """A job, of this owner alone unless that is None."""
    return _shown(owner).where(_JOBS.c.id == job)


def newest(owner: str | None, first: int) -> SqlRows:
    """The newest jobs."""
    return _shown(owner).order_by(_JOBS.c.created_at.desc(), _JOBS.c.id).limit(first)


def _shown(owner: str | None) -> SqlRows:
    """Jobs that have not expired; one whose process ended waits for another."""
    left = and_(_JOBS.c.state == "running", ~func.coalesce(alive(_JOBS.c.runner), false()))
    state = case((left, "waiting"), else_=_JOBS.c.state).label("state")
    shown = (each for each in _JOBS.c if each.name not in {*_HIDDEN, "state"})
    jobs = select(*shown, state).where(or_(_JOBS.c.expires_at.is_(None), _JOBS.c.expires_at > func.now()))
    return jobs if owner is None else jobs.where(_JOBS.c.owner == owner)


def cancel(job: str, kept: float) -> Updated:
    """End a job; the process that runs it sees that and stops. No row where it has ended."""
    values = _ended("cancelled", kept)
    return update(_JOBS).where(_JOBS.c.id == job, _JOBS.c.state.in_(OPEN)).values(values).returning(_JOBS.c.id)


def begin(runner: int, mine: Collection[str]) -> Updated:
    """Take a job for the process `runner`, which is at `mine`: of the owner with the fewest at work, the oldest."""
    other = aliased(_JOBS)
    at_work = select(func.count()).where(other.c.owner == _JOBS.c.owner, other.c.state == "running")
    next_ = (
        select(_JOBS.c.id)
        .where(_JOBS.c.finished_at.is_(None), or_(_JOBS.c.state == "waiting", _lost(runner, mine)))
        .order_by(at_work.correlate(_JOBS).scalar_subquery(), _JOBS.c.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    values = {
        "state": "running",
        "phase": "counting",
        "runner": runner,
        "attempts": _JOBS.c.attempts + 1,
        "written": 0,
        "started_at": func.coalesce(_JOBS.c.started_at, func.now()),
    }
    return update(_JOBS).where(_JOBS.c.id == next_.scalar_subquery()).values(values).returning(*_JOBS.c)


def pending() -> SqlRows:
    """`open`, whether any job waits or runs, and `expired`, whether any is to be deleted."""
    expired = select(_JOBS.c.id).where(_JOBS.c.expires_at <= func.now()).exists()
    return select(
        select(_JOBS.c.id).where(_JOBS.c.finished_at.is_(None)).exists().label("open"), expired.label("expired")
    )


def give_up(runner: int, mine: Collection[str], kept: float) -> Update:
    """Fail what was begun several times by processes that ended with it."""
    values = _ended("failed", kept) | {"error_code": "INTERRUPTED", "error_message": INTERRUPTED}
    return update(_JOBS).where(_JOBS.c.attempts >= TRIES, _lost(runner, mine)).values(values)


def _lost(runner: int, mine: Collection[str]) -> ColumnElement[bool]:
    """Whether nobody is at a running job: its process ended, or it is this one and lost it."""
    ours = and_(_JOBS.c.runner == runner, _JOBS.c.id.not_in(list(mine)))
    return and_(_JOBS.c.state == "running", or_(~func.coalesce(alive(_JOBS.c.runner), false()), ours))


def note(attempt: Attempt, values: Mapping[str, object]) -> Updated:
    """Keep how far a job is. No row where it was cancelled, or is another's by now."""
    return update(_JOBS).where(attempt.here).values(**values).returning(_JOBS.c.id)


def end(attempt: Attempt, state: str, kept: float, values: Mapping[str, object]) -> Updated:
    """The end of a job. No row where it was cancelled, or is another's by now."""
    return update(_JOBS).where(attempt.here).values(**_ended(state, kept), **values).returning(_JOBS.c.id)


def let_go(attempt: Attempt) -> Update:
    """Leave a job to the next process; this attempt is not counted."""
    values = {"state": "waiting", "phase": None, "runner": None, "attempts": _JOBS.c.attempts - 1}
    return update(_JOBS).where(attempt.here).values(values)


def _ended(state: str, kept: float) -> dict[str, object]:
    after = func.make_interval(0, 0, 0, 0, 0, 0, kept)
    return {"state": state, "phase": None, "finished_at": func.now(), "expires_at": func.now() + after}


def sweep() -> Executable:
    """Delete what has expired, with its results."""
    return delete(_JOBS).where(_JOBS.c.expires_at <= func.now())
