"""The past on the map: what was there, what changed since then, and the history of a row."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.browser.test_map import barriers, parcel, sheet, view_of  # noqa: F401
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

_CHANGES = (
    "UPDATE parcels SET address = '1 New Name St', year_built = 2026 WHERE id = {ids[0]}",
    "DELETE FROM parcels WHERE id = {ids[1]}",
    """INSERT INTO parcels (parcel_id, address, geom) SELECT 'new-1', '9 Fresh Ln', ST_Multi(
       ST_ForcePolygonCCW(ST_Buffer(ST_Centroid(geom)::geography, 8)::geometry)) FROM parcels WHERE id = {ids[2]}""",
    """UPDATE parcels SET geom = ST_Translate(geom, {x} - ST_X(ST_Centroid(geom)), {y} - ST_Y(ST_Centroid(geom)))
       WHERE id = {far}""",
)
# The history is kept since the tables were made, so it is lengthened, and what happened here is put back in time.
_BACK = (
    """DO $$ DECLARE history text; since text; BEGIN
       FOREACH history IN ARRAY ARRAY['parcel_history', 'zoning_district_history'] LOOP
           SELECT min((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''([^'']+)''\\)'))[1]) INTO since
           FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = history::regclass;
           EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                          history || '_before', history, '2020-01-01', since);
       END LOOP; END $$""",
    """UPDATE parcel_history
       SET changed_at = now() - interval '1 hour', created_at = '2025-01-01', updated_at = '2025-01-01'""",
    "ALTER TABLE parcels DISABLE TRIGGER USER",
    "ALTER TABLE zoning_districts DISABLE TRIGGER USER",
    "UPDATE zoning_districts SET created_at = '2025-01-01', updated_at = '2025-01-01'",
    "UPDATE parcels SET created_at = '2025-01-01', updated_at = '2025-01-01'",
    "UPDATE parcels SET updated_at = now() - interval '1 hour' WHERE version > 1",
    """UPDATE parcels SET created_at = now() - interval '1 hour', updated_at = now() - interval '1 hour'
       WHERE parcel_id = 'new-1'""",
    "ALTER TABLE parcels ENABLE TRIGGER USER",
    "ALTER TABLE zoning_districts ENABLE TRIGGER USER",
)
_NEAR = "SELECT id FROM parcels ORDER BY geom <-> ST_SetSRID(ST_Point({x}, {y}), 4326) LIMIT 3"
_FAR = """SELECT id, ST_X(ST_Centroid(geom)) AS x, ST_Y(ST_Centroid(geom)) AS y FROM parcels
    ORDER BY ST_Distance(geom, ST_SetSRID(ST_Point({x}, {y}), 4326)) DESC LIMIT 1"""


@pytest.fixture(scope="session")
def changing(serve, sample_template, cluster, parcel, pages_built):  # noqa: F811
    """A gateway whose parcels near the middle were changed, deleted and made an hour ago, and one moved there from far.

    Yields it, the ids of the first two, and the place that the last one left.
    """
    with cluster.copy(sample_template) as url:
        database = url.partition("?")[0].rpartition("/")[2]
        x, y = parcel["pointOnSurface"]["coordinates"]
        ids = [row[0] for row in cluster.execute(_NEAR.format(x=x, y=y), database=database)]
        (far,) = cluster.execute(_FAR.format(x=x, y=y), database=database)
        given = {"ids": ids, "far": far["id"], "x": x, "y": y}
        cluster.execute(*(each.format(**given) for each in _CHANGES), database=database)
        cluster.execute(*_BACK, database=database)
        with serve(url, app="gateway.asgi:application") as server:
            yield server, ids, (far["x"], far["y"])


async def test_what_was_here_last_month_and_what_changed_since(changing, open_page, parcel):  # noqa: F811
    server, (_, gone, _), _ = changing
    async with open_page(server.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        here = "id => map.queryRenderedFeatures({ layers: ['parcels'] }).some(each => each.id === id)"
        assert not await page.evaluate(here, gone)
        for _ in range(5):
            await page.get_by_label("How long ago").press("ArrowLeft")
        past = page.get_by_role("region", name="The past")
        await expect(past).to_contain_text("a month ago")
        await expect(page.get_by_text("As it was on")).to_be_visible()
        await expect(past).to_contain_text("4 changed in view since")
        for told in ("Added: 1 parcel", "Changed: 2 parcels", "Removed: 1 parcel"):
            await expect(past.get_by_text(told)).to_be_visible()
        await page.wait_for_function(here, arg=gone)
        await watched.drawn("parcels", "over-changes")
        assert "asOf=" in page.url
        await watched.shot("map-past")
        await past.get_by_text("Removed: 1 parcel").click()
        await past.get_by_role("listitem").get_by_role("button").click()
        await expect(sheet(page)).to_contain_text("zoning districts")
        assert await barriers(page) == []
        await page.go_back()
        await page.go_back()
        await expect(past).not_to_contain_text("ago")
        await page.wait_for_function(f"id => !({here})(id)", arg=gone)
        await page.go_forward()
        await page.wait_for_function(here, arg=gone)
        await page.get_by_role("button", name="Back to now").click()
        await expect(page.get_by_text("As it was on")).to_have_count(0)
        assert "asOf=" not in page.url


async def test_what_moved_away_is_not_told_as_removed(changing, open_page):
    server, _, (x, y) = changing
    then = quote(f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}")
    async with open_page(f"{server.url}/?asOf={then}#map=19/{y}/{x}") as watched:
        await expect(watched.page.get_by_role("region", name="The past")).to_contain_text("Nothing changed in view")


async def test_what_changed_of_this_and_from_what(changing, open_page, parcel):  # noqa: F811
    server, (renamed, *_), _ = changing
    then = quote(f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}")
    async with open_page(f"{server.url}/?pick=parcels/{renamed}&asOf={then}") as watched:
        page = watched.page
        await expect(page.get_by_label("How long ago")).to_have_attribute("aria-valuetext", "an hour ago")
        await expect(sheet(page).get_by_role("heading", level=2)).to_have_text(parcel["address"])
        await sheet(page).get_by_text("History").press("Enter")
        changes = sheet(page).get_by_role("list", name="Changes")
        await expect(changes.get_by_role("listitem").first).to_contain_text(f"{parcel['address']} → 1 New Name St")
        await expect(changes).to_contain_text(re.compile(r"[Yy]ear built.*→ 2026", re.DOTALL))
        await watched.shot("map-history")
        await page.get_by_role("button", name="Now", exact=True).click()
        await expect(sheet(page).get_by_role("heading", level=2)).to_have_text("1 New Name St")


async def test_the_history_does_not_reach_back_for_ever_and_it_says_so(site, open_page):
    async with open_page(f"{site.url}/?asOf=1999-01-01T00:00:00Z") as watched:
        await expect(watched.page.get_by_role("region", name="The past")).to_contain_text("goes back to")
        watched.problems.clear()  # the browser's own, of the tiles that were refused


async def test_the_past_on_a_phone_in_the_dark(changing, open_page, parcel):  # noqa: F811
    server, (renamed, *_), _ = changing
    then = quote(f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}")
    async with open_page(f"{server.url}/?asOf={then}{view_of(parcel, 17)}", color_scheme="dark", **PHONE) as watched:
        page = watched.page
        await watched.drawn("parcels", "over-changes")
        labelled = """([id, address]) => map.queryRenderedFeatures({ layers: ["parcels-labels"] })
            .some(each => each.id === id && each.properties.address === address)"""
        await page.wait_for_function(labelled, arg=[renamed, parcel["address"]])
        await page.get_by_label("Moment").scroll_into_view_if_needed()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for label in ("How long ago", "Moment"):
            assert (await page.get_by_label(label).bounding_box())["height"] >= 44
        assert await barriers(page) == []
        await watched.shot("map-past-phone")
