"""The two rows of lots of a block; enters blocks, leaves the points of their outlines.

A side is drawn in its own frame: x along the street from the left end as seen from the street, y away from it. Between
two lots runs a divider: straight, leaning, with a jog (both lots are L-shaped), or with a point where the border
between a front lot and the flag lot behind it meets it. At the back both sides meet in the block's middle line, which
holds the ends of the dividers of both.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from gateway.management.sample.blocks import NONE, Blocks
from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.outlines import Outlines, ring_key

_POLE = 3.6  # metres of street that a flag lot has
_FRONT_SHARE = 0.55  # of the depth, for the lot before a flag lot
_SNAP = 1.2  # metres: closer ends of dividers on the middle line become one point
_STRETCH = 40.0  # metres of front between points, so that wide lots follow a curved street
_LAST = 250  # places in a ring are below this


class Divider(IntEnum):
    """How two lots of a side are parted."""

    STRAIGHT = 0
    LEANING = 1
    JOGGED = 2
    MET = 3  # by the back of the lot before a flag lot, or beside it


@dataclass(frozen=True, slots=True)
class Dividers:
    """The dividers of all sides end to end, the ends of the block included."""

    front: Floats  # x at the street
    back: Floats  # x at the middle line
    turn: Floats  # y of the jog or the meeting
    kind: Ints
    point: Ints  # number of the point on the middle line


@dataclass(frozen=True, slots=True)
class Sides:
    """One row a lot. `left` and `left + 1` are its dividers; `parcel` is the parcel in front, `behind` at the back."""

    blocks: Blocks
    dividers: Dividers
    middle_x: Floats  # of the points on the middle lines, in the frame of the block
    block: Ints
    north: Ints
    number: Ints
    key: Ints  # unique in the county, of the side
    left: Ints
    parcel: Ints
    part: Ints
    behind: Ints
    hole: Ints  # the parcel inside, or NONE
    depth: Floats
    at_end: Flags
    last: Flags

    @property
    def front(self) -> Floats:
        """Metres of street."""
        found: Floats = self.dividers.front[self.left + 1] - self.dividers.front[self.left]
        return found

    @property
    def middle(self) -> Floats:
        """Metres from the block's western end to the middle of the front."""
        middle = (self.dividers.front[self.left + 1] + self.dividers.front[self.left]) / 2
        return np.where(self.north == 1, self.blocks.length[self.block] - middle, middle)


def sides(chance: Chance, blocks: Blocks, starts: Ints) -> Sides:
    """Lay out the rows of lots; `starts` (block, side) are the numbers of the first parcels."""
    lots = blocks.lots.ravel()
    side, number = spread(lots)
    block, north = side // 2, side % 2
    left = np.cumsum(lots + (lots > 0)) - (lots + (lots > 0))
    middle = blocks.depth * (0.5 + 0.06 * chance.around("middle", blocks.key))
    dividers, middle_x = _dividers(chance, blocks, middle)
    absorbed = np.stack([blocks.absorbed, np.zeros(len(blocks), dtype=np.bool_)], axis=1).ravel()[side]
    flag, enclosing = blocks.flag.ravel()[side], blocks.enclosing.ravel()[side]
    flagged = (flag != NONE).astype(np.int64)
    parcel = starts.ravel()[side] + number - absorbed + ((flagged == 1) & (number > flag))
    joined = np.flatnonzero(absorbed & (number == 0))
    # The side before on the same street is two sides back: each block has a south and a north side.
    parcel[joined] = parcel[np.cumsum(lots)[side[joined] - 2] - 1]
    hole = np.where(enclosing == number, starts.ravel()[side] + lots[side] - absorbed + flagged, NONE)
    return Sides(
        blocks,
        dividers,
        middle_x,
        block,
        north,
        number,
        blocks.key[block] * 2 + north,
        left[side] + number,
        parcel,
        (absorbed & (number == 0)).astype(np.int64),
        parcel + (flag == number),
        hole,
        np.where(north == 1, blocks.depth[block] - middle[block], middle[block]),
        (number == 0) | (number == lots[side] - 1),
        number == lots[side] - 1,
    )


