"""No transport shows a private column or a private member of `attributes`, or tells what one holds.

All of it is walked where the server hides it, where a jurisdiction hides what the server would show, and where that one
is read together with all others. Root fields, types, inputs, formats and routes are read off the schema, the formats
and the router, so that a new one is walked here or fails the test until it is.
"""

import asyncio
import json
import struct
from datetime import UTC, datetime
from io import BytesIO
from itertools import product
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.feeds.formats import FORMATS
from gateway.feeds.notice_files import FILES
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.layers import PARCELS
from gateway.management import jurisdictions, spanning
from gateway.models.declaration import camel
from gateway.models.jurisdiction import ALL, BITS
from gateway.query.ids import encode
from gateway.settings import AnswerSettings, AuthSettings, BudgetSettings, LimitSettings
from schema import build_schema
from tests.fixtures.buildings import added
from tests.fixtures.door import opened
from tests.fixtures.mvt import decode
from tests.fixtures.walking import Walker, filters_of
from tests.integration.identity.conftest import SQUARE, ask
from tests.integration.identity.test_table import routes

# Of each layer a private column and what it holds. Numbers have other forms in FlatGeobuf and in tiles.
PRIVATE = {
    "parcels": ("owner_name", "CANARY of parcels"),
    "zoning_districts": ("category", "CANARY of districts"),  # which colours the map
    "buildings": ("floors", 1_987_654_321),
}
MEMBERS = {"OWNER 1": "CANARY of a member", "public": "SEEN", "deep": [{"owner": {"x": "CANARY of a member"}}]}
CANARIES = (b"CANARY", b"1987654321", struct.pack("<i", 1_987_654_321))
NAMES = {camel(column) for column, _ in PRIVATE.values()}
AUTH = {
    "private": {f"{layer}.{column}": "admin" for layer, (column, _) in PRIVATE.items()},
    "private_members": {"*owner*": "admin"},
}
LIMITS = LimitSettings(cost=10**9, depth=50, tokens=20_000, aliases=1_000, root_fields=1_000, page=10, page_default=10)
BLIND = ("none", "read", "write", "bulk", "analyst")
TILE = "14/4958/6060"
# How each route is asked for a layer; those that serve nothing of a layer are asked as they are.
FEEDS = {
    "/tiles/{layers}/{z}/{x}/{y}.mvt": [f"/tiles/%s/{TILE}.mvt", f"/tiles/%s_labels/{TILE}.mvt"],
    "/tiles/{layers}.json": ["/tiles/%s.json"],
    "/styles/{layers}.json": ["/styles/%s.json", "/styles/%s.json?theme=dark"],
    "/export/{file}": [f"/export/%s.{form}" for form in FORMATS],
}
NOTICES = {"/notice/{file}": [f"/notice/{name}?notice=%s" for name in FILES]}
RELATED = [f"/export/%s.{form.extension}?properties=&relations=%s" for form in FORMATS.values() if form.relations]
OTHERS = {
    "/": ["/"],
    "/healthz": ["/healthz"],
    "/identity": ["/identity"],
    "/readyz": ["/readyz"],
    "/metrics": ["/metrics"],
    "/static": [],
}
RESULTS = {
    "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": f"/tiles/analysis/%s/{TILE}.mvt",
    "/tiles/analysis/{id}.json": "/tiles/analysis/%s.json",
    "/export/analysis/{file}": "/export/analysis/%s.geojson",
}
TESTED_APART = {"/graphql", "/bulk/{layer}", "/jobs/{id}", "/jobs/{id}/{part:path}", *RESULTS}
PACKED = tuple(form.extension for form in FORMATS.values() if form.packed)
# Values of columns, to those who may see them.
SHOWS = {"/tiles/{layers}/{z}/{x}/{y}.mvt", "/export/{file}", "/notice/{file}"}


# How reads are planned, and where they are asked: at the schema of the URL, in a jurisdiction, or in all together.
ONE = [("on", ""), ("on", "alpha")]
BOTH_WAYS = pytest.mark.parametrize("walked", [*ONE, ("off", ""), ("off", "alpha"), ("on", ALL)], indirect=True)
EACH = pytest.mark.parametrize("walked", [*ONE, ("on", ALL)], indirect=True)
WRITTEN = pytest.mark.parametrize("walked", ONE, indirect=True)  # all together are only read


