"""The end of a session, whatever else ends; enters a session, leaves its connection in the pool."""

import asyncio

from gateway.db.sessions import RequestSession


async def close(session: RequestSession) -> None:
    """Close `session` before this returns, though the task be cancelled; the cancel is then raised after it."""
    if not session.seal() or session.close_now():
        return
    if session.settled:
        await session.close()  # waits for nothing, so there is nowhere for a cancel to come in
        return
    closing = asyncio.create_task(session.close())
    cancelled = False
    while not closing.done():
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            cancelled = True
    closing.result()
    if cancelled:
        raise asyncio.CancelledError
