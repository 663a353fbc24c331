"""Outlines of lots: points in a pool, and rings as pieces of the pool, so that neighbours share every vertex.

A side is drawn in its own frame: x along the street from the left end as seen from it, y away from it. Between two lots
runs a divider, straight, leaning or with a jog (both lots are L-shaped). The dividers of both sides end in the block's
middle line, which holds the ends of all.
"""

from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gateway.geo.shapes import Shapes
from gateway.management.sample.chance import Ints, Points, spread
from gateway.management.sample.ground import DATA, PITCH, degrees
from gateway.management.sample.sides import BEHIND, COURT, INSIDE, PLACES, ROWS, WHOLE, Sides

_POLE: Final = 3.6  # metres of street that a flag lot has
_FRONT: Final = 0.55  # of the depth, for the lot before a flag lot
_SNAP: Final = 1.2  # metres: closer ends of dividers on the middle line become one point
_STRETCH: Final = 40.0  # metres: longer edges are halved, so that they follow a curved street
_STRAIGHT, _MET, _JOGGED = 1, 2, 3  # kinds of dividers: how many points each has before the middle line

_COURT: Final = [[complex(*point) for point in lot] for lot in DATA["court"]]
SQUARE: Final = np.array([0, 1, 1 + 1j, 1j])
ELL: Final = np.array([0.36 + 0.36j, 0.64 + 0.36j, 0.64 + 0.53j, 0.53 + 0.53j, 0.53 + 0.64j, 0.36 + 0.64j])