@pytest.fixture
async def walked(settings, empty_database, request):
    """The gateway with three layers, whose rows hold canaries, by a door, its schema and keys of each scope."""
    planner, place = request.param
    with added() as addition:
        database = Database(settings.database, empty_database)
        inside = await placed(database, addition) if place else database
        await addition.migrate(database.engine)
        async with database.engine.begin() as connection:
            await spanning.refresh(connection)
        async with inside.engine.begin() as connection:
            for layer in addition.layers:
                for statement in statements(layer):
                    await connection.execute(text(statement), {"given": json.dumps(MEMBERS)})
        keys = await keys_of(database)
        await database.dispose()
        url = settings.database.model_copy(update={"url": empty_database})
        auth = {"private": {}, "private_members": {}} if place else AUTH
        update = {"database": url, "auth": AuthSettings(**auth), "limits": LIMITS, "planner": planner}
        update |= {"budget": BudgetSettings(enabled=False), "jurisdictions": {"alpha": {"auth": AUTH}}}
        update["answers"] = AnswerSettings(cost=0)
        app = create_app(settings.model_copy(update=update), layers=addition.layers)
        schema = build_schema(addition.layers)._schema
        async with opened(app) as door:
            yield Walked(Under(door, place), addition.layers, schema, keys, planner)


async def placed(database, addition):
    """The database of a jurisdiction with the three layers."""
    number = await jurisdictions.add(database, "alpha", "Alpha")
    inside = await within(database, "alpha")
    await addition.migrate(inside.engine)
    async with inside.engine.begin() as connection:
        await jurisdictions.settle(connection, number)
    return inside


async def keys_of(database):
    """Keys of each scope, which hold everywhere, and none."""
    scopes = {scope.value: [scope] for scope in Scope} | {"analyst": [Scope.READ, Scope.ANALYZE]}
    keys = {"none": None}
    for name, of in scopes.items():
        keys[name] = await api_keys.create(database, name, of, None, jurisdictions=["*"])
    return keys


class Under:
    """A door whose paths are under those of a jurisdiction."""

    def __init__(self, door, place):
        self.app, self._door, self.place = door.app, door, place
        self._begin = f"/j/{place}" if place else ""

    async def request(self, method, path, **rest):
        begin = "" if path.startswith("/j/") else self._begin
        return await self._door.request(method, f"{begin}{path}", **rest)


class Walked:
    def __init__(self, door, layers, schema, keys, planner):
        self.door = door
        self.layers = layers
        self.first = ((1 << BITS) if door.place else 0) + 1  # the id of the row with canaries
        self.schema = schema
        self.keys = keys
        self.planner = planner

    def walker(self, layer, **values):
        """Walks the schema with values of arguments that fit a layer."""
        box = "{bbox: [-71.09, 42.31, -71.02, 42.39]}"
        fixed = {
            "p": "0.5",
            "keys": '{attribute: "deep"}',
            "field": '{attribute: "deep"}',
            "crs": '"EPSG:3857"',
            "meters": "5",
            "clusters": "1",
            "other": f"{{geometry: {box}}}",
            "to": box,
            "geometry": box,
            "featureId": f'"{self.first}"',
        }
        ids = dict.fromkeys(("id", "ids", "parcels"), f'"{encode(layer, self.first)}"') | {"distance": "5"}
        return Walker(self.schema, fixed | ids | values)

    async def get(self, path, name, method="GET", **rest):
        headers = {"authorization": f"Bearer {self.keys[name]}"} if self.keys[name] else {}
        return await self.door.request(method, path, headers=headers | rest.pop("headers", {}), **rest)


def roots_of(layer):
    """The root fields of a layer."""
    notices = () if layer.recipients is None else ("noticeList",)
    return layer.singular, layer.plural, f"{layer.singular}History", *notices


