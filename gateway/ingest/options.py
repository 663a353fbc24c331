"""What the user of ingest may choose; enters flags, leaves one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.db.transactions import Author
from gateway.errors import ArgumentError
from gateway.ingest.repair import TOLERANCE

MOST_ROWS = 50_000
MOST_SECONDS = 600
_IDENTITY = ("mapping", "srid", "on_invalid", "repair_seconds", "repair_tolerance", "encoding", "only", "exclude")
INGEST = Author("ingest")  # who changes rows where no user is known


class OnInvalid(StrEnum):
    """What to do with a geometry that is not valid."""

    REPAIR = "repair"  # report the change of area; what cannot be repaired is rejected
    SKIP = "skip"  # leave it out, as intended: it counts as skipped
    REJECT = "reject"  # leave it out, as a fault: it counts as rejected


class OnDuplicate(StrEnum):
    """What to do with a feature whose key is in the table, or came earlier in the same file."""

    ERROR = "error"  # stop; nothing of the chunk is written
    SKIP = "skip"  # keep the row that is there
    UPDATE = "update"  # change the row that is there, where it differs


class OnMissing(StrEnum):
    """What to do with rows of the layer whose key the source lacks. The source is the whole layer, then."""

    KEEP = "keep"  # nothing, and nobody looks
    REPORT = "report"  # name each in the report
    DELETE = "delete"  # delete them, and name each


class Start(StrEnum):
    """Where to begin."""

    AUTO = "auto"  # go on with an unfinished run of the same file and options, else begin a new one
    RESUME = "resume"  # go on, or fail where there is nothing to go on with
    RESTART = "restart"  # begin a new run; what an unfinished one wrote stays


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
    """How a source becomes rows.

    `mapping` is {field of the layer: field of the source}; an empty source field leaves the layer's field alone.
    Nothing may fill columns that are `withheld`. The `author` stands in the history of each row. `account` keeps the
    account of a dry run in the database, as that of any other run is. `encoding` is that of the source's text, where
    that does not say it, or says it wrongly; a source that is opened already was opened with it. Where more than
    `max_missing` percent of the layer's rows are `missing`, none is deleted. A repair takes `repair_seconds` at most,
    and is not made where two ways to read the rings differ by more than `repair_tolerance` percent of the area.

    Fields to `exclude` are not read. Of those without a column, `only` these are kept, if any are named; `private` ones
    are withheld from users who may not see private columns. `hidden` is the pattern of members that the user who loads
    may not see (`gateway.models.members`).
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    srid: int | None = None
    on_invalid: OnInvalid = OnInvalid.REPAIR
    on_duplicate: OnDuplicate = OnDuplicate.ERROR
    dry_run: bool = False
    chunk: int = 10_000
    start: Start = Start.AUTO
    repair_seconds: float = 10.0
    repair_tolerance: float = TOLERANCE
    author: Author = INGEST
    account: bool = False
    withheld: tuple[str, ...] = ()
    encoding: str | None = None
    missing: OnMissing = OnMissing.KEEP
    max_missing: float = 10.0
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    hidden: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.chunk <= MOST_ROWS:
            raise ArgumentError(f"A chunk holds 1 to {MOST_ROWS:,} features, not {self.chunk:,}.", path=("chunk",))
        if not 0 <= self.max_missing <= 100:
            raise ArgumentError("max-missing is a percentage, 0 to 100.", path=("max-missing",))
        if not 0 <= self.repair_tolerance <= 100:
            raise ArgumentError("repair-tolerance is a percentage, 0 to 100.", path=("repair-tolerance",))
        if not 0 < self.repair_seconds <= MOST_SECONDS:
            raise ArgumentError(f"repair-seconds is above 0, and {MOST_SECONDS} at most.", path=("repair-seconds",))

    @property
    def identity(self) -> Mapping[str, object]:
        """What must be equal for a run to be gone on with.

        `on_duplicate` has its own rule (see `runs.continues`); `chunk` may differ, since a run counts features.
        """
        return {name: getattr(self, name) for name in _IDENTITY}
