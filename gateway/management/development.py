"""The key for development; enters the database, leaves an API key that is kept in the data directory.

`make run` prints it, so that writes can be tried at once. It holds for the private database alone, and for some days.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.db.sessions import Database
from gateway.errors import Unauthenticated
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import Settings

DAYS: Final = 30
_FILE = "development_key"


async def development_key(database: Database, settings: Settings) -> str:
    """The key that was made before and still holds, else a new one that holds for some days."""
    path = settings.data_dir / _FILE
    if path.exists() and await _holds(key := path.read_text(), database, settings):
        return key
    expires = datetime.now(UTC) + timedelta(days=DAYS)
    key = await api_keys.create(database, "development", [Scope.READ, Scope.WRITE, Scope.BULK], expires)
    path.touch(mode=0o600)
    path.write_text(key)
    return key


async def _holds(key: str, database: Database, settings: Settings) -> bool:
    try:
        return await api_keys.ApiKeys(settings.auth).authenticate(key, database) is not None
    except Unauthenticated:
        return False