def statements(layer):
    """A row with canaries, as it is and as it was, and one beside it."""
    column, canary = PRIVATE[layer.name]
    value = f"'{canary}'" if isinstance(canary, str) else canary
    for number, shape in enumerate((SQUARE, SQUARE.replace("-71.1, 42.3, -71.0", "-71.0, 42.3, -70.9")), 1):
        columns = f"{layer.natural_key}, {column}, attributes, geom"
        values = f"'{number}', {value}, CAST(CAST(:given AS text) AS jsonb), {shape}"
        if layer.name == "zoning_districts":
            columns, values = f"zone_code, {columns}", f"'R1', {values}"
        if layer.recipients is not None:
            columns, values = f"mailing_address, {columns}", f"'1 Main St', {values}"
        yield f"INSERT INTO {layer.name} ({columns}) VALUES ({values})"
    other = f"'{canary} again'" if isinstance(canary, str) else canary - 1
    yield f"UPDATE {layer.name} SET {column} = {other} WHERE {layer.natural_key} = '1'"
    yield f"UPDATE {layer.name} SET {column} = {value} WHERE {layer.natural_key} = '1'"


def shows(answer):
    """Whether an answer has a canary."""
    body = answer.body
    if answer.headers.get("content-type") == "application/vnd.mapbox-vector-tile":
        body += repr(decode(body)).encode()
    if answer.headers.get("content-type") == FORMATS["parquet"].media_type:
        body += repr(pq.read_table(BytesIO(body)).to_pylist()).encode()
    return any(canary in body for canary in CANARIES)


async def asked_blindly(walked, document, *, explain):
    """The answer to a client that sees nothing private, by GET if it may; neither it nor others show anything."""
    answer = await walked.get(f"/graphql?query={quote(document)}", "none")
    headers = {"x-explain": "1"} if explain else {}
    answers = [answer, await ask(walked.door, document, walked.keys["write"], **headers)]
    if explain:
        answers += [await ask(walked.door, document, walked.keys[name]) for name in ("none", "read")]
    if "analysis" in document:
        answer = await ask(walked.door, document, walked.keys["analyst"])
        answers.append(answer)
    for each in answers:
        assert each.status in {200, 401, 403}, (document, each.body)
        assert not shows(each), (document, each.body)
    return answer


@BOTH_WAYS
async def test_no_field_of_a_query_shows_what_is_private(walked):
    now = datetime.now(UTC).isoformat()
    selected, seen = set(), set()
    for layer in walked.layers:
        walker = walked.walker(layer)
        others = {name for other in walked.layers if other is not layer for name in roots_of(other)}
        whole = layer.name == "parcels"  # from which all types are reached
        documents = list(walker.reads(without=others, far=whole))
        if walked.planner == "on":  # reads of the past are not planned
            documents += walker.reads(f'asOf: "{now}"', without=others, far=False)
        selected |= walker.walked
        for document in dict.fromkeys(documents):
            blind = await asked_blindly(walked, document, explain=walked.planner == "on" and document in documents[:6])
            answer = await ask(walked.door, document, walked.keys["admin"])
            codes = {error["extensions"]["code"] for error in answer.json.get("errors", ())}
            assert codes <= ({"BAD_MOMENT"} if "asOf" in document else set()), (document, answer.body)
            if shows(answer):
                seen.add(document)
                if "analysis" in document:
                    assert blind.code == "PRIVATE_FIELD"
                    continue
                refusal = blind.json["errors"][0]["extensions"] if "noticeList" in document else None
                assert (refusal or blind.json["extensions"]["withheld"][0])["scope"] == "admin"
    written = {each for each in walker.fields() if each[0] in {"Mutation", "Affected"} or "Write" in each[0]}
    assert walker.fields() - selected == written
    assert len(seen) > 2 * len(walked.layers.by_name)  # it is there to be seen


