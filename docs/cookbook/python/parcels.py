"""Parcels in a GeoDataFrame: pages through a connection by cursor, checks the areas, writes a file and a picture.

pip install "gql[aiohttp]" geopandas matplotlib
python parcels.py --gateway http://127.0.0.1:8000 --filters '{"yearBuilt": {"lt": 1940}}' --out parcels.gpkg
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import geopandas
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport

PAGE = """
query Page($filters: ParcelFilter, $first: Int!, $after: String) {
  parcels(filters: $filters, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    featureCollection(properties: [PARCEL_ID, LAND_USE, ASSESSED_VALUE, YEAR_BUILT, AREA_SQM])
  }
}
"""


async def features(gateway: str, filters: dict[str, Any] | None, page_size: int) -> AsyncIterator[dict[str, Any]]:
    """Every parcel that the filter keeps, as GeoJSON features; never more than a page is in flight."""
    page, after = gql(PAGE), None
    async with Client(transport=AIOHTTPTransport(f"{gateway}/graphql"), execute_timeout=60) as session:
        while True:
            page.variable_values = {"filters": filters, "first": page_size, "after": after}
            found = (await session.execute(page))["parcels"]
            for feature in found["featureCollection"]["features"]:
                yield feature
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]


async def read(gateway: str, filters: dict[str, Any] | None, page_size: int) -> geopandas.GeoDataFrame:
    """A GeoDataFrame of parcels by their integer id, in longitude and latitude."""
    found = [feature async for feature in features(gateway, filters, page_size)]
    index = [feature["id"] for feature in found]
    return geopandas.GeoDataFrame.from_features(found, crs="EPSG:4326").set_index([index]).rename_axis("featureId")


def draw(parcels: geopandas.GeoDataFrame, path: Path) -> None:
    """A picture of what an owner is taxed for a square metre, in the metres of the UTM zone."""
    worth = parcels["assessedValue"] / parcels["areaSqm"]
    shown = parcels.assign(worth=worth.clip(upper=worth.quantile(0.98))).to_crs(parcels.estimate_utm_crs())
    missing = {"color": "#e4e1d9", "label": "not assessed"}
    axes = shown.plot("worth", cmap="YlGnBu", legend=True, figsize=(8, 6), missing_kwds=missing, edgecolor="none")
    axes.set_title("Assessed value a square metre")
    axes.set_axis_off()
    axes.figure.savefig(path, dpi=110, bbox_inches="tight")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    options.add_argument("--gateway", default="http://127.0.0.1:8000")
    options.add_argument("--filters", type=json.loads, help="the `filters` argument of GraphQL, as JSON")
    options.add_argument("--page-size", type=int, default=1000)
    options.add_argument("--out", type=Path, help="a file for the parcels: .gpkg, .parquet, .geojson")
    options.add_argument("--picture", type=Path, help="a file for a picture: .png, .svg")
    given = options.parse_args()

    parcels = asyncio.run(read(given.gateway, given.filters, given.page_size))
    # A UTM zone is true to area within 0.2 %; the gateway's areas are true on the ellipsoid.
    off = (parcels.to_crs(parcels.estimate_utm_crs()).area / parcels["areaSqm"] - 1).abs().max()
    print(f"{len(parcels)} parcels, {parcels['areaSqm'].sum() / 10_000:.1f} ha, planar areas off by {off:.3%} at most")
    print(parcels.groupby("landUse")["areaSqm"].agg(["count", "median", "sum"]).round().astype(int).to_string())
    if given.out:
        parcels.to_file(given.out)
    if given.picture:
        draw(parcels, given.picture)


if __name__ == "__main__":
    main()
