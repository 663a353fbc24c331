"""Tiles over HTTP: what is in them, what they say of themselves, and what is refused."""

import asyncio
import gzip
import json

import pytest
from sqlalchemy import text

from gateway.db.sessions import Database
from gateway.feeds.drawing import Tiles
from tests.fixtures.mapping import columns, mapped


@pytest.fixture
async def place(small_map):
    """A tile with rows at zoom 15."""
    west, south, east, north = await small_map.bounds("parcels")
    middle = ((west + east) / 2, (south + north) / 2)
    return next(columns(*middle, *middle, 15))


def path(place, names="parcels", query=""):
    return f"/tiles/{names}/{'/'.join(map(str, place))}.mvt{query}"


async def all_ids(settings, url, condition="true"):
    database = Database(settings.database, url)
    async with database.session() as session:
        rows = await session.rows(text(f"SELECT id FROM parcels WHERE {condition}"))
    await database.dispose()
    return {row[0] for row in rows}


@pytest.mark.parametrize("z", [14, 16])
async def test_the_tiles_of_a_zoom_hold_every_row(small_map, settings, small, z):
    assert await small_map.ids("parcels", z) == await all_ids(settings, small)


async def test_a_filter_leaves_only_its_rows(small_map, settings, small):
    wanted = await all_ids(settings, small, "year_built > 1950")
    query = '?filters={"yearBuilt":{"gt":1950}}'
    assert await small_map.ids("parcels", 14, query) == wanted


async def test_a_text_leaves_only_the_rows_that_it_finds(small_map, settings, small):
    wanted = await all_ids(settings, small, "address LIKE '%Lane'")
    assert 0 < len(wanted) < 300
    assert await small_map.ids("parcels", 14, '?filters={"search":{"match":"hartwel ln"}}') == wanted


async def test_features_have_the_layers_own_columns_but_private_ones(small_map, place):
    features = (await small_map.tile("parcels", place))["parcels"].features
    names = set().union(*(feature.properties for feature in features))
    assert names == {"parcelId", "address", "landUse", "assessedValue", "yearBuilt"}
    assert all(isinstance(feature.properties["parcelId"], str) for feature in features)


async def test_properties_are_chosen(small_map, place):
    chosen = "?properties=areaSqm,version,updatedAt,attributes"
    first = (await small_map.tile("parcels", place, chosen))["parcels"].features[0].properties
    assert first.keys() == {"areaSqm", "version", "updatedAt", "attributes"}
    assert isinstance(first["areaSqm"], float)
    assert isinstance(first["version"], int)
    assert first["updatedAt"].startswith("2026-02-01T12:00:00.00000")
    assert isinstance(json.loads(first["attributes"]), dict)
    none = (await small_map.tile("parcels", place, "?properties="))["parcels"].features
    assert all(feature.properties == {} for feature in none)


async def test_layers_come_together_each_with_its_own_parameters(small_map, place):
    query = "?properties.parcels=landUse&filters.zoning_districts={%22id%22:{}}"
    refused = await small_map.get(path(place, "parcels,zoning_districts", query))
    assert (refused.status, refused.code) == (400, "BAD_ARGUMENT")
    query = '?properties.parcels=landUse&filters.zoning_districts={"zoneCode":{"exact":"nowhere"}}'
    found = await small_map.tile("parcels,zoning_districts", place, query)
    assert set().union(*(feature.properties for feature in found["parcels"].features)) == {"landUse"}
    assert "zoning_districts" not in found


async def test_a_parameter_that_may_be_of_either_layer_is_refused(small_map, place):
    answer = await small_map.get(path(place, "parcels,zoning_districts", "?filters={}"))
    assert (answer.status, answer.code) == (400, "BAD_ARGUMENT")


async def test_labels_are_points_each_in_one_tile(small_map, settings, small):
    found = []
    for place in columns(*(await small_map.bounds("parcels")), 15):
        shown = (await small_map.tile("parcels_labels", place)).get("parcels_labels")
        found += shown.features if shown else []
    assert {feature.kind for feature in found} == {1}
    assert len(found) == len({feature.id for feature in found})
    assert {feature.id for feature in found} == await all_ids(settings, small)


async def test_above_the_least_zoom_of_its_layer_there_are_no_labels(small_map):
    answer = await small_map.get("/tiles/parcels_labels/3/1/2.mvt")
    assert (answer.status, answer.body, answer.media) == (200, b"", "application/vnd.mapbox-vector-tile")


async def test_where_there_is_nothing_a_tile_is_empty(small_map):
    answer = await small_map.get("/tiles/parcels/16/0/0.mvt")
    assert (answer.status, answer.body) == (200, b"")


