"""What is private in one jurisdiction is withheld there and wherever its rows are read together, and nowhere else.

tests/integration/identity/test_walk.py walks every field, input, format and route of one that hides what the server
would show; here are the sets of several, and what commands and pages make of it.
"""

import json
from html import unescape
from urllib.parse import quote

import orjson
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.errors import SetupError
from gateway.execution.jurisdictions import within
from gateway.identity import Access
from gateway.identity.principal import Scope, anonymous
from gateway.layers import LAYERS
from gateway.management import jurisdictions
from gateway.management.running import access_of, jurisdiction
from gateway.models.jurisdiction import ALL
from gateway.settings import AuthSettings, Settings
from tests.fixtures.door import JSON, on, opened
from tests.fixtures.mvt import decode
from tests.integration.identity.conftest import SECRET, SQUARE, token
from tests.integration.jurisdictions.conftest import SHOWS, TILE, WHERE, canary, doors, get, seen

PUBLIC = "public"
COLUMNS = ("parcels.address", "parcels.owner_name", "parcels.mailing_address")
OWN = {
    "alpha": {"auth": {"private": dict.fromkeys(COLUMNS, "admin")}},
    "gamma": {"auth": {"private": {"parcels.land_use": "admin"}}},  # which is added later
}
SETS = [{"alpha"}, {"beta"}, {PUBLIC}, {PUBLIC, "beta"}, {"alpha", "beta"}, {PUBLIC, "alpha", "beta"}]
LAND_USE = quote("{ parcels { nodes { landUse } } }")
CLERK, ADMIN = "read write bulk analyze", "read admin"


@pytest.fixture
async def walked(settings, two):
    """Three jurisdictions with a parcel each, of which alpha hides columns that the others show to who writes."""
    database = Database(settings.database, two, timeout_ms=0)
    for code in WHERE:
        inside = await within(database, code) if code else database
        async with inside.engine.begin() as connection:
            columns = "parcel_id, land_use, address, owner_name, mailing_address, geom"
            values = f"'1', 'Farm', :canary, :canary, :canary, {SQUARE}"
            statement = f"INSERT INTO parcels ({columns}) VALUES ({values})"
            await connection.execute(text(statement), {"canary": canary(code)})
    await database.dispose()
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",), wrong_per_minute=0)
    given = on(settings, two).model_copy(update={"auth": auth, "jurisdictions": OWN, "documents": "any"})
    async with opened(create_app(given)) as door:
        yield door


def codes(answer):
    return [error["extensions"]["code"] for error in answer.json.get("errors", ())]


async def shown_to(door, begin, holder, route, paths):
    """The jurisdictions whose canary any of the paths shows."""
    found = set()
    for path in paths:
        answer = await get(door, f"{begin}{path}", holder)
        assert answer.status in {200, 401, 403, 404}, (path, answer.body)
        found |= seen(answer)
    return found


async def test_a_jurisdiction_hides_at_every_door_what_others_show(walked):
    for code in WHERE:
        for scope, shows in ((CLERK, code != "alpha"), (ADMIN, True)):
            key = token(jurisdictions="*", scope=scope)
            for route, paths in doors(code).items():
                expected = {code} if shows and route in SHOWS else set()
                assert await shown_to(walked, "", key, route, paths) == expected, (code, scope, route)


async def test_what_one_of_several_hides_is_hidden_of_all_that_are_read_together(walked):
    for named in SETS:
        for scope, shows in ((CLERK, "alpha" not in named), (ADMIN, True)):
            key = token(jurisdictions=sorted(named), scope=scope)
            for route, paths in doors("").items():
                if route == "/notice/{file}" and PUBLIC not in named:
                    continue  # of a parcel that it may not see
                expected = {"" if code == PUBLIC else code for code in named} if shows and route in SHOWS else set()
                assert await shown_to(walked, f"/j/{ALL}", key, route, paths) == expected, (named, scope, route)


