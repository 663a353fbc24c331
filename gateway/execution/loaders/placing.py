"""Groups by cells of H3, which are computed here between two statements; enters groups, leaves them with their cells.

The second statement joins the cells by the id of the row: a row that has come since the first is left out.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Final

from gateway import errors
from gateway.db.reader import Reader, Row
from gateway.geo import h3_cells
from gateway.planner.keys import by_h3, places
from gateway.query.groups import Groups
from gateway.sql.types import SqlRows

MOST: Final = 1_000_000  # rows: they take 24 bytes each to come, and 16 to go back


class Placing:
    """Makes cells once for all that one request reads of the same rows."""

    def __init__(self, session: Reader) -> None:
        self._session = session
        self._made: dict[Hashable, Groups] = {}

    async def groups(self, rows: Hashable, wanted: Groups, positions: Callable[[int], SqlRows]) -> Groups:
        """Groups of `rows` with their cells, if they are by cells of H3; LIST_LIMIT of more rows than there may be.

        `positions` makes the statement of at most so many.
        """
        number = by_h3(wanted.keys)
        if number is None:
            return wanted
        if (made := self._made.get((rows, wanted))) is None:
            made = self._made[rows, wanted] = await self._placed(number, wanted, positions)
        return made

    async def _placed(self, number: int, wanted: Groups, positions: Callable[[int], SqlRows]) -> Groups:
        ((packed,),) = await self._session.rows(positions(MOST + 1))
        packed = packed or b""
        if len(packed) > MOST * h3_cells.BYTES:
            message = f"Cells of H3 are made of at most {MOST} rows. Narrow the filter, or group by geohash."
            raise errors.ListLimit(message, path=("keys", number, "h3"), limit=MOST)
        key = wanted.keys[number]
        (resolution,) = key.given
        assert isinstance(resolution, int)
        cells = await asyncio.to_thread(h3_cells.placed, packed, resolution)
        made = replace(key, given=(resolution, cells))
        return replace(wanted, keys=(*wanted.keys[:number], made, *wanted.keys[number + 1 :]))


def outlined(wanted: Groups, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of groups with the boundaries of their cells."""
    if by_h3(wanted.keys) is None:
        return rows
    at = places(wanted.keys)["cell"]
    return [(*row[: at + 1], None if row[at] is None else h3_cells.boundary(row[at]), *row[at + 2 :]) for row in rows]
