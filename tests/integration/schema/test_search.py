"""A typed text finds rows, whatever is abbreviated, accented, punctuated or misspelt in it."""

from urllib.parse import quote

import asyncpg
import pytest
from sqlalchemy import make_url, text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from tests.fixtures.door import opened

SEARCH = """query ($text: String!, $layers: [SearchLayer!], $near: GeometryInput, $within: GeometryInput, $first: Int) {
  search(text: $text, layers: $layers, near: $near, within: $within, first: $first) {
    layer score matched parts { text matched }
    node { id ... on Parcel { parcelId address } ... on ZoningDistrict { code } }
  } }"""
FILTER = "query ($text: String!) { parcels(filters: {search: {match: $text}}) { nodes { parcelId } } }"
ROWS = {
    "00012-034": ("12 North Main Street", "Smith, John", 0),
    "00012-035": ("12 South Main Street", "L.L.C. Holdings of Łódź", 1),
    "00012-036": ("140 Saint Mary's Ave. Apt #4", "Nuñez-O'Brien Family Trust", 2),
    "00013-001": ("7 Jefferson Boulevard", "東京不動産", 3),
    "00013-002": ("1200 Washington Pl", "Москва Банк", 4),
    "R7/1": ("88 Elm Court", "Smith Realty LLC", 5),
    "x" * 3000: ("Rue de l'Église " + "é" * 5000, None, 6),
}


@pytest.fixture
async def door(empty_database, settings):
    """The gateway on a few parcels a degree apart and a district, to a caller who sees all."""
    database = Database(settings.database, empty_database)
    square = (
        "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope(CAST(:x AS float), 42.3, CAST(:x AS float) + 0.01, 42.31, 4326)))"
    )
    async with database.engine.begin() as connection:
        for key, (address, owner, place) in ROWS.items():
            row = {"key": key[:2600], "address": address, "owner": owner, "x": -71.0 + place}
            insert = (
                f"INSERT INTO parcels (parcel_id, address, owner_name, geom) VALUES (:key, :address, :owner, {square})"
            )
            await connection.execute(text(insert), row)
        insert = (
            f"INSERT INTO zoning_districts (code, zone_code, name, geom) VALUES ('Z-1', 'R1', 'Main Way', {square})"
        )
        await connection.execute(text(insert), {"x": 0.0})
    await database.dispose()
    everything = settings.auth.model_copy(update={"private": {}})
    given = settings.model_copy(
        update={"auth": everything, "database": settings.database.model_copy(update={"url": empty_database})}
    )
    async with opened(create_app(given)) as made:
        yield made


async def hits(door, text, **variables):
    answer = await door.post(SEARCH, {"text": text, **variables})
    assert "errors" not in answer.json, answer.json["errors"]
    return answer.json["data"]["search"]


async def keys(door, text, **variables):
    return [hit["node"].get("parcelId") or hit["node"]["code"] for hit in await hits(door, text, **variables)]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("12 north main street", "00012-034"),
        ("12 N. Main St", "00012-034"),
        ("main 12 n", "00012-034"),
        ("jef", "00013-001"),
        ("7 je", "00013-001"),
        ("7 jeffersno blvd", "00013-001"),
        ("7 Jeferson Blvd.", "00013-001"),
        ("7 jxfferson boulevrad", "00013-001"),
        ("140 st marys avenue apartment 4", "00012-036"),
        ("saint mary's", "00012-036"),
        ("1200 wahsington place", "00013-002"),
        ("88 elmm ct", "R7/1"),
        ("00012-034", "00012-034"),
        ("00012034", "00012-034"),
        ("00012 034", "00012-034"),
        ("000120", "00012-034"),
        ("r71", "R7/1"),
        ("smith john", "00012-034"),
        ("Smith Realty L.L.C.", "R7/1"),
        ("holdings lodz llc", "00012-035"),
        ("NUNEZ OBRIEN", "00012-036"),
        ("Núñez-O\u2019Brien tr", "00012-036"),
        ("東京", "00013-001"),
        ("МОСКВА", "00013-002"),  # noqa: RUF001
        ("rue eglise", ""),
    ],
)
async def test_a_text_finds_the_row_that_is_meant(door, typed, key):
    found = await keys(door, typed)
    assert found[0] == (key or "x" * 2600)


