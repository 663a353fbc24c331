"""The table of the overview of a layer; enters the layer's table, leaves the table of numbers of rows by cell.

Triggers write it (`op.keep_overview`) for every client, in the transaction that changes a row. The entries of a cell
are to be added: one that another transaction holds is left alone, and gets a second one beside it.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Numeric, SmallInteger, Table

from gateway.models.declaration import Meta

SUFFIX: Final = "_overview"
DETAIL: Final = 6  # a tile has 2 ** 6 columns of cells
STEP: Final = 2  # zooms that are read from the same cells: no tile reads more than 4 for each that it shows


def overview_of(table: str, declared: Meta) -> str | None:
    """The table that keeps the overview of a table; None for one that is drawn at all zooms, or is not ours."""
    return table + SUFFIX if declared.managed and declared.minzoom else None


def levels(minzoom: int) -> Sequence[int]:
    """The levels whose cells are kept, the finest first: at level n, 2 ** n columns go around the world."""
    return range(minzoom - 1 + DETAIL, DETAIL - 1, -STEP)


def level_of(minzoom: int, wanted: int) -> int:
    """The coarsest kept level that cells of the level `wanted` are sums of."""
    return min(each for each in levels(minzoom) if each >= wanted)


def overview_table(layer: Table, name: str, summed: Sequence[str]) -> Table:
    """How many rows lie in each cell, where, and the sums of their values."""
    return Table(
        name,
        layer.metadata,
        Column("level", SmallInteger, nullable=False, comment="2 ** level columns of cells go around the world."),
        Column("x", Integer, nullable=False, comment="Column of the cell, from the west."),
        Column("y", Integer, nullable=False, comment="Line of the cell, from the north."),
        Column("rows", BigInteger, nullable=False, comment="How many rows lie there."),
        Column("sum_x", BigInteger, nullable=False, comment="Sum of their places, in columns of level 31."),
        Column("sum_y", BigInteger, nullable=False, comment="The same in lines."),
        *(Column(f"{each}_rows", BigInteger, nullable=False, comment=f"Rows that have {each}.") for each in summed),
        *(Column(each, Numeric, nullable=False, comment=f"Sum of {each}.") for each in summed),
        Index(f"ix_{name}_cell", "level", "x", "y"),
        comment=f"Numbers of {layer.name} by cell of the map, kept by triggers.",
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
