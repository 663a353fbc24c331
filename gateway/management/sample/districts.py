"""Zoning districts: a tiling of the county by groups of cells, and by islands inside a cell.

Their borders follow streets, and step from them into the lots as real ones do, to the depth of a strip of shops;
whatever two districts share, they share vertex by vertex.
"""

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gateway.geo.shapes import Shapes
from gateway.management.sample.chance import Chance, Ints, Points, spread
from gateway.management.sample.ground import PITCH, degrees, spiral
from gateway.management.sample.outlines import ELL, SQUARE

VERTICES: Final = 57  # of a district on average, the closing one of each ring included
ISLANDS: Final = 12  # one district in so many is an island, the last ones
_OUTER: Final = 3  # points on an edge of the county's border, which is curved


def districts(chance: Chance, tracts: int, count: int) -> tuple[Shapes, Ints]:
    """Tile the first `tracts` tracts, cut into `fine` times `fine` cells: outlines, and the tracts in their middles."""
    fine = max(2, int(np.ceil(np.sqrt(4 * count / tracts))))
    column, row = spiral(np.arange(tracts))
    place = np.arange(fine * fine)
    cells = ((column + 1j * row)[:, None] * fine + place % fine + 1j * (place // fine)).ravel()
    label = _labels(chance, cells, count - count // ISLANDS)
    order, sizes = np.argsort(label, kind="stable"), np.bincount(label)
    groups = np.split(_polygons(cells[:, None] + SQUARE)[order], np.cumsum(sizes)[:-1])
    shapes = np.array([shapely.coverage_union_all(group) for group in groups])
    middle = order[np.cumsum(sizes) - sizes // 2 - 1]
    hosts = np.argsort(chance.bits("host", np.arange(len(shapes))))[: count // ISLANDS]
    inside = middle[hosts][:, None]
    islands = _polygons(cells[inside] + ELL + 0.03 * chance.near("island", inside, np.arange(len(ELL))))
    shapes[hosts] = shapely.difference(shapes[hosts], islands)
    outlined = _bordered(chance, np.concatenate([shapes, islands]), PITCH / fine)
    return outlined, np.append(middle, inside) // (fine * fine)


def _polygons(corners: Points) -> Shapes:
    return shapely.polygons(np.stack([corners.real, corners.imag], axis=-1))


def _labels(chance: Chance, cells: Points, count: int) -> Ints:
    """Halve the county again and again, by columns or by rows, until there are `count` groups of cells."""
    label = np.zeros(len(cells), dtype=np.int64)
    waiting = [(np.arange(len(label)), 0, count)]
    while waiting:
        group, first, number = waiting.pop()
        label[group] = first
        if number == 1:
            continue
        across, up = cells[group].real, cells[group].imag
        group = group[np.lexsort((up, across) if np.ptp(across) >= np.ptp(up) else (across, up))]
        share, uneven = chance.unit("halve", first, number, np.arange(2)).tolist()
        left = min(max(1, round(number * (0.38 + 0.24 * share))), number - 1)
        cut = round(len(group) * left / number * (0.85 + 0.3 * uneven))
        cut = min(max(left, cut), len(group) - (number - left))
        waiting += [(group[:cut], first, left), (group[cut:], first + left, number - left)]
    return label


def _bordered(chance: Chance, shapes: Shapes, size: float) -> Shapes:
    """Put points on the edges of shapes in cells of `size` metres, and bring them to their place on Earth."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(shapely.normalize(shapes)), return_index=True)
    _, corners, (rings, polygons) = shapely.to_ragged_array(parts)
    places = corners[:, 0] + 1j * corners[:, 1]
    begin = np.setdiff1d(np.arange(len(places)), rings[1:] - 1)
    ends = np.stack([places[begin], places[begin + 1]], axis=1)
    back = np.argmin(ends, axis=1) == 1  # complex numbers are in order of x, then y
    edges, edge, sides = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True, return_counts=True)
    key = np.rint(edges.view(np.float64) * 1e6).astype(np.int64).T
    points = _points(chance.unit("points", *key), sides, VERTICES * len(shapes) - len(places))
    counts = np.ones(len(places), dtype=np.int64)
    counts[begin] += points[edge]
    corner, step = spread(counts)
    of = np.searchsorted(begin, corner[step > 0])
    number = step[step > 0] - 1
    number = np.where(back[of], points[edge[of]] - 1 - number, number)
    number += (np.cumsum(points) - points)[edge[of]]
    drawn = places[corner]
    drawn[step > 0] = _steps(chance, (edges, key, sides), points)[number]
    offsets = np.append(0, np.cumsum(counts))[rings], polygons
    polygons = shapely.from_ragged_array(shapely.GeometryType.POLYGON, degrees(chance, drawn * size), offsets)
    return shapely.multipolygons(polygons, indices=owner)


def _points(draw: NDArray[np.float64], sides: Ints, missing: int) -> Ints:
    """How many points to put on each edge, so that there are `missing` vertices more; a shared one counts twice."""
    points = np.where(sides == 1, _OUTER, 0)
    points[np.argmax(sides == 1)] += (missing - points.sum()) % 2
    shares = np.cumsum(np.where(sides == 2, 0.2 + 1.4 * draw, 0.0))
    total = max(0, missing - int(points.sum())) // 2
    return points + np.diff(np.rint(shares * (total / max(shares[-1], 1))), prepend=0).astype(np.int64)


def _steps(chance: Chance, borders: tuple[Points, Ints, Ints], points: Ints) -> Points:
    """The points between the ends of the edges, edges end to end."""
    edges, keys, sides = borders
    edge, number = spread(points)
    count, key = points[edge], keys[:, edge]
    stop, depth, plateaus = number // 2, (number + 1) // 2, np.maximum(count // 2 - 1, 1)
    uneven = np.where((stop > 0) & (stop < plateaus), 0.25 * chance.around("stop", *key, stop), 0.0)
    away = (0.04 + 0.09 * chance.unit("depth", *key, depth)) * np.sign(chance.around("which side", *key, depth))
    # Few points, or one too many, stay on the street, and so does the county's own border.
    straight, odd = (count < 4) | (sides[edge] == 1), number >= 2 * plateaus + 2
    along = np.where(odd, 0.87, 0.3 + 0.4 * (stop + uneven) / plateaus)
    along = np.where(straight, (number + 1) / (count + 1), along)
    away = np.where(straight | odd | (depth == 0) | (depth == plateaus + 1), 0.0, away)
    return edges[edge, 0] + (along + 1j * away) * (edges[edge, 1] - edges[edge, 0])
