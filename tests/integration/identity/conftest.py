"""The whole gateway on a few rows, asked with all kinds of credentials."""

import time

import jwt
import orjson
import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import AuthSettings, Settings
from tests.fixtures.door import JSON, on, opened

SECRET = "a secret of the tests, of 32 characters and more"
SQUARE = "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope(-71.1, 42.3, -71.0, 42.4, 4326)))"


def token(**claims):
    whole = {"sub": "clerk", "aud": "gateway", "exp": time.time() + 3600, "scope": "read write"} | claims
    return jwt.encode(whole, SECRET, "HS256")


async def _revoked(database):
    key = await api_keys.create(database, "former", [Scope.READ, Scope.WRITE], None)
    await api_keys.revoke(database, key.split("_")[1])
    return key


async def _expired(database):
    key = await api_keys.create(database, "late", [Scope.READ, Scope.WRITE], None)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE name = 'late'"))
    return key


@pytest.fixture
async def credentials(empty_database, settings):
    """A credential of each kind, by name."""
    database = Database(settings.database, empty_database)
    async with database.engine.begin() as connection:
        statement = f"INSERT INTO parcels (parcel_id, owner_name, geom) VALUES ('1', 'Ann Clerk', {SQUARE})"
        await connection.execute(text(statement))
    found = {f"key:{scope}": await api_keys.create(database, f"{scope} key", [scope], None) for scope in Scope}
    found |= {"key:revoked": await _revoked(database), "key:expired": await _expired(database)}
    await database.dispose()
    return found | {
        "none": None,
        "key:unknown": "gwk_000000000000_" + "x" * 43,
        "key:altered": found["key:admin"][:-1] + ("A" if found["key:admin"][-1] != "A" else "B"),
        "token:write": token(),
        "token:expired": token(exp=time.time() - 3600),
        "token:audience": token(aud="billing"),
        "token:none": jwt.encode({"sub": "clerk", "exp": time.time() + 3600, "scope": "admin"}, None, "none"),
        "nonsense": "nonsense",
    }


@pytest.fixture
def guarded(settings, empty_database):
    """`async with guarded(anonymous=...) as door`: the gateway with these settings of identity."""

    def made(**auth):
        given = {"jwt_secret": SECRET, "jwt_audience": ("gateway",), "wrong_per_minute": 0} | auth
        # The environment may have changed.
        update = {"auth": AuthSettings(**given), "planner": Settings().planner, "http": Settings().http}
        return opened(create_app(on(settings, empty_database).model_copy(update=update)))

    return made


async def ask(door, document, credential=None, *, operation=None, **headers):
    """One operation with a bearer token or without."""
    bearer = {} if credential is None else {"authorization": f"Bearer {credential}"}
    given = JSON | {"accept": "application/graphql-response+json"} | bearer | headers
    body = {"query": document, "operationName": operation}
    return await door.request("POST", "/graphql", headers=given, body=orjson.dumps(body))
