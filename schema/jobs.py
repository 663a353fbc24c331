"""Bulk loads: `job`, `jobs`, `cancelJob` and `resumeJob`; leaves fields of the roots.

`POST /bulk/{layer}` makes jobs; here clients watch and steer them.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from gateway import errors
from gateway.ingest.bulk.jobs import MOST, Job
from schema.annotations import Argument, Fields, Types, entry, make_enum, make_type, resolved
from schema.info import Info

MUTATIONS: Final = ("cancelJob", "resumeJob")
_COUNTS: Mapping[str, str] = {
    "read": "Features that were read and committed: the sum of the others.",
    "inserted": "New rows.",
    "updated": "Rows that were there and changed.",
    "repaired": "New or changed rows with a repaired geometry.",
    "skipped": "Features left out as the options ask.",
    "rejected": "Features that can't be rows.",
}


class JobState(Enum):
    """Where a bulk load stands."""

    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


_STATES: Mapping[str, str] = {
    "WAITING": "Its turn has not come.",
    "RUNNING": "Its features are being loaded.",
    "INTERRUPTED": "Its server ended; it goes on by itself when that is back, or when it is resumed.",
    "COMPLETE": "All its features are accounted for.",
    "FAILED": "It stopped, and `error` says why; what is committed stays, and it can be resumed.",
    "CANCELLED": "A client stopped it; what is committed stays, and it can be resumed.",
}


def add_job_types(types: Types) -> None:
    """Make the types that describe jobs."""
    make_enum(types, "JobState", "Where a bulk load stands.", JobState, _STATES)
    counts = {name: resolved(types, entry(name), "BigInt", text) for name, text in _COUNTS.items()}
    make_type(types, "JobCounts", "What became of the features of a bulk load.", counts)
    failure = {
        "code": resolved(types, entry("code"), "String", "Stable code, for programs: docs/errors.md."),
        "message": resolved(types, entry("message"), "String", "What is wrong and how to mend it, for people."),
    }
    make_type(types, "JobError", "Why a bulk load failed.", failure)
    make_type(types, "Job", "A bulk load: a file that was sent to /bulk/{layer}.", _fields(types))


def _fields(types: Types) -> Fields:
    return {
        "id": resolved(types, lambda root: root.id, "ID", "Its name, as in /jobs/{id}: no global id."),
        "layer": resolved(types, lambda root: root.layer, "String", "Name of the layer that it is loaded into."),
        "state": resolved(types, lambda root: JobState(root.state), "JobState", "Where it stands."),
        "format": resolved(types, lambda root: root.format, "String", "Format of the file: geojson, geojsonl or fgb."),
        "dry_run": resolved(types, lambda root: root.dry_run, "Boolean", "Whether everything is done but committed."),
        "bytes": resolved(types, lambda root: root.bytes, "BigInt", "Size of the file, in bytes."),
        "total": resolved(types, lambda root: root.total, "BigInt | None", "Features in the file, once it is known."),
        "counts": resolved(types, lambda root: root.counts, "JobCounts", "What became of those read so far."),
        "notes": resolved(
            types,
            lambda root: list(root.notes),
            "list[String]",
            "Notes on the file as a whole: its encoding, fields.",
        ),
        "error": resolved(types, lambda root: root.error, "JobError | None", "Why it failed, where it did."),
        "principal": resolved(types, lambda root: root.principal, "String", "Who sent the file."),
        "created_at": resolved(types, lambda root: root.created_at, "DateTime", "When the file was there."),
        "started_at": resolved(types, lambda root: root.started_at, "DateTime | None", "When it first began."),
        "finished_at": resolved(types, lambda root: root.finished_at, "DateTime | None", "When it came to its end."),
    }


def job_queries(types: Types) -> Fields:
    """The fields of the root of reads."""
    one = Argument("ID", "Its id, as /bulk/{layer} answered it.")
    most = Argument("Int", f"How many, at most {MOST}.", 20)
    fields = {
        "job": resolved(types, _job, "Job | None", "A bulk load; null where there is none, or someone else's.", id=one),
        "jobs": resolved(
            types, _jobs, "list[Job]", "Your bulk loads, newest first; all, for the scope admin.", first=most
        ),
    }
    return _named(fields)


def job_mutations(types: Types) -> Fields:
    """The fields of the root of writes; both need the scope bulk."""
    one = Argument("ID", "Its id, as /bulk/{layer} answered it.")
    cancel = "End a bulk load; one that runs ends after its chunk. What is committed stays."
    resume = "Go on with a bulk load that failed, was cancelled or interrupted, after its committed chunks."
    fields = {
        "cancelJob": resolved(types, _cancel, "Job", cancel, id=one),
        "resumeJob": resolved(types, _resume, "Job", resume, id=one),
    }
    return _named(fields)


def _named(fields: Fields) -> Fields:
    for name, field in fields.items():
        field.graphql_name = name
    return fields


async def _job(root: None, info: Info, id: str) -> Job | None:  # noqa: A002, ARG001
    return await info.context.jobs.get(id)


async def _jobs(root: None, info: Info, first: int) -> Sequence[Job]:  # noqa: ARG001
    if not 0 <= first <= MOST:
        raise errors.BadPage(f"first must be 0 to {MOST}, not {first}.", path=("first",), limit=MOST)
    return await info.context.jobs.newest(first)


async def _cancel(root: None, info: Info, id: str) -> Job:  # noqa: A002, ARG001
    return await info.context.jobs.cancel(id)


async def _resume(root: None, info: Info, id: str) -> Job:  # noqa: A002, ARG001
    return await info.context.jobs.resume(id)
