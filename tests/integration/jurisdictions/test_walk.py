"""No door of a jurisdiction shows rows of another, takes its keys, or what it has signed.

Routes are read off the router, so that a new one is walked here or fails the test until it is.
"""

import asyncio
import json
from urllib.parse import quote

from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.feeds.formats import FORMATS
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.layers import PARCELS
from gateway.management import jurisdictions
from gateway.management.commands import migrate
from gateway.models.jurisdiction import ALL, BITS, SPAN
from gateway.query.ids import encode
from gateway.settings import AuthSettings
from tests.fixtures.door import on, opened
from tests.fixtures.waiting import LONG
from tests.integration.identity.conftest import SECRET, SQUARE, ask, token
from tests.integration.identity.test_table import routes
from tests.integration.jurisdictions.conftest import CODES, OPEN, RING, SHOWS, TILE, WHERE, canary, doors, get, seen


async def test_no_door_shows_rows_of_another_or_takes_its_key(walked):
    door, keys = walked
    assert set(routes(door.app)) == doors("").keys()
    for code in WHERE:
        for route, paths in doors(code).items():
            for path in paths:
                for holder, key in keys.items():
                    answer = await get(door, path, key)
                    if holder != code and route != "/":
                        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), (path, holder)
                        continue
                    assert seen(answer) <= {code}, (path, holder)
                    assert seen(answer) == ({code} if route in SHOWS else set()), (path, answer.body[:300])
                if route not in OPEN:
                    assert (await get(door, path)).status == 401, path


async def test_all_together_are_read_at_every_door_by_who_may_read_each(walked):
    door, _ = walked
    every = token(jurisdictions="*", scope="read write bulk analyze")
    for route, paths in doors("").items():
        for path in (f"/j/{ALL}{each}" for each in paths):
            answer = await get(door, path, every)
            assert seen(answer) == (set(WHERE) if route in SHOWS else set()), (path, answer.body[:300])
            if route not in OPEN:
                assert (await get(door, path)).status == (403 if route.startswith("/jobs") else 401), path


async def test_all_together_take_tokens_that_name_each_and_show_no_private_column_without_a_scope(walked):
    door, _ = walked
    path = f"/j/{ALL}{doors('')['/graphql'][0]}"
    for named, holds in (
        (["*"], True),
        (["public", "alpha", "beta"], True),
        (["alpha", "beta"], True),
        (["public", "alpha"], True),
        ([], False),
        ([ALL], False),
        (["gamma"], False),
    ):
        answer = await get(door, path, token(jurisdictions=named))
        assert answer.status == (200 if holds else 401), named
        if not holds:
            assert answer.code == "UNAUTHENTICATED"
    reads = token(jurisdictions="*", scope="read")
    rows = (await get(door, path, reads)).json["data"]["parcels"]["nodes"]
    assert [row["ownerName"] for row in rows] == [None] * 6
    for form in FORMATS:
        export = await get(door, f"/j/{ALL}/export/parcels.{form}?properties=parcelId", reads)
        assert export.status == 200
        refused = await get(door, f"/j/{ALL}/export/parcels.{form}?properties=ownerName", reads)
        assert not seen(refused), form
    filtered = quote('{ parcels(filters: {ownerName: {contains: "CANARY"}}) { totalCount } }')
    assert (await get(door, f"/j/{ALL}/graphql?query={filtered}", reads)).code == "PRIVATE_FIELD"


async def test_all_together_are_never_written(walked):
    door, _ = walked
    every = token(jurisdictions="*", scope="read write bulk analyze admin")
    row = encode(PARCELS, (1 << BITS) + 1)
    document = f'mutation {{ deleteParcel(removal: {{id: "{row}"}}) {{ __typename }} }}'
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    for more in ({}, {"idempotency-key": "once"}):
        body = json.dumps({"query": document}).encode()
        answer = await get(door, f"/j/{ALL}/graphql", every, "POST", headers=headers | more, body=body)
        assert (answer.status, answer.code) == (403, "SPANNING_READS_ONLY"), answer.body
        assert "/j/{code}/" in answer.json["errors"][0]["message"]
    told = (await get(door, f"/j/{ALL}/identity", every)).json
    assert told["written"] == {}  # by which the map offers to edit
    assert (await get(door, "/identity", every)).json["written"].keys() == {"parcels", "zoning_districts"}
    load = await get(door, f"/j/{ALL}/bulk/parcels", every, "POST", body=b"{}")
    assert (load.status, load.code) == (403, "SPANNING_READS_ONLY")
    count = quote("{ parcels { totalCount } }")
    assert (await get(door, f"/j/{ALL}/graphql?query={count}", every)).json["data"]["parcels"]["totalCount"] == 6


