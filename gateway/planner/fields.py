"""The fields of connections and their edges, each declared once; enters nothing, leaves what schema and planner share.

The schema, the planner, the prices and their page read these tables. In texts, `{name}` is the connection's,
`{row}` the type of its rows, and `{one}` and `{many}` say what they are in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.query.values import EdgeValue
from gateway.query.weights import Weight


@dataclass(frozen=True, slots=True)
class ConnectionField:
    """A field of connections: whether it shows the rows of the page, or is a statement about all that the filter keeps.

    Those of `layers` are of no relation, those of `edges` only of relations whose edges have numbers. Those of
    `members` may show members of `attributes`.
    """

    name: str
    returns: str
    description: str
    paged: bool = False
    counted: bool = False
    layers: bool = False
    edges: bool = False
    members: bool = False


@dataclass(frozen=True, slots=True)
class EdgeField:
    """A field of edges; one without a weight is priced as a column."""

    name: str
    returns: str
    description: str
    weight: Weight | None = None


CONNECTION: Final = (
    ConnectionField("edges", "list[{name}Edge]", "The rows of the page, each with its cursor and data.", paged=True),
    ConnectionField("nodes", "list[{row}]", "The rows of the page, without cursors.", paged=True),
    ConnectionField("pageInfo", "PageInfo", "Whether there are rows before and after the page.", paged=True),
    ConnectionField(
        "totalCount", "Int", "Number of all rows that the filter keeps, on this page and off it.", counted=True
    ),
    ConnectionField(
        "extent",
        "BBox | None",
        "Box around all rows that the filter keeps, not just this page; null for no rows.",
        counted=True,
    ),
    ConnectionField(
        "aggregate",
        "{row}Aggregate",
        "What all rows that the filter keeps have together: numbers, sums, extremes and shapes.",
        counted=True,
    ),
    ConnectionField(
        "edgeAggregate",
        "{name}EdgeAggregate",
        "What the edges to all rows that the filter keeps have together: sums, means and extremes of their values.",
        counted=True,
        edges=True,
    ),
    ConnectionField(
        "groupBy",
        "{row}Groups",
        "All rows that the filter keeps in groups that have a key in common, and what each group has together.",
        counted=True,
    ),
    ConnectionField(
        "distinct",
        "DistinctValues",
        "The values that a column or a member of `attributes` has in all rows that the filter keeps, and how many rows "
        "have each: what to suggest for a filter.",
        counted=True,
        layers=True,
        members=True,
    ),
    ConnectionField(
        "clusters",
        "list[{row}Cluster]",
        "All rows that the filter keeps, by cell of the map at a zoom; the numbers of all cells add up to totalCount.",
        layers=True,
    ),
    ConnectionField(
        "featureCollection",
        "FeatureCollection",
        "The rows of the page as one GeoJSON FeatureCollection, with a bbox member: data for a map as it is.",
        paged=True,
    ),
    ConnectionField("tiles", "TileLinks | None", "All these rows as vector tiles, for a map.", layers=True),
    ConnectionField("exports", "ExportLinks | None", "All these rows as a file to download.", layers=True),
)
PAGED: Final = frozenset(each.name for each in CONNECTION if each.paged)
COUNTED: Final = frozenset(each.name for each in CONNECTION if each.counted)
EDGE: Final = (
    EdgeField("cursor", "String", "Opaque place of the row in this order, for `after` and `before`."),
    EdgeField("node", "{row}", "The {one} itself."),
    EdgeField(
        "distance",
        "Float | None",
        "Geodesic distance in metres to the geometry of distanceTo in `order`, else of dwithin in `filters`; "
        "null where the arguments have neither.",
    ),
)
EDGE_VALUES: Final[Mapping[EdgeValue, EdgeField]] = {
    EdgeValue.OVERLAP_AREA_SQM: EdgeField(
        "overlapAreaSqm",
        "Float",
        "Area that the {part} and the {whole} share, in square metres, geodesic.",
        Weight(5.0, 0.5),
    ),
    EdgeValue.OVERLAP_LENGTH_M: EdgeField(
        "overlapLengthM",
        "Float",
        "Length that the {part} and the {whole} share, in metres, geodesic.",
        Weight(5.0, 0.5),
    ),
    EdgeValue.COVERAGE: EdgeField(
        "coverage",
        "Float",
        "Share of the {part}'s {size} that lies in the {whole}: 0 to 1, where 1 is all of it.",
        Weight(5.0, 0.5),
    ),
    EdgeValue.SHARED_BORDER_M: EdgeField(
        "sharedBorderM", "Float", "Length of the border that both share, in metres, geodesic.", Weight(10.0, 0.5)
    ),
    EdgeValue.IS_PRIMARY: EdgeField(
        "isPrimary",
        "Boolean",
        "Whether no other {whole} covers more of the {part}; of equals, the lower id counts.",
        Weight(20.0, 1.0),
    ),
}
