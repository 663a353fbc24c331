"""One filter, every transport: connection, FeatureCollection, tiles and export have the same rows."""

import asyncio
import json
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.settings import Settings
from tests.fixtures.exported import read
from tests.fixtures.mapping import mapped

DOCUMENT = """
    query ($filters: ParcelFilter) {
      parcels(filters: $filters, first: 1000) {
        nodes { featureId }
        featureCollection(properties: [])
        tiles { url }
        exports { geojson geojsonSeq csv flatgeobuf geoparquet arrow }
      }
    }
"""
WEST, SOUTH, EAST, NORTH = -93.302, 41.998, -93.288, 42.009

points = st.tuples(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))


def box(corners):
    (x1, y1), (x2, y2) = corners
    return {"bbox": [min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)]}


boxes = st.tuples(points, points).map(box)
circles = st.builds(lambda center, radius: {"circle": {"center": center, "radius": radius}}, points, st.floats(1, 900))
lookups = st.one_of(
    st.builds(lambda name, target: {"geometry": {name: target}}, st.sampled_from(["intersects", "within"]), boxes),
    st.builds(lambda target: {"geometry": {"intersects": target}}, circles),
    st.builds(lambda year: {"yearBuilt": {"gt": year}}, st.integers(1850, 2020)),
    st.builds(lambda use: {"landUse": {"inList": use}}, st.lists(st.sampled_from(["Park", "Retail", "Office"]))),
    st.builds(lambda zone: {"zoningDistricts": {"some": {"category": {"exact": zone}}}}, st.sampled_from(["mixed"])),
    st.builds(lambda missing: {"address": {"isNull": missing}}, st.booleans()),
    st.builds(lambda text: {"search": {"match": text}}, st.sampled_from(["lane", "1 rvier", "north", "nowhere"])),
)
filters = st.recursive(
    lookups,
    lambda inner: st.one_of(
        st.builds(lambda item: {"not": item}, inner),
        st.builds(lambda name, items: {name: items}, st.sampled_from(["and", "or"]), st.lists(inner, max_size=3)),
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def ask(small, tmp_path_factory):
    """What every transport says of a filter, as sets of ids by name."""
    with asyncio.Runner() as runner:
        opening = mapped(Settings(data_dir=tmp_path_factory.mktemp("transports")), small)
        found = runner.run(opening.__aenter__())
        yield lambda wanted, of=_transports: runner.run(of(found, wanted))
        runner.run(opening.__aexit__(None, None, None))


async def _transports(found, wanted):
    answer = await found.door.post(DOCUMENT, {"filters": wanted})
    assert "errors" not in answer.json, answer.json
    told = answer.json["data"]["parcels"]
    paths = {name: url.removeprefix("http://gateway.test") for name, url in told["exports"].items()}
    query = "?" + told["tiles"]["url"].partition("?")[2]
    lines = (await found.get(paths["geojsonSeq"])).body.splitlines()
    rows = (await found.get(paths["csv"] + ("&" if "?" in paths["csv"] else "?") + "properties=")).body.splitlines()
    return {
        "connection": {node["featureId"] for node in told["nodes"]},
        "collection": {feature["id"] for feature in told["featureCollection"]["features"]},
        "tiles": await found.ids("parcels", 16, query),
        "geojson": {feature["id"] for feature in (await found.get(paths["geojson"])).json["features"]},
        "lines": {json.loads(line)["id"] for line in lines},
        "csv": {int(row.split(b",")[0]) for row in rows[1:]},
    }


async def _packed(found, wanted, folder):
    answer = await found.door.post(DOCUMENT, {"filters": wanted})
    told = answer.json["data"]["parcels"]
    packed = {}
    for name, form in (("flatgeobuf", "fgb"), ("geoparquet", "parquet"), ("arrow", "arrow")):
        body = (await found.get(told["exports"][name].removeprefix("http://gateway.test"))).body
        packed[name] = {*read(folder / f"rows.{form}", body)[1]["id"].to_pylist()}
    return {node["featureId"] for node in told["nodes"]}, packed


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters)
def test_every_transport_has_the_same_rows(ask, wanted):
    found = ask(wanted)
    assert all(ids == found["connection"] for ids in found.values()), {name: len(ids) for name, ids in found.items()}


# Fewer: a process is started for each file.
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters)
def test_binary_formats_have_the_same_rows(ask, tmp_path, wanted):
    connection, packed = ask(wanted, partial(_packed, folder=tmp_path))
    assert packed == dict.fromkeys(packed, connection)