async def test_a_key_that_several_have_is_refused_and_ids_find_theirs(walked):
    door, _ = walked
    every = token(jurisdictions="*")
    for planned in ("", 'search(text: "none") { score }'):  # with a field that only a resolver answers
        document = f'{{ parcel(parcelId: "1") {{ id }} {planned} }}'
        answer = await get(door, f"/j/{ALL}/graphql?query={quote(document)}", every)
        assert answer.code == "AMBIGUOUS_KEY"
        assert answer.json["errors"][0]["extensions"]["argument"] == ["parcelId"]
    ids = [encode(PARCELS, (number << BITS) + 1) for number in WHERE.values()]
    document = f"{{ nodes(ids: {json.dumps(ids)}) {{ ... on Parcel {{ address }} }} }}"
    rows = (await get(door, f"/j/{ALL}/graphql?query={quote(document)}", every)).json["data"]["nodes"]
    assert [row["address"] for row in rows] == [canary(code) for code in WHERE]


async def test_what_all_together_have_signed_none_of_them_takes(walked):
    door, _ = walked
    every = token(jurisdictions="*")
    document = quote("{ parcels { tiles { url } exports { csv } } }")
    links = (await get(door, f"/j/{ALL}/graphql?query={document}", every)).json["data"]["parcels"]
    for url in (links["tiles"]["url"], links["exports"]["csv"]):
        own = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
        assert own.startswith(f"/j/{ALL}/")
        assert seen(await get(door, own)) == set(WHERE)
        for other in WHERE:
            moved = own.replace(f"/j/{ALL}", f"/j/{other}" if other else "")
            answer = await get(door, moved)
            assert (answer.status, answer.code) == (400, "BAD_FILTER_TOKEN"), moved


async def test_a_change_in_any_of_them_is_in_the_next_tile_of_all(walked, settings, two):
    door, _ = walked
    every, path = token(jurisdictions="*"), f"/j/{ALL}/tiles/parcels/{TILE}.mvt"
    database = Database(settings.database, two, timeout_ms=0)
    before = (await get(door, path, every)).body
    for code in WHERE:
        assert (await get(door, path, every)).body == before
        inside = await within(database, code) if code else database
        async with inside.engine.begin() as connection:
            await connection.execute(text("UPDATE parcels SET address = 'CHANGED' WHERE parcel_id = '1'"))
        async with asyncio.timeout(LONG):
            while (await get(door, path, every)).body == before:  # noqa: ASYNC110 - others say when
                await asyncio.sleep(0.1)
        before = (await get(door, path, every)).body
    await database.dispose()


async def test_a_token_holds_where_it_says_and_without_a_word_in_the_schema_of_the_url(walked):
    door, _ = walked
    graphql = {code: doors(code)["/graphql"][0] for code in WHERE}
    claims = {
        (): {""},
        ("alpha",): {"alpha"},
        ("alpha", "beta"): {"alpha", "beta"},
        ("*",): set(WHERE),
        ("public",): {""},
    }
    for named, there in claims.items():
        for claim in [list(named), " ".join(named)] if named else [None]:
            given = token(**({} if claim is None else {"jurisdictions": claim}))
            held = {code for code, path in graphql.items() if (await get(door, path, given)).status == 200}
            assert held == there, claim
    assert (await get(door, graphql["alpha"], token(jurisdictions=5))).status == 401


async def test_what_one_has_signed_no_other_takes(walked):
    door, keys = walked
    document = "{ parcels { tiles { url } exports { csv } } }"
    for code in CODES:
        path = f"/j/{code}/graphql?query={quote(document)}"
        links = (await get(door, path, keys[code])).json["data"]["parcels"]
        for url in (links["tiles"]["url"], links["exports"]["csv"]):
            own = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
            assert own.startswith(f"/j/{code}/")
            assert seen(await get(door, own)) == {code}
            for other in set(WHERE) - {code}:
                moved = own.removeprefix(f"/j/{code}") if not other else own.replace(f"/j/{code}", f"/j/{other}")
                answer = await get(door, moved)
                assert (answer.status, answer.code) == (400, "BAD_FILTER_TOKEN"), moved


