"""Zoning districts: a tiling of the county; enters its tracts and a number, leaves multipolygons.

Districts are groups of cells, and islands inside a cell. Their borders follow streets, and step from them into the lots
as real ones do, to the depth of a strip of shops; whatever two districts share, they share vertex by vertex.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.geo.coverage import joined
from gateway.geo.ragged import Ragged, ragged
from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.lattice import Lattice, lattice
from gateway.management.sample.tracts import degrees, units

VERTICES: Final = 57  # of a district on average, the closing one of each ring included
_MOST = 14  # points between the ends of an edge
_ISLANDS = 12  # one district in so many is an island

_ISLAND: Final = ((0.36, 0.36), (0.64, 0.36), (0.64, 0.52), (0.54, 0.52), (0.54, 0.64), (0.36, 0.64))


@dataclass(frozen=True, slots=True)
class Districts:
    """One row a district: its outline, the tract in its middle, and whether it is an island in another."""

    outlines: Ragged
    tract: Ints
    island: Flags


def districts(chance: Chance, tracts: int, count: int) -> Districts:
    """Tile the first `tracts` tracts with `count` districts."""
    cells = lattice(chance, tracts, count)
    islands = count // _ISLANDS
    label = _labels(chance, cells, count - islands)
    hosts = np.sort(_hosts(chance, cells, label, islands))
    rings = _islands(chance, cells, hosts)
    holes = dict(zip(label[hosts].tolist(), rings, strict=True))
    plain = _joined(cells, label, holes, np.zeros(len(cells.edge_key), dtype=np.int64))
    points = _points(chance, cells, label, VERTICES * count - _vertices(plain) - sum(len(ring) + 1 for ring in rings))
    base = _joined(cells, label, holes, points)
    alone = [joined(ring, np.zeros(len(ring), dtype=np.int64), np.zeros(1, dtype=np.int64), {})[0] for ring in rings]
    shapes = np.concatenate([base, np.array(alone, dtype=object)])
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label))
    middle = order[(ends + np.concatenate([[0], ends[:-1]])) // 2]
    tract = np.concatenate([cells.tract[middle], cells.tract[hosts]])
    return Districts(ragged(shapes), tract, np.arange(count) >= count - islands)


def _vertices(shapes: NDArray[Any]) -> int:
    return len(ragged(shapes).coordinates)


def _labels(chance: Chance, cells: Lattice, count: int) -> Ints:
    """Halve the county again and again, by columns or by rows, until there are `count` groups of cells."""
    label = np.zeros(len(cells.column), dtype=np.int64)
    waiting = [(np.arange(len(label)), 0, count)]
    while waiting:
        group, first, number = waiting.pop()
        if number == 1:
            label[group] = first
            continue
        column, row = cells.column[group], cells.row[group]
        wide = np.ptp(column) >= np.ptp(row)
        group = group[np.lexsort((row, column) if wide else (column, row))]
        left = min(max(1, round(number * float(0.38 + 0.24 * chance.unit("halve", first, number)[0]))), number - 1)
        uneven = 0.85 + 0.3 * float(chance.unit("uneven", first, number)[0])
        cut = min(max(left, round(len(group) * left / number * uneven)), len(group) - (number - left))
        waiting.append((group[:cut], first, left))
        waiting.append((group[cut:], first + left, number - left))
    return label


def _hosts(chance: Chance, cells: Lattice, label: Ints, count: int) -> Ints:
    """Cells with an island, at most one a district."""
    draw = chance.bits("host", cells.column, cells.row)
    order = np.lexsort((draw, label))
    first = order[np.flatnonzero(np.diff(label[order], prepend=-1))]
    return first[np.argsort(draw[first])][:count]


def _islands(chance: Chance, cells: Lattice, hosts: Ints) -> list[Floats]:
    place = np.arange(len(_ISLAND))
    key = (cells.column[hosts][:, None], cells.row[hosts][:, None], place)
    corner = np.array(_ISLAND)
    across = corner[:, 0] + 0.03 * chance.around("island across", *key)
    up = corner[:, 1] + 0.03 * chance.around("island up", *key)
    which = np.repeat(hosts, len(_ISLAND))
    return list(_degrees(*cells.inside(which, across.ravel(), up.ravel())).reshape(len(hosts), len(_ISLAND), 2))


def _points(chance: Chance, cells: Lattice, label: Ints, missing: int) -> Ints:
    """How many points to put on each edge, so that the borders have `missing` vertices more.

    A point of a border inside the county counts in two districts, one of the county's own border in one.
    """
    size = len(cells.edge_key)
    lowest, highest = np.full(size, len(label)), np.full(size, -1)
    np.minimum.at(lowest, cells.edges.ravel(), np.repeat(label, 4))
    np.maximum.at(highest, cells.edges.ravel(), np.repeat(label, 4))
    shared = lowest != highest
    outer = np.bincount(cells.edges.ravel(), minlength=size) == 1
    weight = np.where(outer, 1, np.where(shared, 2, 0))
    mean = max(missing, 0) / max(int(weight.sum()), 1)
    points = np.floor(mean * (0.2 + 1.4 * chance.unit("points", cells.edge_key)))
    points = np.where(weight > 0, np.minimum(points, _MOST), 0).astype(np.int64)
    order = np.argsort(chance.bits("settle", cells.edge_key))
    for kind in (2, 1):
        _settle(points, weight, order[weight[order] == kind], max(missing, 0))
    return points


def _settle(points: Ints, weight: Ints, order: Ints, total: int) -> None:
    """Add or take single points on the edges in `order`, all of one weight, until `total` is met or nothing gives."""
    while len(order):
        wanting = total - int((points * weight).sum())
        step = 1 if wanting > 0 else -1
        free = order[(points[order] < _MOST) if step > 0 else (points[order] > 0)]
        changes = free[: abs(wanting) // int(weight[order[0]])]
        if len(changes) == 0:
            return
        points[changes] += step


def _joined(cells: Lattice, label: Ints, holes: dict[int, Floats], points: Ints) -> NDArray[Any]:
    """The districts, with so many points on each edge."""
    firsts = np.cumsum(points) - points
    extra = _steps(cells, points)
    side_edges = cells.edges.ravel()
    side, step = spread(1 + points[side_edges])
    edge, back = side_edges[side], side % 4 >= 2
    # The cell's own corner comes first, then the edge's points, backwards on the north and the west side.
    corner_column = cells.column[side // 4] + np.isin(side % 4, (1, 2))
    corner_row = cells.row[side // 4] + np.isin(side % 4, (2, 3))
    at = firsts[edge] + np.where(back, points[edge] - step, step - 1)
    result = np.empty((len(side), 2))
    corner = step == 0
    result[corner] = _degrees(*cells.nodes(corner_column[corner], corner_row[corner]))
    result[~corner] = extra[at[~corner]]
    return joined(result, side // 4, label, holes)


def _steps(cells: Lattice, points: Ints) -> Floats:
    """The points between the ends of the edges, edges end to end."""
    chance = cells.chance
    edge, number = spread(points)
    key, count = cells.edge_key[edge], points[edge]
    plateaus = np.maximum(count // 2 - 1, 1)
    stop, depth = number // 2, (number + 1) // 2
    inner = (stop > 0) & (stop < plateaus)
    along = 0.3 + 0.4 * (stop + np.where(inner, 0.25 * chance.around("stop", key, stop), 0.0)) / plateaus
    away = 0.04 + 0.09 * chance.unit("depth", key, depth)
    away = np.where(chance.unit("which side", key, depth) < 0.5, away, -away)
    away = np.where((depth == 0) | (depth == plateaus + 1), 0.0, away)
    # Few points, or one too many, stay on the street, and so does the county's own border.
    sides = np.bincount(cells.edges.ravel(), minlength=len(points))[edge]
    straight, odd = (count < 4) | (sides == 1), (count >= 4) & (number >= 2 * plateaus + 2)
    along = np.where(straight, (number + 1) / (count + 1), np.where(odd, 0.87, along))
    away = np.where(straight | odd, 0.0, away)
    start, end = (cells.edge_column[edge], cells.edge_row[edge]), cells.upright[edge]
    x, y = cells.nodes(*start)
    to_x, to_y = cells.nodes(start[0] + 1 - end, start[1] + end)
    east, north = to_x - x, to_y - y
    return _degrees(x + along * east - away * north, y + along * north + away * east)


def _degrees(x: Floats, y: Floats) -> Floats:
    east, north = units(x, y)
    return np.stack([degrees(east), degrees(north)], axis=1)