async def test_districts_show_before_parcels_do(small_map):
    for z in (8, 11, 12):
        assert await small_map.ids("zoning_districts", z), z


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ("parcels/a/1/1", 400, "BAD_TILE"),
        ("parcels/1/-1/1", 400, "BAD_TILE"),
        ("parcels/1/1.5/1", 400, "BAD_TILE"),
        ("parcels/1/1/%D9%A1", 400, "BAD_TILE"),
        ("parcels/99999999999999999999/1/1", 400, "BAD_TILE"),
        ("parcels/25/1/1", 404, "NO_TILE"),
        ("parcels/1/2/0", 404, "NO_TILE"),
        ("parcels/1/0/2", 404, "NO_TILE"),
        ("nothing/1/0/0", 404, "NOT_FOUND"),
        ("parcels,nothing/1/0/0", 404, "NOT_FOUND"),
        (",/1/0/0", 404, "NOT_FOUND"),
        ("parcels,parcels/1/0/0", 400, "BAD_ARGUMENT"),
    ],
)
async def test_what_is_no_tile_is_refused(small_map, given, status, code):
    answer = await small_map.get(f"/tiles/{given}.mvt")
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?filters=nonsense", "BAD_FILTER_TOKEN"),
        ("?filters={", "BAD_JSON"),
        ('?filters={"nope":{}}', "BAD_ARGUMENT"),
        ("?filter={}", "BAD_ARGUMENT"),
        ("?properties=ownerName", "BAD_ARGUMENT"),
        ("?bbox=1,2", "BAD_GEOMETRY"),
        ("?filters=%ff", "BAD_JSON"),
    ],
)
async def test_bad_parameters_take_no_connection(closed_map, query, code):
    for whole in (f"/tiles/parcels/15/1/1.mvt{query}", f"/tiles/parcels.json{query}", f"/styles/parcels.json{query}"):
        answer = await closed_map.get(whole)
        assert (answer.status, answer.code) == (400, code), whole


@pytest.fixture
async def closed_map(settings, tmp_path):
    """A map without a database: whatever is answered here took no connection."""
    away = settings.model_copy(update={"database": settings.database.model_copy(update={"outage_seconds": 0})})
    async with mapped(away, f"postgresql+asyncpg://gateway@/none?host={tmp_path}") as found:
        yield found


async def test_without_a_database_tiles_say_so(closed_map):
    answer = await closed_map.get("/tiles/parcels/15/1/1.mvt")
    assert (answer.status, answer.code) == (503, "UNAVAILABLE")


