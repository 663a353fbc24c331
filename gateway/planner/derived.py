"""The fields of a row that are computed of its geometry, each declared once; enters arguments, leaves values to read.

The schema, its resolvers, the planner, the prices and their page read this table: a new field is an entry and a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway import errors
from gateway.layers import Layer
from gateway.planner.fields import EDGE_VALUES
from gateway.query import weights
from gateway.query.connection import QueryParser
from gateway.query.geometry import parse_target
from gateway.query.values import Given, Value
from gateway.query.weights import Weight
from gateway.sql import spatial
from gateway.sql.encode import buffered, row_box
from gateway.sql.types import SqlValue


@dataclass(frozen=True, eq=False)
class Derived:
    """A field of rows: `returns` and the types of `arguments` are names of the schema."""

    name: str
    returns: str
    description: str
    weight: Weight
    sql: Callable[..., SqlValue] | None  # of a row and of what `read` gives, its numbers bound
    read: Callable[[QueryParser, Given], tuple[object, ...]] = lambda _, __: ()
    arguments: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # type and description
    embed: bool = False  # whether its value is JSON text
    nullable: bool = False
    divides: str = ""  # without `sql`: the field that is divided by the number that `read` gives, so read once for both

    def wanted(self, parser: QueryParser, given: Given) -> Value:
        """What coerced arguments ask for; raises what is wrong with one."""
        assert self.sql is not None  # else it has a divisor
        return Value(self.sql, self.read(parser, given))

    def divisor(self, parser: QueryParser, given: Given) -> float:
        """The number that coerced arguments ask for."""
        (number,) = self.read(parser, given)
        assert isinstance(number, float)
        return number


def _metres(parser: QueryParser, given: Given) -> tuple[float]:
    metres, widest = given["meters"], parser.limits.buffer_m
    if not -widest <= metres <= widest:
        message = f"meters must be -{widest:g} to {widest:g}, not {metres:g}."
        raise errors.OutOfRange(message, path=("meters",), limit=widest)
    return (metres,)


BBOX: Final = Value(lambda row: row_box(row.geom))
DERIVED: Final = (
    Derived("bbox", "BBox", "Bounding box: [west, south, east, north] in degrees.", Weight(2.0), BBOX.sql),
    Derived(
        "buffer",
        "MultiPolygon",
        "All points within a distance of the geometry (ST_Buffer of geography).",
        Weight(24.0, 3.0),
        lambda row, metres: buffered(row.geom, metres),
        _metres,
        {
            "meters": (
                "Float",
                "Distance in metres; below 0 the geometry shrinks, maybe to a MultiPolygon without coordinates.",
            )
        },
        embed=True,
    ),
    Derived(
        "area",
        "Float",
        "Geodesic area in a unit of choice.",
        Weight(2.0, 0.7),
        None,
        lambda _, given: (given["unit"],),
        {"unit": ("AreaUnit", "The unit of the answer.")},
        divides="areaSqm",
    ),
    Derived(
        "distance",
        "Float",
        "Geodesic distance in metres to a geometry, from the nearest points of both; 0 where they meet, null to a row "
        "that is not there.",
        Weight(6.0, 0.6),
        lambda row, target: spatial.distance(row.geom, target),
        lambda parser, given: (parse_target(given["to"], parser.layers, parser.limits, path=("to",)),),
        {"to": ("GeometryInput", "The geometry to measure to.")},
        nullable=True,
    ),
)
WEIGHTS: Final[Mapping[str, Weight]] = {
    **weights.FIELDS,
    **{each.name: each.weight for each in EDGE_VALUES.values() if each.weight is not None},
    **{each.name: each.weight for each in DERIVED},
}


def derived(layer: Layer) -> Mapping[str, Derived]:
    """Those that a layer has."""
    return {each.name: each for each in DERIVED if each.divides in {"", *layer.fields}}
