"""What is known of tables without reading them; enters what the catalogue says, leaves estimates of rows.

An estimate takes about a microsecond: it is made of each operation before it runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, Self

from gateway.models.overview import SUFFIX

Box = tuple[float, float, float, float]

# Rows that a box may hold beside those that the grid makes expect: rows lie in clumps.
_MARGIN, _MORE = 1.2, 4.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The share of a table's rows in each cell over its extent, as sums of all cells to the south-west."""

    west: float
    south: float
    width: float  # of a cell, in degrees
    height: float
    columns: int
    lines: int
    sums: tuple[float, ...]

    @classmethod
    def of(cls, extent: Box, columns: int, lines: int, shares: Mapping[tuple[int, int], float]) -> Self:
        """The grid of the shares of cells by column and line."""
        west, south, east, north = extent
        sums = [0.0] * ((columns + 1) * (lines + 1))
        stride = columns + 1
        for line in range(lines):
            left = 0.0
            for column in range(columns):
                left += shares.get((column, line), 0.0)
                sums[(line + 1) * stride + column + 1] = sums[line * stride + column + 1] + left
        width, height = max(east - west, 1e-9) / columns, max(north - south, 1e-9) / lines
        return cls(west, south, width, height, columns, lines, tuple(sums))

    def share(self, box: Box) -> float:
        """The share of the rows in a box: that of the cells that it reaches into, by how much of them it covers."""
        left, right = _within(box[0], box[2], self.west, self.width, self.columns)
        bottom, top = _within(box[1], box[3], self.south, self.height, self.lines)
        if right <= left or top <= bottom:
            return 0.0
        first, last, low, high = int(left), -int(-right // 1), int(bottom), -int(-top // 1)
        stride, sums = self.columns + 1, self.sums
        share = sums[high * stride + last] - sums[low * stride + last]
        share -= sums[high * stride + first] - sums[low * stride + first]
        return share * (right - left) * (top - bottom) / ((last - first) * (high - low))

    @property
    def latitude(self) -> float:
        """How far from the equator it reaches."""
        return max(abs(self.south), abs(self.south + self.lines * self.height))

    @property
    def area(self) -> float:
        """Square degrees over which the rows would lie if they lay as close everywhere as they do around most rows."""
        stride = self.columns + 1
        cells = (
            self.sums[(line + 1) * stride + column + 1]
            - self.sums[line * stride + column + 1]
            - self.sums[(line + 1) * stride + column]
            + self.sums[line * stride + column]
            for line in range(self.lines)
            for column in range(self.columns)
        )
        squares = sum(cell * cell for cell in cells)
        return self.width * self.height * (self.sums[-1] ** 2 / squares if squares else self.columns * self.lines)


class Spread(Protocol):
    """Where the rows of a table lie."""

    @property
    def latitude(self) -> float:
        """How far from the equator they lie."""

    def share(self, box: Box) -> float:
        """The share of the rows in a box."""


def _within(start: float, end: float, origin: float, size: float, count: int) -> tuple[float, float]:
    low, high = (start - origin) / size, (end - origin) / size
    return max(0.0, low), min(count, high)


@dataclass(frozen=True, slots=True)
class Column:
    """Values of a column: the mean size in bytes, the shares of the most frequent ones, and of any other at most.

    `sample` are values from all over the column, as the catalogue keeps them: texts or numbers.
    """

    size: float = 20.0
    shares: Mapping[str, float] = field(default_factory=dict)
    rest: float = 0.1
    missing: float = 1.0
    sample: tuple[Any, ...] = ()

    def share(self, value: object) -> float:
        """At most this share of the rows has the value."""
        return self.shares.get(str(value), self.rest)

    def matching(self, holds: Callable[[Any], bool]) -> float:
        """The share of the rows whose values pass, as far as frequent values and the sample tell."""
        frequent = sum(share for value, share in self.shares.items() if holds(value))
        others = max(1.0 - sum(self.shares.values()) - self.missing, 0.0)
        return frequent + others * sum(map(holds, self.sample)) / max(len(self.sample), 1)


@dataclass(frozen=True, slots=True)
class Large:
    """A geometry that is larger than most of its table: how many vertices it has, and its box in degrees."""

    vertices: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Table:
    """One layer's table. Without statistics it is a city's, which indexes serve."""

    rows: float = 10_000.0
    revisions: float = 10_000.0  # rows of its history
    vertices: float = 12.0  # of a geometry, on average
    width: float = 0.001  # of a geometry's box in degrees, on average
    height: float = 0.001
    area: float = 0.01  # square degrees that hold its rows
    grid: Spread | None = None
    large: Mapping[int, Large] = field(default_factory=dict)  # the largest rows, by id
    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: frozenset[str] = frozenset({"gist geom", "gist geography", "gin attributes", "btree id", "search"})
    distributed: bool = False  # its rows are on a node of a cluster

    def within(self, box: Box | None) -> float:
        """About how many rows have boxes that meet a box."""
        if box is None or self.grid is None or box[0] > box[2]:
            return self.rows
        x, y = self.width / 2, self.height / 2
        share = self.grid.share((box[0] - x, box[1] - y, box[2] + x, box[3] + y))
        return min(self.rows, self.rows * share * _MARGIN + _MORE)

    def around(self, width: float, height: float) -> float:
        """How many rows have boxes that meet a box of this size, which lies where most rows do."""
        return min(self.rows, self.rows * (width + self.width) * (height + self.height) / self.area)

    def row(self, number: int) -> Large:
        """About how large the geometry of a row is: one of the largest, or no larger than the least of them."""
        if (large := self.large.get(number)) is not None:
            return large
        vertices = min((each.vertices for each in self.large.values()), default=self.vertices)
        return Large(vertices, 2 * self.width, 2 * self.height)

    def column(self, attribute: str) -> Column:
        """What is known of a column."""
        return self.columns.get(attribute, _UNKNOWN)


_UNKNOWN: Final = Column()
_TYPICAL: Final = Table()


@dataclass(frozen=True, slots=True)
class Statistics:
    """The tables of all layers, by name; the past of a layer has its history besides.

    `kept` are tables of pairs that were those of their rows when they were last looked at, and those of overviews.
    `followed` are tables of layers whose changes are noted.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    followed: frozenset[str] = frozenset()

    def table(self, name: str) -> Table:
        """The table of a layer."""
        return self.tables.get(name, _TYPICAL)

    @property
    def distributed(self) -> bool:
        """Whether rows are on nodes of a cluster, which refuses some statements."""
        return any(table.distributed for table in self.tables.values())


@dataclass(slots=True)
class Estimates:
    """The newest statistics, which a server refreshes in the background and all requests share."""

    now: Statistics = field(default_factory=Statistics)

    def compute(self) -> None:
        """Take all relations for behind until they are looked at again."""
        self.now = replace(self.now, kept=frozenset(name for name in self.now.kept if name.endswith(SUFFIX)))
