"""URLs of tiles and exports carry the filter of the connection that they are fields of."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.feeds.request import Asked, FeedParser
from gateway.layers import LAYERS
from gateway.query.links import EXPORTS
from gateway.query.parse import parse_filter
from gateway.query.tokens import FilterCodec
from gateway.settings import LimitSettings
from tests.fixtures.both_ways import KEY
from tests.fixtures.mapping import mapped
from tests.fixtures.principals import ACCESS, NOBODY

LIMITS = LimitSettings()


async def as_signed(principal, _):
    return principal


PARSER = FeedParser(LAYERS, ACCESS.seen_by, as_signed, LIMITS, FilterCodec(KEY, LIMITS))
DOCUMENT = """
    query ($filters: ParcelFilter) {
      parcels(filters: $filters) {
        tiles { url tileJson }
        exports { geojson geojsonSeq csv flatgeobuf geoparquet arrow }
      }
    }
"""
FILTERS = [
    {"assessedValue": {"gt": 1}, "landUse": {"inList": ["Park", "Farm"]}},
    {"or": [], "updatedAt": {"range": {"start": "2026-02-01T07:00:00-05:00"}}},
    {"or": [{"geometry": {"bbOverlaps": {"bbox": [-94, 41, -93, 43]}}}, {"attributes": {"contains": {"n": 3}}}]},
    {"zoningDistricts": {"some": {"zoneCode": {"exact": "R1"}}}},
]


@pytest.mark.parametrize("filters", FILTERS)
async def test_every_url_carries_the_filter(both_ways, filters):
    on, off = await both_ways.run(DOCUMENT, {"filters": filters})
    assert on.planned
    assert on.answer == off.answer
    found = on.answer["data"]["parcels"]
    urls = [urlsplit(url) for url in (*found["tiles"].values(), *found["exports"].values())]
    assert len(urls) == 2 + len(EXPORTS)
    seen = PARSER.seen_by(NOBODY)
    wanted = parse_filter(seen["parcels"], seen, LIMITS, filters)
    for url in urls:
        assert (url.scheme, url.netloc) == ("https", "gateway.test")
        (token,) = parse_qs(url.query)["filters"]
        form = "tiles" if url.path.startswith("/tiles/") else url.path.rpartition(".")[2]
        feed = await PARSER.parse("parcels", Asked(NOBODY, form, {"filters": token}), None)
        assert feed.filter == wanted


async def test_a_filter_that_is_too_long_leaves_the_rest_of_the_answer(both_ways):
    points = [[number * 0.7071 % 1, number * 0.5772 % 1] for number in range(2_000)]
    filters = {"geometry": {"bbOverlaps": {"geojson": {"type": "MultiPoint", "coordinates": points}}}}
    document = (
        "query ($filters: ParcelFilter) { parcels(filters: $filters) { totalCount tiles { url } exports { csv } } }"
    )
    on, off = await both_ways.run(document, {"filters": filters})
    assert on.answer == off.answer
    assert on.answer["data"]["parcels"] == {"totalCount": 0, "tiles": None, "exports": None}
    assert on.codes == ["FILTER_TOO_LONG", "FILTER_TOO_LONG"]


async def test_the_url_of_tiles_is_where_the_client_found_the_server(settings, small):
    document = '{ parcels(filters: {landUse: {exact: "Park"}}) { tiles { url tileJson } } }'
    async with mapped(settings, small) as found:
        data = (await found.door.post(document)).json["data"]["parcels"]["tiles"]
        assert data["url"].startswith("http://gateway.test/tiles/parcels/{z}/{x}/{y}.mvt?filters=f1.")
        told = (await found.get(data["tileJson"].removeprefix("http://gateway.test"))).json
        assert told["tiles"] == [data["url"]]
