"""A jurisdiction with a database of its own is served as the others are, shows nothing of theirs, and fails alone."""

import asyncio
import json
from urllib.parse import quote

import orjson
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from gateway import telemetry
from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.management import main
from gateway.models.jurisdiction import ALL
from gateway.settings import AnalyticsSettings, AuthSettings, Settings
from gateway.settings.answers import AnswerSettings
from gateway.settings.jurisdictions import Checked, settings_of
from tests.fixtures.door import JSON, on, opened
from tests.fixtures.waiting import LONG
from tests.integration.identity.conftest import SECRET, SQUARE, token
from tests.integration.identity.test_table import routes
from tests.integration.jurisdictions import conftest
from tests.integration.jurisdictions.conftest import OPEN, RING, SHOWS, TILE, doors, get

OWN = "delta"
MARKS = {"": "CANARY public", OWN: "CANARY of its own"}
ROWS = quote("{ parcels { nodes { address ownerName } } }")
EVERY = "read write bulk analyze"


@pytest.fixture
def other(cluster, migrated):
    """URL of another database."""
    with cluster.copy(migrated) as url:
        yield url


def own(url, **more):
    return {OWN: {"database": {"url": url}, **more}}


async def filled(settings, url, mark):
    """A parcel, one beside it, and a key of a database."""
    database = Database(settings.database, url, timeout_ms=0)
    async with database.engine.begin() as connection:
        for number, shape in enumerate((SQUARE, SQUARE.replace("-71.1, 42.3, -71.0", "-71.0, 42.3, -70.9")), 1):
            columns, values = (
                "parcel_id, address, owner_name, mailing_address, geom",
                f"'{number}', :m, :m, :m, {shape}",
            )
            await connection.execute(text(f"INSERT INTO parcels ({columns}) VALUES ({values})"), {"m": mark})
    key = await api_keys.create(database, "own", list(Scope), None)
    await database.dispose()
    return key


@pytest.fixture
async def walked(settings, two_apart, other):
    """The gateway with a jurisdiction in a database of its own beside two in schemas, and a key of each database."""
    keys = {"": await filled(settings, two_apart, MARKS[""]), OWN: await filled(settings, other, MARKS[OWN])}
    auth = AuthSettings(anonymous=(), jwt_secret=SECRET, jwt_audience=("gateway",), wrong_per_minute=0)
    # What stands beside the database of the server must not be asked about another one.
    update = {"auth": auth, "jurisdictions": own(other), "analytics": AnalyticsSettings(url=two_apart)}
    async with opened(create_app(on(settings, two_apart).model_copy(update=update))) as door:
        yield door, keys


