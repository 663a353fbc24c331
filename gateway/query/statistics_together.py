"""What is known of the tables of several schemas that are read as one; enters theirs, leaves estimates of all rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.query.statistics import Box, Column, Spread, Statistics, Table

_SAMPLE: Final = 100  # values of a column, as the catalogue has by default


@dataclass(frozen=True, slots=True)
class Spreads:
    """Where the rows of several tables lie, each with its share of them."""

    parts: tuple[tuple[float, Spread], ...]

    @property
    def latitude(self) -> float:
        """How far from the equator they lie."""
        return max(part.latitude for _, part in self.parts)

    def share(self, box: Box) -> float:
        """The share of all rows in a box."""
        return sum(weight * part.share(box) for weight, part in self.parts)


def together(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of all rows; a layer that was analysed nowhere has none."""
    names = dict.fromkeys(name for part in parts for name in part.tables)
    return Statistics({name: _table([part.tables[name] for part in parts if name in part.tables]) for name in names})


def _table(parts: Sequence[Table]) -> Table:
    rows = sum(part.rows for part in parts)
    weights = [part.rows / rows if rows else 1 / len(parts) for part in parts]

    def mean(value: Callable[[Table], float]) -> float:
        return sum(weight * value(part) for weight, part in zip(weights, parts, strict=True))

    columns: dict[str, list[tuple[float, Column]]] = defaultdict(list)
    for weight, part in zip(weights, parts, strict=True):
        for name, column in part.columns.items():
            columns[name].append((weight, column))
    spreads = tuple((weight, part.grid) for weight, part in zip(weights, parts, strict=True) if part.grid is not None)
    return Table(
        rows,
        sum(part.revisions for part in parts),
        *(mean(lambda part: part.vertices), mean(lambda part: part.width), mean(lambda part: part.height)),
        area=rows / mean(lambda part: part.rows / part.area) if rows else parts[0].area,
        grid=Spreads(spreads) if spreads else None,
        large={number: large for part in parts for number, large in part.large.items()},
        columns={name: _column(each) for name, each in columns.items()},
        indexes=frozenset.intersection(*(part.indexes for part in parts)),
    )


def _column(parts: Sequence[tuple[float, Column]]) -> Column:
    """A column of all rows; of what is frequent in some of them the others have as much as of any other value."""
    values = dict.fromkeys(value for _, column in parts for value in column.shares)
    sample = [value for _, column in parts for value in column.sample]
    return Column(
        sum(weight * column.size for weight, column in parts),
        {value: sum(weight * column.share(value) for weight, column in parts) for value in values},
        sum(weight * column.rest for weight, column in parts),
        sum(weight * column.missing for weight, column in parts),
        tuple(sample[:: -(-len(sample) // _SAMPLE) or 1]),
    )
