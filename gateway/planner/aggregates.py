"""The functions of `aggregate`, each declared once; enters arguments, leaves measures of many rows.

The schema, its resolvers, the planner, the prices and their page read this table: a new function is an entry. A
function of rows is a field; one of columns is an object with a field for each column of its kinds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway import errors
from gateway.geo.kinds import AREAS
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.planner.fields import EDGE_VALUES
from gateway.query.geometry import DEFAULT_PRECISION, parse_options
from gateway.query.values import Given, Measure
from gateway.query.weights import Weight
from gateway.sql import aggregates as sql
from gateway.sql.types import SqlValue


@dataclass(frozen=True, eq=False)
class Columns:
    """A type with a field for each column of some kinds: it is called after the layer and `suffix`.

    `returns` has the type of a value by the kind of its column; `computed` says that areas and lengths are columns too.
    """

    suffix: str
    description: str
    returns: Mapping[Kind, str]
    computed: bool = True

    def of(self, layer: Layer) -> Sequence[LayerField]:
        """The columns of a layer that have such a field: keys and numbers of states are none that one adds up."""
        apart = {"id", "version", layer.natural_key}
        return [
            each
            for each in layer.fields.values()
            if each.kind in self.returns and each.attribute not in apart and (self.computed or not each.computed)
        ]


@dataclass(frozen=True, eq=False)
class Function:
    """A function of rows, or of `columns`; `returns` and the types of `arguments` are names of the schema.

    An argument has a type and a description; it is required unless it is one of `defaults`.
    """

    name: str
    description: str
    weight: Weight  # of one row
    sql: Callable[..., SqlValue]  # of the rows and of what `read` gives
    columns: Columns | None = None
    returns: Callable[[Layer], str] = lambda _: "Float | None"
    dimension: int | None = None  # that rows must have
    read: Callable[[Given], tuple[object, ...]] = lambda _: ()
    arguments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    embed: bool = False  # whether its value is JSON text

    def measure(self, column: LayerField | None, given: Given) -> Measure:
        """What coerced arguments ask for; raises what is wrong with one."""
        return Measure(self.sql, column, self.read(given))


def _share(given: Given) -> tuple[float]:
    share = given["p"]
    if not 0 <= share <= 1:
        raise errors.OutOfRange(f"p must be 0 to 1, not {share:g}.", path=("p",))
    return (share,)


def _union(layer: Layer) -> str:
    """A type that holds what rows of a layer make together."""
    names = ("MultiPoint", "MultiLineString", "MultiPolygon")
    (dimension,) = layer.dimensions if len(layer.dimensions) == 1 else (-1,)
    return f"{names[dimension] if dimension >= 0 else 'Geometry'} | None"


_INTEGERS: Final = {Kind.INTEGER: "Int", Kind.BIGINT: "BigInt"}
_NUMBERS: Final = {**_INTEGERS, Kind.FLOAT: "Float", Kind.DECIMAL: "Decimal"}
SUMS: Final = Columns(
    "Sums", "Sums of columns", {**dict.fromkeys(_NUMBERS, "Float"), Kind.BIGINT: "Decimal", Kind.DECIMAL: "Decimal"}
)
STATISTICS: Final = Columns("Statistics", "Statistics of columns", dict.fromkeys(_NUMBERS, "Float"))
EXTREMES: Final = Columns("Extremes", "Values at an end of columns", {**_NUMBERS, Kind.DATETIME: "DateTime"})
DISTINCT: Final = Columns(
    "Distinct",
    "Numbers of different values of columns",
    dict.fromkeys([*_NUMBERS, Kind.TEXT, Kind.BOOLEAN, Kind.DATETIME, Kind.UUID], "Int"),
    computed=False,
)
FUNCTIONS: Final = (
    Function("count", "Number of rows.", Weight(0.05), sql.count, returns=lambda _: "Int"),
    Function("sum", "Sums of values; a row without a value adds nothing.", Weight(0.15), sql.total, SUMS),
    Function("avg", "Means of the rows that have a value.", Weight(0.15), sql.mean, STATISTICS),
    Function("min", "Least values.", Weight(0.1), sql.least, EXTREMES),
    Function("max", "Greatest values.", Weight(0.1), sql.greatest, EXTREMES),
    Function(
        "stddev", "Standard deviations of a sample (n - 1); null of one row.", Weight(0.3), sql.deviation, STATISTICS
    ),
    Function(
        "percentile",
        "Values below which a share of the rows lies; between two values where it falls there (percentile_cont).",
        Weight(0.6),
        sql.percentile,
        STATISTICS,
        read=_share,
        arguments={"p": ("Float", "The share, 0 to 1: 0.5 is the median.")},
    ),
    Function("countDistinct", "Numbers of different values.", Weight(0.6), sql.distinct_count, DISTINCT),
    Function(
        "areaSqm",
        "Geodesic area of all rows in square metres; where rows overlap, it counts for each.",
        Weight(1.5, 0.7),
        sql.area,
        dimension=AREAS,
    ),
    Function("extent", "Box around all rows.", Weight(0.6), sql.extent, returns=lambda _: "BBox | None"),
    Function(
        "convexHull",
        "The least convex polygon around all rows, with straight edges in degrees; a line or point where they lie so.",
        Weight(1.0, 0.6),
        sql.hull,
        returns=lambda _: "Geometry | None",
        embed=True,
    ),
    Function(
        "union",
        "All ground that the rows cover, as one geometry (ST_Union).",
        Weight(10.0, 5.0),
        sql.union,
        returns=_union,
        read=lambda given: (parse_options(**given),),
        arguments={
            "simplify": ("Float", "Leave out vertices that lie within this many metres of the line without them."),
            "precision": ("Int", "Decimals of a degree, 0 to 15."),
        },
        defaults={"simplify": 0.0, "precision": DEFAULT_PRECISION},
        embed=True,
    ),
)

ROWS: Final = Measure(sql.count)

# What edges have in place of columns: those of their values that are numbers, and the functions of these.
EDGE_FIELDS: Final[Mapping[str, LayerField]] = {
    each.name: LayerField(each.name, value, Kind.FLOAT, nullable=False, computed=True, own=False, description="")
    for value, each in EDGE_VALUES.items()
    if each.returns == "Float"
}
EDGE_FUNCTIONS: Final[Mapping[str, Function]] = {
    each.name: each for each in FUNCTIONS if each.name == "count" or each.columns in {SUMS, STATISTICS, EXTREMES}
}


def functions(layer: Layer) -> Mapping[str, Function]:
    """Those that have sense for a layer: no area of points, no sum where no column is a number."""
    return {
        each.name: each
        for each in FUNCTIONS
        if each.dimension in {None, *layer.dimensions} and (each.columns is None or each.columns.of(layer))
    }
