"""The map in German, Spanish and French: of the link, the reader's choice or the browser; on paper and in errors."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import expect
from pypdf import PdfReader

from tests.browser.test_map import barriers, parcel, place, sheet, view_of  # noqa: F401
from tests.browser.test_map_print import made
from tests.fixtures.browser import PHONE
from tests.fixtures.cluster import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXTS = ROOT / "web" / "src" / "texts"
LANGUAGES = ("de", "es", "fr")
LEAST = 4  # letters of a text that is looked for

# What people read or hear of a page: its texts, and what names and explains its elements.
READ = """() => {
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode.data);
    const names = ["aria-label", "aria-valuetext", "title", "placeholder"];
    for (const element of document.querySelectorAll(names.map(name => `[${name}]`).join()))
        for (const name of names) texts.push(element.getAttribute(name) ?? "");
    return texts.map(text => text.trim()).filter(Boolean);
}"""


def flat(tree, before=""):
    if isinstance(tree, str):
        return {before: tree}
    return {
        path: text for key, inner in tree.items() for path, text in flat(inner, f"{before}.{key}".strip(".")).items()
    }


def catalogue(language):
    return flat(json.loads((TEXTS / f"{language}.json").read_text()))


def pattern(text):
    """What a text looks like with its values put in."""
    return ".+".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", text))


def english_in(language):
    """What only English says, as one pattern."""
    own = catalogue(language)
    texts = {
        text
        for key, text in catalogue("en").items()
        if own.get(key) != text and len(re.sub(r"\{\{.*?\}\}|\W", "", text)) >= LEAST
    }
    return re.compile("|".join(sorted(map(pattern, texts))))


async def unread(page, language):
    """Texts of the page that are English still."""
    english = english_in(language)
    return sorted({text for text in await page.evaluate(READ) if english.fullmatch(text)})


async def test_english_is_found_on_an_english_page(site, open_page):
    """The look at texts sees what it is for."""
    async with open_page(site.url) as watched:
        await watched.drawn("parcels")
        assert {"Legend", "Spatial gateway", "Colours of parcels"} - set(await unread(watched.page, "de")) == {
            "Spatial gateway"
        }


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_text_is_in_the_language_of_the_link(site, open_page, parcel, language):  # noqa: F811
    own = catalogue(language)
    asked = (
        f"?lang={language}&where=yearBuilt.gte:1900&pick=parcels/{parcel['featureId']}&data=yearBuilt.view&table=view"
        f"&color=parcels.yearBuilt.natural&near=parcels/{parcel['featureId']}&within=200ft&notice=within:300ft"
        "&where=nothing.is:1"
    )
    async with open_page(site.url + "/" + asked + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels", "over-picked")
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await expect(page).to_have_title(own["page.title"])
        for name in ("legend.title", "filter.title", "data.title", "past.title"):
            await expect(page.get_by_role("heading", name=own[name], exact=True)).to_be_visible()
        await expect(page.get_by_role("alert").first).to_contain_text("nothing.is:1")
        await expect(page.get_by_role("heading", name=re.compile(pattern(own["table.view"])))).to_be_visible()
        await page.get_by_role("button", name=own["print.title"], exact=True).click()
        await expect(page.get_by_label(own["print.scale"], exact=True)).to_be_visible()
        for details in await page.locator("details").all():
            await details.evaluate("each => { each.open = true; }")
        await expect(page.locator(".bars")).to_be_visible()
        assert await unread(page, language) == []
        assert await barriers(page) == []
        await watched.shot(f"map-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_empty_missing_or_past_is_told_in_the_language(site, open_page, parcel, language):  # noqa: F811
    own = catalogue(language)
    missing = own["sheet.missingThen"].replace("{{title}}", own["layers.parcels.one"])
    then = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    asked = f"?lang={language}&asOf={then}&pick=parcels/999999999&analysis=none"
    async with open_page(site.url + "/" + asked + view_of(parcel, 10), **PHONE) as watched:
        page = watched.page
        await expect(sheet(page)).to_contain_text(missing)
        await expect(page.get_by_role("alert").first).to_contain_text(
            own["refused.UNAUTHENTICATED"].replace("{{message}}", "")
        )
        await expect(page.get_by_role("heading", name=re.compile(pattern(own["past.nothing"])))).to_be_visible()
        await page.get_by_role("combobox", name=own["search.label"]).fill("zzzzqqq")
        await expect(page.get_by_text(own["search.nothing"])).to_be_visible()
        await expect(page.get_by_role("status", name=own["undrawn.label"])).not_to_be_empty()
        assert await unread(page, language) == []
        for button in await page.locator(".panel header > *, .tools button").all():
            box = await button.bounding_box()
            assert box["x"] + box["width"] <= PHONE["viewport"]["width"]
        await watched.shot(f"map-{language}-phone")


async def test_the_browser_says_the_language_until_the_reader_chooses_one(site, open_page):
    async with open_page(site.url, locale="fr-CA") as watched:
        page = watched.page
        await expect(page.get_by_role("heading", name="Légende")).to_be_visible()
        await page.get_by_label("Langue").select_option("de")
        await expect(page.get_by_role("heading", name="Legende")).to_be_visible()
        await expect(page.get_by_role("button", name="Hineinzoomen", exact=True)).to_be_visible()
        assert "lang=" not in page.url
        await watched.drawn("parcels")
        await page.reload()
        await expect(page.get_by_role("heading", name="Legende")).to_be_visible()
        await page.goto(f"{site.url}/?lang=es")
        await expect(page.get_by_role("heading", name="Leyenda")).to_be_visible()
        await watched.drawn("parcels")


async def test_a_language_that_there_is_not_is_told_and_english_stays(site, open_page):
    async with open_page(f"{site.url}/?lang=tlh", locale="it-IT") as watched:
        await expect(watched.page.get_by_role("alert")).to_contain_text("lang=tlh")
        await expect(watched.page.locator("html")).to_have_attribute("lang", "en")
        await watched.drawn("parcels")


async def test_another_language_keeps_what_is_asked_and_back_returns_to_the_one_before(site, open_page, parcel):  # noqa: F811
    asked = f"?where=landUse.iContains%3Afamily&pick=parcels%2F{parcel['featureId']}&lang=de"
    async with open_page(site.url + "/" + asked + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels", "over-selection", "over-picked")
        centre = await page.evaluate("map.getCenter().toArray()")
        await page.get_by_label("Sprache").select_option("fr")
        await expect(page.get_by_role("heading", name="Légende")).to_be_visible()
        await watched.drawn("parcels", "over-selection", "over-picked")
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        assert "lang=fr" in page.url
        assert await page.evaluate("map.getCenter().toArray()") == pytest.approx(centre)
        await page.go_back()
        await expect(page.get_by_role("heading", name="Legende")).to_be_visible()
        await watched.drawn("parcels", "over-picked")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_printed_sheet_is_in_the_language(site, open_page, parcel, language):  # noqa: F811
    own = catalogue(language)
    asked = f"?lang={language}&where=landUse.iContains:family&pick=parcels/{parcel['featureId']}"
    async with open_page(site.url + "/" + asked + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels", "over-selection", "over-picked")
        await page.get_by_role("button", name=own["print.title"], exact=True).click()
        await page.get_by_label(own["print.paper"], exact=True).select_option("a4")
        await page.get_by_label(own["print.scale"], exact=True).select_option("2500")
        file = await made(page, "PDF", f"sheet-{language}")
        await expect(page.get_by_text(own["print.made"].replace("{{name}}", file.suggested_filename))).to_be_visible()
        reader = PdfReader(Path(await file.path()))
    text = re.sub(r"\s+", " ", reader.pages[0].extract_text())
    condition = f"{own['fields.landUse']} {own['lookups.contains']} family"
    for told in (condition, own["marked.selection"], own["marked.picked"], own["marked.title"]):
        assert told in text
    assert re.search(r"1:2[.\s]?500\b", text)
    assert re.search(re.sub(r"\\ ", " ", pattern(own["printed.date"])), text)
    assert reader.root_object["/Lang"] == language
    assert not re.search(r"Printed|kept by|Marked|Zoning districts|in view", text)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_gateway_that_is_away_is_told_in_the_language(site, open_page, parcel, language):  # noqa: F811
    own = catalogue(language)
    async with open_page(f"{site.url}/?lang={language}{view_of(parcel)}") as watched:
        page = watched.page
        await watched.drawn("parcels")
        for path in ("**/graphql", "**/readyz"):
            await page.route(path, lambda route: route.abort())
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(page.get_by_role("status", name=own["undrawn.label"])).to_contain_text(own["undrawn.away"])
        await expect(sheet(page)).to_contain_text(own["errors.unreached"])
        watched.problems.clear()  # the browser's own of the requests that were cut off
