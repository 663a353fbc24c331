"""The accounts of an ingest; enters what became of each feature, leaves counts and a report."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Protocol, Self

from gateway.geo.positions import JsonObject

Position = tuple[float, float]


class Action(StrEnum):
    """What became of a feature: exactly one of the first five. The others are of rows that no feature stands for."""

    INSERTED = "inserted"  # a new row
    UPDATED = "updated"  # a row that was there, changed
    REPAIRED = "repaired"  # a new or changed row whose geometry had to be repaired
    SKIPPED = "skipped"  # left out as the options ask, or because nothing would change
    REJECTED = "rejected"  # left out because it can't be a row
    MISSING = "missing"  # a row whose key the source lacks
    DELETED = "deleted"  # the same, deleted as the options ask


class Reason(StrEnum):
    """Why a feature was not inserted as it was."""

    NULL_GEOMETRY = "NULL_GEOMETRY"
    EMPTY_GEOMETRY = "EMPTY_GEOMETRY"
    BAD_GEOMETRY = "BAD_GEOMETRY"
    GEOMETRY_DEPTH = "GEOMETRY_DEPTH"
    WRONG_TYPE = "WRONG_TYPE"
    NON_FINITE = "NON_FINITE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    INVALID_GEOMETRY = "INVALID_GEOMETRY"
    AMBIGUOUS_REPAIR = "AMBIGUOUS_REPAIR"
    REPAIR_TIMEOUT = "REPAIR_TIMEOUT"
    REPAIR_FAILED = "REPAIR_FAILED"
    MISSING_VALUE = "MISSING_VALUE"
    BAD_VALUE = "BAD_VALUE"
    VALUE_MOVED = "VALUE_MOVED"
    BAD_TEXT = "BAD_TEXT"
    DUPLICATE_FEATURE = "DUPLICATE_FEATURE"
    UNCHANGED = "UNCHANGED"
    UPDATED = "UPDATED"
    REFUSED = "REFUSED"
    MISSING = "MISSING"


@dataclass(frozen=True, slots=True)
class AreaChange:
    """Geodesic area in square metres before and after.

    Before a repair it is that of the shape as drawn, even-odd. After it is 0 where the feature was left out.
    """

    before_sqm: float
    after_sqm: float

    def as_json(self) -> dict[str, float | None]:
        change = self.after_sqm - self.before_sqm
        return {
            "beforeSqm": round(self.before_sqm, 4),
            "afterSqm": round(self.after_sqm, 4),
            "changeSqm": round(change, 4),
            "change": round(change / self.before_sqm, 9) if self.before_sqm else None,
        }


@dataclass(frozen=True, slots=True)
class FeatureOutcome:
    """One feature that was not inserted as it was: its place in the file, what became of it, why and where.

    Or a row of the layer that the source lacks, which has no place in it.
    """

    index: int | None
    key: str | None
    action: Action
    code: Reason
    why: str
    where: Position | None = None
    area: AreaChange | None = None
    method: str | None = None  # of a repair

    @property
    def lost_sqm(self) -> float:
        """Square metres of a feature that was left out."""
        return self.area.before_sqm if self.area and self.action in {Action.SKIPPED, Action.REJECTED} else 0.0

    def as_json(self) -> dict[str, object]:
        """One line of the report; `where` is a GeoJSON Point in WGS 84."""
        line: dict[str, object] = {
            "index": self.index,
            "key": self.key,
            "action": self.action,
            "code": self.code,
            "why": self.why,
            "where": {"type": "Point", "coordinates": list(self.where)} if self.where else None,
        }
        if self.area:
            line["area"] = self.area.as_json()
        if self.method:
            line["method"] = self.method
        return line

    @classmethod
    def from_json(cls, line: JsonObject) -> Self:
        """Read a line back, as a resumed run does with those of its finished chunks."""
        where, area = line["where"], line.get("area")
        return cls(
            line["index"],
            line["key"],
            Action(line["action"]),
            Reason(line["code"]),
            line["why"],
            (where["coordinates"][0], where["coordinates"][1]) if where else None,
            AreaChange(area["beforeSqm"], area["afterSqm"]) if area else None,
            line.get("method"),
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many features became what; their sum is the number read."""

    inserted: int = 0
    updated: int = 0
    repaired: int = 0
    skipped: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.inserted + self.updated + self.repaired + self.skipped + self.rejected

    @classmethod
    def of(cls, read: int, outcomes: Iterable[FeatureOutcome]) -> Self:
        """Count `read` features of which those without an outcome were inserted as they were."""
        counted = Counter(outcome.action for outcome in outcomes)
        counted[Action.INSERTED] += read - counted.total()
        return cls(**{item.name: counted[Action(item.name)] for item in fields(cls)})

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    def as_json(self) -> dict[str, int]:
        return {"read": self.read, **asdict(self)}


@dataclass
class Report:
    """What an ingest did, resumed chunks included."""

    layer: str
    source: str
    dry_run: bool = False
    run_id: int | None = None
    resumed_at: int = 0
    counts: Counts = field(default_factory=Counts)
    reasons: Counter[tuple[Action, Reason]] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    about: tuple[str, ...] = ()  # lines on the source, from before it is read
    warnings: tuple[str, ...] = ()  # what may be wrong with it
    lost_sqm: float = 0.0  # of features that were left out and have an area

    @property
    def missing(self) -> int:
        """Rows of the layer that the source lacks, deleted ones included, where it was to look for them."""
        return sum(self.reasons[action, Reason.MISSING] for action in (Action.MISSING, Action.DELETED))

    def add(self, counts: Counts, outcomes: Iterable[FeatureOutcome]) -> None:
        """Account for one chunk."""
        self.counts += counts
        for outcome in outcomes:
            self.reasons[outcome.action, outcome.code] += 1
            self.lost_sqm += outcome.lost_sqm


class Listener(Protocol):
    """What watches an ingest: a progress bar, a report file, a job."""

    async def begun(self, report: Report, total: int | None) -> None:
        """Called when reading begins; `total` features are expected, where the format says that."""

    async def chunk(self, report: Report, outcomes: Iterable[FeatureOutcome]) -> None:
        """Called for each chunk that was committed, in order; those of earlier attempts of the run come first.

        An error that it raises stops the ingest, which may go on later.
        """


class Silent:
    """A listener that does nothing."""

    async def begun(self, report: Report, total: int | None) -> None:
        del report, total

    async def chunk(self, report: Report, outcomes: Iterable[FeatureOutcome]) -> None:
        del report, outcomes
