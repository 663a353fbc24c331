"""Who may see some jurisdictions reads these together at every door, and nothing of another: no row, count or plan."""

import asyncio
import json
from itertools import product
from urllib.parse import quote

import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.errors import NotMigrated
from gateway.execution.jurisdictions import known, some, within
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.layers import PARCELS
from gateway.management import jurisdictions
from gateway.management.commands import migrate
from gateway.models.jurisdiction import ALL, BITS, SOME
from gateway.query.ids import encode
from gateway.server import jurisdictions as server
from gateway.settings import AuthSettings, DatabaseSettings, HttpSettings
from tests.fixtures.door import on, opened
from tests.fixtures.waiting import LONG
from tests.integration.identity.conftest import SECRET, SQUARE, token
from tests.integration.jurisdictions.conftest import SHOWS, TILE, WHERE, canary, doors, get, seen

EVERY = "read write bulk analyze"
OWN = "public"
NAMED = [{"alpha"}, {"beta"}, {OWN}, {"alpha", "beta"}, {OWN, "beta"}, {OWN, "alpha", "beta"}]
# Each is about rows in another way; of each answer the whole text is looked at.
QUESTIONS = (
    "{ parcels { totalCount extent nodes { address } } }",
    "{ parcels { totalCount(mode: ESTIMATED) } }",
    '{ parcels(order: [{distanceTo: {wkt: "POINT(-71.05 42.35)"}}]) { edges { distance node { address } } } }',
    "{ parcels { nodes { address neighbors { totalCount nodes { address } } } } }",
    '{ parcels(filters: {neighbors: {some: {parcelId: {exact: "2"}}}}) { totalCount nodes { address } } }',
    "{ parcels { aggregate { count extent areaSqm } distinct(field: {column: ADDRESS}) { values { value count } } } }",
    "{ parcels { groupBy(keys: [{column: ADDRESS}]) { totalCount groups { key { address } aggregate { count } } } } }",
    "{ parcels { clusters(zoom: 12) { pointCount bbox } } }",
    '{ search(text: "canary", first: 20) { score node { ... on Parcel { address } } } }',
    '{ parcels(filters: {search: {match: "canary"}}) { totalCount nodes { address } } }',
    "{ parcels { featureCollection } }",
)


def guarded():
    return AuthSettings(anonymous=(), jwt_secret=SECRET, jwt_audience=("gateway",), wrong_per_minute=0)


def codes_of(named):
    """As `WHERE` calls them."""
    return {"" if code == OWN else code for code in named}


def asking(document):
    return f"/j/{ALL}/graphql?query={quote(document)}"


async def rows_of(door, path, key):
    answer = await get(door, path, key)
    assert answer.status == 200, answer.body
    return sorted(row["address"] for row in answer.json["data"]["parcels"]["nodes"])


async def test_every_door_shows_those_that_a_token_names(walked):
    door, _ = walked
    for named in NAMED:
        key = token(jurisdictions=sorted(named), scope=EVERY)
        for route, paths in doors("").items():
            for path in paths:
                answer = await get(door, f"/j/{ALL}{path}", key)
                told = seen(answer)
                if route == "/notice/{file}" and OWN not in named:  # of a parcel that it may not see
                    assert (answer.status, told) == (404, set()), answer.body
                    continue
                assert told == (codes_of(named) if route in SHOWS else set()), (named, path, answer.body[:300])


async def test_every_door_shows_to_a_key_the_one_that_it_is_of(walked):
    door, keys = walked
    for holder, key in keys.items():
        for route, paths in doors(holder).items():
            for path in paths:
                answer = await get(door, f"/j/{ALL}{path.removeprefix(f'/j/{holder}')}", key)
                assert seen(answer) == ({holder} if route in SHOWS else set()), (holder, path, answer.body[:300])


