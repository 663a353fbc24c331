"""Whatever rows three jurisdictions have, at every door they answer together as one schema that has all of them.

And who may see some of them is answered as by a schema that has the rows of these. The same on the nodes of a cluster.
"""

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.models.jurisdiction import BITS
from gateway.settings import AuthSettings, DatabaseSettings, Settings, TileSettings
from tests.fixtures.citus import fill_two
from tests.fixtures.door import JSON, on, opened
from tests.fixtures.examples import examples
from tests.fixtures.jurisdictions import PLACES
from tests.fixtures.mvt import decode
from tests.integration.identity.conftest import SECRET, token
from tests.integration.jurisdictions.test_together import near

SCHEMAS = ("public", "alpha", "beta")
WEST, SOUTH, STEP = -71.1, 42.3, 0.0004  # of a grid whose lines are borders of parcels and of jurisdictions
SIDES = 6
PAGED = """query ($after: String, $order: [%(layer)sOrder!], $filters: %(layer)sFilter) {
  it: %(field)s(first: 4, after: $after, order: $order, filters: $filters) {
    totalCount extent pageInfo { hasNextPage endCursor } edges { distance node { id } } } }"""
BACK = PAGED.replace("first: 4, after", "last: 3, before").replace(
    "hasNextPage endCursor", "hasPreviousPage startCursor"
)
MIDDLE = {"wkt": f"POINT({WEST + 2.3 * STEP} {SOUTH + 1.7 * STEP})"}
BOX = {"geometry": {"intersects": {"bbox": [WEST + 0.5 * STEP, SOUTH, WEST + 3 * STEP, SOUTH + 2.2 * STEP]}}}
ORDERS = {
    "Parcel": [[], [{"parcelId": "DESC"}], [{"landUse": "ASC"}, {"assessedValue": "DESC_NULLS_LAST"}]],
    "ZoningDistrict": [[{"zoneCode": "ASC"}]],
}
DOCUMENTS = (
    """{ parcels(first: 100) { nodes { id
        neighbors(first: 3) { totalCount edges { sharedBorderM node { id } } }
        zoningDistricts { edges { overlapAreaSqm coverage isPrimary node { id } } } } } }""",
    """{ parcels(first: 100) { nodes { id
        neighbors { edgeAggregate { count sum { sharedBorderM } max { sharedBorderM } } }
        zoningDistricts { edgeAggregate { count sum { overlapAreaSqm coverage } avg { coverage } } } } } }""",
    """{ zoningDistricts(first: 100) { nodes { id
        parcels(first: 2, order: [{areaSqm: DESC}]) { totalCount nodes { id } } } } }""",
    """{ parcels {
        aggregate { count sum { assessedValue } max { yearBuilt } areaSqm extent }
        groupBy(keys: [{column: LAND_USE}]) {
            totalCount groups { key { landUse } aggregate { count sum { assessedValue } } } } } }""",
    """{ parcels { groupBy(keys: [{zoningDistricts: OVERLAP}]) {
        groups { key { zoningDistricts { code } } weight } } } }""",
    '{ parcels(filters: {neighbors: {some: {landUse: {exact: "Farm"}}}}) { totalCount nodes { id } } }',
    "{ parcels { clusters(zoom: 12) { clusterId pointCount geometry bbox } } }",
    '{ search(text: "north mil", first: 20) { score node { id } } }',
    '{ parcels(filters: {search: {match: "lane"}}) { totalCount nodes { id } } }',
    "{ parcels { distinct(field: {column: ADDRESS}) { values { value count } } } }",
)


@dataclass(frozen=True)
class Place:
    schema: int
    x: int
    y: int
    width: int
    height: int
    use: str | None
    value: int | None
    address: str | None

    @property
    def shape(self):
        west, south = WEST + self.x * STEP, SOUTH + self.y * STEP
        sides = f"{west}, {south}, {west + self.width * STEP}, {south + self.height * STEP}"
        return f"ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope({sides}, 4326)))"