@WRITTEN
async def test_no_mutation_shows_what_is_private(walked):
    seen = 0
    for layer in walked.layers:
        walker, key = walked.walker(layer), camel(layer.natural_key)
        fields = walked.schema.mutation_type.fields
        ours = [name for name in fields if name.removesuffix("s").endswith(layer.type_name)]
        for name in sorted(ours, key=lambda name: name.startswith("delete")):
            given = {key: '"1"'} if name.startswith("upsert") else {}
            for who in ("write", "admin"):
                answer = await ask(walked.door, walker.writes(name, **given), walked.keys[who])
                if who == "write":
                    assert not shows(answer), (name, answer.body)
                    assert answer.status == 200, (name, answer.body)
                seen += shows(answer)
        stale = f'{{id: "{encode(layer, walked.first + 1)}", expectedVersion: 99, patch: {{{key}: "3"}}}}'
        conflict = f"mutation {{ update{layer.type_name}(change: {stale}) {{ __typename }} }}"
        answer = await ask(walked.door, conflict, walked.keys["write"])
        assert answer.code == "VERSION_CONFLICT"
        assert not shows(answer)
    assert seen
    rest = set(walked.schema.mutation_type.fields) - {"cancelJob", "resumeJob", "startAnalysis", "cancelAnalysis"}
    assert rest == {f for f in rest for layer in walked.layers if f.removesuffix("s").endswith(layer.type_name)}


def inputs(walked):
    """Types that have a private column, and its name in each."""
    columns = {layer.type_name: camel(PRIVATE[layer.name][0]) for layer in walked.layers}
    kinds = ("Filter", "Order", "Input", "Patch", *_compared("Distinct"))
    made = {f"{name}{kind}": field for name, field in columns.items() for kind in kinds}
    numbers = [kind for of in ("Sums", "Statistics", "Extremes") for kind in _compared(of)]
    return made | {f"Building{kind}": columns["Building"] for kind in numbers}


def _compared(columns):
    """The inputs that choose and order groups by functions of columns."""
    return f"{columns}Having", f"{columns}Order"


@EACH
async def test_every_input_that_names_a_private_column_is_tried(walked):
    shown = ("", "State", "Distinct", "Key")
    known = set(inputs(walked)) | {f"{layer.type_name}{kind}" for layer in walked.layers for kind in shown}
    known |= {f"Building{kind}" for kind in ("Sums", "Statistics", "Extremes")}
    found = {
        name
        for name, kind in walked.schema.type_map.items()
        if not name.startswith("__") and NAMES & set(getattr(kind, "fields", ()))
    }
    assert found == known
    listed = {name for name, kind in walked.schema.type_map.items() if hasattr(kind, "values")}
    upper = {column.upper() for column, _ in PRIVATE.values()}
    assert {name for name in listed if upper & set(walked.schema.type_map[name].values)} == {
        "BuildingNumber",
        *(f"{layer.type_name}{kind}" for layer in walked.layers for kind in ("Property", "Column")),
    }


def groups(column, layer):
    """Arguments of `groupBy` that name a private column, or a private member."""
    functions = ["countDistinct"]
    if not isinstance(PRIVATE[layer.name][1], str):
        yield f"keys: [{{bin: {{column: {PRIVATE[layer.name][0].upper()}, width: 1}}}}]"
        functions += ["sum", "avg", "min", "max", "stddev"]
    yield f"keys: [{{column: {PRIVATE[layer.name][0].upper()}}}]"
    yield 'keys: [{attribute: "Owner 1"}]'
    for function in functions:
        yield f"keys: [{{geohash: 5}}], having: {{{function}: {{{column}: {{isNull: false}}}}}}"
        yield f"keys: [{{geohash: 5}}], order: [{{{function}: {{{column}: ASC}}}}]"


