"""Hostile geometries through POST /bulk: a valid row or a reason for each, and a database that goes on.

1,000 generated ones; `make fuzz` sends 200,000, GATEWAY_TEST_GEOMETRIES sets another number.
"""

import os

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gateway.ingest.report import Reason
from tests.fixtures.hostile import CORPUS, batches

pytestmark = pytest.mark.examples

GENERATED = int(os.environ.get("GATEWAY_TEST_GEOMETRIES", "1000"))
BATCH = 50
BODY = 2_000
OUTCOMES = ("inserted", "updated", "repaired", "skipped", "rejected")
EXPECTED = {
    "collections nested 5 deep": "GEOMETRY_DEPTH",
    "collections nested 25 deep": "GEOMETRY_DEPTH",
    "ring that crosses itself": "INVALID_GEOMETRY",
    "ring that crosses itself beside a part without rings": "INVALID_GEOMETRY",
    "hole outside": "AMBIGUOUS_REPAIR",
    "ring without area": "REPAIR_FAILED",
    "no ring": "EMPTY_GEOMETRY",
    "degrees out of range": "OUT_OF_RANGE",
    "latitude and longitude swapped": "OUT_OF_RANGE",
    "texts as ordinates": "BAD_GEOMETRY",
    "point": "WRONG_TYPE",
}
UNSOUND = """
SELECT count(*) FROM parcels WHERE NOT ST_IsValid(geom) OR ST_SRID(geom) <> 4326 OR ST_IsEmpty(geom)
    OR NOT ST_IsPolygonCCW(geom)
"""


def lines(geometries, first=0):
    """Lines of GeoJSON of those that GeoJSON can say, with keys from `first` on."""
    for number, geometry in enumerate(geometries, first):
        if "geojson" in geometry:
            feature = {"type": "Feature", "properties": {"parcel_id": str(number)}, "geometry": geometry["geojson"]}
            yield orjson.dumps(feature) + b"\n"


def loaded(client, geometries, first=0):
    """The job of a body of those geometries, when it has ended."""
    body = b"".join(lines(geometries, first))
    status, _, job = client.send("/bulk/parcels", body, **{"Content-Type": "application/geo+json-seq"})
    assert status == 202, job
    return client.ended(job)


@pytest.fixture
async def sentinel(nursery, cluster):
    """An idle connection to the database that is loaded into, which must live to the end."""
    connection = await asyncpg.connect(nursery.url.replace("+asyncpg", ""))
    begin = cluster.log.stat().st_size
    yield
    assert await connection.fetchval(UNSOUND) == 0
    await connection.close()
    with cluster.log.open() as log:
        log.seek(begin)
        assert "terminated by signal" not in log.read()


async def test_known_attacks_are_loaded_repaired_or_told_with_their_reasons(client, sentinel):
    names = list(CORPUS)
    done = loaded(client, [CORPUS[name][0] for name in names])
    assert done["state"] == "complete", done
    assert sum(done["counts"][name] for name in OUTCOMES) == done["counts"]["read"]
    told = {names[int(outcome["key"])]: outcome["code"] for outcome in client.report(done)}
    assert set(told.values()) <= set(Reason)
    assert {name: told.get(name) for name in EXPECTED} == EXPECTED


def generated(number):
    """So many geometries of the strategy."""
    found = []

    @settings(
        max_examples=number // BATCH,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(batches(BATCH, geojson_alone=True))
    def collect(geometries):
        found.extend(geometries)

    collect()
    return found[:number]


async def test_generated_geometries_are_loaded_or_told_what_is_wrong(client, sentinel):
    for sent in range(0, GENERATED, BODY):
        geometries = generated(min(BODY, GENERATED - sent))
        done = loaded(client, geometries, sent)
        counts = done["counts"]
        assert (done["state"], counts["read"]) == ("complete", len(geometries)), done
        assert sum(counts[name] for name in OUTCOMES) == counts["read"]
        told = client.report(done)
        assert {outcome["code"] for outcome in told if outcome["code"]} <= set(Reason)
        assert len(told) == counts["repaired"] + counts["skipped"] + counts["rejected"]
