"""Sheets of paper: what the map shows as PDF and PNG, with title, legend, scale, north, date and source."""

import json
import re
import struct
from datetime import date
from math import cos, radians

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect
from pypdf import PdfReader

from tests.browser.test_map import barriers, parcel, read, view_of  # noqa: F401
from tests.fixtures.browser import PHONE, SHOTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(page, kind, name="sheet"):
    """The file of a kind; a copy for people to look at lies beside the pictures of pages."""
    async with page.expect_download() as started:
        await page.get_by_role("button", name=kind, exact=True).click()
    file = await started.value
    await file.save_as(SHOTS / f"{name}.{kind.lower()}")
    return file


def millimetres(points):
    return float(points) / 72 * 25.4


async def test_a_pdf_has_title_scale_date_legend_and_the_size_of_its_paper(site, open_page, parcel):  # noqa: F811
    query = f"?where=landUse.iContains:family&pick=parcels/{parcel['featureId']}"
    async with open_page(f"{site.url}/{query}{view_of(parcel, 16)}", color_scheme="dark") as watched:
        page = watched.page
        await watched.drawn("parcels", "over-selection", "over-picked")
        await page.get_by_role("button", name="Print").click()
        title = page.get_by_label("Title of the sheet")
        await expect(title).to_have_value(parcel["address"])
        await title.fill("Łódź Street and Österåker")
        await page.get_by_label("Paper").select_option("a4")
        await page.get_by_label("Scale").select_option("2500")
        assert await barriers(page) == []
        await watched.shot("map-print")
        file = await made(page, "PDF")
        assert file.suggested_filename == "łódź-street-and-österåker.pdf"
        path = await file.path()
        sheet = PdfReader(path).pages[0]
        size = [millimetres(sheet.mediabox.width), millimetres(sheet.mediabox.height)]
        assert size == pytest.approx([297, 210], abs=0.1)
        text = re.sub(r"\s+", " ", sheet.extract_text())
        for told in (
            "Łódź Street and Österåker",
            "Parcels: land use contains family",
            "1:2,500",
            "100 m",
            f"Printed {date.today():%B} {date.today().day}, {date.today().year}",
            "Zoning districts",
            "R2",
            "kept by the filter",
        ):
            assert told in text
        (picture,) = sheet.images
        assert picture.image.width / 300 * 25.4 == pytest.approx(217, abs=1)


async def test_a_png_has_the_pixels_of_its_paper(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16), **PHONE) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Print").tap()
        await page.get_by_label("Paper").select_option("letter")
        await page.get_by_label("Orientation").select_option("portrait")
        file = await made(page, "PNG")
        data = (await file.path()).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", data[16:24]) == (2550, 3300)
        await expect(page.get_by_text("is made.")).to_be_visible()
        await watched.shot("map-print-phone")


@pytest.mark.parametrize(("paper", "landscape", "size"), [("a3", True, (420, 297)), ("tabloid", False, (279.4, 431.8))])
async def test_large_sheets_have_their_size_and_200_dots_an_inch(site, open_page, parcel, paper, landscape, size):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Print").click()
        await page.get_by_label("Paper").select_option(paper)
        await page.get_by_label("Orientation").select_option("landscape" if landscape else "portrait")
        sheet = PdfReader(await (await made(page, "PDF", f"sheet-{paper}")).path()).pages[0]
        assert [millimetres(each) for each in (sheet.mediabox.width, sheet.mediabox.height)] == pytest.approx(
            size, abs=0.1
        )
        (picture,) = sheet.images
        frame = 420 - 2 * 10 - 56 * 1.2 - 4 if landscape else 279.4 - 2 * 10
        assert picture.image.width / 200 * 25.4 == pytest.approx(frame, abs=1)
        data = (await (await made(page, "PNG", f"sheet-{paper}")).path()).read_bytes()
        assert struct.unpack(">II", data[16:24]) == tuple(round(each / 25.4 * 200) for each in size)


CENTRE = "() => map.getCenter().toArray()"
HOLE = """() => {
    const [, sheet] = map.getSource("sheet").serialize().data.geometry.coordinates;
    const [x, y] = [0, 1].map(axis => sheet.slice(1).map(corner => corner[axis]));
    return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}"""


