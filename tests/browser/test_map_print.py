"""Sheets of paper: what the map shows as PDF and PNG, with title, legend, scale, north, date and source."""

import re
import struct
from datetime import date

import pytest
from playwright.async_api import expect
from pypdf import PdfReader

from tests.browser.test_map import barriers, parcel, view_of  # noqa: F401
from tests.fixtures.browser import PHONE, SHOTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(page, kind, name="sheet"):
    """The file of a kind; a copy for people to look at lies beside the pictures of pages."""
    async with page.expect_download(timeout=120_000) as started:
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
