"""The field `jurisdictions` tells those that the caller may see, wherever it is asked."""

import json
from urllib.parse import quote

import pytest
import shapely

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.management import jurisdictions
from gateway.models.jurisdiction import ALL
from gateway.settings import AuthSettings, HttpSettings
from tests.fixtures.door import on, opened
from tests.integration.identity.conftest import SECRET, token
from tests.integration.jurisdictions.conftest import get

OUTLINE = shapely.MultiPolygon([shapely.box(-71.5, 42.0, -71.0, 42.5, ccw=False)])
PATHS = ("", "/j/alpha", f"/j/{ALL}", f"/j/{ALL}+alpha+beta")


async def listed(door, path, key, document="{ jurisdictions { code name url } }"):
    answer = await get(door, f"{path}/graphql?query={quote(document)}", key)
    assert answer.status == 200, answer.body
    assert "errors" not in answer.json, answer.body
    return answer.json["data"]["jurisdictions"]


async def codes(door, path, key):
    return [each["code"] for each in await listed(door, path, key)]


async def test_each_credential_is_told_those_that_it_holds_in_at_every_path(walked):
    door, keys = walked
    every = token(jurisdictions="*")
    for path in PATHS[:3]:
        assert await codes(door, path, every) == ["alpha", "beta"], path
    assert await codes(door, PATHS[3], every) == ["alpha", "beta"]
    assert await codes(door, f"/j/{ALL}+beta", every) == ["beta"]
    for path in PATHS[1:]:
        assert await codes(door, path, token(jurisdictions=["public", "alpha", "gone"])) == ["alpha"], path
        assert await codes(door, path, keys["alpha"]) == ["alpha"], path
    assert await codes(door, "", token(jurisdictions=["public", "beta"])) == ["beta"]
    assert await codes(door, "", keys[""]) == []
    assert await codes(door, f"/j/{ALL}", keys[""]) == []
    assert (await get(door, f"/graphql?query={quote('{ jurisdictions { code } }')}")).status == 401


@pytest.fixture
async def named(settings, two):
    """A gateway that anybody may read, at a public URL, of three jurisdictions: one has a name and an outline."""
    database = Database(settings.database, two, timeout_ms=0)
    await jurisdictions.add(database, "gamma", "Gamma County", shapely.to_wkb(OUTLINE))
    await database.dispose()
    http = HttpSettings(public_url="https://maps.test/gis")
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    async with opened(create_app(on(settings, two).model_copy(update={"auth": auth, "http": http}))) as door:
        yield door


async def test_a_jurisdiction_has_a_name_an_outline_and_the_beginning_of_its_urls(named):
    document = '{ jurisdictions(first: 2, after: "alpha") { code name url outline } parcels { totalCount } }'
    for path in PATHS:
        beta, gamma = (await listed(named, path, None, document) + [None])[:2]
        assert beta == {"code": "beta", "name": "beta", "url": "https://maps.test/gis/j/beta", "outline": None}
        if path == PATHS[3]:
            assert gamma is None  # which the path leaves out
            continue
        assert gamma["url"] == "https://maps.test/gis/j/gamma"
        assert gamma["name"] == "Gamma County"
        assert shapely.from_geojson(json.dumps(gamma["outline"])).equals(OUTLINE)
        assert shapely.is_ccw(shapely.from_geojson(json.dumps(gamma["outline"])).geoms[0].exterior)


async def test_pages_end_where_there_are_no_more_and_are_no_larger_than_they_may_be(named):
    for first, expected in ((0, []), (2, ["alpha", "beta"]), (1_000, ["alpha", "beta", "gamma"])):
        found = await listed(named, "", None, f"{{ jurisdictions(first: {first}) {{ code }} }}")
        assert [each["code"] for each in found] == expected
    assert await listed(named, "", None, '{ jurisdictions(after: "gamma") { code } }') == []
    for first in (-1, 1_001):
        answer = await get(named, f"/graphql?query={quote(f'{{ jurisdictions(first: {first}) {{ code }} }}')}")
        assert answer.code == "BAD_PAGE"


async def test_without_jurisdictions_there_is_none_to_tell(settings, empty_database):
    async with opened(create_app(on(settings, empty_database))) as door:
        assert await listed(door, "", None) == []
