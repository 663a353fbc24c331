"""Names that ingest was told to hide, as a server knows them; enters the table, leaves them with Access.

Statements look the names up themselves, so nothing is shown that a server has not learned of yet. It has to know them
to refuse a filter that names one, as it refuses any other private member.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError

from gateway import telemetry
from gateway.db.closing import close
from gateway.db.sessions import Database
from gateway.errors import GatewayError
from gateway.identity.access import Access
from gateway.models.private_member import NAMES

_PAUSE: Final = 5.0  # seconds


async def keep_learning(access: Access, database: Database) -> None:
    """Read the names now, and again every few seconds while requests come from whom they are withheld."""
    while True:
        try:
            access.learn(await names(database))
        except (GatewayError, DBAPIError, OSError) as error:
            if not database.outage.away:  # of which a line tells
                telemetry.log.warning("private members not read", reason=type(error).__name__)
        await asyncio.sleep(_PAUSE)
        await access.asked.wait()
        access.asked.clear()


async def names(database: Database) -> Mapping[str, frozenset[str]]:
    """The names by layer."""
    session = database.session()
    try:
        by_layer: dict[str, set[str]] = defaultdict(set)
        for layer, name in await session.fetch(NAMES, ()):
            by_layer[layer].add(name)
        return {layer: frozenset(each) for layer, each in by_layer.items()}
    finally:
        await close(session)
