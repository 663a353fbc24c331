"""Hostile geometries in writes: a clear code or a valid row, and a database that goes on whatever is sent.

1,000 generated ones; `make fuzz` sends 200,000, GATEWAY_TEST_GEOMETRIES sets another number.
"""

import os
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway import errors
from tests.fixtures.hostile import CORPUS, LITERALS, batches
from tests.integration.writing.conftest import square

ROWS = 60
BATCH = 50
EXAMPLES = int(os.environ.get("GATEWAY_TEST_GEOMETRIES", "1000")) // BATCH
WRITES = {
    "create": """mutation ($rows: [ParcelInput!]!, $onInvalid: OnInvalid! = REJECT) {
        written: createParcels(inputs: $rows, atomic: false, onInvalid: $onInvalid) { ...Told } }""",
    "upsert": """mutation ($rows: [ParcelInput!]!, $onInvalid: OnInvalid! = REJECT) {
        written: upsertParcels(inputs: $rows, atomic: false, onInvalid: $onInvalid) { ...Told } }""",
    "update": """mutation ($rows: [ParcelChange!]!, $onInvalid: OnInvalid! = REJECT) {
        written: updateParcels(changes: $rows, atomic: false, onInvalid: $onInvalid) { ...Told } }""",
}
TOLD = """
fragment Told on ParcelWrites {
  results { outcome error { code message argument } parcel { geometry } }
  affected { bbox }
}
"""
CODES = {kind.code for kind in errors.catalogue(errors.ArgumentError)}
UNSOUND = """
SELECT count(*) FROM parcels WHERE NOT ST_IsValid(geom) OR ST_SRID(geom) <> 4326 OR ST_IsEmpty(geom)
    OR NOT ST_IsPolygonCCW(geom) OR GeometryType(geom) <> 'MULTIPOLYGON'
    OR NOT ST_Within(geom, ST_MakeEnvelope(-180, -90, 180, 90, 4326))
"""


class Sentinel:
    """An idle connection, and the server's log from when it opened."""

    def __init__(self, connection, log):
        self._connection = connection
        self._log = log
        self._from = log.stat().st_size

    async def check(self):
        assert await self._connection.fetchval(UNSOUND) == 0
        with self._log.open() as log:
            log.seek(self._from)
            assert "terminated by signal" not in log.read()


@pytest.fixture
async def sentinel(empty_database, cluster):
    connection = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    found = Sentinel(connection, cluster.log)
    yield found
    await found.check()
    await connection.close()


class Sender:
    """Sends geometries as one write of many rows."""

    def __init__(self, clerk):
        self._clerk = clerk
        self._keys = count()
        self._ids = []

    async def send(self, verb, geometries, **variables):
        """The code that answers each geometry, or None where it was written."""
        rows = dict(enumerate(await self._rows(verb, geometries)))
        found = {}
        while rows:
            answer = await self._clerk.send(WRITES[verb] + TOLD, rows=list(rows.values()), **variables)
            if answer.status == 200:
                assert "errors" not in answer.json, answer.body
                results = answer.json["data"]["written"]["results"]
                told = {at: self._told(geometries[at], result) for at, result in zip(rows, results, strict=True)}
                return found | told
            # What no variable may hold is refused before anything is written: the others are sent again.
            assert answer.status == 400, answer.body
            for error in answer.json["errors"]:
                assert error["extensions"]["argument"][0] == "$rows", error
                assert error["extensions"]["code"] in CODES
                found[list(rows)[error["extensions"]["argument"][1]]] = error["extensions"]["code"]
            rows = {at: row for at, row in rows.items() if at not in found}
        return found

    def _told(self, geometry, result):
        if result["error"] is None:
            assert result["outcome"] != "FAILED", geometry
            assert result["parcel"]["geometry"]["type"] == "MultiPolygon", geometry
            return None
        assert result["error"]["code"] in CODES, geometry
        assert "geometry" in result["error"]["argument"], (geometry, result)
        return result["error"]["code"]

    async def _rows(self, verb, geometries):
        if verb == "create":
            return [{"parcelId": f"new {next(self._keys)}", "geometry": geometry} for geometry in geometries]
        if verb == "upsert":
            return [{"parcelId": f"old {at}", "geometry": geometry} for at, geometry in enumerate(geometries)]
        if not self._ids:
            made = "mutation ($rows: [ParcelInput!]!) { createParcels(inputs: $rows) { results { parcel { id } } } }"
            rows = [{"parcelId": f"row {number}", "geometry": square(-93.0)} for number in range(ROWS)]
            results = (await self._clerk.data(made, rows=rows))["createParcels"]["results"]
            self._ids += [result["parcel"]["id"] for result in results]
        return [
            {"id": row, "patch": {"geometry": geometry}} for row, geometry in zip(self._ids, geometries, strict=False)
        ]


@pytest.fixture
def sender(clerk, sentinel):
    """Sends writes; at the end the sentinel looks at what they left."""
    return Sender(clerk)


async def test_known_attacks_are_answered_with_their_codes(sender):
    for verb in WRITES:
        found = await sender.send(verb, [geometry for geometry, _ in CORPUS.values()])
        assert dict(zip(CORPUS, map(found.get, range(len(CORPUS))), strict=True)) == {
            name: code for name, (_, code) in CORPUS.items()
        }


async def test_known_attacks_that_may_be_repaired_are_repaired_or_told(sender):
    names = ["ring that crosses itself", "ring without area", "two polygons that overlap", "point"]
    found = await sender.send("upsert", [CORPUS[name][0] for name in names], onInvalid="REPAIR")
    assert list(found.values()) == [None, "REPAIR_FAILED", None, "GEOMETRY_TYPE"]


async def test_known_attacks_in_the_text_of_a_document_are_answered_with_their_codes(clerk, sentinel):
    document = 'mutation { createParcel(input: {parcelId: "a", geometry: {%s}}) { outcome } }'
    for name, (geometry, code) in LITERALS.items():
        answer = await clerk.send(document % geometry)
        assert answer.status in {200, 400}
        assert answer.code == code, name


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(verb=st.sampled_from(list(WRITES)), geometries=batches(BATCH))
async def test_generated_geometries_are_written_or_told_what_is_wrong(sender, verb, geometries):
    await sender.send(verb, geometries)
