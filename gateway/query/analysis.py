"""Analyses of the rows that a filter keeps; enters the arguments of a method, leaves frozen terms."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway import errors
from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField, Layers
from gateway.query import operands
from gateway.query.filters import Filter
from gateway.query.geometry import parse_target
from gateway.query.ids import NodeRef
from gateway.query.parse import parse_filter
from gateway.query.seen import check_seen
from gateway.query.units import METRES
from gateway.query.values import Given
from gateway.settings import LimitSettings

GEOMETRY: Final = "geometry"
MOST_CLUSTERS: Final = 1_000
MOST_NEIGHBORS: Final = 10_000
_FARTHEST_M: Final = 1_000_000.0
_LEAST_M: Final = 0.01


@dataclass(frozen=True, slots=True)
class Dbscan:
    """Clusters of rows of which each has `least` within `metres`."""

    metres: float
    least: int


@dataclass(frozen=True, slots=True)
class KMeans:
    """So many clusters, or more where none may reach farther than `metres`."""

    clusters: int
    metres: float | None


@dataclass(frozen=True, slots=True)
class ConcaveHull:
    """A shape around the corners of all rows, as concave as `ratio` says: 1 is convex."""

    ratio: float
    holes: bool


@dataclass(frozen=True, slots=True)
class Dissolve:
    """The rows of each value of a column as one; those of values that fewer than `least` have are withheld."""

    field: LayerField
    least: int


@dataclass(frozen=True, slots=True)
class Union:
    """All rows as one."""


@dataclass(frozen=True, slots=True)
class Voronoi:
    """What is nearer to each row than to all others."""


@dataclass(frozen=True, slots=True)
class Intersection:
    """What rows share with rows of a layer, or with a geometry."""

    layer: Layer | None = None
    filter: Filter | None = None
    target: Shape | NodeRef | None = None


Method: TypeAlias = Dbscan | KMeans | ConcaveHull | Dissolve | Union | Voronoi | Intersection


@dataclass(frozen=True, slots=True)
class Analysis:
    """A method on the rows of a layer that a filter keeps."""

    layers: Layers
    layer: Layer
    filter: Filter | None
    method: Method


@dataclass(frozen=True, slots=True)
class Analysed:
    """Rows that are analysed, as one principal may see them."""

    layers: Layers
    limits: LimitSettings
    layer: Layer
    filter: Filter | None
    least_group: int

    def parse(self, name: str, given: Given) -> Analysis:
        """Read the arguments of a method; raises ArgumentError."""
        return Analysis(self.layers, self.layer, self.filter, _METHODS[name](self, given))


def _dbscan(_: Analysed, given: Given) -> Method:
    least = given["minPoints"]
    if not 1 <= least <= MOST_NEIGHBORS:
        message = f"minPoints must be 1 to {MOST_NEIGHBORS}, not {least}."
        raise errors.OutOfRange(message, path=("minPoints",), limit=MOST_NEIGHBORS)
    return Dbscan(_metres(given, "distance"), least)


def _kmeans(_: Analysed, given: Given) -> Method:
    clusters = given["clusters"]
    if not 1 <= clusters <= MOST_CLUSTERS:
        message = f"clusters must be 1 to {MOST_CLUSTERS}, not {clusters}."
        raise errors.OutOfRange(message, path=("clusters",), limit=MOST_CLUSTERS)
    return KMeans(clusters, None if given.get("maxRadius") is None else _metres(given, "maxRadius"))


def _metres(given: Given, name: str) -> float:
    metres = operands.number(given[name], (name,)) * METRES[given["unit"]]
    if not _LEAST_M <= metres <= _FARTHEST_M:
        message = f"{name} must be {_LEAST_M:g} to {_FARTHEST_M:.0f} metres, not {metres:g}."
        raise errors.OutOfRange(message, path=(name,), limit=_FARTHEST_M)
    return metres


def _hull(_: Analysed, given: Given) -> Method:
    ratio = operands.number(given["ratio"], ("ratio",))
    if not 0 <= ratio <= 1:
        raise errors.OutOfRange(f"ratio must be 0 to 1, not {ratio:g}.", path=("ratio",), limit=1)
    return ConcaveHull(ratio, given["allowHoles"])


def _dissolve(of: Analysed, given: Given) -> Method:
    field = of.layer.fields[given["by"]]
    check_seen(field, ("by",))
    return Dissolve(field, of.least_group)


def _intersection(of: Analysed, given: Given) -> Method:
    ((name, value),) = given["other"].items()
    if name == GEOMETRY:
        return Intersection(target=parse_target(value, of.layers, of.limits, path=("other", name)))
    layer = next(each for each in of.layers if each.plural == name)
    return Intersection(layer, parse_filter(layer, of.layers, of.limits, value, path=("other", name)))


_METHODS: Final = {
    "clusterDbscan": _dbscan,
    "clusterKMeans": _kmeans,
    "concaveHull": _hull,
    "dissolve": _dissolve,
    "union": lambda of, given: Union(),  # noqa: ARG005 - as all take
    "voronoi": lambda of, given: Voronoi(),  # noqa: ARG005
    "intersectionWith": _intersection,
}
