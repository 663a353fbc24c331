"""Documents by hash: registered by clients, or trusted by the operator; and what a CDN may keep of them."""

import asyncio
import hashlib
import json
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution import trusted
from gateway.http.views.documents import map_documents
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.layers import LAYERS
from gateway.models import TrustedDocument
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import JSON, on, opened

RESPONSE = "application/graphql-response+json"
COUNT = "query Count { parcels { totalCount } }"
MUTATION = "mutation M { cancelJob(id: 1) { id } }"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text):
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}}


@pytest.fixture
async def database(empty_database, settings):
    found = Database(settings.database, empty_database)
    yield found
    await found.dispose()


@pytest.fixture
def gateway(settings, empty_database):
    def made(**changes):
        return opened(create_app(on(settings, empty_database).model_copy(update=changes)))

    return made


async def post(door, body, credential=None, accept=RESPONSE):
    bearer = {} if credential is None else {"authorization": f"Bearer {credential}"}
    headers = JSON | {"accept": accept} | bearer
    return await door.request("POST", "/graphql", headers=headers, body=orjson.dumps(body))


async def get(door, parameters, **headers):
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return await door.request("GET", f"/graphql?{urlencode(given)}", headers={"accept": RESPONSE} | headers)


def row(text, ids=()):
    return TrustedDocument(hash=sha256(text), name="Count", document=text, ids=list(ids), cost=1)


async def test_a_document_is_registered_by_sending_it_once_with_its_hash(gateway):
    async with gateway() as door:
        unknown = await post(door, persisted(COUNT))
        assert (unknown.status, unknown.code) == (400, "PERSISTED_QUERY_NOT_FOUND")
        assert unknown.json["errors"][0]["message"] == "PersistedQueryNotFound"
        registered = await post(door, {"query": COUNT} | persisted(COUNT))
        assert registered.json["data"] == {"parcels": {"totalCount": 0}}
        again = await post(door, persisted(COUNT))
        assert again.json["data"] == registered.json["data"]
        by_id = await post(door, {"documentId": f"sha256:{sha256(COUNT)}"})
        assert by_id.json["data"] == registered.json["data"]


async def test_an_old_media_type_gets_its_refusal_with_status_200(gateway):
    async with gateway() as door:
        unknown = await post(door, persisted(COUNT), accept="application/json")
        assert (unknown.status, unknown.code) == (200, "PERSISTED_QUERY_NOT_FOUND")


async def test_a_hash_of_another_text_is_refused_and_registers_nothing(gateway):
    async with gateway() as door:
        wrong = await post(door, {"query": "{ __typename }"} | persisted(COUNT))
        assert (wrong.status, wrong.code) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
        assert (await post(door, persisted(COUNT))).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_document_that_is_refused_is_not_registered(gateway):
    async with gateway() as door:
        assert (await post(door, {"query": "{ nope }"} | persisted("{ nope }"))).code == "GRAPHQL_VALIDATION_FAILED"
        assert (await post(door, persisted("{ nope }"))).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_registered_documents_are_bounded_in_bytes(gateway, settings):
    limits = settings.limits.model_copy(update={"registered_bytes": 2_000})
    async with gateway(limits=limits) as door:
        texts = [f"query Q{number} {{ __typename }}" for number in range(20)]
        for text in texts:
            await post(door, {"query": text} | persisted(text))
        codes = [("errors" in (await post(door, persisted(text))).json) for text in texts]
        assert codes[0]
        assert not codes[-1]


@pytest.mark.parametrize(
    "body",
    [
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": []}},
        {"documentId": 5},
        {"documentId": ""},
        {"extensions": {}},
        {"query": "", "documentId": "a"},
    ],
)
async def test_what_names_no_document_is_no_request(gateway, body):
    async with gateway() as door:
        answer = await post(door, body)
        assert (answer.status, answer.code) == (400, "BAD_JSON")


async def test_only_trusted_documents_run_by_hash_by_id_or_by_text(gateway, database):
    await trusted.trust(database, [row(COUNT, ids=["count-1"])], replace=False)
    async with gateway(documents="trusted") as door:
        for body in (
            persisted(COUNT),
            {"documentId": f"sha256:{sha256(COUNT)}"},
            {"documentId": "count-1"},
            {"query": COUNT},
        ):
            assert (await post(door, body)).json["data"] == {"parcels": {"totalCount": 0}}
        other = "{ parcels { totalCount } }"
        for body in ({"query": other}, persisted(other), {"query": other} | persisted(other), {"documentId": "nope"}):
            refused = await post(door, body)
            assert (refused.status, refused.code) == (400, "DOCUMENT_NOT_TRUSTED")
        assert (await post(door, {"query": "{ __schema { types { name } } }"})).code == "DOCUMENT_NOT_TRUSTED"
        assert (await get(door, {"query": other})).code == "DOCUMENT_NOT_TRUSTED"


async def test_an_admin_may_explore_where_only_trusted_documents_run(gateway, database):
    keys = {scope: await api_keys.create(database, scope, [scope], None) for scope in (Scope.ADMIN, Scope.WRITE)}
    async with gateway(documents="trusted") as door:
        assert (await post(door, {"query": COUNT}, keys[Scope.ADMIN])).status == 200
        assert (await post(door, {"query": COUNT}, keys[Scope.WRITE])).code == "DOCUMENT_NOT_TRUSTED"
        assert (await post(door, persisted("{ one }"), keys[Scope.ADMIN])).code == "PERSISTED_QUERY_NOT_FOUND"
        assert (await post(door, {"query": COUNT} | persisted(COUNT), keys[Scope.ADMIN])).status == 200
        # What an admin registers is for admins.
        assert (await post(door, persisted(COUNT))).code == "DOCUMENT_NOT_TRUSTED"


