"""Blocks between streets, and how each is cut into lots; nothing is drawn yet.

A lot is a key: the number of its side of a block times PLACES, its place there times 4, and BEHIND or INSIDE for a lot
that lies behind or inside the lot of that place. So a county of any size can be counted and laid out tract by tract.
"""

from typing import Final

import numpy as np

from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.ground import PITCH, TRAITS, kinds, spiral

ROWS, WHOLE, COURT = range(3)  # a block is cut into two rows of lots, back to back, or is one lot, or a cul-de-sac
PLACES: Final = 256
BEHIND, INSIDE = 1, 2
_MARGIN: Final = 10.0  # metres from the middle of a main street to the lots
_COURT_LOTS: Final = 11


class Sides:
    """The sides of all blocks of the tracts `first` up to `end`, one row each: the south of a block, then its north.

    A block that is not cut into rows has its lots at its south. Metres are those of the square of the tract.
    """

    def __init__(self, chance: Chance, first: int, end: int) -> None:
        tract = np.arange(first, end)
        column, row = spiral(tract)
        kind = kinds(chance, column, row)
        streets, y, depth, strip, street = _cuts(chance, tract, TRAITS["DEPTH"][kind], TRAITS["STREET"][kind])
        key = tract[strip] * 64 + street
        aim = TRAITS["LENGTH"][kind[strip]] * (0.8 + 0.4 * chance.unit("length", key))
        columns, x, length, block, place = _cuts(chance, key, aim, TRAITS["STREET"][kind[strip]])
        block, place = np.repeat(block, 2), np.repeat(place, 2)
        of = strip[block]
        self.chance = chance
        self.north = np.arange(len(block)) % 2
        self.key = (key[block] * 64 + place) * 2 + self.north  # unique in the county
        self.tract, self.column, self.row, self.kind = tract[of], column[of], row[of], kind[of]
        self.turned = chance.unit("turned", self.tract) < 0.45  # streets of the tract run north, not east
        self.street, self.streets = street[block] + self.north, streets[of]  # the street's number, and the last
        self.corner = np.repeat(x, 2) + 1j * y[block]
        self.length, self.depth = np.repeat(length, 2), depth[block]
        south = self.depth * (0.5 + 0.06 * chance.around("middle", self.key // 2))
        self.half = np.where(self.north == 1, self.depth - south, south)  # to the middle line
        draw = chance.unit("cut", self.key // 2)
        court = (draw > 1 - self.trait("COURT")) & (self.length > 90) & (self.length < 150)
        self.cut = np.where(draw < self.trait("WHOLE"), WHOLE, np.where(court, COURT, ROWS))
        narrow, wide = self.trait("NARROW"), self.trait("WIDE")
        frontage = narrow + (wide - narrow) * chance.unit("frontage", self.key)
        lots = np.where(self.cut == ROWS, np.rint(self.length / frontage), 0).astype(np.int64)
        whole = np.where(self.north == 1, 0, np.choose(self.cut, (1, 1, _COURT_LOTS)))
        self.lots = np.where(self.cut == ROWS, np.maximum(lots, 1), whole)
        # Where a block is split, the last lot of its south is one parcel with the first lot across the street.
        free = (lots >= 2) & (self.north == 0)
        more = np.append(free[2:], [False, False]) & (place < columns[block] - 1)
        self.split = free & more & (chance.unit("split", self.key) < self.trait("SPLIT"))

    def trait(self, name: str) -> Floats:
        """A number of `TRAITS` for each side."""
        return TRAITS[name][self.kind]

    def flagged(self, side: Ints, place: Ints) -> Flags:
        """Whether a flag lot lies behind the lot."""
        inner = (place > 0) & (place < self.lots[side] - 1) & (self.cut[side] == ROWS)
        return inner & (self.chance.unit("flag", self.key[side], place) < self.trait("FLAG")[side])

    def holding(self, side: Ints, place: Ints) -> Flags:
        """Whether a lot lies inside the lot."""
        share = np.select([self.cut == ROWS, self.cut == WHOLE], [self.trait("INSIDE"), 0.35])[side]
        return (self.chance.unit("inside", self.key[side], place) < share) & ~self.flagged(side, place)

    def front(self, side: Ints, place: Ints) -> Floats:
        """Metres along the street, from the left end as seen from it, to the left end of the lot."""
        inner = (place > 0) & (place < self.lots[side])
        uneven = np.where(inner, 0.2 * self.chance.around("lot", self.key[side], place), 0.0)
        return self.length[side] * (place + uneven) / self.lots[side]

    def rows(self) -> tuple[Ints, Ints, Ints]:
        """All lots but those behind and inside others: side, place, and the key of the lot's parcel."""
        side, place = spread(self.lots)
        joined = np.roll(self.split, 2)[side] & (place == 0)
        partner = (side - 2) * PLACES + (self.lots[side - 2] - 1) * 4
        return side, place, np.where(joined, partner, side * PLACES + place * 4)

    def parcels(self) -> Ints:
        """The keys of all parcels, in order."""
        side, place, key = self.rows()
        own = side * PLACES + place * 4
        behind, inside = own[self.flagged(side, place)] + BEHIND, own[self.holding(side, place)] + INSIDE
        return np.sort(np.concatenate([key[key == own], behind, inside]))


def _cuts(chance: Chance, key: Ints, aim: Floats, street: Floats) -> tuple[Ints, Floats, Floats, Ints, Ints]:
    """Widths of tracts cut into pieces of about `aim`: how many; of each start, size, owner and place."""
    usable = PITCH - 2 * _MARGIN + street
    count = np.maximum(1, np.rint(usable / (aim + street))).astype(np.int64)
    owner, place = spread(count)
    start, end = (
        _MARGIN + (usable / count)[owner] * (at + np.where(inner, 0.12 * chance.around("cut", key[owner], at), 0.0))
        for at, inner in ((place, place > 0), (place + 1, place + 1 < count[owner]))
    )
    return count, start, end - start - street[owner], owner, place
