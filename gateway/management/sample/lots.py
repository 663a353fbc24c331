"""Lots: every block cut into parcels; enters blocks, leaves outlines and a table with a row a parcel.

Both lots at a border draw the same points of it, so that neighbours share every vertex.
"""

from dataclasses import dataclass

import numpy as np

from gateway.geo.ragged import Ragged
from gateway.management.sample.blocks import COURT_LOTS, NONE, Blocks, Cut
from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.court import HOLDING, court
from gateway.management.sample.outlines import Outlines, ring_key
from gateway.management.sample.sides import Sides, draw_sides, sides

_STRETCH = 35.0  # metres between the points along a side of a whole block, so that it follows a curved street


@dataclass(frozen=True, slots=True)
class Lots:
    """One row a parcel, in order: its outline, where it lies and what it is."""

    blocks: Blocks
    outlines: Ragged
    area: Floats  # square metres
    block: Ints
    north: Ints  # 1 where the lot faces the street on the north side of its block
    along: Floats  # metres from the block's western end to the middle of the front
    frontage: Floats  # metres; 0 where the lot has none
    whole: Flags
    corner: Flags
    enclosed: Flags

    def __len__(self) -> int:
        return len(self.block)


def lots(chance: Chance, blocks: Blocks, limit: int) -> Lots:
    """Draw the first `limit` parcels of the blocks, or all of them."""
    counts = blocks.parcels
    starts = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
    total = min(limit, int(counts.sum()))
    outlines = Outlines(blocks)
    strip = sides(chance, blocks, starts)
    draw_sides(chance, strip, outlines)
    _draw_whole(chance, blocks, starts[:, 0], outlines)
    _draw_courts(chance, blocks, starts[:, 0], outlines)
    ragged, area = outlines.finish(total)
    return Lots(blocks, ragged, area, *_table(blocks, counts, strip, total))


def _table(
    blocks: Blocks, counts: Ints, strip: Sides, total: int
) -> tuple[Ints, Ints, Floats, Floats, Flags, Flags, Flags]:
    place, index = spread(counts.ravel())
    block, north = place // 2, place % 2
    length = blocks.length[block]
    whole = (blocks.cut[block] == Cut.WHOLE) & (index == 0)
    enclosed = (blocks.enclosing.ravel()[place] != NONE) & (index == counts.ravel()[place] - 1)
    along = np.where(blocks.cut[block] == Cut.COURT, length * (index + 0.5) / COURT_LOTS, length / 2)
    frontage = np.where(whole, length, 0.0)
    corner = whole.copy()
    along[strip.parcel], frontage[strip.parcel] = strip.middle, strip.front
    corner[strip.parcel] = strip.at_end
    return (
        block[:total],
        north[:total],
        along[:total],
        frontage[:total],
        whole[:total],
        corner[:total],
        enclosed[:total],
    )


def _draw_whole(chance: Chance, blocks: Blocks, starts: Ints, outlines: Outlines) -> None:
    block = np.flatnonzero(blocks.cut == Cut.WHOLE)
    length, depth, ring = blocks.length[block], blocks.depth[block], ring_key(starts[block])
    for side, (x, y, to_x, to_y) in enumerate(((0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 0, 0))):
        reach = length if side % 2 == 0 else depth
        pieces = np.clip(np.ceil(reach / _STRETCH), 1, 16).astype(np.int64)
        which, step = spread(pieces)
        share = step / pieces[which]
        across, up = (x + (to_x - x) * share) * length[which], (y + (to_y - y) * share) * depth[which]
        outlines.add(ring[which], side * 16 + step, block[which], across, up)
    inside = blocks.enclosing[block, 0] != NONE
    _draw_holding(chance, blocks, block[inside], starts, outlines)


def _draw_holding(chance: Chance, blocks: Blocks, block: Ints, starts: Ints, outlines: Outlines) -> None:
    """A lot inside a whole block, for example a church in a park: a hole of one and the shell of the other."""
    for place, (x, y) in enumerate(HOLDING):
        across = (x + 0.02 * chance.around("holding x", blocks.key[block], place)) * blocks.length[block]
        up = (y + 0.02 * chance.around("holding y", blocks.key[block], place)) * blocks.depth[block]
        outlines.add(ring_key(starts[block] + 1), place, block, across, up)
        outlines.add(ring_key(starts[block], ring=1), len(HOLDING) - place, block, across, up)


def _draw_courts(chance: Chance, blocks: Blocks, starts: Ints, outlines: Outlines) -> None:
    block = np.flatnonzero(blocks.cut == Cut.COURT)
    lot, place, anchor, x, y = court()
    key = blocks.key[block][:, None]
    turned = chance.unit("court", key) < 0.5
    # An anchor moves by the same amount in every lot that has it.
    across = (x + 0.01 * chance.around("court x", key, anchor)) * blocks.length[block][:, None]
    up = (y + 0.01 * chance.around("court y", key, anchor)) * blocks.depth[block][:, None]
    across = np.where(turned, blocks.length[block][:, None] - across, across)
    up = np.where(turned, blocks.depth[block][:, None] - up, up)
    ring = ring_key(starts[block][:, None] + lot)
    places, which = np.broadcast_to(place, across.shape), np.broadcast_to(block[:, None], across.shape)
    outlines.add(ring.ravel(), places.ravel(), which.ravel(), across.ravel(), up.ravel())
