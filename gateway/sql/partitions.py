"""Partitions of a history by month of UTC; enters months, leaves names, bounds and statements.

What no month is there for goes to the default partition, so that no write ever fails for want of one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import TextClause, text

_BOUNDS = text("""
    SELECT c.relname AS name, (bounds.pair)[1]::timestamptz AS low, (bounds.pair)[2]::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (
        SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$$) AS pair
    ) AS bounds
    WHERE i.inhparent = to_regclass(:history) AND bounds.pair IS NOT NULL ORDER BY low
""")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """The month of a time."""
        there = moment.astimezone(UTC)
        return cls(there.year, there.month)

    def plus(self, months: int) -> "Month":
        """The month so many months later."""
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)

    @property
    def low(self) -> datetime:
        """When it begins."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def high(self) -> datetime:
        """When the next one begins."""
        return self.plus(1).low

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition that is there: its name and bounds."""

    name: str
    low: datetime
    high: datetime


def wanted(now: datetime, ahead: int, stray: Sequence[Month], there: Sequence[Partition]) -> Sequence[Month]:
    """Months to be made: this one, those ahead, those of stray rows; not what is there, or lies before the history."""
    first = Month.of(now)
    months = {first.plus(number) for number in range(ahead + 1)} | set(stray)
    since = min((partition.low for partition in there), default=first.low)
    missing = {month for month in months if month.low >= since}
    return sorted(
        month for month in missing if not any(each.low < month.high and month.low < each.high for each in there)
    )


def outlived(now: datetime, keep: int, there: Sequence[Partition]) -> Sequence[Partition]:
    """Partitions that end before the `keep` months that precede this one."""
    return [partition for partition in there if partition.high <= Month.of(now).plus(-keep).low]


def partitions(history: str) -> TextClause:
    """`name`, `low` and `high` of each partition but the default one, in order."""
    return _BOUNDS.bindparams(history=history)


def stray(history: str) -> TextClause:
    """The times of months of which the default partition has rows."""
    month = "date_trunc('month', changed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
    return text(f"SELECT DISTINCT {month} AS low FROM {history}_default ORDER BY low")  # noqa: S608 - ours


def make(history: str, month: Month) -> Iterator[TextClause]:
    """Make the partition of a month; rows of it in the default partition, which waits meanwhile, move there."""
    name, low, high = f"{history}_{month.year:04}_{month.number:02}", month.low.isoformat(), month.high.isoformat()
    there = f"changed_at >= '{low}' AND changed_at < '{high}'"
    moved = f"WITH moved AS (DELETE FROM {history}_default WHERE {there} RETURNING *)"  # noqa: S608 - ours
    for statement in (
        f"LOCK TABLE {history}_default IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {history} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"{moved} INSERT INTO {name} SELECT * FROM moved",  # noqa: S608 - ours
        f"ALTER TABLE {history} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')",
    ):
        yield text(statement.replace(":", r"\:"))


def drop(partition: Partition) -> TextClause:
    """Drop a partition with all that it keeps."""
    return text(f"DROP TABLE {partition.name}")
