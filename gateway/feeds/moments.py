"""The moment that a read is as of; enters what a client gave, leaves it where the history knows of it."""

from datetime import datetime

from gateway.db.reader import Reader
from gateway.db.sessions import ReadSession
from gateway.errors import BadMoment
from gateway.layers import Layer
from gateway.query.operands import instant
from gateway.sql import moments


async def check_moment(session: Reader | ReadSession, layer: Layer, given: datetime) -> datetime:
    """Read `asOf`; raises BadMoment for a time to come, and for one that the history does not reach back to."""
    moment = instant(given, ("asOf",))
    session.pin_for(moment)
    (span,) = await session.rows(moments.span(layer))
    if moment > span.now:
        message = f"What comes is not known. It is {span.now:%Y-%m-%dT%H:%M:%SZ} here: give a time before, or none."
        raise BadMoment(message, path=("asOf",))
    if span.since is None or moment < span.since:
        kept = f"goes back to {span.since:%Y-%m-%dT%H:%M:%SZ}" if span.since else "has no months"
        raise BadMoment(f"The history of {layer.verbose_name_plural} {kept}. Give a later time.", path=("asOf",))
    return moment
