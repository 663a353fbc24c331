"""Editing on the map: who may write moves corners, draws to neighbours, changes fields, and loses nothing."""

import re
import time

import jwt
import pytest
from playwright.async_api import expect
from shapely.geometry import Polygon

from tests.browser.test_map import barriers, place, sheet, view_of
from tests.fixtures.browser import JWT_SECRET, PHONE, press

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOTS = """{ parcels(first: 90, filters: { landUse: { exact: "Single-family" } }
  order: [{ distanceTo: { wkt: "POINT(-93.2964 42.0046)" } }]) {
  nodes { id featureId parcelId address yearBuilt pointOnSurface geometry(precision: 15) } } }"""
WHOLE = """query ($id: BigInt!) { parcel(featureId: $id) { id version parcelId address yearBuilt geometry(precision: 15)
  neighbors { nodes { geometry(precision: 15) } } } }"""
KEY = "query ($key: String!) { parcel(parcelId: $key) { featureId address geometry(precision: 15) } }"
UPDATE = "mutation ($change: ParcelChange!) { updateParcel(change: $change) { parcel { version } } }"
CREATE = """mutation ($input: ParcelInput!) { createParcel(input: $input) {
  parcel { id featureId parcelId pointOnSurface geometry(precision: 15) } } }"""


@pytest.fixture(scope="session")
def office(serve, sample_template, cluster, pages_built):
    """A gateway of which every reader may write, as behind a proxy that signs planners in."""
    app = "gateway.asgi:application"
    given = {"GATEWAY_AUTH_ANONYMOUS": "read,write", "GATEWAY_AUTH_JWT_SECRET": JWT_SECRET}
    with cluster.copy(sample_template) as url, serve(url, app=app, **given) as server:
        yield server


@pytest.fixture(scope="session")
def lots(office):
    """Parcels that lie apart; each is of one test."""
    return iter(office.data(LOTS)["parcels"]["nodes"][::3])


@pytest.fixture
def lot(lots):
    return next(lots)


def credential(scope):
    return jwt.encode({"sub": "clerk", "exp": time.time() + 3600, "scope": scope}, JWT_SECRET)


def editor(page):
    return page.locator("section.editor")


def button(page, name):
    return editor(page).get_by_role("button", name=name, exact=True)


def note(page):
    return page.get_by_role("region", name="What was saved")


def row(site, lot):
    return site.data(WHOLE, id=str(lot["featureId"]))["parcel"]


def ring(geometry):
    return geometry["coordinates"][0][0]


def link(site, lot, zoom=18):
    return f"{site.url}/?pick=parcels/{lot['featureId']}{view_of(lot, zoom)}"


async def begin(watched):
    """Begin to edit the row whose sheet is open."""
    await sheet(watched.page).get_by_role("button", name="Edit", exact=True).click()
    await expect(editor(watched.page).get_by_text("Corners are drawn to corners")).to_be_visible()
    await watched.drawn("td-point")


async def drag(page, start, end):
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(start[0] + 3, start[1] + 3)
    await page.mouse.move(*end, steps=3)
    await page.mouse.up()


async def save(page):
    await button(page, "Save").click()
    await expect(note(page)).to_be_visible()


def simple_move(lot, neighbours):
    """A corner and the nearest corner of a neighbour that it can go to with nothing crossing."""
    own = ring(lot["geometry"])[:-1]
    corners = {tuple(each) for node in neighbours for polygon in node["geometry"]["coordinates"] for each in polygon[0]}
    moves = [
        ((target[0] - corner[0]) ** 2 + (target[1] - corner[1]) ** 2, place, target)
        for place, corner in enumerate(own)
        for target in corners - {tuple(each) for each in own}
        if Polygon([*own[:place], target, *own[place + 1 :]]).is_valid
    ]
    _, place, target = min(moves)
    return place, list(target)