def places(most):
    corner = st.integers(0, SIDES - 1)
    uses, addresses = st.sampled_from([None, "Farm", "Shop"]), st.sampled_from([None, "1 North Mill Lane", "2 Mill St"])
    size, value = st.integers(1, most), st.none() | st.integers(0, 5)
    return st.builds(Place, st.integers(0, 2), corner, corner, size, size, uses, value, addresses)


def statements(parcels, districts, *, whole, seen=SCHEMAS):
    """What fills a database with the rows, in one schema with those that are `seen`, or in three."""
    times = "'2026-01-01T00:00Z', '2026-01-02T00:00Z'"
    for schema in SCHEMAS[:1] if whole else SCHEMAS:
        yield f"TRUNCATE {schema}.parcels, {schema}.zoning_districts"
    for number, row in enumerate(parcels):
        if whole and SCHEMAS[row.schema] not in seen:
            continue
        into = SCHEMAS[0] if whole else SCHEMAS[row.schema]
        values = [(row.schema << BITS) + number + 1, f"'k{number}'", _text(row.use), row.value or "NULL"]
        values += [1900 + (row.value or 0), _text(row.address), row.shape, times]
        columns = "id, parcel_id, land_use, assessed_value, year_built, address, geom, created_at, updated_at"
        yield f"INSERT INTO {into}.parcels ({columns}) VALUES ({', '.join(map(str, values))})"
    for number, row in enumerate(districts):
        if whole and SCHEMAS[row.schema] not in seen:
            continue
        into = SCHEMAS[0] if whole else SCHEMAS[row.schema]
        values = [
            (row.schema << BITS) + number + 1,
            f"'d{number}'",
            f"'R{row.value}'",
            f"'{row.use}'",
            row.shape,
            times,
        ]
        columns = "id, code, zone_code, name, geom, created_at, updated_at"
        yield f"INSERT INTO {into}.zoning_districts ({columns}) VALUES ({', '.join(map(str, values))})"


def _text(value):
    return "NULL" if value is None else f"'{value}'"


class Both:
    """One gateway on a database of one schema, and one on a database of three, with a credential where it sees some."""

    def __init__(self, databases, doors):
        self.databases = databases
        self.doors = doors
        self.credentials = {}

    async def fill(self, parcels, districts, seen=None):
        self.credentials = {"x-api-key": token(jurisdictions=sorted(seen), scope="read")} if seen else {}
        for whole, database in zip((True, False), self.databases, strict=True):
            async with database.engine.begin() as connection:
                for statement in statements(parcels, districts, whole=whole, seen=seen or SCHEMAS):
                    await connection.execute(text(statement.replace(":", r"\:")))

    async def ask(self, document, variables, cursors=(None, None)):
        """The data of both; cursors are of one gateway each."""
        answers = []
        for door, begin, cursor in zip(self.doors, ("", "/j/all"), cursors, strict=True):
            body = orjson.dumps({"query": document, "variables": variables | {"after": cursor}})
            answer = await door.request("POST", f"{begin}/graphql", headers=JSON | self._headers(begin), body=body)
            assert "errors" not in answer.json, answer.body
            answers.append(answer.json["data"])
        return answers

    async def get(self, path):
        answers = [
            await door.request("GET", f"{begin}{path}", headers=self._headers(begin))
            for door, begin in zip(self.doors, ("", "/j/all"), strict=True)
        ]
        assert [each.status for each in answers] == [200, 200], answers[1].body
        return [each.body for each in answers]

    def _headers(self, begin):
        return self.credentials if begin else {}


@pytest.fixture(scope="module", params=PLACES)
def both(request, cluster, migrated, tmp_path_factory):
    """Both gateways; no tile is kept, and nothing of what was asked before."""

    async def opening():
        stack.extend([opened(create_app(on(given, url))) for url in urls])
        doors = [await each.__aenter__() for each in stack]
        databases = [Database(DatabaseSettings(), url, timeout_ms=0) for url in urls]
        return Both(databases, doors)

    async def closing(made):
        for each in stack:
            await each.__aexit__(None, None, None)
        for each in made.databases:
            await each.dispose()

    stack, tiles, clustered = [], TileSettings(cache_bytes=0), request.param == "citus"
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    given = Settings(data_dir=tmp_path_factory.mktemp("data"), tiles=tiles, auth=auth)
    several = on_nodes(request) if clustered else cluster.copy(request.getfixturevalue("apart_template"))
    with cluster.copy(migrated) as one, several as three, asyncio.Runner() as runner:
        urls = (one, three)
        made = runner.run(opening())
        yield runner, made
        runner.run(closing(made))