async def test_all_together_hide_what_any_of_them_hides_and_a_path_leaves_it_out(walked):
    for route, paths in doors("").items():
        every = token(jurisdictions="*", scope=CLERK)
        assert await shown_to(walked, f"/j/{ALL}", every, route, paths) == set(), route
        shown = await shown_to(walked, f"/j/{ALL}+public+beta", every, route, paths)
        assert shown == ({"", "beta"} if route in SHOWS else set()), route


async def test_a_jurisdiction_that_is_added_is_never_read_with_what_it_hides(walked, settings, two):
    """Its rows are among those of all at once, so all hide it before."""
    land_use = f"/j/{ALL}/graphql?query={LAND_USE}"
    every = token(jurisdictions="*", scope=CLERK)

    async def told(path=land_use):
        rows = (await get(walked, path, every)).json["data"]["parcels"]["nodes"]
        return [row["landUse"] for row in rows]

    assert await told() == [None] * 3
    assert await told(land_use.replace(f"/{ALL}/", f"/{ALL}+public+beta/")) == ["Farm"] * 2
    database = Database(settings.database, two, timeout_ms=0)
    await jurisdictions.add(database, "gamma", "Gamma")
    async with (await within(database, "gamma")).engine.begin() as connection:
        await connection.execute(
            text(f"INSERT INTO parcels (parcel_id, land_use, geom) VALUES ('1', 'Secret', {SQUARE})")
        )
    await database.dispose()
    assert await told() == [None] * 4


@pytest.mark.parametrize("path", ["", "/j/beta", "/j/alpha", f"/j/{ALL}", f"/j/{ALL}+alpha+beta"])
async def test_filters_orders_groups_and_files_take_no_column_that_is_private_there(walked, path):
    clerk, hides = token(jurisdictions="*", scope=CLERK), "alpha" in path or path.endswith(ALL)
    documents = (
        '{ parcels(filters: {address: {contains: "CANARY"}}) { totalCount } }',
        "{ parcels(order: [{address: ASC}]) { totalCount nodes { id } } }",
        "{ parcels { groupBy(keys: [{column: ADDRESS}]) { totalCount } } }",
        "{ parcels { distinct(field: {column: ADDRESS}) { totalCount } } }",
    )
    for document in documents:
        answer = await get(walked, f"{path}/graphql?query={quote(document)}", clerk)
        assert (codes(answer) == ["PRIVATE_FIELD"]) is hides, (document, answer.body)
        assert hides or "errors" not in answer.json
    documents = quote('{ search(text: "canary") { score } }')
    found = await get(walked, f"{path}/graphql?query={documents}", clerk)
    assert (found.json["data"]["search"] == []) is hides
    filters = quote(json.dumps({"address": {"contains": "CANARY"}}))
    for each in (f"/tiles/parcels/{TILE}.mvt", "/export/parcels.csv"):
        answer = await get(walked, f"{path}{each}?filters={filters}", clerk)
        assert answer.status == (403 if hides else 200), each
        assert not hides or answer.code == "PRIVATE_FIELD"


async def test_a_url_that_is_signed_where_a_column_is_hidden_does_not_show_it(walked):
    document = quote("{ parcels { tiles { url } exports { csv } } }")
    for scope, shown in ((CLERK, set()), (ADMIN, {"alpha"})):
        key = token(jurisdictions="*", scope=scope)
        links = (await get(walked, f"/j/alpha/graphql?query={document}", key)).json["data"]["parcels"]
        for url in (links["tiles"]["url"], links["exports"]["csv"]):
            path = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
            assert seen(await get(walked, path)) == shown, path


async def test_tiles_that_are_kept_are_of_who_may_see_them(walked):
    """The one who sees more asks first, and what is kept has the same path."""
    for _ in range(2):
        for scope, shown in ((ADMIN, True), (CLERK, False)):
            answer = await get(walked, f"/j/alpha/tiles/parcels/{TILE}.mvt", token(jurisdictions="*", scope=scope))
            (feature,) = decode(answer.body)["parcels"].features
            assert ("address" in repr(feature)) is shown


