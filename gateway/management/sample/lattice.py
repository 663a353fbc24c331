"""The cells that zoning districts are made of; enters tracts, leaves cells, their edges and their nodes.

Every tract is cut into `fine` x `fine` cells. Nodes and edges are numbered by their place in the lattice, so that
both cells at an edge draw it from the same numbers.
"""

from dataclasses import dataclass

import numpy as np

from gateway.management.sample.chance import Chance, Floats, Ints
from gateway.management.sample.tracts import PITCH, corner, spiral

_OFFSET, _SPAN = 1 << 20, 1 << 21  # lattice places are far below


@dataclass(frozen=True, slots=True)
class Lattice:
    """Cells by column and row; `edges` (cell, 4) numbers the distinct edges, south, east, north, west."""

    chance: Chance
    fine: int
    column: Ints
    row: Ints
    tract: Ints
    edge_key: Ints  # unique in the county
    edge_column: Ints  # of the node where the edge begins
    edge_row: Ints
    upright: Ints  # 1 where the edge runs north, 0 where it runs east
    edges: Ints

    def nodes(self, column: Ints, row: Ints) -> tuple[Floats, Floats]:
        """Nodes in metres: a tract's corners, and points between them."""
        across, right = np.divmod(column, self.fine)
        up, above = np.divmod(row, self.fine)
        corners = [corner(self.chance, across + x, up + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        u, v = right / self.fine, above / self.fine
        x, y = (_bilinear([ends[axis] for ends in corners], u, v) for axis in (0, 1))
        return x, y

    def inside(self, cell: Ints, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Points of cells, given as shares of their width and height, in metres."""
        corners = [self.nodes(self.column[cell] + x, self.row[cell] + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        x, y = (_bilinear([ends[axis] for ends in corners], u, v) for axis in (0, 1))
        return x, y


def lattice(chance: Chance, tracts: int, districts: int) -> Lattice:
    """Cut the first `tracts` tracts finely enough for so many districts of several cells each."""
    fine = 2
    while fine * fine * tracts < 4 * districts:
        fine += 1
    column, row = spiral(np.arange(tracts))
    place = np.arange(fine * fine)
    tract = np.repeat(np.arange(tracts), fine * fine)
    column = (column[:, None] * fine + place % fine).ravel()
    row = (row[:, None] * fine + place // fine).ravel()
    keys = np.stack(
        [
            _key(column, row, 0),
            _key(column + 1, row, 1),
            _key(column, row + 1, 0),
            _key(column, row, 1),
        ],
        axis=1,
    )
    key, edges = np.unique(keys, return_inverse=True)
    places = key >> 1
    begin = (places // _SPAN - _OFFSET, places % _SPAN - _OFFSET)
    return Lattice(chance, fine, column, row, tract, key, *begin, key & 1, edges.reshape(keys.shape))


def cell_size(fine: int) -> float:
    """Metres of a cell, before the lattice is bent."""
    return PITCH / fine


def _key(column: Ints, row: Ints, upright: int) -> Ints:
    found: Ints = ((column + _OFFSET) * _SPAN + row + _OFFSET) * 2 + upright
    return found


def _bilinear(corners: list[Floats], across: Floats, up: Floats) -> Floats:
    low = corners[0] + (corners[1] - corners[0]) * across
    high = corners[3] + (corners[2] - corners[3]) * across
    found: Floats = low + (high - low) * up
    return found
