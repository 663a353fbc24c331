"""Bulk loads: `job`, `jobs`, `cancelJob` and `resumeJob`; leaves fields of the roots.

`POST /bulk/{layer}` makes jobs; here clients watch and steer them.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from schema.annotations import Argument, Fields, Types, entry, make_enum, make_type, resolved
from schema.job_fields import ENDINGS, Jobs, attributes, named

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
        "message": resolved(types, entry("message"), "String", "What is wrong and how to fix it, for people."),
    }
    make_type(types, "JobError", "Why a bulk load failed.", failure)
    make_type(types, "Job", "A bulk load: a file that was sent to /bulk/{layer}.", _fields(types))


def _fields(types: Types) -> Fields:
    told = {
        "layer": ("String", "Name of the layer that it is loaded into."),
        "format": ("String", "Format of the file: geojson, geojsonl or fgb."),
        "dry_run": ("Boolean", "Whether everything is done but committed."),
        "bytes": ("BigInt", "Size of the file, in bytes."),
        "total": ("BigInt | None", "Features in the file, once it is known."),
        "counts": ("JobCounts", "What became of those read so far."),
        "principal": ("String", "Who sent the file."),
        "created_at": ("DateTime", "When the file was there."),
    }
    notes = "Notes on the file as a whole: its encoding, fields."
    return {
        "id": resolved(types, lambda root: root.id, "ID", "Its name, as in /jobs/{id}: no global id."),
        "state": resolved(types, lambda root: JobState(root.state), "JobState", "Where it stands."),
        **attributes(types, {**told, **ENDINGS}),
        "notes": resolved(types, lambda root: list(root.notes), "list[String]", notes),
    }


def _jobs(types: Types) -> Jobs:
    one = Argument("ID", "Its id, as /bulk/{layer} answered it.")
    return Jobs(types, "Job", one, lambda context: context.jobs)


def job_queries(types: Types) -> Fields:
    """The fields of the root of reads."""
    jobs = _jobs(types)
    return named(
        {
            "job": jobs.one("A bulk load; null where there is none, or someone else's."),
            "jobs": jobs.newest("Your bulk loads, newest first; all, for the scope admin."),
        }
    )


def job_mutations(types: Types) -> Fields:
    """The fields of the root of writes; both need the scope bulk."""
    jobs = _jobs(types)
    cancel = "End a bulk load; one that runs ends after its chunk. What is committed stays."
    resume = "Go on with a bulk load that failed, was cancelled or interrupted, after its committed chunks."
    return named({"cancelJob": jobs.steered("cancel", cancel), "resumeJob": jobs.steered("resume", resume)})
