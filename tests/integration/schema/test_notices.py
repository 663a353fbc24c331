"""Notice lists: whom to tell of a case, each once, and the proof of it."""

import csv
import io
import json
import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote

import pytest
from pyproj import Geod
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.query.ids import encode
from tests.fixtures.door import opened

LIST = """query ($parcels: [ID!], $geometry: GeometryInput, $distance: Float!, $unit: LengthUnit! = METERS,
               $include: [NoticeInclude!]! = [WITHIN_DISTANCE], $asOf: DateTime) {
  noticeList(parcels: $parcels, geometry: $geometry, distance: $distance, unit: $unit, include: $include, asOf: $asOf) {
    recipients { name label distance parcels { distance abuts node { parcelId ownerName } } }
    omitted { reason count parcels { distance node { parcelId } } }
    proof { dataAsOf newestChange distance unit metres include method found recipients }
    files { labels recipients parcels }
  } }"""
# Lots side by side from west to east, then one that meets the first one at a corner alone.
LOTS = {
    "1": ("Ann Subject", "1 A St", None, "Fairmont", "IA", "50101"),
    "2": ("Linden LLC", "PO Box 7", None, "Linden", "IA", "50102"),
    "3": ("Linden, L.L.C.", "P.O. Box 7", None, "LINDEN", "ia", "50102"),
    "4": ("LINDEN  LLC", "po box 7", " ", "Linden", "IA", "50102"),
    "5": (None, "5 A St", None, "Fairmont", "IA", "50101"),
    "6": ("Bo Nowhere", " ", None, "Fairmont", "IA", "50101"),
    "7": ("Cy Björk", "7 A St", "Unit 2", "Fairmont", "IA", "50101"),
    "8": ("=Di <b>&", "8 A St", None, "Fairmont", "IA", "50101"),
}
WIDTH = 0.0005
METRES = Geod(ellps="WGS84").inv(-93.0, 42.001, -93.0 + WIDTH, 42.001)[2]  # of a lot at its northern, shorter end
INSERT = """
    INSERT INTO parcels (parcel_id, owner_name, mailing_address, mailing_address_2, mailing_city, mailing_state,
                         mailing_zip, geom)
    VALUES (:key, :v0, :v1, :v2, :v3, :v4, :v5,
            ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(:west, :south, :east, :north, 4326))))
"""


def rows():
    for place, (key, values) in enumerate(LOTS.items()):
        west, south = (-93 + WIDTH * place, 42.0) if key != "8" else (-93 - WIDTH, 42.001)
        box = {"west": west, "south": south, "east": west + WIDTH, "north": south + 0.001}
        yield {"key": key, **box, **{f"v{number}": value for number, value in enumerate(values)}}


@pytest.fixture
async def database(empty_database, settings):
    made = Database(settings.database, empty_database)
    async with made.engine.begin() as connection:
        await connection.execute(text(INSERT), list(rows()))
    yield made
    await made.dispose()


@pytest.fixture
async def door(database, empty_database, settings):
    """The gateway on a street of lots, to a caller who sees all."""
    everything = settings.auth.model_copy(update={"private": {}})
    url = settings.database.model_copy(update={"url": empty_database})
    async with opened(create_app(settings.model_copy(update={"auth": everything, "database": url}))) as made:
        yield made


def parcel(number):
    return encode(PARCELS, number)


async def told(door, **variables):
    answer = await door.post(LIST, variables)
    assert "errors" not in answer.json, answer.json["errors"]
    return answer.json["data"]["noticeList"]


async def refused(door, **variables):
    error = (await door.post(LIST, {"distance": 10, **variables})).json["errors"][0]
    return error["extensions"]["code"], error["extensions"]["argument"]


def keys(parcels):
    return [each["node"]["parcelId"] for each in parcels]


def left(found):
    return {each["reason"]: keys(each["parcels"]) for each in found["omitted"]}


def listed(found):
    return sorted(key for each in found["recipients"] for key in keys(each["parcels"]))


async def read(door, url):
    return await door.request("GET", url.removeprefix("http://gateway.test"))


async def test_each_name_and_address_is_told_once_and_all_others_are_accounted_for(door):
    found = await told(door, parcels=[parcel(1)], distance=10 * METRES)

    assert [each["name"] for each in found["recipients"]] == ["Linden LLC", "=Di <b>&", "Cy Björk"]
    assert [keys(each["parcels"]) for each in found["recipients"]] == [["2", "3", "4"], ["8"], ["7"]]
    assert found["recipients"][2]["label"] == ["Cy Björk", "7 A St", "Unit 2", "Fairmont IA 50101"]
    assert left(found) == {
        "SUBJECT": ["1"],
        "NO_OWNER": ["5"],
        "NO_MAILING_ADDRESS": ["6"],
        "DUPLICATE": ["3", "4"],
    }
    assert found["proof"]["found"] == 8 == 3 + sum(each["count"] for each in found["omitted"])


