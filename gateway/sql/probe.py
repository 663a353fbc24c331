"""Questions to the rows of a layer that look for damage; enters a layer's table, leaves bounded statements."""

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Select,
    Subquery,
    Table,
    bindparam,
    func,
    literal_column,
    not_,
    select,
)

from gateway.models.base import geography
from gateway.sql.workload import own


@dataclass(frozen=True, slots=True)
class Sample:
    """Which rows are looked at: those of about `percent` of the table's pages, and never more than `rows`."""

    percent: float
    rows: int


def _sampled(table: Table, expression: str, sample: Sample) -> Subquery:
    """The id and the columns that `expression` names; others may be missing from the database."""
    pages = table.tablesample(func.system(literal_column(f"{sample.percent:.6f}")))
    words = {"id", *re.findall(r"\w+", expression)}
    return select(*(column for column in pages.c if column.name in words)).limit(sample.rows).subquery("sampled")


def broken_rows(table: Table, condition: str, sample: Sample) -> Select[tuple[int, int, list[int] | None]]:
    """One row (seen, broken, ids): how many rows of the sample fail a declared `condition`, and which."""
    rows = _sampled(table, condition, sample)
    failed = not_(literal_column(f"({condition})", Boolean))
    ids: Any = func.array_agg(rows.c.id, type_=ARRAY(BigInteger)).filter(failed)
    seen = select(func.count().label("seen"), func.count().filter(failed).label("broken"), ids.label("ids"))
    return own(seen.select_from(rows))


def reasons(table: Table, column: str, ids: list[int]) -> Select[tuple[int, str]]:
    """Rows (id, reason): why ST_IsValid refuses each geometry."""
    reason: Any = func.ST_IsValidReason(table.c[column])
    return own(select(table.c.id, reason.label("reason")).where(table.c.id.in_(ids)).order_by(table.c.id))


def srids(table: Table, column: str, sample: Sample) -> Select[tuple[int, int]]:
    """Rows (srid, rows) of the sample, the most frequent first."""
    rows = _sampled(table, column, sample)
    srid: Any = func.ST_SRID(rows.c[column])
    count = func.count()
    return own(select(srid.label("srid"), count.label("rows")).group_by(srid).order_by(count.desc()))


_SCANS: Final = ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")
# Before `unindexed`, in its transaction: what is left is a bitmap scan, which only the index of the condition can do.
BY_BITMAP: Final = own(select(*(func.set_config(scan, "off", True) for scan in _SCANS)))
_FARTHEST: Final = 1e30
_METRES: Final = 1e8  # more than around the earth


def unindexed(table: Table, column: str, *, metres: bool) -> Select[tuple[int, int, list[int] | None]]:
    """One row (seen, broken, ids): how many rows the GiST index on `column` does not find, and which.

    `metres` asks the index on its geography.
    """
    shape = table.c[column]
    if metres:
        world = func._ST_Expand(func.ST_GeogFromText("POINT(0 0)"), _METRES)  # noqa: SLF001 - as ST_DWithin does
        there = geography(shape).op("&&")(world)
    else:
        there = shape.op("&&")(func.ST_MakeEnvelope(-_FARTHEST, -_FARTHEST, _FARTHEST, _FARTHEST))
    found = select(table.c.id).where(there).subquery("found")
    lost = found.c.id.is_(None)
    ids: Any = func.array_agg(table.c.id, type_=ARRAY(BigInteger)).filter(lost)
    seen = select(func.count().label("seen"), func.count().filter(lost).label("broken"), ids.label("ids"))
    return own(seen.select_from(table.outerjoin(found, found.c.id == table.c.id)).where(not_(func.ST_IsEmpty(shape))))


def any_place(table: Table, column: str) -> Select[tuple[str]]:
    """The middle of the box of some geometry of the table, as EWKT; unlike a point on it, an invalid one has it too."""
    place: Any = func.ST_AsEWKT(func.ST_Centroid(func.ST_Envelope(table.c[column])))
    return own(select(place.label("place")).limit(1))


def near(table: Table, column: str, place: str, metres: float) -> Select[int]:
    """How many geometries lie within `metres` of `place` (EWKT), on the ellipsoid."""
    centre = func.ST_GeogFromText(bindparam("place", place))
    within = func.ST_DWithin(geography(table.c[column]), centre, metres)
    return own(select(func.count()).select_from(table).where(within))
