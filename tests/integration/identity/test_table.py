"""The table of who may do what, tried with every credential; what the table does not name must not be there.

Mutations, root fields and routes are read off the schema and the router, so that none is forgotten.
"""

from collections.abc import Mapping
from itertools import count, product
from urllib.parse import quote

import asyncpg
import pytest
from graphql import (
    OperationType,
    build_schema,
    get_named_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from starlette.routing import Router

from gateway.asgi import create_app
from gateway.feeds.notice_files import FILES
from gateway.identity.principal import Scope
from gateway.layers import LAYERS
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import on
from tests.integration.identity.conftest import ask

SDL = build_schema((ROOT / "schema" / "schema.graphql").read_text())
OPEN = None  # to clients that send no credential, or a valid one


def upper(name):
    return name[0].upper() + name[1:]


def names(layer):
    return layer.singular, layer.plural


def histories(layer):
    return (f"{layer.singular}History",)


# What each thing needs. A new field or route is added here with those who may use it.
READS = (
    "node",
    "nodes",
    "search",
    "jurisdictions",
    *(name for layer in LAYERS for name in (*names(layer), *histories(layer))),
)
QUERIES: Mapping[str, Scope] = {
    "analysis": Scope.ANALYZE,
    "analysisJob": Scope.ANALYZE,
    "analysisJobs": Scope.ANALYZE,
    "job": Scope.BULK,
    "jobs": Scope.BULK,
    "noticeList": Scope.WRITE,
} | dict.fromkeys(READS, Scope.READ)
MUTATIONS: Mapping[str, Scope] = {
    "cancelAnalysis": Scope.ANALYZE,
    "cancelJob": Scope.BULK,
    "resumeJob": Scope.BULK,
    "startAnalysis": Scope.ANALYZE,
} | {
    verb + upper(name): Scope.WRITE
    for layer in LAYERS
    for name in names(layer)
    for verb in ("create", "update", "delete", "upsert")
}
ROUTES: Mapping[str, Scope | None] = {
    "/": OPEN,
    "/graphql": OPEN,  # each root field for itself
    "/tiles/{layers}/{z}/{x}/{y}.mvt": Scope.READ,
    "/tiles/{layers}.json": Scope.READ,
    "/styles/{layers}.json": Scope.READ,
    "/export/{file}": Scope.READ,
    "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": Scope.ANALYZE,
    "/tiles/analysis/{id}.json": Scope.ANALYZE,
    "/export/analysis/{file}": Scope.ANALYZE,
    "/notice/{file}": Scope.WRITE,
    "/bulk/{layer}": Scope.BULK,
    "/jobs/{id}": Scope.BULK,
    "/jobs/{id}/{part:path}": Scope.BULK,
    "/identity": OPEN,
    "/healthz": OPEN,
    "/readyz": OPEN,
    "/metrics": OPEN,
    "/static": OPEN,
}
ALSO = {"/notice/{file}": [Scope.READ]}  # it shows owners
ALSO |= {route: [Scope.READ] for route, scope in ROUTES.items() if scope is Scope.ANALYZE}
PLACES = {
    "/tiles/{layers}/{z}/{x}/{y}.mvt": [f"/tiles/{layer.name}/14/4958/6060.mvt" for layer in LAYERS],
    "/tiles/{layers}.json": [f"/tiles/{layer.name}.json" for layer in LAYERS],
    "/styles/{layers}.json": [f"/styles/{layer.name}.json" for layer in LAYERS],
    "/export/{file}": [f"/export/{layer.name}.{end}" for layer in LAYERS for end in ("csv", "geojson", "geojsonl")],
    "/notice/{file}": [f"/notice/{name}" for name in FILES],
    "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": ["/tiles/analysis/nothing/0/0/0.mvt"],
    "/tiles/analysis/{id}.json": ["/tiles/analysis/nothing.json"],
    "/export/analysis/{file}": ["/export/analysis/nothing.geojson", "/export/analysis/nothing.parquet"],
    # Those who may are told that this is no file, and that there is no such job.
    "/bulk/{layer}": [f"POST /bulk/{layer.name}" for layer in LAYERS],
    "/jobs/{id}": ["/jobs/nothing"],
    "/jobs/{id}/{part:path}": ["/jobs/nothing/report", "POST /jobs/nothing/cancel", "POST /jobs/nothing/resume"],
}
# What each credential grants; None is one that does not hold.
CREDENTIALS: Mapping[str, frozenset[Scope] | None] = {
    "none": frozenset(),
    "key:read": frozenset({Scope.READ}),
    "key:write": frozenset({Scope.WRITE}),
    "key:bulk": frozenset({Scope.BULK}),
    "key:analyze": frozenset({Scope.ANALYZE}),
    "key:admin": frozenset(Scope),
    "token:write": frozenset({Scope.READ, Scope.WRITE}),
    "key:revoked": None,
    "key:expired": None,
    "key:unknown": None,
    "key:altered": None,
    "token:expired": None,
    "token:audience": None,
    "token:none": None,
    "nonsense": None,
}
ALLOWED = (200, None)
ANONYMOUS = {"as it comes": ("read",), "closed": ()}


def expected(name, anonymous, scope, *also):
    """Status and code, or ALLOWED where it is allowed."""
    granted = CREDENTIALS[name]
    if granted is None:
        return 401, "UNAUTHENTICATED"
    if {scope, *also} - {OPEN} <= granted | set(anonymous):
        return ALLOWED
    return (401, "UNAUTHENTICATED") if name == "none" else (403, "FORBIDDEN")


class Documents:
    """Writes an operation of one root field, with the arguments that it must have."""

    def __init__(self, ids):
        self._ids = ids
        self._numbers = count()

    def of(self, kind, name):
        field = SDL.get_root_type(kind).fields[name]
        given = [f"{key}: {self._value(key, it.type)}" for key, it in field.args.items() if self._wanted(key, it)]
        below = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
        arguments = f"({', '.join(given)})" if given else ""
        return f"{kind.value} {{ {name}{arguments}{below} }}"

    def _wanted(self, key, argument):
        return is_required_argument(argument) or key in {"id", "parcels"}

    def _value(self, key, kind):
        if is_non_null_type(kind):
            return self._value(key, kind.of_type)
        if is_list_type(kind):
            return f"[{self._value(key, kind.of_type)}]"
        if kind.name == "GeometryInput":
            return "{bbox: [-93, 42, -92.9, 42.1]}"
        if kind.name == "AnalysisStart":
            return "{parcels: {method: {union: true}}}"
        if kind.name == "Float":
            return "5"
        if is_input_object_type(kind):
            inner = [
                f"{name}: {self._value(name, it.type)}"
                for name, it in kind.fields.items()
                if is_required_input_field(it)
            ]
            return f"{{{', '.join(inner)}}}"
        return f'"{self._ids}"' if kind.name == "ID" else f'"{next(self._numbers)}"'


def routes(app):
    """The routes behind the middleware."""
    while not isinstance(app, Router):
        app = getattr(app, "_app", None) or app.app
    return [route.path for route in app.routes]


def test_every_root_field_and_route_is_named_in_the_table(settings, empty_database):
    assert set(SDL.query_type.fields) == set(QUERIES)
    assert set(SDL.mutation_type.fields) == set(MUTATIONS)
    assert SDL.subscription_type is None
    assert set(routes(create_app(on(settings, empty_database)))) == set(ROUTES)


def told(answer):
    """Status and code of a denial, or ALLOWED for whatever else."""
    assert answer.status < 500, answer.body
    if answer.status in {401, 403}:
        return answer.status, answer.code
    for code, status in (("UNAUTHENTICATED", 401), ("FORBIDDEN", 403)):
        if f'"code":"{code}"'.encode() in answer.body:  # of a field that asks for more than its operation
            return status, code
    return ALLOWED


@pytest.fixture
async def rows(empty_database):
    """Asks what is in the tables of the layers."""
    connection = await asyncpg.connect(empty_database.replace("+asyncpg", ""))

    async def found():
        return [await connection.fetch(f"SELECT t::text FROM {layer.name} t ORDER BY id") for layer in LAYERS]

    yield found
    await connection.close()


@pytest.mark.parametrize("anonymous", ANONYMOUS.values(), ids=ANONYMOUS)
async def test_each_root_field_is_for_those_who_may_and_for_nobody_else(guarded, credentials, rows, anonymous):
    documents = Documents("UGFyY2VsOjE=")
    allowed = []
    async with guarded(anonymous=anonymous) as door:
        before = await rows()
        for kind, table in ((OperationType.QUERY, QUERIES), (OperationType.MUTATION, MUTATIONS)):
            for field, name in product(table, CREDENTIALS):
                reads = kind is OperationType.QUERY or table[field] is Scope.ANALYZE
                reading = [Scope.READ] if reads else []
                wanted = expected(name, anonymous, table[field], *reading)
                if wanted == ALLOWED:
                    allowed.append((kind, field, name))
                else:
                    answer = await ask(door, documents.of(kind, field), credentials[name])
                    assert told(answer) == wanted, (field, name, answer.body)
        assert await rows() == before
        for kind, field, name in allowed:
            answer = await ask(door, documents.of(kind, field), credentials[name])
            assert told(answer) == ALLOWED, (field, name, answer.body)
        assert await rows() != before


@pytest.mark.parametrize("anonymous", ANONYMOUS.values(), ids=ANONYMOUS)
async def test_each_route_is_for_those_who_may_and_for_nobody_else(guarded, credentials, anonymous):
    async with guarded(anonymous=anonymous) as door:
        for route, name in product(ROUTES, CREDENTIALS):
            bearer = {"authorization": f"Bearer {credentials[name]}"} if credentials[name] else {}
            for place in PLACES.get(route, [route]):
                method, _, path = place.rpartition(" ")
                answer = await door.request(method or "GET", path, headers=bearer)
                wanted = expected(name, anonymous, ROUTES[route], *ALSO.get(route, ()))
                assert told(answer) == wanted, (place, name, answer.body)
                assert ("www-authenticate" in answer.headers) is (answer.status == 401), (place, name)


async def test_a_mutation_is_never_done_by_get(guarded, credentials, rows):
    documents = Documents("UGFyY2VsOjE=")
    async with guarded() as door:
        before = await rows()
        for field in MUTATIONS:
            query = quote(documents.of(OperationType.MUTATION, field))
            headers = {"authorization": f"Bearer {credentials['key:admin']}"}
            assert (await door.request("GET", f"/graphql?query={query}", headers=headers)).status == 405
        assert await rows() == before