async def test_distances_are_from_the_boundary_of_the_nearest_subject_in_the_unit_that_was_asked_for(door):
    metres = await told(door, parcels=[parcel(1), parcel(5)], distance=2 * METRES)
    feet = await told(door, parcels=[parcel(5), parcel(1)], distance=2 * METRES / 0.3048, unit="FEET")

    nearest = dict.fromkeys("2468", 0.0) | {"3": METRES, "7": METRES}
    for found, unit in ((metres, 1.0), (feet, 0.3048)):
        parcels = [*found["recipients"], *found["omitted"]]
        distances = {each["node"]["parcelId"]: each["distance"] for one in parcels for each in one["parcels"]}
        assert {key: distances[key] * unit for key in nearest} == pytest.approx(nearest, abs=0.001)
    assert feet["proof"]["metres"] == pytest.approx(2 * METRES)


async def test_a_parcel_at_the_distance_is_on_the_list_and_one_a_little_beyond_is_told_as_borderline(door):
    found = (await told(door, parcels=[parcel(6)], distance=1.5 * METRES))["recipients"]
    distance = next(each["distance"] for each in found if keys(each["parcels"]) == ["4"])

    at = await told(door, parcels=[parcel(6)], distance=distance)
    short = await told(door, parcels=[parcel(6)], distance=distance - 0.001)

    assert "4" in listed(at)
    assert left(short)["BORDERLINE"] == ["4"]
    assert "4" not in listed(short)


async def test_include_says_what_is_on_the_list(door):
    async def on(*include, distance=10 * METRES):
        return listed(await told(door, parcels=[parcel(2)], distance=distance, include=list(include)))

    assert await on("ABUTTERS") == ["1", "3"]
    assert await on("ABUTTERS", distance=0) == ["1", "3"]
    assert await on("ABUTTERS", "SUBJECT") == ["1", "2", "3"]
    assert await on("ABUTTERS", "ABUTTERS_TO_ABUTTERS") == ["1", "3", "4", "8"]
    assert await on("ABUTTERS", "ABUTTERS_TO_ABUTTERS", distance=METRES / 2) == ["1", "3"]
    assert await on("WITHIN_DISTANCE") == ["1", "3", "4", "7", "8"]
    assert await on("SUBJECT") == ["2"]


async def test_from_a_geometry_what_lies_in_it_is_at_zero_and_a_circle_begins_at_its_edge(door):
    middle = [-93 + WIDTH * 1.5, 42.0005]
    within = await told(door, geometry={"bbox": [-93 + WIDTH, 42, -93 + WIDTH * 2, 42.001]}, distance=1)
    assert listed(within) == ["1", "2", "3"]
    assert within["recipients"][0]["distance"] == 0
    circle = {"circle": {"center": middle, "radius": METRES / 2 - 1}}
    assert listed(await told(door, geometry=circle, distance=0.5)) == ["2"]
    assert listed(await told(door, geometry=circle, distance=1.5)) == ["1", "2", "3"]
    node = await told(door, geometry={"node": parcel(2)}, distance=1)
    assert left(node)["SUBJECT"] == ["2"]


async def test_as_of_a_moment_owners_addresses_and_borders_are_those_of_then(door, database):
    before = await told(door, parcels=[parcel(1)], distance=3 * METRES)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE parcels SET owner_name = 'New Owner' WHERE parcel_id = '2'"))
        await connection.execute(text("DELETE FROM parcels WHERE parcel_id = '8'"))

    now = await told(door, parcels=[parcel(1)], distance=3 * METRES)
    then = await told(door, parcels=[parcel(1)], distance=3 * METRES, asOf=before["proof"]["dataAsOf"])

    assert [each["name"] for each in now["recipients"]] == ["New Owner", "Linden, L.L.C."]
    assert {**then, "files": None} == {**before, "files": None}
    assert then["recipients"][0]["parcels"][0]["node"]["ownerName"] == "Linden LLC"
    # The files of a list are of its moment, whatever was changed since.
    table = (await read(door, before["files"]["recipients"])).body.decode()
    assert "New Owner" not in table
    assert "Linden LLC" in table


async def test_the_tables_hold_what_the_list_does_and_nothing_that_a_spreadsheet_would_run(door):
    found = await told(door, parcels=[parcel(1)], distance=10 * METRES / 0.3048, unit="FEET")
    answers = {name: await read(door, url) for name, url in found["files"].items()}
    merge, record = (
        list(csv.DictReader(io.StringIO(answers[name].body.decode()))) for name in ("recipients", "parcels")
    )

    assert [row["parcels"] for row in merge] == ["2; 3; 4", "8", "7"]
    assert [row["ownerName"] for row in merge] == ["Linden LLC", "'=Di <b>&", "Cy Björk"]
    assert merge[2] | {"dataAsOf": ""} == {
        "ownerName": "Cy Björk",
        "mailingAddress": "7 A St",
        "mailingAddress2": "Unit 2",
        "mailingCity": "Fairmont",
        "mailingState": "IA",
        "mailingZip": "50101",
        "parcels": "7",
        "distance": f"{found['recipients'][2]['distance']:.2f}",
        "unit": "feet",
        "dataAsOf": "",
    }
    assert merge[0]["dataAsOf"] == found["proof"]["dataAsOf"]
    statuses = {row["parcelId"]: row["status"] for row in record}
    assert statuses == {key: reason for reason, each in left(found).items() for key in each} | dict.fromkeys(
        "278", "LISTED"
    )
    assert answers["recipients"].headers["content-disposition"] == 'attachment; filename="recipients.csv"'