def _dividers(chance: Chance, blocks: Blocks, middle: Floats) -> tuple[Dividers, Floats]:
    lots = blocks.lots.ravel()
    side, number = spread(lots + (lots > 0))
    block, north, count = side // 2, side % 2, lots[side]
    keys = (blocks.key[block] * 2 + north, number)
    length = blocks.length[block]
    inner = (number > 0) & (number < count)
    step = length / count
    front = np.where(number == count, length, step * (number + np.where(inner, 0.2 * chance.around("lot", *keys), 0.0)))
    draw = chance.unit("divider", *keys)
    kind = np.where(draw < 0.14, Divider.LEANING, np.where(draw < 0.22, Divider.JOGGED, Divider.STRAIGHT))
    flag, enclosing = blocks.flag.ravel()[side], blocks.enclosing.ravel()[side]
    plain = ~inner | _beside(flag, number) | _beside(enclosing, number)
    kind = np.where(plain, Divider.STRAIGHT, kind)
    kind = np.where(_beside(flag, number), Divider.MET, kind).astype(np.int64)
    depth = np.where(north == 1, blocks.depth[block] - middle[block], middle[block])
    moved = np.where((kind == Divider.LEANING) | (kind == Divider.JOGGED), 0.15 * step * _sign(chance, keys), 0.0)
    back = front + moved
    turn = depth * np.where(kind == Divider.MET, _FRONT_SHARE, 0.4 + 0.25 * chance.unit("jog at", *keys))
    point, snapped = _middle_points(block, np.where(north == 1, length - back, back))
    back = np.where(north == 1, length - snapped[point], snapped[point])
    return Dividers(front, back, turn, kind, point), snapped


def _beside(lot: Ints, number: Ints) -> Flags:
    found: Flags = (lot != NONE) & ((number == lot) | (number == lot + 1))
    return found


def _sign(chance: Chance, keys: tuple[Ints, Ints]) -> Floats:
    shift = chance.around("shift", *keys)
    return np.where(shift < 0, shift - 1, shift + 1) / 2