async def test_show_on_the_map_what_the_sheet_will_show_and_move_it(site, open_page, parcel):  # noqa: F811
    """At a scale of one's choice; by a pointer, and by keys."""
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Print").click()
        mark = page.get_by_role("button", name="Frame of the sheet")
        await expect(mark).to_have_count(0)
        await page.get_by_label("Paper").select_option("a4")
        await page.get_by_label("Scale").select_option("1000")
        await expect(mark).to_be_visible()
        await page.wait_for_function(f"() => ({HOLE})()[2] > -180")
        west, south, east, north = await page.evaluate(HOLE)
        longitude, latitude = await page.evaluate(CENTRE)
        assert [(west + east) / 2, (south + north) / 2] == pytest.approx([longitude, latitude], abs=1e-6)
        width = (east - west) * 111_320 * cos(radians(latitude))
        assert width == pytest.approx(217, rel=0.01)  # millimetres of paper at 1:1000
        box = await mark.bounding_box()
        await page.mouse.move(box["x"] + 20, box["y"] + 20)
        await page.mouse.down()
        await page.mouse.move(box["x"] + 120, box["y"] - 40, steps=4)
        await page.mouse.up()
        await page.wait_for_function(f"west => ({HOLE})()[0] > west", arg=west)
        moved = await page.evaluate(HOLE)
        assert moved[1] > south
        assert await page.evaluate(CENTRE) == [longitude, latitude]
        assert await barriers(page) == []
        await watched.shot("map-print-frame")
        await mark.press("Shift+ArrowLeft")
        await page.wait_for_function(f"west => ({HOLE})()[0] < west", arg=moved[0])
        stepped = await page.evaluate(HOLE)
        assert stepped[1] == pytest.approx(moved[1], abs=1e-9)
        sheet = PdfReader(await (await made(page, "PDF", "sheet-framed")).path()).pages[0]
        assert "1:1,000" in sheet.extract_text()
        await page.get_by_role("button", name="Back to the middle of the map").click()
        await page.wait_for_function(f"west => Math.abs(({HOLE})()[0] - west) < 1e-9", arg=west)
        assert await page.evaluate(HOLE) == pytest.approx([west, south, east, north], abs=1e-9)
        await page.get_by_role("button", name="Close the print").click()
        await page.wait_for_function("() => map.getSource('sheet') === undefined")
        await expect(mark).to_have_count(0)


async def test_no_name_is_cut_at_the_edge_of_a_sheet(site, open_page, parcel):  # noqa: F811
    """Nor is a number of a house: no ink of a text lies within a millimetre of the edge."""
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("zoning_districts-labels")
        await page.get_by_role("button", name="Print").click()
        await page.get_by_label("Paper").select_option("a4")
        for ratio in ("1000", "5000"):
            await page.get_by_label("Scale").select_option(ratio)
            file = await made(page, "PNG", f"sheet-edges-{ratio}")
            with Image.open(await file.path()) as picture:
                pixels = np.asarray(picture.convert("RGB")).astype(int)
            dots = 300 / 25.4
            left, top = round(10 * dots), round(25 * dots)
            right, bottom = left + round(217 * dots), top + round(160 * dots)
            inside, outside = round(0.4 * dots), round(1.2 * dots)
            strips = [
                pixels[top + inside : bottom - inside, left + inside : left + outside],
                pixels[top + inside : bottom - inside, right - outside : right - inside],
                pixels[top + inside : top + outside, left + inside : right - inside],
                pixels[bottom - outside : bottom - inside, left + inside : right - inside],
            ]
            ink = np.array([0x2B, 0x26, 0x20])
            assert sum(int((np.abs(strip - ink).max(axis=2) < 12).sum()) for strip in strips) == 0
            middle = pixels[top + outside : bottom - outside, left + outside : right - outside]
            assert int((np.abs(middle - ink).max(axis=2) < 12).sum()) > 100


async def test_the_legend_of_a_sheet_tells_each_kind_of_what_is_marked(site, open_page, parcel):  # noqa: F811
    longitude, latitude = parcel["pointOnSurface"]["coordinates"]
    link = f"{site.url}/?near=parcels/{parcel['featureId']}&within=60m&pick=parcels/{parcel['featureId']}"
    async with open_page(f"{link}#map=18/{latitude}/{longitude}") as watched:
        page = watched.page
        await watched.drawn("over-near-reach", "over-picked")
        await page.get_by_role("button", name="Print").click()
        text = PdfReader(await (await made(page, "PDF", "sheet-marked")).path()).pages[0].extract_text()
        for told in ("picked", "place that rows are nearest to", "as far as rows are looked for"):
            assert told in text


async def test_a_sheet_printed_in_the_dark_has_the_colours_of_paper_in_its_legend(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 15), color_scheme="dark") as watched:
        page = watched.page
        await watched.drawn("zoning_districts")
        await page.get_by_role("checkbox", name="parcels", exact=True).uncheck()
        await page.get_by_role("button", name="Print").click()
        await page.get_by_label("Paper").select_option("a4")
        with Image.open(await (await made(page, "PNG", "sheet-dark")).path()) as picture:
            swatch = picture.convert("RGB").getpixel(tuple(round(each / 25.4 * 300) for each in (233, 32)))
    style = json.loads(read(f"{site.url}/styles/zoning_districts.json?theme=light"))
    first = next(item for item in style["metadata"]["gateway:legend"][0]["items"] if item["label"] == "R1")
    assert swatch == tuple(bytes.fromhex(first["color"].removeprefix("#")))