def seen(answer):
    """The databases whose mark an answer has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conftest, "WHERE", MARKS)
        patch.setattr(conftest, "canary", MARKS.__getitem__)
        return conftest.seen(answer)


def under(code):
    """The doors of a jurisdiction whose ids begin at 1, as those of the schema of the URL do."""
    begin = f"/j/{code}" if code else ""
    return {route: [f"{begin}{path}" for path in paths] for route, paths in doors("").items()}


async def test_no_door_shows_rows_of_another_database_or_takes_its_key(walked):
    door, keys = walked
    assert set(routes(door.app)) == doors("").keys()
    for code in MARKS:
        for route, paths in under(code).items():
            for path in paths:
                for holder, key in keys.items():
                    answer = await get(door, path, key)
                    if holder != code and route != "/":
                        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), (path, holder)
                        continue
                    assert seen(answer) == ({code} if route in SHOWS else set()), (path, answer.body[:300])
                if route not in OPEN:
                    assert (await get(door, path)).status == 401, path


async def test_a_token_holds_where_its_claim_says(walked):
    door, _ = walked
    for named, holds in ([OWN], True), ("*", True), (["public", "alpha"], False):
        answer = await get(door, f"/j/{OWN}/graphql?query={ROWS}", token(jurisdictions=named))
        assert answer.status == (200 if holds else 401)
        assert seen(answer) == ({OWN} if holds else set())


async def test_all_together_leave_it_out_and_several_with_it_are_refused(walked):
    door, _ = walked
    every = token(jurisdictions="*", scope=EVERY)
    for path in (f"/j/{ALL}", f"/j/{ALL}+public+alpha"):
        assert seen(await get(door, f"{path}/graphql?query={ROWS}", every)) == {""}
    assert seen(await get(door, f"/j/{ALL}/graphql?query={ROWS}", token(jurisdictions=["public", OWN]))) == {""}
    for path in (f"/j/{ALL}+{OWN}", f"/j/{ALL}+alpha+{OWN}"):
        answer = await get(door, f"{path}/graphql?query={ROWS}", every)
        assert (answer.status, answer.code) == (400, "JURISDICTION_APART")
        assert f"/j/{OWN}/" in answer.json["errors"][0]["message"]


async def test_it_is_listed_among_those_that_a_caller_may_see(walked):
    door, _ = walked
    asked = quote("{ jurisdictions { code url outline } }")
    for path, named, codes in (
        ("", "*", ["alpha", "beta", OWN]),
        (f"/j/{ALL}", "*", ["alpha", "beta", OWN]),
        ("/j/alpha", "*", ["alpha", "beta", OWN]),
        ("/j/alpha", ["alpha", OWN], ["alpha", OWN]),
        ("/j/beta", ["beta"], ["beta"]),
        (f"/j/{OWN}", "*", [OWN]),
    ):
        rows = (await get(door, f"{path}/graphql?query={asked}", token(jurisdictions=named))).json["data"]
        assert [row["code"] for row in rows["jurisdictions"]] == codes, path
        assert all(row["url"].endswith(f"/j/{row['code']}") for row in rows["jurisdictions"])
    paged = quote('{ jurisdictions(first: 1, after: "beta") { code } }')
    rows = (await get(door, f"/graphql?query={paged}", token(jurisdictions="*"))).json["data"]["jurisdictions"]
    assert rows == [{"code": OWN}]


async def test_loads_writes_tiles_and_jobs_are_of_its_database(walked):
    door, keys = walked
    tile, changed = f"/tiles/parcels/{TILE}.mvt", {"address": "CHANGED"}
    before = {code: (await get(door, f"/j/{code}{tile}" if code else tile, key)).body for code, key in keys.items()}
    feature = {"type": "Feature", "properties": {"parcel_id": "1"} | changed}
    feature |= {"geometry": {"type": "MultiPolygon", "coordinates": [[RING]]}}
    headers = {"content-type": "application/geo+json-seq", "prefer": "wait=50"}
    path, body = f"/j/{OWN}/bulk/parcels?on-duplicate=update", json.dumps(feature).encode()
    answer = await get(door, path, keys[OWN], "POST", headers=headers, body=body)
    assert answer.json["state"] == "complete", answer.body
    for code, key in keys.items():
        begin = f"/j/{code}" if code else ""
        assert (await get(door, f"{begin}/jobs/{answer.json['id']}", key)).status == (200 if code else 404)
        rows = (await get(door, f"{begin}/graphql?query={ROWS}", key)).json["data"]["parcels"]["nodes"]
        assert rows[0]["address"] == ("CHANGED" if code else MARKS[""])
    async with asyncio.timeout(LONG):
        while (await get(door, f"/j/{OWN}{tile}", keys[OWN])).body == before[OWN]:  # noqa: ASYNC110 - others say when
            await asyncio.sleep(0.1)
    assert (await get(door, tile, keys[""])).body == before[""]


async def test_a_write_with_an_idempotency_key_is_done_once_in_each(walked):
    door, keys = walked
    document = """mutation { createParcel(input: {parcelId: "new", geometry: {bbox: [-71.5, 42, -71.4, 42.1]}}) {
        outcome parcel { featureId } } }"""
    for code, key in keys.items():
        path, headers = f"/j/{code}/graphql" if code else "/graphql", JSON | {"idempotency-key": "once"}
        answers = [
            await get(door, path, key, "POST", headers=headers, body=orjson.dumps({"query": document}))
            for _ in range(2)
        ]
        assert [each.json["data"]["createParcel"]["outcome"] for each in answers] == ["CREATED"] * 2
        assert answers[0].json["data"] == answers[1].json["data"]
        assert answers[1].headers["idempotency-replayed"] == "true"


async def test_analyses_are_of_its_rows(walked):
    door, keys = walked
    document = "mutation { startAnalysis(analysis: {parcels: {method: {dissolve: {by: ADDRESS}}}}) { id } }"
    body = orjson.dumps({"query": document})
    job = (await get(door, f"/j/{OWN}/graphql", keys[OWN], "POST", headers=JSON, body=body)).json["data"]
    number, path = job["startAnalysis"]["id"], f"/j/{OWN}/export/analysis/%s.geojson"
    async with asyncio.timeout(LONG):
        while (answer := await get(door, path % number, keys[OWN])).status != 200:  # noqa: ASYNC110 - as it works
            await asyncio.sleep(0.2)
    assert seen(answer) == {OWN}


async def test_answers_that_are_kept_are_of_one_database_though_tables_of_both_are_alike(settings, two_apart, other):
    """Both are copies of one, so the numbers of their tables are the same."""
    urls = {"": two_apart, OWN: other}
    for code, url in urls.items():
        await filled(settings, url, MARKS[code])
    update = {"jurisdictions": own(other), "answers": AnswerSettings(cost=1)}
    grouped = quote("{ parcels { groupBy(keys: [{column: ADDRESS}]) { groups { key { address } } } } }")
    async with opened(create_app(on(settings, two_apart).model_copy(update=update))) as door:
        before = kept()
        for _ in range(3):
            for code in urls:
                answer = await get(door, f"/j/{code}/graphql?query={grouped}" if code else f"/graphql?query={grouped}")
                assert seen(answer) == {code}, answer.body
        assert kept() > before


def kept():
    return telemetry.answers.labels("kept")._value.get()


async def test_what_it_has_signed_no_other_takes(walked):
    door, keys = walked
    document = quote("{ parcels { tiles { url } exports { csv } } }")
    links = (await get(door, f"/j/{OWN}/graphql?query={document}", keys[OWN])).json["data"]["parcels"]
    for url in (links["tiles"]["url"], links["exports"]["csv"]):
        path = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
        assert seen(await get(door, path)) == {OWN}
        for place in ("", "/j/alpha", f"/j/{ALL}"):
            answer = await get(door, path.replace(f"/j/{OWN}", place))
            assert (answer.status, answer.code) == (400, "BAD_FILTER_TOKEN"), place


async def test_columns_and_limits_may_be_its_own_too(settings, two_apart, other):
    await filled(settings, other, MARKS[OWN])
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    private = {"private": {"parcels.address": "admin"}}
    given = {"auth": auth, "jurisdictions": own(other, auth=private, limits={"page": 10})}
    async with opened(create_app(on(settings, two_apart).model_copy(update=given))) as door:
        clerk = token(jurisdictions="*", scope=EVERY)
        rows = (await get(door, f"/j/{OWN}/graphql?query={ROWS}", clerk)).json["data"]["parcels"]["nodes"]
        assert [row["address"] for row in rows] == [None] * 2
        assert rows[0]["ownerName"] == MARKS[OWN]
        paged = quote("{ parcels(first: 50) { totalCount } }")
        assert (await get(door, f"/j/{OWN}/graphql?query={paged}", clerk)).code == "BAD_PAGE"


async def test_where_its_database_is_away_the_others_are_served(settings, two_apart, cluster, migrated):
    count = quote("{ parcels { totalCount } }")
    short = settings.database.model_copy(update={"outage_seconds": 0.0, "connect_timeout": 20.0})
    given = on(settings.model_copy(update={"database": short}), two_apart)
    given = given.model_copy(update={"jurisdictions": own("postgresql+asyncpg://gateway@127.0.0.1:1/gateway")})
    async with opened(create_app(given)) as door:
        for _ in range(2):
            answer = await get(door, f"/j/{OWN}/graphql?query={count}")
            assert (answer.status, answer.code) == (503, "UNAVAILABLE")
            assert (await get(door, f"/j/{OWN}/readyz")).status == 503
            for path in ("", "/j/alpha", f"/j/{ALL}"):
                assert (await get(door, f"{path}/graphql?query={count}")).status == 200
            assert (await get(door, "/readyz")).status == 200
    with cluster.copy(migrated) as url:
        async with opened(create_app(given.model_copy(update={"jurisdictions": own(url)}))) as door:
            assert (await get(door, f"/j/{OWN}/readyz")).status == 200
            assert (await get(door, f"/j/{OWN}/graphql?query={count}")).status == 200


def run(arguments):
    """A command that ends well."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