async def test_move_this_corner_to_that_of_the_neighbour(office, open_page, lot):
    before = row(office, lot)
    corner, target = simple_move(before, before["neighbors"]["nodes"])
    corners = ring(before["geometry"])[:-1]
    async with open_page(link(office, lot, 19)) as watched:
        page = watched.page
        await begin(watched)
        await watched.shot("map-edit")
        x, y = await place(page, target)
        await drag(page, await place(page, corners[corner]), (x + 4, y - 3))
        await expect(button(page, "Undo")).to_have_attribute("aria-disabled", "false")
        await save(page)
        after = row(office, lot)
        assert after["version"] == before["version"] + 1
        moved = ring(after["geometry"])[:-1]
        at = moved.index(target)  # to the last digit, and so are those that nobody touched
        assert moved[at:] + moved[:at] == [target, *corners[corner + 1 :], *corners[:corner]]
        await expect(sheet(page)).to_contain_text(lot["parcelId"])
        await page.get_by_role("button", name="Undo this").click()
        await expect(note(page)).to_have_count(0)
        assert row(office, lot)["geometry"] == before["geometry"]
        assert row(office, lot)["version"] == before["version"] + 2


async def test_correct_the_address_and_see_it_on_the_map(office, open_page, lot):
    async with open_page(link(office, lot, 19)) as watched:
        page = watched.page
        await begin(watched)
        await page.get_by_label("year built").fill("nineteen")
        await page.get_by_label("address", exact=True).fill("7 Corrected Ct")
        await button(page, "Save").click()
        wrong = editor(page).get_by_role("alert")
        await expect(wrong).to_have_text("This is no whole number.")
        await expect(page.get_by_label("year built")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("year built").fill("1911")
        await save(page)
        await expect(sheet(page).get_by_role("heading", level=2)).to_have_text("7 Corrected Ct")
        await expect(page.locator("#edit-row")).to_be_focused()
        written = "map.queryRenderedFeatures({ layers: ['parcels-labels'] }).map(each => each.properties.address)"
        await page.wait_for_function(f"() => {written}.includes('7 Corrected Ct')")
        assert row(office, lot)["yearBuilt"] == 1911


async def test_a_key_that_another_parcel_has_is_told_at_the_field(office, open_page, lot, lots):
    taken = next(lots)["parcelId"]
    async with open_page(link(office, lot)) as watched:
        page = watched.page
        await begin(watched)
        await page.get_by_label("parcel id").fill(taken)
        await button(page, "Save").click()
        await expect(editor(page).get_by_role("alert").first).to_be_visible()
        await expect(page.get_by_label("parcel id")).to_have_value(taken)


async def test_someone_else_changed_it_while_i_did(office, open_page, lot):
    before = row(office, lot)
    async with open_page(link(office, lot, 19)) as watched:
        page = watched.page
        await begin(watched)
        await page.get_by_label("address", exact=True).fill("1 Mine Rd")
        await page.get_by_label("Move the corner north").press("Shift+ArrowUp")
        theirs = [[[[x + 1e-5, y] for x, y in ring(before["geometry"])]]]
        shape = {"type": "MultiPolygon", "coordinates": theirs}
        patch = {"address": "1 Theirs Rd", "yearBuilt": 1901, "geometry": {"geojson": shape}}
        change = {"id": before["id"], "expectedVersion": before["version"], "patch": patch}
        office.data(UPDATE, change=change)
        await button(page, "Save").click()
        await expect(editor(page).get_by_role("heading", name="Someone changed it meanwhile")).to_be_visible()
        rows = editor(page).locator("tbody tr")
        await expect(rows).to_have_count(3)
        await expect(rows.first).to_contain_text("1 Mine Rd")
        await expect(rows.first).to_contain_text("1 Theirs Rd")
        await watched.drawn("edit-theirs", "td-polygon")
        assert await barriers(page) == []
        await watched.shot("map-edit-conflict")
        chosen = rows.filter(has_text="geometry").get_by_role("radio")
        await chosen.nth(1).check()
        await editor(page).get_by_role("button", name="Save this").click()
        await expect(note(page)).to_be_visible()
        after = row(office, lot)
        assert (after["address"], after["yearBuilt"]) == ("1 Mine Rd", 1901)  # theirs where only they changed it
        assert after["geometry"]["coordinates"] == theirs
        assert after["version"] == before["version"] + 2


async def test_an_outline_that_crosses_itself_is_told_where_it_does(office, open_page, lot):
    corners = ring(lot["geometry"])[:-1]
    async with open_page(link(office, lot, 19), color_scheme="dark") as watched:
        page = watched.page
        await begin(watched)
        far = [2 * corners[2][axis] - corners[0][axis] for axis in (0, 1)]
        across = [corners[1][axis] + 0.6 * (far[axis] - corners[1][axis]) + 2e-5 for axis in (0, 1)]
        await drag(page, await place(page, corners[0]), await place(page, across))
        await button(page, "Save").click()
        await expect(editor(page).get_by_role("alert")).to_contain_text("crosses itself")
        await watched.drawn("edit-fault")
        assert await barriers(page) == []
        await watched.shot("map-edit-fault-dark")
        await page.keyboard.press("Control+z")
        await expect(button(page, "Undo")).to_have_attribute("aria-disabled", "true")
        await page.keyboard.press("Control+y")
        await expect(button(page, "Undo")).to_have_attribute("aria-disabled", "false")
    assert row(office, lot)["geometry"] == lot["geometry"]


async def test_draw_a_new_parcel_along_the_neighbour(office, open_page, lot):
    shared = ring(lot["geometry"])[0]
    async with open_page(office.url + view_of(lot, 19)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="New parcel").click()
        await expect(editor(page).get_by_text("Click the corners on the map")).to_be_visible()
        await expect(editor(page).get_by_text("Corners are drawn to corners")).to_be_visible()
        x, y = await place(page, shared)
        for dx, dy in ((3, 3), (120, 0), (120, 90), (3, 3)):
            await page.mouse.move(x + dx, y + dy)
            await page.mouse.click(x + dx, y + dy)
        await watched.drawn("td-polygon")
        await page.get_by_label("parcel id").fill("new-17")
        await page.get_by_label("address", exact=True).fill("1 New St")
        await save(page)
        made = office.data(KEY, key="new-17")["parcel"]
        assert shared in ring(made["geometry"])
        await expect(sheet(page)).to_contain_text("1 New St")
        await page.get_by_role("button", name="Undo this").click()
        await expect(note(page)).to_have_count(0)
        assert office.data(KEY, key="new-17")["parcel"] is None


async def test_delete_this_parcel_once_i_say_so_again(office, open_page, lot):
    async with open_page(link(office, lot)) as watched:
        page = watched.page
        await begin(watched)
        await button(page, "Delete").click()
        asked = page.get_by_role("alertdialog")
        await expect(asked.get_by_role("button", name="Keep it")).to_be_focused()
        await press(asked.get_by_role("button", name="Keep it"))
        await expect(asked).to_have_count(0)
        await button(page, "Delete").click()
        await asked.get_by_role("button", name="Delete it").click()
        await expect(note(page)).to_contain_text("Deleted.")
        await expect(sheet(page)).to_have_count(0)
        assert row(office, lot) is None
        await page.get_by_role("button", name="Undo this").click()
        await expect(sheet(page)).to_contain_text(lot["parcelId"])
        again = office.data(KEY, key=lot["parcelId"])["parcel"]
        assert again["geometry"] == lot["geometry"]


async def test_move_a_corner_by_keys_and_change_my_mind(office, open_page, lot):
    async with open_page(link(office, lot, 19)) as watched:
        page = watched.page
        await press(sheet(page).get_by_role("button", name="Edit", exact=True))
        await expect(editor(page).get_by_role("heading", level=2)).to_be_focused()
        await press(button(page, "Next corner"))
        await expect(editor(page).get_by_text("Corner 2 of")).to_be_visible()
        await watched.drawn("edit-corner")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await press(button(page, "Undo"))  # three keys are one step
        await expect(button(page, "Undo")).to_have_attribute("aria-disabled", "true")
        await press(button(page, "Add a corner after this one"))
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Escape")
        asked = page.get_by_role("alertdialog")
        await expect(asked).to_contain_text("Discard")
        await page.keyboard.press("Escape")
        await expect(asked).to_have_count(0)
        await press(button(page, "Save"))
        await expect(note(page)).to_be_visible()
        assert len(ring(row(office, lot)["geometry"])) == len(ring(lot["geometry"])) + 1


async def test_make_a_parcel_without_a_mouse(office, open_page, lot):
    async with open_page(office.url + view_of(lot, 19)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await press(page.get_by_role("button", name="New parcel"))
        await press(button(page, "Begin in the middle of the map"))
        await expect(editor(page).get_by_text("Corner 1 of 4")).to_be_visible()
        await page.get_by_label("parcel id").fill("new-18")
        await page.get_by_label("parcel id").press("Enter")
        await expect(note(page)).to_contain_text("Made.")
        assert len(ring(office.data(KEY, key="new-18")["parcel"]["geometry"])) == 5


async def test_a_hole_and_a_second_part_stay_as_they_are(office, open_page, lot):
    x, y = lot["pointOnSurface"]["coordinates"]
    square = lambda x, y, half: [  # noqa: E731 - corners to the last digit
        [x - half, y - half],
        [x + half, y - half],
        [x + half, y + half],
        [x - half, y + half],
        [x - half, y - half],
    ]
    x, y = x + 1 / 3e5, y + 1 / 7e5
    parts = [[square(x, y, 3e-4), square(x, y, 1e-4)[::-1]], [square(x + 1e-3, y, 2e-4)]]
    shape = {"geojson": {"type": "MultiPolygon", "coordinates": parts}}
    made = office.data(CREATE, input={"parcelId": "holed", "geometry": shape})["createParcel"]["parcel"]
    before = made["geometry"]["coordinates"]
    async with open_page(link(office, made)) as watched:
        page = watched.page
        await begin(watched)
        corner = max(before[0][0])
        at = await place(page, corner)
        await drag(page, at, (at[0] + 31, at[1] - 17))
        await save(page)
    after = row(office, made)["geometry"]["coordinates"]
    assert after[0][1] == before[0][1]
    assert after[1] == before[1]
    assert after[0][0] != before[0][0]
    assert len({tuple(each) for each in after[0][0]} & {tuple(each) for each in before[0][0]}) == 3


async def click_around(page, corners):
    """Draw a ring: its corners, and the first one again."""
    for corner in (*corners, corners[0]):
        x, y = await place(page, corner)
        await page.mouse.move(x, y)
        await page.mouse.click(x, y)


def around(x, y, half):
    return [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]]


@pytest.fixture
def square(office, lot):
    """A square of 33 m of this test's own, where the lot is."""
    x, y = lot["pointOnSurface"]["coordinates"]
    corners = around(x, y, 2e-4)
    shape = {"geojson": {"type": "MultiPolygon", "coordinates": [[[*corners, corners[0]]]]}}
    made = office.data(CREATE, input={"parcelId": f"square-{lot['parcelId']}", "geometry": shape})
    return made["createParcel"]["parcel"]


async def test_cut_a_hole_and_draw_a_second_part(office, open_page, square):
    x, y = square["pointOnSurface"]["coordinates"]
    async with open_page(link(office, square)) as watched:
        page = watched.page
        await begin(watched)
        await expect(button(page, "Remove this part")).to_have_attribute("aria-disabled", "true")
        await button(page, "Add a hole").click()
        await click_around(page, around(x, y, 7e-5))
        await expect(editor(page).get_by_text("Corner 5 of 8")).to_be_visible()
        await button(page, "Add a part").click()
        await page.keyboard.press("Escape")  # ends the adding, not the editing
        await expect(button(page, "Add a part")).to_be_focused()
        await button(page, "Add a part").click()
        await click_around(page, around(x + 4.5e-4, y, 1e-4))
        await expect(editor(page).get_by_text("Corner 9 of 12")).to_be_visible()
        await watched.drawn("td-polygon")
        await watched.shot("map-edit-parts")
        assert await barriers(page) == []
        await save(page)
        first, second = row(office, square)["geometry"]["coordinates"]
        assert [len(first), len(second)] == [2, 1]
        assert first[0] == ring(square["geometry"])
        assert Polygon(first[1]).centroid.distance(Polygon(around(x, y, 7e-5)).centroid) < 2e-5
        assert Polygon(second[0]).area == pytest.approx(4e-8, rel=0.2)
        await page.get_by_role("button", name="Undo this").click()
        await expect(note(page)).to_have_count(0)
        assert row(office, square)["geometry"] == square["geometry"]


async def test_add_and_remove_parts_and_holes_without_a_mouse(office, open_page, square):
    async with open_page(link(office, square)) as watched:
        page = watched.page
        await begin(watched)
        await page.evaluate("void map.panBy([300, 0], { duration: 0 })")
        await press(button(page, "Add a part"))
        await expect(button(page, "Begin in the middle of the map")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(editor(page).get_by_text("Corner 5 of 8")).to_be_visible()
        await press(button(page, "Add a hole"))
        await expect(button(page, "Begin in the middle of the part")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(editor(page).get_by_text("Corner 9 of 12")).to_be_visible()
        await page.keyboard.press("Control+z")
        await expect(editor(page).get_by_text("of 8")).to_be_visible()
        await page.keyboard.press("Control+y")
        await press(button(page, "Previous corner"))
        await expect(button(page, "Remove this hole")).to_have_count(0)
        await press(button(page, "Next corner"))
        await press(button(page, "Remove this hole"))
        await expect(editor(page).get_by_text("Corner 1 of 8")).to_be_visible()
        await press(button(page, "Remove this part"))  # the first: what is left is the new one
        await expect(editor(page).get_by_text("Corner 1 of 4")).to_be_visible()
        await save(page)
        (only,) = row(office, square)["geometry"]["coordinates"]
        assert len(only) == 1
        assert only[0] != ring(square["geometry"])


async def test_a_line_that_breaks_while_saving_loses_nothing(office, open_page, lot):
    signed_in = {"authorization": f"Bearer {credential('read write')}"}
    async with open_page(link(office, lot), extra_http_headers=signed_in) as watched:
        page = watched.page
        await begin(watched)
        await page.get_by_label("address", exact=True).fill("2 Kept Ln")
        keys = []

        async def answered_too_late(route):
            keys.append(route.request.headers["idempotency-key"])
            if len(keys) == 1:
                await route.fetch()
                await route.abort()
            else:
                await route.continue_()

        writes = lambda request: "idempotency-key" in request.headers  # noqa: E731
        await page.route(
            "**/graphql", lambda route: answered_too_late(route) if writes(route.request) else route.continue_()
        )
        await button(page, "Save").click()
        await expect(editor(page).get_by_role("alert")).to_contain_text("does not answer")
        await expect(page.get_by_label("address", exact=True)).to_have_value("2 Kept Ln")
        await save(page)
        assert keys[0] == keys[1]
        watched.problems.clear()  # the browser's own of the request that was cut off
    assert row(office, lot)["address"] == "2 Kept Ln"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_edit_on_a_phone_in_the_street(office, open_page, lot, scheme):
    async with open_page(link(office, lot, 19), color_scheme=scheme, **PHONE) as watched:
        page = watched.page
        await sheet(page).get_by_role("button", name="Edit", exact=True).tap()
        await watched.drawn("td-point")
        for control in await editor(page).locator("button, input, textarea").all():
            assert (await control.bounding_box())["height"] >= 44
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await button(page, "Move the corner east").tap()
        await expect(button(page, "Undo")).to_have_attribute("aria-disabled", "false")
        assert await barriers(page) == []
        await watched.shot(f"map-edit-phone-{scheme}")
        await button(page, "Cancel").tap()
        await page.get_by_role("button", name="Discard").tap()
        await expect(editor(page)).to_have_count(0)
        await expect(sheet(page)).to_contain_text(lot["parcelId"])


async def test_nobody_edits_who_may_not_until_they_sign_in(site, open_page):
    lot = site.data(LOTS)["parcels"]["nodes"][0]
    async with open_page(link(site, lot)) as watched:
        page = watched.page
        await expect(sheet(page)).to_contain_text(lot["parcelId"])
        await page.get_by_text("Sign in to edit").click()
        await expect(sheet(page).get_by_role("button", name="Edit", exact=True)).to_have_count(0)
        await expect(page.get_by_role("button", name="New parcel")).to_have_count(0)
        for given, told in (("no key", "does not hold"), (credential("read"), "may not write")):
            await page.get_by_label("API key or token").fill(given)
            await page.get_by_role("button", name="Sign in", exact=True).click()
            await expect(page.get_by_text(told)).to_be_visible()
        await page.get_by_label("API key or token").fill(credential("read write"))
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_text("Signed in as clerk")).to_be_visible()
        await expect(page.get_by_role("button", name="New parcel")).to_be_visible()
        await page.reload()
        await begin(watched)
        await expect(page.get_by_label("owner name")).to_be_visible()  # private, but not to who may write
        await button(page, "Close the editor").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(sheet(page).get_by_role("button", name="Edit", exact=True)).to_have_count(0)
        assert all(re.search("401.*identity|status of 401", each) for each in watched.problems)
        watched.problems.clear()
