"""Blocks: what lies between streets; enters patches, leaves rectangles in them and how each is cut into lots.

The number of parcels of a block is known here, before any lot is drawn, so that a county of any size can be laid out
tract by tract.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from gateway.management.sample import styles
from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.patches import Patches
from gateway.management.sample.styles import pick

MARGIN = 10.0  # metres from the middle of a main street to the lots
COURT_LOTS = 11
NONE = -1


class Cut(IntEnum):
    """How a block is cut into lots."""

    SIDES = 0  # two rows of lots, back to back
    WHOLE = 1  # one lot
    COURT = 2  # lots around a cul-de-sac


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rectangles (metres in the patch) and their cut; arrays with two columns are for the south and the north side."""

    patches: Patches
    patch: Ints
    key: Ints  # unique in the county
    row: Ints
    rows: Ints  # rows of blocks in the patch
    column: Ints
    x: Floats
    y: Floats
    length: Floats
    depth: Floats
    cut: Ints
    lots: Ints  # (block, side): lots along the side, 0 where the block is not cut into sides
    flag: Ints  # (block, side): which of them has a flag lot behind it, or NONE
    enclosing: Ints  # (block, side): which of them has a lot inside it, or NONE; a whole block uses the first column
    merged: Flags  # the last lot of the south side is one parcel with the first lot of the next block

    def __len__(self) -> int:
        return len(self.patch)

    @property
    def absorbed(self) -> Flags:
        """Whether the first lot of the south side belongs to the parcel before it."""
        return np.concatenate([[False], self.merged[:-1]])

    @property
    def parcels(self) -> Ints:
        """(block, side): parcels that start there; blocks without sides count in the first column."""
        extra = (self.flag != NONE).astype(np.int64) + (self.enclosing != NONE)
        sides: Ints = self.lots + extra
        sides[:, 0] += np.where(self.cut == Cut.WHOLE, 1, np.where(self.cut == Cut.COURT, COURT_LOTS, 0))
        sides[:, 0] -= self.absorbed
        return sides


def blocks(chance: Chance, patches: Patches) -> Blocks:
    """Lay streets through the patches and decide how each block is cut."""
    character = patches.character
    street = pick(styles.STREET, character)
    usable = patches.height - 2 * MARGIN + street
    rows = np.maximum(1, np.rint(usable / (pick(styles.DEPTH, character) + street))).astype(np.int64)
    patch, row = spread(rows)
    y, depth = _cuts(chance, "row", patches.key[patch], row, (rows[patch], usable[patch]))
    usable = (patches.width - 2 * MARGIN + street)[patch]
    aim = pick(styles.LENGTH, character)[patch] * (0.8 + 0.4 * chance.unit("length", patches.key[patch], row))
    columns = np.maximum(1, np.rint(usable / (aim + street[patch]))).astype(np.int64)
    strip, column = spread(columns)
    key = patches.key[patch] * 64 + row
    x, length = _cuts(chance, "column", key[strip], column, (columns[strip], usable[strip]))
    patch, key = patch[strip], key[strip] * 64 + column
    depth, length = depth[strip] - street[patch], length - street[patch]
    last = column == columns[strip] - 1
    where = (patch, key, row[strip], rows[patch], column, x, y[strip], length, depth)
    return Blocks(patches, *where, *_lots(chance, key, character[patch], (length, last)))


def _cuts(chance: Chance, what: str, key: Ints, place: Ints, span: tuple[Ints, Floats]) -> tuple[Floats, Floats]:
    """Start and length, street included, of the `place`th of `count` pieces of a length, a little uneven."""
    count, total = span

    def cut(at: Ints) -> Floats:
        inner = (at > 0) & (at < count)
        return MARGIN + total / count * (at + np.where(inner, 0.12 * chance.around(what, key, at), 0.0))

    start = cut(place)
    return start, cut(place + 1) - start


def _lots(
    chance: Chance, key: Ints, character: Ints, along: tuple[Floats, Flags]
) -> tuple[Ints, Ints, Ints, Ints, Flags]:
    """The cut, the lots of both sides, the flag lots, the enclosing lots and the merged ones."""
    length, last = along
    draw = chance.unit("cut", key)
    whole = draw < pick(styles.WHOLE, character)
    court = ~whole & (draw > 1 - pick(styles.COURT, character)) & (length > 90) & (length < 150)
    cut = np.where(whole, Cut.WHOLE, np.where(court, Cut.COURT, Cut.SIDES)).astype(np.int64)
    side = np.arange(2)
    keys, kind = (key[:, None], side), character[:, None]
    narrow, wide = pick(styles.NARROWEST, kind), pick(styles.WIDEST, kind)
    frontage = narrow + (wide - narrow) * chance.unit("frontage", *keys)
    sides = np.maximum(1, np.rint(length[:, None] / frontage)).astype(np.int64)
    lots = np.where(cut[:, None] == Cut.SIDES, sides, 0)
    flagged = (chance.unit("flag", *keys) < pick(styles.FLAG, kind)) & (lots >= 3)
    flag = np.where(flagged, 1 + chance.below(lots - 2, "flag lot", *keys), NONE)
    holed = (chance.unit("enclosed", *keys) < pick(styles.ENCLOSED, kind)) & (lots >= 1) & ~flagged
    enclosing = np.where(holed, chance.below(lots, "enclosing lot", *keys), NONE)
    enclosing[:, 0] = np.where(whole & (chance.unit("holding", key) < 0.35), 0, enclosing[:, 0])
    sided = cut == Cut.SIDES
    merged = (chance.unit("split", key) < pick(styles.SPLIT, character)) & sided & ~last
    # A lot may be split but not also enclose another, and both blocks must have a row of lots.
    free = (enclosing[:, 0] == NONE) & sided & (lots[:, 0] >= 2)
    merged[:-1] &= free[:-1] & free[1:] & ~merged[1:]
    merged[-1:] = False
    return cut, lots, flag, enclosing, merged