async def test_other_methods_are_refused(small_map):
    for given in ("/tiles/parcels/1/0/0.mvt", "/tiles/parcels.json", "/styles/parcels.json"):
        answer = await small_map.door.request("POST", given)
        assert (answer.status, answer.code, answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, HEAD")


class TestAgain:
    async def test_a_tile_that_the_client_has_is_not_sent(self, small_map, place):
        first = await small_map.get(path(place))
        assert first.headers["cache-control"] == "public, no-cache"
        for tag in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
            again = await small_map.get(path(place), **{"if-none-match": tag})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        other = await small_map.get(path(place), **{"if-none-match": '"other"'})
        assert other.status == 200

    async def test_clients_that_take_gzip_get_it(self, small_map, place):
        plain = await small_map.get(path(place))
        for accept in ("gzip", "br, gzip;q=0.8", "*", "*;q=0, gzip"):
            packed = await small_map.get(path(place), **{"accept-encoding": accept})
            assert packed.headers["content-encoding"] == "gzip"
            assert gzip.decompress(packed.body) == plain.body
            assert "accept-encoding" in packed.headers["vary"].lower()
        for accept in ("br", "gzip;q=0", "identity", "*, gzip;q=0"):
            assert (await small_map.get(path(place), **{"accept-encoding": accept})).body == plain.body


async def test_of_too_many_rows_the_largest_are_shown_and_it_says_so(settings, small, place, small_map):
    whole = (await small_map.tile("parcels", place, "?properties=areaSqm"))["parcels"].features
    few = settings.model_copy(update={"tiles": settings.tiles.model_copy(update={"features": 20})})
    async with mapped(few, small) as fewer:
        found = await fewer.tile("parcels", place, "?properties=areaSqm")
    areas = sorted((feature.properties["areaSqm"] for feature in whole), reverse=True)
    shown = sorted((feature.properties["areaSqm"] for feature in found["parcels"].features), reverse=True)
    assert len(shown) == 20
    assert min(shown) >= areas[20] * 0.999  # sizes are compared in the plane
    assert [feature.properties for feature in found["dropped"].features] == [{"layer": "parcels", "shown": 20}]


@pytest.mark.parametrize("names", ["parcels", "parcels_labels"])
async def test_rows_are_painted_by_size_then_id_whether_or_not_a_cap_is_reached(
    settings, small, place, small_map, names
):
    few = settings.model_copy(update={"tiles": settings.tiles.model_copy(update={"features": 20})})
    async with mapped(few, small) as fewer:
        capped = (await fewer.tile(names, place))[names].ids
    whole = (await small_map.tile(names, place))[names].ids
    database = Database(settings.database, small)
    async with database.session() as session:
        rows = await session.rows(text("SELECT id FROM parcels ORDER BY ST_Area(geom) DESC, id"))
    await database.dispose()
    assert whole == [row[0] for row in rows if row[0] in set(whole)]
    assert 0 < len(capped) <= 20 < len(whole)
    if names == "parcels":  # labels stand in one tile each, so the largest rows may have theirs in another
        assert capped == whole[:20]
    else:
        assert capped == [row for row in whole if row in set(capped)]


async def test_of_too_many_vertices_the_largest_rows_are_shown(settings, small, place):
    few = settings.model_copy(update={"tiles": settings.tiles.model_copy(update={"vertices": 60})})
    async with mapped(few, small) as fewer:
        found = await fewer.tile("parcels", place)
    (dropped,) = found["dropped"].features
    assert 0 < dropped.properties["shown"] == len(found["parcels"].features) < 20


async def test_a_whole_tile_says_nothing_of_dropped_rows(small_map, place):
    assert (await small_map.tile("parcels", place)).keys() == {"parcels"}


@pytest.fixture
async def strayed_map(settings, strayed, small_template):
    """The small county and a parcel at 0, 0."""
    with strayed(small_template) as url:
        async with mapped(settings, url) as found:
            yield found


class TestTileJson:
    async def test_it_names_tiles_fields_and_bounds(self, small_map, settings, small):
        query = '?filters={"yearBuilt":{"gt":1950}}&properties=landUse,areaSqm,createdAt'
        found = (await small_map.get(f"/tiles/parcels.json{query}")).json
        assert (found["tilejson"], found["minzoom"], found["maxzoom"]) == ("3.0.0", 0, 16)
        layer, _ = found["vector_layers"]
        assert (layer["id"], layer["minzoom"], layer["maxzoom"]) == ("parcels", 12, 16)
        assert layer["fields"] == {"landUse": "String", "areaSqm": "Number", "createdAt": "String"}
        assert "attribution" not in found
        (url,) = found["tiles"]
        assert url.startswith("http://gateway.test/tiles/parcels/{z}/{x}/{y}.mvt?filters=%7B")
        west, south, east, north = found["bounds"]
        x, y, _ = found["center"]
        assert west < x < east
        assert south < y < north
        place = next(columns(x, y, x, y, 14))
        address = url.removeprefix("http://gateway.test")
        for name, number in zip("zxy", place, strict=True):
            address = address.replace("{" + name + "}", str(number))
        assert (await small_map.get(address)).status == 200

    async def test_its_center_is_where_most_rows_are_and_its_bounds_hold_all(self, small_map, strayed_map):
        for names in ("parcels", "zoning_districts,parcels", "parcels_labels"):
            clean = (await small_map.get(f"/tiles/{names}.json")).json
            dirty = (await strayed_map.get(f"/tiles/{names}.json")).json
            assert dirty["center"] == clean["center"], names
            assert dirty["bounds"][1::2] == [0, clean["bounds"][3]], names
            assert dirty["bounds"][0] == clean["bounds"][0], names
            assert 0 < dirty["bounds"][2] < 0.1, names

    async def test_of_few_rows_all_are_where_a_map_looks(self, strayed_map):
        stray = '?filters={"parcelId":{"exact":"stray"}}'
        found = (await strayed_map.get(f"/tiles/parcels.json{stray}")).json
        assert found["center"] == [0.0005, 0.0005, 16]
        some = (await strayed_map.get('/tiles/parcels.json?filters={"parcelId":{"startsWith":"00001-00"}}')).json
        west, south, east, north = some["bounds"]
        assert some["center"][:2] == [(west + east) / 2, (south + north) / 2]

    async def test_without_rows_it_has_no_bounds(self, small_map):
        assert await small_map.bounds("parcels", '?filters={"landUse":{"exact":"nothing"}}') is None

    async def test_where_the_server_is_and_whom_to_name_are_settings(self, settings, small):
        changed = settings.model_copy(
            update={
                "http": settings.http.model_copy(update={"public_url": "https://maps.example.org/gw"}),
                "tiles": settings.tiles.model_copy(update={"attribution": "© the county"}),
            }
        )
        async with mapped(changed, small) as found:
            told = (await found.get("/tiles/parcels,parcels_labels.json")).json
        assert told["tiles"] == ["https://maps.example.org/gw/tiles/parcels,parcels_labels/{z}/{x}/{y}.mvt"]
        assert told["attribution"] == "© the county"
        ids = [layer["id"] for layer in told["vector_layers"]]
        assert ids == ["parcels", "parcels_labels", "parcels_overview"]


class TestStyle:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    async def test_it_draws_the_layers_and_has_their_legend(self, small_map, theme):
        found = (await small_map.get(f"/styles/zoning_districts,parcels.json?theme={theme}")).json
        assert found["version"] == 8
        points = ["http://gateway.test/tiles/parcels_labels/{z}/{x}/{y}.mvt"]
        assert found["sources"] == {
            "gateway": {"type": "vector", "url": "http://gateway.test/tiles/zoning_districts,parcels.json"},
            "parcels_labels": {"type": "vector", "tiles": points, "minzoom": 16, "maxzoom": 16},
        }
        ids = [layer["id"] for layer in found["layers"]]
        districts, parcels = ["zoning_districts", "zoning_districts-outline"], ["parcels", "parcels-outline"]
        texts = ["parcels-labels", "zoning_districts-labels"]
        assert ids == ["background", *districts, "parcels-overview", *parcels, *texts]
        (legend,) = found["metadata"]["gateway:legend"]
        assert legend["layer"] == "zoning_districts"
        assert sum(item["count"] for item in legend["items"]) == 8
        paint = found["layers"][1]["paint"]["fill-color"]
        for item in legend["items"]:
            assert paint[paint.index(item["value"]) + 1] == item["color"]

    async def test_it_tells_where_to_look(self, small_map, strayed_map):
        clean = (await small_map.get("/styles/zoning_districts,parcels.json")).json
        dirty = (await strayed_map.get("/styles/zoning_districts,parcels.json")).json
        x, y, zoom = (await small_map.get("/tiles/zoning_districts,parcels.json")).json["center"]
        for found in (clean, dirty):
            assert (found["center"], found["zoom"]) == ([x, y], zoom)
            bounds = await small_map.bounds("zoning_districts,parcels")
            assert found["metadata"]["gateway:view"] == {"bounds": bounds, "minzoom": 0}
        parcels = (await small_map.get("/styles/parcels.json")).json
        assert parcels["metadata"]["gateway:view"]["minzoom"] == 12

    async def test_without_rows_it_looks_nowhere(self, small_map):
        found = (await small_map.get('/styles/parcels.json?filters={"landUse":{"exact":"nothing"}}')).json
        assert found.keys().isdisjoint({"center", "zoom"})
        assert "gateway:view" not in found["metadata"]

    async def test_a_filter_goes_on_to_the_tiles(self, small_map):
        found = (await small_map.get('/styles/parcels.json?filters={"yearBuilt":{"gt":1950}}&theme=light')).json
        url = found["sources"]["gateway"]["url"]
        assert found["sources"]["parcels_labels"]["tiles"] == [url.replace(".json", "_labels/{z}/{x}/{y}.mvt")]
        assert url == "http://gateway.test/tiles/parcels.json?filters=%7B%22yearBuilt%22%3A%7B%22gt%22%3A1950%7D%7D"

    async def test_its_fonts_and_patterns_are_served(self, small_map):
        found = (await small_map.get("/styles/zoning_districts.json")).json
        (font,) = found["layers"][-1]["layout"]["text-font"]
        files = [found["glyphs"].format(fontstack=font, range=span) for span in ("0-255", "8192-8447")]
        files += [found["sprite"] + end for end in (".json", ".png", "@2x.json", "@2x.png")]
        for file in files:
            answer = await small_map.get(file.removeprefix("http://gateway.test"))
            assert (answer.status, len(answer.body) > 100) == (200, True), file

    async def test_another_theme_is_refused(self, small_map):
        answer = await small_map.get("/styles/parcels.json?theme=blue")
        assert (answer.status, answer.code) == (400, "BAD_ARGUMENT")


async def test_a_tile_that_was_left_may_be_asked_for_again_at_once(small_map, place, monkeypatch):
    """As a map does that is moved away and back; what is cancelled takes a moment to end."""
    draw = Tiles._draw

    async def slowly(self, *given):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            raise
        return await draw(self, *given)

    monkeypatch.setattr(Tiles, "_draw", slowly)
    left = asyncio.create_task(small_map.get(path(place)))
    await asyncio.sleep(0.05)
    left.cancel()
    await asyncio.sleep(0.01)
    assert (await small_map.get(path(place))).status == 200