async def test_the_map_of_a_jurisdiction_asks_for_what_it_shows_and_that_is_trusted(settings, two):
    given = on(settings, two).model_copy(update={"jurisdictions": OWN, "documents": "trusted"})
    async with opened(create_app(given)) as door:
        for path, named in (("", True), ("/j/alpha", False), ("/j/beta", True), (f"/j/{ALL}", False)):
            page = (await get(door, f"{path}/")).body.decode()
            knows = json.loads(unescape(page.split('<meta name="gateway" content="')[1].split('"')[0]))
            parcels = next(each for each in knows["layers"] if each["name"] == "parcels")
            assert ("address" in [field["name"] for field in parcels["fields"]]) is named, path
            for document in parcels["documents"].values():
                body = orjson.dumps({"query": document, "variables": {"id": 1}})
                answer = await door.request("POST", f"{path}/graphql", headers=JSON, body=body)
                assert "DOCUMENT_NOT_TRUSTED" not in codes(answer), (path, document)


def test_several_take_every_scope_that_one_of_them_asks_for():
    own = [{}, {"private": {"parcels.owner_name": "admin"}}, {"private": {"parcels.owner_name": "bulk"}}]
    told = {
        scopes: sorted(Access(AuthSettings(), LAYERS, own).seen_by(anonymous(frozenset(scopes)))["parcels"].withheld)
        for scopes in [(Scope.WRITE,), (Scope.WRITE, Scope.BULK), (Scope.ADMIN,)]
    }
    assert "owner_name" in told[Scope.WRITE,]
    assert "owner_name" in told[Scope.WRITE, Scope.BULK]
    assert told[Scope.ADMIN,] == []
    assert Access(AuthSettings(), LAYERS, own).scope("parcels", "owner_name") == Scope.ADMIN


def test_members_and_columns_that_a_jurisdiction_names_come_to_those_of_the_server():
    own = [{"private": {"parcels.owner_name": "read"}, "private_members": {"zoning_districts.*secret*": "admin"}}]
    access = Access(AuthSettings(private_members={"*owner*": "write"}), LAYERS, own)
    seen = access.seen_by(anonymous(frozenset({Scope.READ})))
    assert seen["parcels"].withheld == LAYERS["parcels"].private - {
        "owner_name"
    }  # one is opened, the other left as it is
    assert seen["parcels"].members.first({"secret": 1, "Owner": 2}) == "Owner"
    assert seen["zoning_districts"].members.first({"my secret": 1}) == "my secret"
    clerk = access.seen_by(anonymous(frozenset({Scope.READ, Scope.WRITE})))
    assert clerk["zoning_districts"].members.first({"owner": 1, "my secret": 1}) == "my secret"


def test_commands_take_what_is_private_in_the_jurisdiction_that_they_work_on(monkeypatch):
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps(OWN))
    assert "address" not in access_of(Settings()).layers["parcels"].private
    mark = jurisdiction.set("alpha")
    try:
        assert {"address", "owner_name"} <= access_of(Settings()).layers["parcels"].private
    finally:
        jurisdiction.reset(mark)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"private": {"parcels.nothing": "write"}}, "GATEWAY_JURISDICTIONS names 'parcels.nothing'"),
        ({"private": {"parcels.parcel_id": "write"}}, "keys, versions, times and geometries can't be private"),
        ({"private": {"parcels.address": "often"}}, "There is no scope often"),
        ({"private_members": {"**": "write"}}, "GATEWAY_JURISDICTIONS names '\\*\\*'"),
    ],
)
def test_what_can_not_be_private_is_refused_before_anything_is_served(settings, own, said):
    given = settings.model_copy(update={"jurisdictions": {"alpha": {"auth": own}}})
    with pytest.raises(SetupError, match=said):
        create_app(given)


@pytest.mark.parametrize("name", ["anonymous", "backends", "jwt_secret", "key_seconds"])
def test_who_may_do_what_is_the_same_everywhere(monkeypatch, name):
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps({"alpha": {"auth": {name: 5}}}))
    with pytest.raises(ValidationError, match="which is none of private, private_members"):
        Settings()
