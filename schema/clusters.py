"""Clusters of a connection's rows, for maps; enters a layer, leaves their types and the resolver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from gateway.execution.loaders.connection import Connection
from gateway.execution.values import Plain
from gateway.geo.cells import PLACES, key
from gateway.geo.tile_grid import Box, Tile, latitude
from gateway.layers import Layer
from gateway.planner.clusters import DEEPEST, DETAIL, parse_clusters
from gateway.planner.keys import numbers
from gateway.query.cells import Cells
from schema.annotations import Argument, Resolver, Types, make_type, plain, resolved
from schema.info import Info
from schema.scalars import fragment

_DIGITS = 7  # decimals of a degree


@dataclass(frozen=True, slots=True)
class Cluster:
    """The rows in a cell of `area`: how many, the sums of their places, and the sum of a column."""

    connection: Connection
    area: Cells
    x: int
    y: int
    count: int
    places: tuple[int, int]
    total: float | None

    @property
    def tile(self) -> Tile:
        """Its cell."""
        assert isinstance(self.area.level, int)
        return Tile(self.area.level, self.x, self.y)

    @property
    def id(self) -> str:
        """The key of its cell."""
        return key(self.tile.z, self.x, self.y)

    @property
    def bbox(self) -> Box:
        """Its cell in degrees."""
        return self.tile.degrees()

    @property
    def geometry(self) -> object:
        """The middle of its rows, as GeoJSON."""
        x, y = ((total / self.count + 0.5) / 2**PLACES for total in self.places)
        position = [round(x * 360 - 180, _DIGITS), round(latitude(y), _DIGITS)]
        return fragment(orjson.dumps({"type": "Point", "coordinates": position}).decode())

    async def expansion_zoom(self) -> int | None:
        """The zoom at which its rows are in several clusters; None where they are at none."""
        ends = await self.connection.span(self.area, (self.x, self.y)) if self.count > 1 else None
        if ends is None:
            return None
        west, east, north, south = ends
        differing = (int(west) ^ int(east)) | (int(north) ^ int(south))
        zoom = PLACES + 1 - differing.bit_length() - DETAIL
        return zoom if zoom <= DEEPEST else None


def add_cluster_types(types: Types, layer: Layer) -> None:
    """Make `ParcelCluster`."""
    many = layer.verbose_name_plural
    fields = {
        "clusterId": resolved(
            types,
            lambda root: root.id,
            "ID",
            f"Key of its cell, for the filter `geometry: {{inCluster: ...}}`: {many} of the cluster are its leaves. It "
            "begins with the id of the cluster around it.",
        ),
        "pointCount": resolved(types, lambda root: root.count, "Int", f"How many {many} it has."),
        "geometry": resolved(types, lambda root: root.geometry, "Point", f"The middle of its {many}."),
        "bbox": resolved(types, lambda root: root.bbox, "BBox", "Its cell."),
        "expansionZoom": resolved(
            types,
            lambda root: root.expansion_zoom(),
            "Int | None",
            f"The zoom at which it falls apart; null for one row, and where that is deeper than {DEEPEST}.",
        ),
        "sum": resolved(types, lambda root: root.total, "Float | None", "Sum of the column that `sum` names."),
    }
    make_type(types, f"{layer.type_name}Cluster", f"{many.capitalize()} that lie in the same cell of the map.", fields)


def cluster_arguments(layer: Layer) -> Mapping[str, Argument]:
    """The arguments of `clusters`."""
    summed = Argument(f"{layer.type_name}Number | None", "A column to be added.")
    return {
        "zoom": Argument("Int", f"Zoom of the map, 0 to {DEEPEST}: a tile of 512 pixels has 16 by 16 cells."),
        "bbox": Argument("BBox | None", "Only clusters whose cells share a point with it; each has all of its rows."),
        **({"sum": summed} if numbers(layer) else {}),
    }


def cluster_resolver(layer: Layer) -> Resolver:
    """The resolver of `clusters`."""

    async def resolve(root: Connection, info: Info, **given: Plain) -> Sequence[Cluster]:
        context = info.context.at(root.moment)
        wanted = parse_clusters(context.parser, layer, {name: plain(value) for name, value in given.items()})
        clusters = []
        for area in wanted.areas:
            for x, y, count, *places, total in await root.clusters(area, wanted.summed):
                worth = None if total is None else float(total)
                clusters.append(Cluster(root, area, x, y, int(count), (int(places[0]), int(places[1])), worth))
        return clusters

    return resolve