@BOTH_WAYS
async def test_no_filter_and_no_order_takes_what_is_private(walked):
    private = inputs(walked)
    for layer in walked.layers:
        name, column = layer.plural, camel(PRIVATE[layer.name][0])
        kind = walked.schema.type_map[f"{layer.type_name}Filter"]
        tried = list(filters_of(kind, private))
        assert len(tried) > 4
        below = f"{name}(filters: %s) {{ totalCount }}"
        documents = [f"{{ {below % literal} }}" for literal, _ in tried]
        documents.append(f"{{ {name}(order: [{{{column}: ASC}}]) {{ nodes {{ id }} }} }}")
        documents += [f"{{ {name} {{ groupBy({each}) {{ totalCount }} }} }}" for each in groups(column, layer)]
        fields = (f"{{column: {PRIVATE[layer.name][0].upper()}}}", '{attribute: "Owner 1"}')
        documents += [f"{{ {name} {{ distinct(field: {each}) {{ totalCount }} }} }}" for each in fields]
        for relation in layer.relations:
            target = walked.layers[relation.target]
            hidden = camel(PRIVATE[target.name][0])
            uses = (f"filters: {{{hidden}: {{isNull: false}}}}", f"order: [{{{hidden}: DESC}}]")
            documents += [
                f"{{ {name} {{ nodes {{ {relation.field}({argument}) {{ totalCount }} }} }} }}" for argument in uses
            ]
        members = ('{attributes: {hasKey: "owner 1"}}', '{attributes: {contains: {deep: [{owner: {x: "y"}}]}}}')
        documents += [f"{{ {below % literal} }}" for literal in members]
        for document, who in product(documents, ("none", "write")):
            answer = await ask(walked.door, document, walked.keys[who])
            assert answer.code == "PRIVATE_FIELD", (document, answer.body)
        for document in documents:
            assert "errors" not in (await ask(walked.door, document, walked.keys["admin"])).json, document
        if walked.planner == "off":
            continue
        texts = [json.dumps(value) for _, value in tried]
        texts += ['{"attributes":{"hasKey":"OWNER 1"}}', '{"attributes":{"contains":{"owner":1}}}']
        for path, given in product([path % layer.name for paths in FEEDS.values() for path in paths], texts):
            answer = await walked.get(f"{path}{'&' if '?' in path else '?'}filters={quote(given)}", "write")
            assert (answer.status, answer.code) == (403, "PRIVATE_FIELD"), (path, given)


@WRITTEN
async def test_no_write_takes_what_is_private(walked):
    for layer in walked.layers:
        column, canary = PRIVATE[layer.name]
        value = f'"{canary}"' if isinstance(canary, str) else str(canary)
        for given in (f"{camel(column)}: {value}", 'attributes: {OWNER: "x"}'):
            patch = f'{{id: "{encode(layer, walked.first)}", patch: {{{given}}}}}'
            document = f"mutation {{ update{layer.type_name}(change: {patch}) {{ outcome }} }}"
            answer = await ask(walked.door, document, walked.keys["write"])
            assert answer.code == "PRIVATE_FIELD", (document, answer.body)


@EACH
async def test_no_route_shows_what_is_private(walked):
    assert set(routes(walked.door.app)) == FEEDS.keys() | NOTICES.keys() | OTHERS.keys() | TESTED_APART
    notice = quote(json.dumps({"parcels": [encode(PARCELS, walked.first)], "distance": 5}))
    asked = [(route, path) for route, paths in OTHERS.items() for path in paths]
    asked += [(route, path % notice) for route, paths in NOTICES.items() for path in paths]
    for layer in walked.layers:
        column = camel(PRIVATE[layer.name][0])
        for route, paths in FEEDS.items():
            for path in paths:
                whole = path % layer.name
                attributes = f"{whole}{'&' if '?' in whole else '?'}properties=attributes"
                asked += [(route, whole), (route, attributes)]
                for who in BLIND:
                    answer = await walked.get(attributes.replace("attributes", column), who)
                    assert answer.status in {400, 401, 403}, (who, path, answer.body)
        asked += [("/export/{file}", path % (layer.name, each.name)) for path in RELATED for each in layer.relations]
    for route, path in asked:
        blind = ("write",) if path.partition("?")[0].endswith(PACKED) else BLIND  # which takes a process
        answers = {who: await walked.get(path, who) for who in ("admin", *blind)}  # what the first sees is not kept
        assert shows(answers["admin"]) is (route in SHOWS or "/styles/zoning" in path), path
        for who in blind:
            assert not shows(answers[who]), (who, path)
            # What refuses a notice list names the columns that it would show.
            assert route in NOTICES or not any(name.encode() in answers[who].body for name in NAMES), (who, path)
            assert answers[who].status in {200, 401, 403}, (who, path, answers[who].body)