class _Drawing:
    """Points, and pieces of rings; a ring's key is its parcel's times 4, and 2 for another part, and 1 for a hole."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._points: list[Points] = []
        self._owners: list[Ints] = []
        self._pieces: list[Ints] = []

    def points(self, side: Ints, points: Points) -> Ints:
        """Add points in the frames of sides; their numbers. They are kept in the frame of the south of the block."""
        end = self._sides.length[side] + 1j * self._sides.depth[side]
        self._points.append(np.where(self._sides.north[side] == 1, end - points, points))
        self._owners.append(side)
        return np.arange(len(side)) + sum(map(len, self._owners[:-1]))

    def shape(self, side: Ints, shape: Points, size: Points) -> Ints:
        """Add the points of shapes (side, point), shares of a size; the numbers of the first ones."""
        places = shape.real * size.real[:, None] + 1j * (shape.imag * size.imag[:, None])
        return self.points(np.repeat(side, places.shape[1]), places.ravel())[:: places.shape[1]]

    def piece(self, ring: Ints, place: int, first: ArrayLike, count: ArrayLike = 1, step: ArrayLike = 1) -> None:
        """Have each ring go along `count` points from `first` on, or back; pieces of a ring are in order of `place`."""
        self._pieces.append(np.stack(np.broadcast_arrays(ring, place, first, count, step)).astype(np.int64))

    def multipolygons(self, parcels: Ints) -> Shapes:
        """The multipolygons of parcels, given by their keys in order."""
        pieces = np.concatenate(self._pieces, axis=1)
        pieces = pieces[:, np.isin(pieces[0] // 4, parcels)]
        ring, _, first, count, step = pieces[:, np.lexsort((pieces[1], pieces[0]))]
        piece, along = spread(count)
        at = first[piece] + step[piece] * along
        ring, side, points = _halved(ring[piece], np.concatenate(self._owners)[at], np.concatenate(self._points)[at])
        starts = np.flatnonzero(np.diff(ring, prepend=-1))
        closed = np.insert(np.arange(len(ring)), np.append(starts[1:], len(ring)), starts)
        rings = ring[starts]
        parts = np.flatnonzero(np.diff(rings // 2, prepend=-1))
        offsets = (
            np.append(starts + np.arange(len(starts)), len(closed)),
            np.append(parts, len(rings)),
            np.append(np.searchsorted(rings[parts] // 4, parcels), len(parts)),
        )
        places = self._degrees(side, points)[closed]
        return shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, places, offsets)

    def _degrees(self, side: Ints, points: Points) -> NDArray[np.float64]:
        sides = self._sides
        points = sides.corner[side] + points
        points = np.where(sides.turned[side], PITCH + 1j * points, points)
        return degrees(sides.chance, (sides.column + 1j * sides.row)[side] * PITCH + points)


def _halved(ring: Ints, side: Ints, points: Points) -> tuple[Ints, Ints, Points]:
    """Halve long edges; the middle is the same from both sides."""
    while True:
        starts = np.flatnonzero(np.diff(ring, prepend=-1))
        after = np.arange(1, len(ring) + 1)
        after[np.append(starts[1:], len(ring)) - 1] = starts
        way = points[after] - points
        long = np.flatnonzero(way.real**2 + way.imag**2 > _STRETCH**2)
        if len(long) == 0:
            return ring, side, points
        points = np.insert(points, long + 1, (points[long] + points[after[long]]) / 2)
        ring, side = (np.insert(each, long + 1, each[long]) for each in (ring, side))


def outlines(sides: Sides, parcels: Ints) -> Shapes:
    """The multipolygons of the parcels of these keys."""
    drawing, (side, place, key) = _Drawing(sides), sides.rows()
    ring, size = key * 4 + 2 * (key != side * PLACES + place * 4), sides.length + 1j * sides.depth
    rows, whole, courts = (sides.cut[side] == cut for cut in (ROWS, WHOLE, COURT))
    _draw_rows(drawing, sides, side[rows], place[rows], ring[rows])
    drawing.piece(ring[whole], 0, drawing.shape(side[whole], SQUARE, size[side[whole]]), len(SQUARE))
    _draw_courts(drawing, sides, side[courts & (place == 0)])
    holding = sides.holding(side, place)
    _draw_inside(drawing, sides, side[holding], place[holding], ring[holding])
    return drawing.multipolygons(parcels)


def _draw_rows(drawing: _Drawing, sides: Sides, side: Ints, place: Ints, ring: Ints) -> None:
    last = place == sides.lots[side] - 1
    ends = np.flatnonzero(last) + 1  # a side has one divider more than lots
    dividers = np.insert(side, ends, side[last]), np.insert(place, ends, place[last] + 1)
    kind, first, middle, corner = _dividers(drawing, sides, *dividers)
    left = np.arange(len(side)) + np.cumsum(place == 0) - 1
    for number, (end, divider) in enumerate(((place == 0, left), (last, left + 1))):
        cut = np.flatnonzero(end & (corner[divider] >= 0))
        drawing.piece(ring[cut], number, corner[divider[cut]])
    flagged = sides.flagged(side, place)
    behind = np.where(flagged, (side * PLACES + place * 4 + BEHIND) * 4, ring)
    way = middle[left] - middle[left + 1]
    drawing.piece(behind, 2, first[left + 1], kind[left + 1])
    drawing.piece(behind, 3, middle[left + 1], np.abs(way) + 1, np.sign(way))
    drawing.piece(ring, 5, first[left] + kind[left] - 1, kind[left], -1)
    side, place, ring, behind = side[flagged], place[flagged], ring[flagged], behind[flagged]
    pole = sides.front(side, place + 1) - _POLE
    for number, y in enumerate((0.0, _FRONT)):
        point = drawing.points(side, pole + 1j * y * sides.half[side])
        drawing.piece(ring, 2 + number, point)
        drawing.piece(behind, 6 - number, point)
    drawing.piece(behind, 4, first[left[flagged]] + 1)


def _dividers(drawing: _Drawing, sides: Sides, side: Ints, place: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each divider the number of points, the first, that on the middle line, that beside a cut corner or -1."""
    chance, keys = sides.chance, (sides.key[side], place)
    inner = (place > 0) & (place < sides.lots[side])
    met = inner & (sides.flagged(side, place) | sides.flagged(side, place - 1))
    draw = np.where(inner & ~met, chance.unit("divider", *keys), 1.0)
    kind = np.where(draw < 0.09, _JOGGED, np.where(met, _MET, _STRAIGHT))
    front, shift = sides.front(side, place), chance.around("shift", *keys)
    width = sides.length[side] / sides.lots[side]
    back = front + np.where(draw < 0.23, 0.08 * width * (shift + np.sign(shift)), 0.0)
    turn = sides.half[side] * np.where(met, _FRONT, 0.4 + 0.25 * chance.unit("jog at", *keys))
    cut = np.where(~inner & (chance.unit("corner", *keys) < 0.6), np.minimum(4.0, 0.2 * width), 0.0)
    corner = drawing.points(side, np.where(place == 0, cut, sides.length[side] - cut) + 0j)
    of, step = spread(kind)
    points = np.where(step == 2, back[of], front[of]) + 1j * np.where(step == 0, cut[of], turn[of])
    first = drawing.points(side[of], points)[np.cumsum(kind) - kind]
    along = np.where(sides.north[side] == 1, sides.length[side] - back, back)
    order = np.lexsort((along, side // 2))
    south = side[order] // 2 * 2
    fresh = (np.diff(south, prepend=-1) != 0) | (np.diff(along[order], prepend=-np.inf) >= _SNAP)
    middle = np.empty_like(side)
    numbers = drawing.points(south[fresh], along[order][fresh] + 1j * sides.half[south[fresh]])
    middle[order] = numbers[np.cumsum(fresh) - 1]
    return kind, first, middle, np.where(cut > 0, corner, -1)


def _draw_courts(drawing: _Drawing, sides: Sides, side: Ints) -> None:
    corners = sorted({point for lot in _COURT for point in lot}, key=lambda point: (point.real, point.imag))
    # A point moves by the same amount in every lot that has it.
    moved = np.array(corners) + 0.01 * sides.chance.near("court", sides.key[side][:, None], np.arange(len(corners)))
    seen = side + sides.chance.below(2, "turned court", sides.key[side])
    first = drawing.shape(seen, moved, sides.length[side] + 1j * sides.depth[side])
    for lot, points in enumerate(_COURT):
        for number, point in enumerate(points):
            drawing.piece((side * PLACES + lot * 4) * 4, number, first + corners.index(point))


def _draw_inside(drawing: _Drawing, sides: Sides, side: Ints, place: Ints, ring: Ints) -> None:
    """A lot inside a lot, for example a church in a park: a hole of one and the shell of the other."""
    keys, start = (sides.key[side][:, None], place[:, None]), sides.front(side, place)
    depth = np.where(sides.cut[side] == WHOLE, sides.depth[side], sides.half[side])
    size = sides.front(side, place + 1) - start + 1j * depth
    moved = ELL + 0.02 * sides.chance.near("inside", *keys, np.arange(len(ELL))) + (start / size.real)[:, None]
    first = drawing.shape(side, moved, size)
    drawing.piece((side * PLACES + place * 4 + INSIDE) * 4, 0, first, len(ELL))
    drawing.piece(ring + 1, 0, first + len(ELL) - 1, len(ELL), -1)
