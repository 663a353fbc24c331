"""The jurisdictions that a caller may see; enters a request's session, leaves their codes and names, and outlines."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from gateway import errors
from gateway.db.reader import Reader, Row
from gateway.execution.loaders.batch import BatchLoader
from gateway.identity.principal import OWN, Principal
from gateway.models.jurisdiction import ALL
from gateway.sql import jurisdictions as sql

FIRST: Final = 100
MOST: Final = 1_000


class Jurisdictions:
    """Those of one request: `code` is what its path says, and `origin` where its client finds the server.

    Those `apart` have a database of their own, which has no list of the others.
    """

    def __init__(
        self, session: Reader, principal: Principal, code: str, origin: str, apart: Sequence[str] = ()
    ) -> None:
        self._session = session
        self._apart = apart
        self._seen = None if principal.anonymous or principal.everywhere else sorted(principal.jurisdictions)
        # In the schema of one of them the table has no rows.
        own = code == OWN or code.startswith(ALL)
        self._table = None if code in apart else sql.LISTED if own else sql.LISTED_OF_ALL
        self._root = origin if code == OWN else origin.rpartition("/j/")[0]

    async def page(self, first: int, after: str | None) -> Sequence[Row]:
        """So many of them behind the code `after`; raises BadPage for a number that can't be."""
        if not 0 <= first <= MOST:
            raise errors.BadPage(f"first must be 0 to {MOST}, not {first}.", path=("first",), limit=MOST)
        return await self._session.rows(sql.seen(self._table, self._seen, first, after or "", self._apart))

    def url(self, code: str) -> str:
        """What the URLs of one begin with."""
        return f"{self._root}/j/{code}"

    @cached_property
    def outlines(self) -> BatchLoader[str, str | None]:
        """Outlines as GeoJSON by code, in one statement."""
        return BatchLoader(self._outlines)

    async def _outlines(self, codes: list[str]) -> Mapping[str, str]:
        if self._table is None:
            return {}
        rows = await self._session.rows(sql.outlines(self._table, codes))
        return {row.code: row.outline for row in rows}
