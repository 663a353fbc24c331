"""Several analyses of one request."""

from datetime import UTC, datetime

from gateway.asgi import create_app
from gateway.settings import AuthSettings
from tests.fixtures.door import opened
from tests.fixtures.sources import fetch
from tests.integration.analysis.test_running import SLOW


async def test_analyses_of_one_request_do_not_refuse_each_other_for_want_of_a_connection(settings, own):
    await fetch(own, SLOW.format(0.0002))  # each takes longer than one may wait for a connection
    database = settings.database.model_copy(update={"url": own, "pool_timeout": 0.2})
    update = {"database": database, "auth": AuthSettings(anonymous=("read", "analyze"))}
    names = " ".join(f"a{number}: union {{ count }}" for number in range(4))
    now = f'parcels(asOf: "{datetime.now(UTC).isoformat()}")'
    async with opened(create_app(settings.model_copy(update=update))) as door:
        answer = await door.post(f"{{ analysis {{ parcels {{ {names} }} past: {now} {{ {names} }} }} }}")
    assert "errors" not in answer.json, answer.json["errors"]
