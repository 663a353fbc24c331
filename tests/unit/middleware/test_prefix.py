"""Paths under a prefix, added in any way: what is inside sees its own paths, and knows what to put before them."""

import pytest

from gateway.http.middleware.prefix import Prefix
from gateway.http.origin import prefix


async def seen(public, path, root_path=""):
    """Path and prefix as what is inside sees them."""
    found = []

    async def app(scope, receive, send):
        found.append((scope["path"], prefix(scope)))

    await Prefix(app, public)({"type": "http", "path": path, "root_path": root_path}, None, None)
    return found[0]


@pytest.mark.parametrize(
    ("public", "path", "root_path", "expected"),
    [
        ("", "/graphql", "", ("/graphql", "")),
        ("/gis", "/graphql", "", ("/graphql", "/gis")),  # the proxy took it away
        ("/gis", "/gis/graphql", "", ("/graphql", "/gis")),  # it passed it on
        ("/gis", "/gis", "", ("/", "/gis")),
        ("/gis", "/gisement", "", ("/gisement", "/gis")),
        ("", "/gis/graphql", "/gis", ("/graphql", "/gis")),  # --root-path, which the server puts before the path
        ("", "/graphql", "/gis", ("/graphql", "/gis")),
        ("/gis", "/gis/graphql", "/gis", ("/graphql", "/gis")),
        ("/gis", "/gis/gis/graphql", "/gis", ("/graphql", "/gis")),
        ("/maps/gis", "/v1/tiles/parcels.json", "/v1", ("/tiles/parcels.json", "/maps/gis")),
        ("", "/tiles/tiles/parcels.json", "/tiles", ("/tiles/parcels.json", "/tiles")),
    ],
)
async def test_the_path_inside_is_the_gateways_own(public, path, root_path, expected):
    assert await seen(public, path, root_path) == expected
