"""The map of all jurisdictions together, on rows of three schemas."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="session")
def sites(serve, whole, apart, pages_built):
    """The map of a county in one schema, and of the same in three."""
    with (
        serve(whole, app="gateway.asgi:application") as one,
        serve(apart, app="gateway.asgi:application") as three,
    ):
        yield f"{one.url}/", f"{three.url}/j/all/"


async def test_the_map_of_all_draws_the_rows_of_each_as_of_one_schema(sites, open_page):
    drawn = []
    for site in sites:
        async with open_page(site) as watched:
            drawn.append(await watched.drawn("parcels", "zoning_districts"))
    assert drawn[0] == drawn[1] > 0


async def test_a_search_on_the_map_of_all_finds_rows_of_jurisdictions(sites, open_page):
    async with open_page(sites[1]) as watched:
        await watched.drawn("parcels")
        await watched.page.get_by_role("combobox", name="Search by address, name or id").fill("valley")
        await expect(watched.page.get_by_role("option").filter(has_text="Valley").first).to_be_visible()