async def test_two_letters_find_rows_that_have_a_word_that_begins_so(door):
    assert set(await keys(door, "ma")) >= {"00012-034", "00012-035", "00012-036", "Z-1"}


async def test_a_hit_says_where_and_by_which_words(door):
    (hit,) = await hits(door, "12 main n")
    assert hit["layer"] == "PARCELS"
    assert hit["matched"] == "address"
    assert hit["parts"] == [{"text": "12 North Main ", "matched": True}, {"text": "Street", "matched": False}]
    assert 0.85 < hit["score"] <= 1


async def test_what_is_found_as_it_is_comes_before_what_is_only_near(door):
    better, worse = await hits(door, "12 main", layers=["PARCELS"])
    assert better["score"] == worse["score"] == pytest.approx(0.8 + 0.2 * 7 / 20, abs=0.01)
    first, *_ = await hits(door, "88 elm")
    misspelt, *_ = await hits(door, "88 elk")
    assert first["node"] == misspelt["node"]
    assert first["score"] > misspelt["score"]


async def test_where_no_row_has_all_words_all_but_one_are_looked_for(door):
    assert await keys(door, "9999 washington place") == ["00013-002"]
    assert await keys(door, "nothing here") == []


async def test_layers_first_near_and_within_bound_and_order_what_is_found(door):
    assert await keys(door, "main", layers=["ZONING_DISTRICTS"]) == ["Z-1"]
    assert len(await keys(door, "main", first=1)) == 1
    assert await keys(door, "main", first=0) == []
    for place, key in ((-71.0, "00012-034"), (-70.0, "00012-035")):
        spot = {"circle": {"center": [place, 42.3], "radius": 100}}
        assert (await keys(door, "12 main", near=spot))[0] == key
        assert await keys(door, "12 main", within=spot) == [key]
        assert await keys(door, "12 main", within={"bbox": [place - 0.1, 42, place + 0.1, 43]}) == [key]
    assert await keys(door, "main", near={"wkt": "POINT(0 42.3)"}, within={"wkt": "POINT(0 42.3)"}) == ["Z-1"]


async def test_text_without_a_word_finds_nothing(door):
    for typed in ("", " ", "-- / .", "'", '"&|!:*\\'):
        assert await hits(door, typed) == [], typed


async def test_any_text_is_a_text(door):
    for typed in (
        "a'b | c & !d:* \\ <-> (e",
        "'''",
        "%_",
        "-a-/b/-",
        "x" * 100,
        "é" * 100,
        "\u3000\U0001d4b3 \ufdfd \u202e",
    ):
        await hits(door, typed)


async def test_what_is_too_long_or_too_much_is_refused(door):
    for variables, code in (
        ({"text": "x" * 101}, "BAD_TEXT"),
        ({"text": "a\x00"}, "BAD_TEXT"),
        ({"text": "a", "first": 51}, "BAD_PAGE"),
        ({"text": "a", "first": -1}, "BAD_PAGE"),
    ):
        assert (await door.post(SEARCH, variables)).code == code
    assert (await door.post(FILTER, {"text": "x" * 101})).code == "BAD_TEXT"


async def test_a_filter_keeps_the_rows_that_are_found_by_all_words(door):
    for typed, wanted in (("12 main", {"00012-034", "00012-035"}), ("smith", {"00012-034", "R7/1"}), ("", set())):
        answer = await door.post(FILTER, {"text": typed})
        assert {row["parcelId"] for row in answer.json["data"]["parcels"]["nodes"]} == wanted
    inverse = '{ parcels(filters: {not: {search: {match: "main"}}}) { totalCount } }'
    assert (await door.post(inverse, {})).json["data"]["parcels"]["totalCount"] == len(ROWS) - 2


async def test_the_same_filter_serves_exports(door):
    answer = await door.request("GET", "/export/parcels.csv?filters=" + quote('{"search":{"match":"12 main"}}'))
    assert answer.status == 200, answer.body
    assert answer.body.count(b"\n") == 3


async def test_indexes_are_made_anew_where_no_schema_is_looked_in(door, empty_database):
    url = make_url(empty_database)
    connection = await asyncpg.connect(host=url.query["host"], user=url.username, database=url.database)
    await connection.execute("SET search_path = ''; REINDEX INDEX public.ix_parcels_search_address")
    await connection.close()