async def test_loads_jobs_and_tiles_are_of_one(walked):
    door, keys = walked
    tile = {code: doors(code)["/tiles/{layers}/{z}/{x}/{y}.mvt"][0] for code in WHERE}
    before = {code: (await get(door, path, keys[code])).body for code, path in tile.items()}
    feature = {"type": "Feature", "properties": {"parcel_id": "1", "address": "CHANGED"}}
    feature |= {"geometry": {"type": "MultiPolygon", "coordinates": [[RING]]}}
    headers = {"content-type": "application/geo+json-seq", "prefer": "wait=50"}
    body = json.dumps(feature).encode()
    path = "/j/alpha/bulk/parcels?on-duplicate=update"
    answer = await get(door, path, keys["alpha"], "POST", headers=headers, body=body)
    assert answer.json["state"] == "complete", answer.body
    assert answer.headers["location"] == f"/j/alpha/jobs/{answer.json['id']}"
    for code in WHERE:
        begin = f"/j/{code}" if code else ""
        status = (await get(door, f"{begin}/jobs/{answer.json['id']}", keys[code])).status
        assert status == (200 if code == "alpha" else 404)
        rows = (await get(door, doors(code)["/graphql"][0], keys[code])).json["data"]["parcels"]["nodes"]
        assert rows[0]["address"] == ("CHANGED" if code == "alpha" else canary(code))
    async with asyncio.timeout(LONG):
        while (await get(door, tile["alpha"], keys["alpha"])).body == before["alpha"]:  # noqa: ASYNC110 - others say when
            await asyncio.sleep(0.1)
    for code in ("", "beta"):
        assert (await get(door, tile[code], keys[code])).body == before[code]


async def test_an_unknown_code_is_404_and_a_new_one_is_served_at_once(walked, settings, two):
    door, keys = walked
    for code in ("nowhere", "pg_catalog", "public", "ALPHA", "%00", "x" * 5000, "..", "é", '"'):
        answer = await get(door, f"/j/{code}/graphql", keys["alpha"])
        assert answer.status in {404, 431}, code
        assert answer.code in {"UNKNOWN_JURISDICTION", "HEAD_TOO_LARGE"}
    database = Database(settings.database, two, timeout_ms=0)
    await jurisdictions.add(database, "gamma", "Gamma")
    key = await api_keys.create(await within(database, "gamma"), "gamma", [Scope.READ], None)
    async with (await within(database, "gamma")).engine.begin() as connection:
        await connection.execute(text(f"INSERT INTO parcels (parcel_id, geom) VALUES ('gamma', {SQUARE})"))
    every, count = token(jurisdictions="*"), f"/j/{ALL}/graphql?query={quote('{ parcels { totalCount } }')}"
    assert (await get(door, count, every)).json["data"]["parcels"]["totalCount"] == 7
    path = doors("alpha")["/graphql"][0].replace("alpha", "gamma")
    async with asyncio.timeout(LONG):
        while (answer := await get(door, path, key)).status == 404:  # noqa: ASYNC110 - as it looks
            await asyncio.sleep(0.2)
    assert answer.json["data"] == {"parcels": {"nodes": [{"address": None, "ownerName": None}]}}
    await jurisdictions.drop(database, "gamma")
    await database.dispose()
    assert (await get(door, count, every)).json["data"]["parcels"]["totalCount"] == 6
    async with asyncio.timeout(LONG):
        while (await get(door, path, key)).status != 404:  # noqa: ASYNC110 - as it looks
            await asyncio.sleep(0.2)
    assert (await ask(door, "{ parcels { totalCount } }", keys[""])).json["data"] == {"parcels": {"totalCount": 2}}


async def test_all_together_are_served_once_their_views_are_made(settings, two, empty_database):
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    path = f"/j/{ALL}/graphql?query={quote('{ parcels { totalCount } }')}"
    async with opened(create_app(on(settings, empty_database).model_copy(update={"auth": auth}))) as door:
        answer = await get(door, path)
        assert (answer.status, answer.code) == (404, "UNKNOWN_JURISDICTION")
    database = Database(settings.database, two, timeout_ms=0)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"DROP SCHEMA {SPAN} CASCADE"))
    async with opened(create_app(on(settings, two).model_copy(update={"auth": auth}))) as door:
        answer = await get(door, path)
        assert (answer.status, answer.code) == (503, "NOT_MIGRATED")
        _ = [code async for code, _, _ in migrate.run_all(database, "head")]
        async with asyncio.timeout(LONG):
            while (answer := await get(door, path)).status == 503:  # noqa: ASYNC110 - as it looks
                await asyncio.sleep(0.2)
        assert answer.json["data"] == {"parcels": {"totalCount": 0}}
        await migrate.run(await within(database, "alpha"), "-1")
        answer = await get(door, path)
        assert answer.code == "NOT_MIGRATED", answer.body
    await database.dispose()