async def test_workers_notice_within_5_seconds_what_is_trusted_and_what_no_longer_is(gateway, database):
    async def code(door):
        found = (await post(door, persisted(COUNT))).json
        return found["errors"][0]["extensions"]["code"] if "errors" in found else None

    async def becomes(door, wanted):
        async with asyncio.timeout(20):
            while await code(door) != wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async with gateway(documents="trusted") as door:
        assert await code(door) == "DOCUMENT_NOT_TRUSTED"
        await trusted.trust(database, [row(COUNT)], replace=False)
        await becomes(door, None)
        await trusted.forget(database, sha256(COUNT)[:12])
        await becomes(door, "DOCUMENT_NOT_TRUSTED")


async def test_what_the_map_asks_for_is_trusted_from_the_start(gateway):
    async with gateway(documents="trusted") as door:
        for text in map_documents(LAYERS, [LAYERS]):
            of_parcels = "parcelHistory" in text or "Parcel(" in text
            row_id = "UGFyY2VsOjE=" if of_parcels else "Wm9uaW5nRGlzdHJpY3Q6MQ=="
            key = "parcelId" if of_parcels else "code"
            answer = await post(
                door,
                {
                    "query": text,
                    "variables": {
                        "id": 1,
                        "global": row_id,
                        "related": 1,
                        "first": 1,
                        "text": "a",
                        "keys": [{"attribute": "a"}],
                        "metres": 1,
                        "reach": True,
                    }
                    | ({"asOf": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"} if "$asOf: DateTime!" in text else {})
                    | {"near": {"geojson": {"type": "Point", "coordinates": [0, 0]}}}
                    | {"geometry": {"wkt": "POINT(0 0)"}, "distance": 1, "unit": "FEET", "include": ["SUBJECT"]}
                    | {"input": {key: "a", "geometry": {"wkt": "POINT(0 0)"}}, "removal": {"id": row_id}}
                    | {"change": {"id": row_id, "patch": {key: "a"}}},
                },
            )
            assert answer.status == (401 if text.startswith("mutation") else 200), answer.json
            codes = [error["extensions"]["code"] for error in answer.json.get("errors", [])]
            # Owners are private, and few may analyse or write.
            closed = "noticeList" in text or "analysisJob" in text or text.startswith("mutation")
            assert codes == (["UNAUTHENTICATED"] if closed else [])


def test_no_page_has_a_document_that_the_gateway_does_not_give_it():
    document = re.compile(r"`\s*(?:query|mutation|\{)|[\"'`]\s*(?:query|mutation)\b[^\"'`]*\{")
    sources = [path for path in (ROOT / "web" / "src").rglob("*.ts*") if "graphiql" not in path.parts]
    assert len(sources) > 10
    assert [path.name for path in sources if document.search(path.read_text())] == []


async def test_an_anonymous_get_by_hash_is_public_and_is_asked_for_again_by_its_etag(gateway, database, settings):
    await trusted.trust(database, [row(COUNT)], replace=False)
    key = await api_keys.create(database, "reader", [Scope.READ], None)
    http = settings.http.model_copy(update={"explain": "anyone"})
    async with gateway(documents="trusted", http=http) as door:
        first = await get(door, {"documentId": f"sha256:{sha256(COUNT)}"})
        assert first.headers["cache-control"] == "public, no-cache"
        assert {"authorization", "accept", "accept-encoding"} <= set(first.headers["vary"].lower().split(", "))
        again = await get(door, persisted(COUNT), **{"if-none-match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b"")
        with_key = await get(door, persisted(COUNT), authorization=f"Bearer {key}")
        assert with_key.headers["cache-control"] == "private, no-cache"
        by_text = await get(door, {"query": COUNT})
        assert by_text.headers["cache-control"] == "private, no-cache"
        explained = await get(door, persisted(COUNT), **{"x-explain": "1"})
        assert explained.headers["cache-control"] == "private, no-cache"
        posted = await post(door, persisted(COUNT))
        assert posted.headers["cache-control"] == "no-store"


async def test_errors_and_mutations_are_never_public(gateway, database, settings):
    failing = 'query Fails { parcels(after: "nonsense") { totalCount nodes { id } } }'
    await trusted.trust(database, [row(failing), row(MUTATION)], replace=False)
    http = settings.http.model_copy(update={"document_max_age": 300})
    async with gateway(documents="trusted", http=http) as door:
        for text in (failing, MUTATION, "{ nope }"):
            answer = await get(door, persisted(text))
            assert "errors" in answer.json
            assert answer.headers["cache-control"] == "no-store"


async def test_a_cdn_may_keep_an_answer_as_long_as_it_is_told(gateway, database, settings):
    http = settings.http.model_copy(update={"document_max_age": 300})
    async with gateway(http=http) as door:
        await post(door, {"query": COUNT} | persisted(COUNT))
        assert (await get(door, persisted(COUNT))).headers["cache-control"] == "public, max-age=300"
