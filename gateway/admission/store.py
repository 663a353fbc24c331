"""Budgets that workers and hosts share, in Redis or Valkey; enters an account, leaves it filled.

A round trip for each request would take longer than a small read does. So an account takes a fiftieth of its budget at
a time and spends that here. While the store is away, each worker counts for itself.
"""

import asyncio
import time
from typing import Any, Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError

from gateway import telemetry
from gateway.admission.accounts import Account, Quota

_SHARE: Final = 0.02  # of a budget that is taken at a time
_SECONDS: Final = 0.5  # that the store has to answer
_AWAY: Final = 5.0  # seconds until it is asked again once it did not
_REFUSED: Final = 1.0  # seconds until it is asked again for a client that had nothing left


class Store:
    """Counters at a URL of `GATEWAY_BUDGET_STORE`."""

    def __init__(self, url: str) -> None:
        # redis-py speaks with both servers.
        given = url.replace("valkey", "redis", 1)
        options: dict[str, Any] = {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS}
        self._storage: Any = RedisStorage(f"async+{given}", implementation="redispy", key_prefix="gateway", **options)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._away = 0.0
        self._filling: dict[str, asyncio.Task[None]] = {}
        self._empty: dict[str, float] = {}

    async def fill(self, account: Account) -> None:
        """Put some of what is left for the client into its account, once for all requests that need it now."""
        now = time.monotonic()
        if now < self._away:
            account.fill()
            return
        if now < self._empty.get(account.key, 0.0):
            return
        task = self._filling.get(account.key)
        if task is None:
            task = self._filling[account.key] = asyncio.create_task(self._fill(account))
            task.add_done_callback(lambda _: self._filling.pop(account.key, None))
        await asyncio.shield(task)

    async def _fill(self, account: Account) -> None:
        quota = account.quota
        wanted = max(1, int(min(quota.units, quota.units * _SHARE - account.level)))
        try:
            async with asyncio.timeout(_SECONDS):
                given, account.beyond = await self._take(account.key, _item(quota), wanted)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(account, error)
            return
        account.level += given
        if account.level <= 0.0:
            self._empty = {key: until for key, until in self._empty.items() if until > time.monotonic()}
            self._empty[account.key] = time.monotonic() + _REFUSED

    async def _take(self, key: str, item: RateLimitItemPerSecond, wanted: int) -> tuple[int, float]:
        """What was taken, all that is left where that is less than is wanted; and what is left then."""
        if await self._limiter.hit(item, key, cost=wanted):
            return wanted, float((await self._limiter.get_window_stats(item, key)).remaining)
        left = min(wanted, (await self._limiter.get_window_stats(item, key)).remaining)
        return (left if left and await self._limiter.hit(item, key, cost=left) else 0), 0.0

    def _fail(self, account: Account, error: BaseException) -> None:
        telemetry.store_failures.inc()
        telemetry.log.warning("the store of budgets is away: this worker counts for itself", error=str(error))
        self._away = time.monotonic() + _AWAY
        account.beyond = 0.0
        account.fill()

    async def close(self) -> None:
        """Close the connections."""
        await self._storage.bridge.storage.aclose()


def _item(quota: Quota) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(int(quota.units), quota.window, namespace=quota.kind)