@BOTH_WAYS
async def test_no_url_that_graphql_gives_shows_what_its_asker_may_not_see(walked):
    ends = {name: [*kind.fields] for name, kind in walked.schema.type_map.items() if name.endswith("Links")}
    assert ends.keys() == {"TileLinks", "ExportLinks"}
    for layer in walked.layers:
        column = PRIVATE[layer.name][0].upper()
        for who, named in product(("read", "admin"), ("", "(properties: [ATTRIBUTES])")):
            tiles, exports = (f"{{ {' '.join(ends[name])} }}" for name in ("TileLinks", "ExportLinks"))
            selected = f"tiles{named} {tiles} exports{named} {exports}"
            answer = await ask(walked.door, f"{{ {layer.plural} {{ {selected} }} }}", walked.keys[who])
            given = answer.json["data"][layer.plural]
            urls = [*given["tiles"].values(), *given["exports"].values()]
            for url in urls if walked.planner == "on" else urls[:3]:  # they are equal in both ways
                path = "/" + url.split("/", 3)[3].replace("{z}/{x}/{y}", TILE)
                answer = await walked.get(path, "none")
                assert answer.status == 200, (path, answer.body)
                assert shows(answer) is (who == "admin" and "json?" not in path.replace("geojson", "")), (who, path)
            refused = f"{{ {layer.plural} {{ tiles(properties: [{column}]) {{ url }} }} }}"
            assert ("errors" in (await ask(walked.door, refused, walked.keys[who])).json) is (who != "admin")


@WRITTEN
async def test_no_result_of_an_analysis_shows_what_is_private(walked):
    for layer in walked.layers:
        private = PRIVATE[layer.name][0].upper()
        names = walked.schema.type_map[f"{layer.type_name}Column"].values
        methods = {"union: true": "analyst", "voronoi: true": "analyst", "clusterKMeans: {clusters: 1}": "analyst"}
        methods |= {f"dissolve: {{by: {name}}}": "admin" if name == private else "analyst" for name in names}
        for method, who in methods.items():
            given = f"{{{layer.plural}: {{method: {{{method}}}}}}}"
            document = f"mutation {{ startAnalysis(analysis: {given}) {{ id }} }}"
            if who == "admin":
                assert (await ask(walked.door, document, walked.keys["analyst"])).code == "PRIVATE_FIELD"
            answer = await ask(walked.door, document, walked.keys[who])
            job = answer.json["data"]["startAnalysis"]["id"]
            assert await ended(walked, job, who) == "COMPLETE"
            for route, path in RESULTS.items():
                told = await walked.get(path % job, who)
                assert told.status == 200, told.body
                assert shows(told) is (who == "admin" and not route.endswith("json")), (method, path, told.body)
                for other in {*BLIND, "analyst"} - {who}:
                    assert (await walked.get(path % job, other)).status in {401, 403, 404}


async def ended(walked, job, who):
    """The state of an analysis at its end."""
    async with asyncio.timeout(60):
        while True:
            answer = await ask(walked.door, f'{{ analysisJob(id: "{job}") {{ state }} }}', walked.keys[who])
            if (state := answer.json["data"]["analysisJob"]["state"]) not in {"WAITING", "RUNNING"}:
                return state
            await asyncio.sleep(0.1)


@WRITTEN
async def test_no_bulk_load_shows_what_is_private(walked):
    ring = [[-71.1, 42.3], [-71.0, 42.3], [-71.0, 42.4], [-71.1, 42.4], [-71.1, 42.3]]
    for layer in walked.layers:
        column = PRIVATE[layer.name][0]
        for more in ({}, {column: 7, "OWNER 1": "mine"}):
            properties = {layer.natural_key: "1", "zone_code": "R2"} | more
            feature = {"type": "Feature", "properties": properties}
            feature |= {"geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}}
            headers = {"content-type": "application/geo+json-seq", "prefer": "wait=50"}
            for query in ("?on-duplicate=update", "?on-duplicate=error"):
                path, body = f"/bulk/{layer.name}{query}", json.dumps(feature).encode()
                answer = await walked.get(path, "bulk", "POST", headers=headers, body=body)
                assert not shows(answer), answer.body
                assert answer.status < 500, answer.body
                job = answer.json.get("id")
                for part in ("", "/report") if job else ():
                    told = await walked.get(f"/jobs/{job}{part}", "bulk")
                    assert (told.status, shows(told)) == (200, False), told.body
        walker = walked.walker(layer, id=f'"{job}"')
        fields = walked.schema.type_map["Job"]
        document = f"{{ jobs {walker.leaves(fields, 2)} }}"
        answer = await ask(walked.door, document, walked.keys["bulk"])
        assert "errors" not in answer.json, answer.body
        assert not shows(answer)
