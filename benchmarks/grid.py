"""Tiles of the web Mercator grid; enters a point in degrees, leaves z/x/y."""

import math


def tile_of(longitude: float, latitude: float, z: int) -> str:
    """z/x/y of the tile with a point in it."""
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return f"{z}/{int((longitude + 180) / 360 * 2**z)}/{int(row * 2**z)}"