async def test_a_key_of_several_holds_in_these_at_their_paths_and_together(walked, settings, two):
    door, keys = walked
    database = Database(settings.database, two, timeout_ms=0)
    path = doors("")["/graphql"][0]
    for codes in (["alpha", "beta"], [OWN, "beta"], ["*"], ["beta"]):
        key = await api_keys.create(database, "region", [Scope.READ, Scope.WRITE], None, jurisdictions=codes)
        holds = set(WHERE) if codes == ["*"] else codes_of(codes)
        assert seen(await get(door, f"/j/{ALL}{path}", key)) == holds
        for code in WHERE:
            answer = await get(door, f"/j/{code}{path}" if code else path, key)
            assert seen(answer) == ({code} & holds)
            assert answer.status == (200 if code in holds else 401)
        document = asking("{ parcels { tiles { url } } }")
        url = (await get(door, document, key)).json["data"]["parcels"]["tiles"]["url"]
        assert seen(await get(door, "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE))) == holds
    # What one jurisdiction's own table says of others is not believed.
    async with (await within(database, "alpha")).engine.begin() as connection:
        await connection.execute(text("UPDATE api_keys SET jurisdictions = '{*,beta,public}'"))
    await database.dispose()
    async with opened(create_app(on(settings, two).model_copy(update={"auth": guarded()}))) as other:
        assert seen(await get(other, f"/j/{ALL}{path}", keys["alpha"])) == {"alpha"}
        assert (await get(other, f"/j/beta{path}", keys["alpha"])).status == 401
        assert (await get(other, path, keys["alpha"])).status == 401


async def test_a_path_may_name_some_and_shows_those_of_them_that_may_be_seen(walked):
    door, keys = walked
    path = doors("")["/graphql"][0]
    both = f"/j/{ALL}+beta+alpha{path}"
    every = token(jurisdictions="*", scope=EVERY)
    assert seen(await get(door, both, every)) == {"alpha", "beta"}
    assert seen(await get(door, both, token(jurisdictions=["alpha", OWN]))) == {"alpha"}
    assert seen(await get(door, both, keys["beta"])) == {"beta"}
    for key in (keys[""], token(jurisdictions=[OWN]), token(), token(jurisdictions=["gamma"])):
        answer = await get(door, both, key)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    for code in (f"{ALL}+gamma", f"{ALL}+", f"{ALL}+alpha+", "alpha+beta", f"{ALL}+{ALL}", f"{ALL}+~alpha~"):
        answer = await get(door, f"/j/{quote(code)}{path}", every)
        assert (answer.status, answer.code) == (404, "UNKNOWN_JURISDICTION"), code


async def test_what_is_answered_of_one_of_several_is_what_that_one_answers_where_it_is_alone(walked, request):
    door, keys = walked
    # What a cluster estimates of several nodes is a guess.
    guessing = request.node.get_closest_marker("citus") is not None
    questions = [each for each in QUESTIONS if not (guessing and "ESTIMATED" in each)]
    for code, document in product(WHERE, questions):
        alone = await get(door, f"/j/{code}/graphql?query={quote(document)}".replace("/j//", "/"), keys[code])
        together = await get(door, asking(document), keys[code])
        assert "errors" not in alone.json, alone.body
        assert together.json["data"] == alone.json["data"], (code, together.body)


async def test_ids_and_keys_of_rows_that_may_not_be_seen_are_not_there(walked):
    door, keys = walked
    ids = [encode(PARCELS, (number << BITS) + 1) for number in WHERE.values()]
    document = f"""{{ nodes(ids: {json.dumps(ids)}) {{ ... on Parcel {{ address }} }}
        parcel(parcelId: "1") {{ address }} parcelHistory(id: "{ids[2]}") {{ edges {{ cursor }} }} }}"""
    answer = (await get(door, asking(document), keys["alpha"])).json["data"]
    assert answer["nodes"] == [None, {"address": canary("alpha")}, None]
    assert answer["parcel"] == {"address": canary("alpha")}  # no other has the key
    assert answer["parcelHistory"]["edges"] == []


async def test_the_same_url_answers_each_credential_with_its_own_whoever_asked_before_or_asks_at_once(walked):
    door, keys = walked
    asked = [(token(jurisdictions=sorted(named), scope=EVERY), codes_of(named)) for named in NAMED]
    asked += [(key, {holder}) for holder, key in keys.items()] + [(token(jurisdictions="*", scope=EVERY), set(WHERE))]
    tags = set()
    for path in (doors("")["/graphql"][0], f"/tiles/parcels/{TILE}.mvt"):
        for _ in range(3):
            answers = await asyncio.gather(*(get(door, f"/j/{ALL}{path}", key) for key, _ in asked))
            for answer, (_, expected) in zip(answers, asked, strict=True):
                assert seen(answer) == expected
                assert "private" in answer.headers["cache-control"]
        tags = {answer.headers["etag"] for answer in answers}
        assert len(tags) == len({frozenset(expected) for _, expected in asked})
        for answer, (_, expected) in zip(answers, asked, strict=True):
            for key, others in asked:
                headers = {"if-none-match": answer.headers["etag"]}
                status = (await get(door, f"/j/{ALL}{path}", key, headers=headers)).status
                assert status == (304 if others == expected else 200)


async def test_a_change_is_in_the_next_tile_of_who_may_see_it_and_of_nobody_else(walked, settings, two):
    door, keys = walked
    path = f"/j/{ALL}/tiles/parcels/{TILE}.mvt"
    before = {code: (await get(door, path, key)).body for code, key in keys.items()}
    database = Database(settings.database, two, timeout_ms=0)
    async with (await within(database, "alpha")).engine.begin() as connection:
        await connection.execute(text("UPDATE parcels SET address = 'CHANGED' WHERE parcel_id = '1'"))
    await database.dispose()
    async with asyncio.timeout(LONG):
        while (await get(door, path, keys["alpha"])).body == before["alpha"]:  # noqa: ASYNC110 - others say when
            await asyncio.sleep(0.1)
    for code in ("", "beta"):
        assert (await get(door, path, keys[code])).body == before[code]


async def test_what_some_have_signed_is_read_by_its_url_and_taken_by_no_others(walked, settings, two):
    door, keys = walked
    document = asking("{ parcels { tiles { url } exports { csv } } }")
    links = (await get(door, document, keys["alpha"])).json["data"]["parcels"]
    for url in (links["tiles"]["url"], links["exports"]["csv"]):
        own = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
        assert own.startswith(f"/j/{ALL}+alpha/")
        assert seen(await get(door, own)) == {"alpha"}
        for other in ("/j/alpha", f"/j/{ALL}", f"/j/{ALL}+beta", f"/j/{ALL}+alpha+beta", ""):
            answer = await get(door, own.replace(f"/j/{ALL}+alpha", other))
            assert (answer.status, answer.code) == (400, "BAD_FILTER_TOKEN"), other
    database = Database(settings.database, two, timeout_ms=0)
    await api_keys.revoke(await within(database, "alpha"), keys["alpha"].split("_")[1])
    await database.dispose()
    async with asyncio.timeout(LONG):
        while (await get(door, own)).status != 401:  # noqa: ASYNC110 - keys are remembered for a while
            await asyncio.sleep(0.5)


async def test_private_columns_are_seen_where_the_credential_holds_and_it_writes_nothing(walked):
    door, keys = walked
    path = f"/j/{ALL}{doors('')['/graphql'][0]}"
    reads = token(jurisdictions=["alpha", "beta"], scope="read")
    rows = (await get(door, path, reads)).json["data"]["parcels"]["nodes"]
    assert [row["ownerName"] for row in rows] == [None] * 4
    rows = (await get(door, path, keys["alpha"])).json["data"]["parcels"]["nodes"]
    assert [row["ownerName"] for row in rows] == [canary("alpha")] * 2
    row = encode(PARCELS, (1 << BITS) + 1)
    body = json.dumps({"query": f'mutation {{ deleteParcel(removal: {{id: "{row}"}}) {{ __typename }} }}'}).encode()
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    answer = await get(door, f"/j/{ALL}/graphql", keys["alpha"], "POST", headers=headers, body=body)
    assert (answer.status, answer.code) == (403, "SPANNING_READS_ONLY")
    load = await get(door, f"/j/{ALL}/bulk/parcels", keys["alpha"], "POST", body=b"{}")
    assert (load.status, load.code) == (403, "SPANNING_READS_ONLY")


async def test_a_token_that_names_all_there_are_does_not_see_the_next_one(walked, settings, two):
    door, _ = walked
    count = asking("{ parcels { totalCount } }")
    named, every = token(jurisdictions=[OWN, "alpha", "beta", "gamma"]), token(jurisdictions="*")
    three = token(jurisdictions=[OWN, "alpha", "beta"])
    for key in (named, every, three):
        assert (await get(door, count, key)).json["data"]["parcels"]["totalCount"] == 6
    database = Database(settings.database, two, timeout_ms=0)
    await jurisdictions.add(database, "gamma", "Gamma")
    async with (await within(database, "gamma")).engine.begin() as connection:
        await connection.execute(text(f"INSERT INTO parcels (parcel_id, geom) VALUES ('gamma', {SQUARE})"))
    assert (await get(door, count, three)).json["data"]["parcels"]["totalCount"] == 6
    assert (await get(door, count, every)).json["data"]["parcels"]["totalCount"] == 7
    async with asyncio.timeout(LONG):
        while (await get(door, count, named)).json["data"]["parcels"]["totalCount"] != 7:  # noqa: ASYNC110 - as it looks
            await asyncio.sleep(0.2)
    assert (await get(door, count, three)).json["data"]["parcels"]["totalCount"] == 6
    await jurisdictions.drop(database, "alpha")
    assert (await get(door, count, three)).json["data"]["parcels"]["totalCount"] == 4
    await database.dispose()


async def test_sets_are_opened_in_turn_and_closed_where_there_are_more_than_are_kept(walked, monkeypatch):
    door, _ = walked
    path = doors("")["/graphql"][0]
    monkeypatch.setattr(server, "_SETS", 2)
    monkeypatch.setattr(server, "_WAITING", 1)
    keys = [(token(jurisdictions=sorted(named)), codes_of(named)) for named in NAMED]
    answers = await asyncio.gather(*(get(door, f"/j/{ALL}{path}", key) for key, _ in keys))
    assert {answer.status for answer in answers} == {200, 503}
    assert {answer.code for answer in answers if answer.status == 503} == {"OVERLOADED"}
    for _ in range(2):
        for key, expected in keys:
            assert seen(await get(door, f"/j/{ALL}{path}", key)) == expected


async def test_one_connection_has_no_plan_of_others_left(settings, two, walked):
    """Statements are prepared once, and planned for any values from the sixth time on."""
    database = Database(DatabaseSettings(pool_size=1, max_overflow=0), two)
    every = (await known(database))[ALL]
    count = "SELECT count(*), min(address), max(address) FROM parcels WHERE id > $1"
    for _ in range(12):
        for named in NAMED:
            async with database.within(some(every, named).path).session() as session:
                ((rows, first, last),) = await session.fetch(count, (0,))
            assert rows == 2 * len(named)
            assert (first, last) == (min(map(canary, codes_of(named))), max(map(canary, codes_of(named))))
        async with database.session() as session:
            assert (await session.fetch(count, (0,)))[0][0] == 2
    await database.dispose()


async def test_plans_and_estimates_are_of_what_may_be_seen(settings, two, walked, request):
    if request.node.get_closest_marker("citus"):
        pytest.skip("what a cluster estimates of several nodes is a guess, the same however many rows there are")
    database = Database(settings.database, two, timeout_ms=0)
    async with database.engine.begin() as connection:
        await connection.execute(
            text(f"""
            INSERT INTO beta.parcels (parcel_id, geom) SELECT 'n' || n, {SQUARE} FROM generate_series(1, 500) n""")
        )
        await connection.execute(text("ANALYZE alpha.parcels, beta.parcels, public.parcels"))
    await database.dispose()
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    given = on(settings, two).model_copy(update={"auth": auth, "http": HttpSettings(explain="anyone")})
    async with opened(create_app(given)) as door:
        document = "{ parcels(first: 1) { totalCount(mode: ESTIMATED) nodes { address neighbors { totalCount } } } }"
        key = token(jurisdictions=["alpha"])
        answer = await get(door, asking(document), key, headers={"x-explain": "1"})
        assert answer.json["data"]["parcels"]["totalCount"] == 2
        plans = json.dumps([each.get("plan") for each in answer.json["extensions"]["explain"]["statements"]])
        assert "ix_parcels" in plans or "Seq Scan" in plans
        assert max(_rows(json.loads(plans))) < 100
        alone = await get(door, f"/j/alpha/graphql?query={quote(document)}", key)
        assert answer.json["data"] == alone.json["data"]


def _rows(plan):
    """All estimates of rows in plans."""
    if isinstance(plan, list):
        return [rows for each in plan for rows in _rows(each)]
    if isinstance(plan, dict):
        return [*([plan["Plan Rows"]] if "Plan Rows" in plan else []), *_rows(list(plan.values()))]
    return []


async def test_where_the_views_are_gone_nothing_is_read_of_the_schema_of_the_url(settings, two, walked):
    database = Database(settings.database, two, timeout_ms=0)
    alpha = database.within(some((await known(database))[ALL], ["alpha"]).path)

    async def count():
        async with alpha.session() as session:
            return (await session.fetch("SELECT count(*) FROM parcels WHERE id > $1", (0,)))[0][0]

    assert await count() == 2
    async with database.engine.begin() as connection:
        await connection.execute(text(f"DROP SCHEMA {SOME} CASCADE"))
    assert ALL not in await known(database)
    await database.leases.close()
    with pytest.raises(Exception, match=SOME):
        await count()
    _ = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert await count() == 2
    for code in ("alpha", "beta"):
        await jurisdictions.drop(database, code)
    with pytest.raises(NotMigrated):
        await count()
    await database.dispose()