@contextmanager
def on_nodes(request):
    """URL of a cluster with the jurisdictions alpha and beta on its nodes."""
    with request.getfixturevalue("citus").database() as url:
        asyncio.run(fill_two(url))
        yield url


async def pages(both, document, field, order, filters):
    """The pages of both, by cursors of their own."""
    cursors, turned = (None, None), "first" not in document
    ends = ("hasPreviousPage", "startCursor") if turned else ("hasNextPage", "endCursor")
    for _ in range(20):
        whole, together = await both.ask(document, {"order": order, "filters": filters}, cursors)
        infos = [answer["it"].pop("pageInfo") for answer in (whole, together)]
        assert near(together) == near(whole)
        assert infos[0][ends[0]] == infos[1][ends[0]]
        if not infos[0][ends[0]]:
            return
        cursors = tuple(info[ends[1]] for info in infos)
    raise AssertionError(f"{field} has no last page")


async def compared(both, parcels, districts, seen=None):
    await both.fill(parcels, districts, seen)
    for layer, field in (("Parcel", "parcels"), ("ZoningDistrict", "zoningDistricts")):
        for order in [*ORDERS[layer], [{"distanceTo": MIDDLE}]]:
            for document in (PAGED, BACK):
                for filters in (None, BOX):
                    await pages(both, document % {"layer": layer, "field": field}, field, order, filters)
    for document in DOCUMENTS:
        whole, together = await both.ask(document, {})
        assert near(together) == near(whole), document
    for path in ("/export/parcels.csv", "/export/zoning_districts.geojson"):
        whole, together = await both.get(path)
        assert together == whole, path
    for path in ("14/4956/6058", "15/9912/12117", "16/19825/24234", "8/77/94", "4/4/5"):
        for query in ("", "?filters=" + quote(json.dumps({"landUse": {"exact": "Farm"}}))):
            whole, together = map(drawn, await both.get(f"/tiles/parcels/{path}.mvt{query}"))
            assert together == whole, path


def drawn(tile):
    """What a tile shows; cells of an overview are in no order."""
    return {layer.name: sorted(map(repr, layer.features)) for layer in decode(tile).values()}


def test_three_jurisdictions_answer_as_one_schema_with_all_rows(both):
    runner, doors = both

    @settings(
        max_examples=examples(6, 300),
        phases=(Phase.generate, Phase.shrink),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(parcels=st.lists(places(2), max_size=24), districts=st.lists(places(5), max_size=5))
    def check(parcels, districts):
        runner.run(compared(doors, parcels, districts))

    check()


def test_some_of_three_answer_as_one_schema_with_their_rows(both):
    runner, doors = both

    @settings(
        max_examples=examples(6, 300),
        phases=(Phase.generate, Phase.shrink),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        parcels=st.lists(places(2), min_size=6, max_size=24),
        districts=st.lists(places(5), max_size=5),
        seen=st.sets(st.sampled_from(SCHEMAS), min_size=1),
    )
    def check(parcels, districts, seen):
        runner.run(compared(doors, parcels, districts, seen))

    check()


def test_neighbours_are_found_across_the_line_between_two(both):
    runner, doors = both
    row = Place(1, 2, 2, 1, 1, None, 1, None)
    beside = Place(2, 3, 2, 1, 1, None, 1, None)

    async def asked():
        await doors.fill([row, beside], [])
        _, together = await doors.ask("{ parcels { nodes { parcelId neighbors { nodes { parcelId } } } } }", {})
        return {
            node["parcelId"]: [each["parcelId"] for each in node["neighbors"]["nodes"]]
            for node in together["parcels"]["nodes"]
        }

    assert runner.run(asked()) == {"k0": ["k1"], "k1": ["k0"]}