def _middle_points(block: Ints, x: Floats) -> tuple[Ints, Floats]:
    """For each divider the number of its point on the middle lines, and the x of those points, blocks end to end."""
    order = np.lexsort((x, block))
    fresh = (np.diff(block[order], prepend=-1) != 0) | (np.diff(x[order], prepend=-np.inf) >= _SNAP)
    number = np.empty(len(x), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number, x[order][fresh]


def draw_sides(chance: Chance, sides: Sides, outlines: Outlines) -> None:
    """Add the outlines of all lots of the sides."""
    flagged = sides.behind != sides.parcel
    _draw_front(chance, sides, outlines, flagged)
    _draw_dividers(sides, outlines, flagged)
    _draw_back(sides, outlines)
    _draw_flag(sides, outlines, flagged)
    _draw_enclosed(chance, sides, outlines)


def _place(sides: Sides, outlines: Outlines, lot: Ints, ring: Ints, point: tuple[int | Ints, Floats, Floats]) -> None:
    """Add one point a lot, given in the frame of the side."""
    place, x, y = point
    block, north = sides.block[lot], sides.north[lot] == 1
    x = np.where(north, sides.blocks.length[block] - x, x)
    y = np.where(north, sides.blocks.depth[block] - y, y)
    outlines.add(ring, place, block, x, y)


def _draw_front(chance: Chance, sides: Sides, outlines: Outlines, flagged: Flags) -> None:
    ring = ring_key(sides.parcel, sides.part)
    start, end = sides.dividers.front[sides.left], sides.dividers.front[sides.left + 1]
    cut = np.where(chance.unit("corner cut", sides.key, sides.number) < 0.6, np.minimum(4.0, (end - start) / 4), 0.0)
    begins = np.where(sides.number == 0, cut, 0.0)
    ends = np.where(sides.last, cut, 0.0)
    lot = np.flatnonzero(~flagged)
    _place(sides, outlines, lot, ring[lot], (0, (start + begins)[lot], np.zeros(len(lot))))
    _place(sides, outlines, lot, ring[lot], (20, (end - ends)[lot], np.zeros(len(lot))))
    for place, x, size in ((21, end, ends), (_LAST, start, begins)):
        lot = np.flatnonzero(size > 0)
        _place(sides, outlines, lot, ring[lot], (place, x[lot], size[lot]))
    pieces = np.clip(np.floor((end - start) / _STRETCH), 1, 12).astype(np.int64) - 1
    lot, step = spread(np.where(flagged, 0, pieces))
    x = start[lot] + (end - start)[lot] * (step + 1) / (pieces[lot] + 1)
    _place(sides, outlines, lot, ring[lot], (1 + step, x, np.zeros(len(lot))))


def _draw_dividers(sides: Sides, outlines: Outlines, flagged: Flags) -> None:
    """Turns of the right divider on the way in, of the left one on the way out."""
    dividers, ring = sides.dividers, ring_key(sides.parcel, sides.part)
    for right in (True, False):
        which = sides.left + right
        jogged = (dividers.kind[which] == Divider.JOGGED) & ~flagged
        turned = jogged | ((dividers.kind[which] == Divider.MET) & ~flagged)
        first, second = (30, 31) if right else (_LAST - 1, _LAST - 2)
        for place, mask, x in ((first, turned, dividers.front), (second, jogged, dividers.back)):
            lot = np.flatnonzero(mask)
            _place(sides, outlines, lot, ring[lot], (place, x[which[lot]], dividers.turn[which[lot]]))


def _draw_back(sides: Sides, outlines: Outlines) -> None:
    """Points of the middle line from the right divider to the left one."""
    right, left = sides.dividers.point[sides.left + 1], sides.dividers.point[sides.left]
    lot, step = spread(np.abs(right - left) + 1)
    x = sides.middle_x[right[lot] + step * np.sign(left - right)[lot]]
    block = sides.block[lot]
    depth = sides.depth[lot]
    y = np.where(sides.north[lot] == 1, sides.blocks.depth[block] - depth, depth)
    outlines.add(ring_key(sides.behind, sides.part)[lot], 40 + step, block, x, y)


def _draw_flag(sides: Sides, outlines: Outlines, flagged: Flags) -> None:
    """The lot in front of a flag lot, and the pole of the flag lot along its right divider."""
    lot = np.flatnonzero(flagged)
    start, end = sides.dividers.front[sides.left[lot]], sides.dividers.front[sides.left[lot] + 1]
    pole, zero, turn = end - _POLE, np.zeros(len(lot)), sides.depth[lot] * _FRONT_SHARE
    front, behind = ring_key(sides.parcel[lot]), ring_key(sides.behind[lot])
    for place, x, y in ((0, start, zero), (1, pole, zero), (2, pole, turn), (3, start, turn)):
        _place(sides, outlines, lot, front, (place, x, y))
    for place, x, y in (
        (0, pole, zero),
        (1, end, zero),
        (2, end, turn),
        (_LAST - 2, start, turn),
        (_LAST - 1, pole, turn),
    ):
        _place(sides, outlines, lot, behind, (place, x, y))


def _draw_enclosed(chance: Chance, sides: Sides, outlines: Outlines) -> None:
    """A small lot with a cut corner inside a lot: a hole of one and the shell of the other."""
    lot = np.flatnonzero(sides.hole != NONE)
    middle = (sides.dividers.front[sides.left[lot]] + sides.dividers.front[sides.left[lot] + 1]) / 2
    width = 0.2 * sides.front[lot] * (0.8 + 0.4 * chance.unit("enclosed size", sides.key[lot]))
    height = np.minimum(width, 0.2 * sides.depth[lot])
    corners = ((-1.0, -1.0), (1.0, -1.0), (1.0, 0.4), (0.4, 1.0), (-1.0, 1.0))
    for place, (right, up) in enumerate(corners):
        x, y = middle + right * width, sides.depth[lot] * 0.5 + up * height
        _place(sides, outlines, lot, ring_key(sides.hole[lot]), (place, x, y))
        _place(sides, outlines, lot, ring_key(sides.parcel[lot], ring=1), (len(corners) - place, x, y))