def test_commands_work_on_its_database(settings, two_apart, cluster, monkeypatch, capsys, tmp_path):
    with cluster.copy("template1") as url:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", two_apart)
        monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps(own(url)))
        run(["migrate"])
        assert f"{OWN}: Migrated" in capsys.readouterr().out
        run(["sample", "--parcels", "20", "--jurisdiction", OWN])
        run(["export", "parcels", str(tmp_path / "own.csv"), "--jurisdiction", OWN])
        run(["export", "parcels", str(tmp_path / "public.csv")])
        lengths = [len((tmp_path / f"{name}.csv").read_text().splitlines()) for name in ("own", "public")]
        assert lengths == [21, 1]
        capsys.readouterr()
        run(["createkey", "--scope", "read", "--name", "delta's", "--jurisdiction", OWN])
        run(["listkeys", "--jurisdiction", OWN])
        assert "delta's" in capsys.readouterr().out
        run(["listkeys"])
        assert "delta's" not in capsys.readouterr().out
        run(["jurisdiction", "list"])
        assert f"{OWN} has a database of its own" in capsys.readouterr().out
        run(["check", "--database", "--jurisdiction", OWN, "--fail-level", "error", "--tag", "server"])
        assert "W216" not in capsys.readouterr().out
        for refused in (["jurisdiction", "add", OWN], ["createkey", "--scope", "read", *_both()]):
            with pytest.raises(SystemExit) as ended:
                main(refused)
            assert ended.value.code == 1


def _both():
    return ["--jurisdiction", OWN, "--jurisdiction", "alpha"]


def test_its_url_is_read_as_that_of_the_server_and_shown_without_its_password(monkeypatch, capsys):
    url = "postgresql://clerk:hunter2@db.internal/gis?sslmode=require"
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps(own(url)))
    read = settings_of(Settings(), OWN)
    assert read.database.url == "postgresql+asyncpg://clerk:hunter2@db.internal/gis?ssl=require"
    assert settings_of(Settings(), "alpha").database.url == Settings().database.url
    for more in ([], ["--json"]):
        run(["diffsettings", *more])
        shown = capsys.readouterr().out
        assert "db.internal" in shown
        assert "hunter2" not in shown
    for wrong in ("mysql://clerk:hunter2@db", "postgresql://clerk:hunter2@db/gis?nonsense=1"):
        monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps(own(wrong)))
        with pytest.raises(ValidationError) as refused:
            Settings()
        assert f"{OWN}.database.url" in str(refused.value)
        assert "hunter2" not in str(refused.value)


def test_values_are_read_as_their_settings_are():
    assert Checked.__metadata__[0].func({OWN: {"limits": {"page": "5"}}}) == {OWN: {"limits": {"page": 5}}}