async def test_the_page_of_labels_is_thirty_a_sheet_escaped_without_scripts_and_says_its_proof_first(door, database):
    more = [row | {"key": f"1{place}", "v0": f"Owner {place}"} for place, row in enumerate([next(rows())] * 31)]
    async with database.engine.begin() as connection:
        await connection.execute(text(INSERT), more)
    found = await told(door, parcels=[parcel(1)], distance=10 * METRES / 0.3048, unit="FEET")
    answer = await read(door, found["files"]["labels"])
    page = answer.body.decode()

    first, *sheets = page.split("<ol>")
    assert [sheet.count("<li>") for sheet in sheets] == [30, 4]
    assert found["proof"]["dataAsOf"] in first
    assert "No mailing address is known." in first
    assert f"{10 * METRES:.3f} m" in first
    assert "<li>=Di &lt;b&gt;&amp;<br>8 A St<br>Fairmont IA 50101</li>" in page
    assert "<script" not in page
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_url_written_by_hand_takes_the_arguments_as_json(door):
    given = {"parcels": [parcel(1)], "distance": 30, "include": ["ABUTTERS"]}
    answer = await door.request("GET", f"/notice/recipients.csv?notice={quote(json.dumps(given))}")
    assert [row.split(",")[0] for row in answer.body.decode().splitlines()] == ["ownerName", "Linden LLC", "'=Di <b>&"]
    assert (await door.request("GET", "/notice/list.pdf")).code == "NOT_FOUND"
    assert (await door.request("GET", "/notice/parcels.csv")).code == "BAD_ARGUMENT"
    assert (await door.request("POST", "/notice/parcels.csv")).code == "METHOD_NOT_ALLOWED"
    wrong = quote(json.dumps(given | {"radius": 3}))
    assert (await door.request("GET", f"/notice/parcels.csv?notice={wrong}")).code == "BAD_ARGUMENT"


async def test_what_cannot_be_a_whole_list_is_refused(door, settings, empty_database):
    assert await refused(door) == ("BAD_ARGUMENT", ["parcels"])
    assert await refused(door, parcels=[parcel(1)], geometry={"bbox": [0, 0, 1, 1]}) == ("BAD_ARGUMENT", ["parcels"])
    assert await refused(door, parcels=[]) == ("LIST_LIMIT", ["parcels"])
    assert await refused(door, parcels=[parcel(1), parcel(99)]) == ("ROW_NOT_FOUND", ["parcels", 1])
    assert await refused(door, parcels=[encode(ZONING_DISTRICTS, 1)]) == ("BAD_ID", ["parcels", 0])
    assert await refused(door, geometry={"node": encode(ZONING_DISTRICTS, 1)}) == (
        "ROW_NOT_FOUND",
        ["geometry", "node"],
    )
    assert await refused(door, parcels=[parcel(1)], distance=-1) == ("OUT_OF_RANGE", ["distance"])
    assert await refused(door, parcels=[parcel(1)], include=[]) == ("BAD_ARGUMENT", ["include"])
    few = settings.model_copy(update={"limits": settings.limits.model_copy(update={"notice_parcels": 3})})
    few = few.model_copy(
        update={
            "database": settings.database.model_copy(update={"url": empty_database}),
            "auth": settings.auth.model_copy(update={"private": {}}),
        }
    )
    async with opened(create_app(few)) as small:
        assert await refused(small, parcels=[parcel(1)], distance=100) == ("LIST_LIMIT", ["distance"])


async def test_to_those_who_may_not_see_owners_the_list_is_refused_with_the_scope_that_it_needs(
    database, empty_database, settings
):
    url = settings.database.model_copy(update={"url": empty_database})
    async with opened(create_app(settings.model_copy(update={"database": url}))) as door:
        error = (await door.post(LIST, {"parcels": [parcel(1)], "distance": 30})).json["errors"][0]
        given = quote(json.dumps({"parcels": [parcel(1)], "distance": 30}))
        answer = await door.request("GET", f"/notice/labels.html?notice={given}")
    assert error["extensions"]["code"] == answer.code == "UNAUTHENTICATED"
    assert answer.status == 401
    assert error["message"].startswith("A notice list shows ownerName, mailingAddress, mailingAddress2, mailingCity,")
    assert "It needs the scope write." in error["message"]
