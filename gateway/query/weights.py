"""What the database takes for each kind of work, in microseconds; enters nothing, leaves the weights.

Measured on the county of 200,000 parcels: PostgreSQL 15, PostGIS 3.3, one core of a small virtual machine, caches warm,
CPU of the backend. `python -m benchmarks.siege.weights` measures again and prints both.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.models.kinds import Kind

UNIT: Final = 10.0  # microseconds in one unit of cost


class Weight(NamedTuple):
    """Microseconds for one row: `base`, and more for each vertex of the row's geometry."""

    base: float
    vertex: float = 0.0


class Lookup(NamedTuple):
    """Microseconds of a spatial lookup.

    For each row `base`, and more for each vertex of the row, for each of the argument, and for each square of the
    latter; `once` for each vertex of the argument.
    """

    base: float
    row: float
    argument: float
    square: float = 0.0
    once: float = 1.5


# Statements

STATEMENT: Final = 300.0  # parsed, planned and sent
RELATION: Final = 800.0  # one that joins two layers by their geometry
BOUNDS: Final = 1_500.0  # one that finds a box: it is long
PROBE: Final = 1.0  # an index searched for one row of the other side
SCAN: Final = 0.15  # a row of a whole table
FETCH: Final = 0.8  # a row that an index leads to
SORT: Final = 0.3  # a row to be sorted
EXTENT: Final = 0.4  # a row of which the box is read
CELL: Final = 3.0  # a row that is counted in a cell of an overview
CELLS: Final = 10_000.0  # an overview of cells that are counted already
SPAN: Final = 40.0  # a cell of which it is looked up where its rows fall apart
WALK: Final = Weight(0.07, 0.005)  # a row that an index gives by distance: for each vertex of what is measured to
TRIED: Final = 3.0  # rows that are tested until one is related, where there are some
APART: Final = 0.1  # of rows whose boxes meet, so many may be tested for nothing
NEAR: Final = 0.4  # a row whose box meets that of another row
KEPT: Final = 1.5  # a row that a kept pair leads to
TOUCH: Final = 2.5  # the same of a relation by borders: whether they touch is looked at first
OVERLAP: Final = Weight(1.0, 0.045)  # whether two rows share area: for each vertex of both
BORDER: Final = Weight(10.0, 2.0)  # whether two rows share a line
WRITE: Final = 1_000.0  # a row that is written, with its history

# Lookups of scalars, for each row: the lookup, and each character of an argument that is text.

SCALARS: Final[Mapping[Kind, float]] = {
    Kind.TEXT: 0.1,
    Kind.INTEGER: 0.06,
    Kind.BIGINT: 0.06,
    Kind.FLOAT: 0.06,
    Kind.DECIMAL: 0.1,
    Kind.BOOLEAN: 0.06,
    Kind.DATETIME: 0.06,
    Kind.UUID: 0.06,
    Kind.JSON: 0.4,
}
ITEM: Final = 0.01  # an item of inList
PATTERN: Final = Weight(0.1, 0.003)  # contains, startsWith, endsWith: for each character
FOLDED: Final = Weight(0.4, 0.02)  # the same whatever the case
PLANNED: Final = 0.4  # the same once: PostgreSQL tries a pattern on the values that its statistics hold
JSON_TEXT: Final = 0.02  # a character of a JSON argument
STORED: Final = 0.003  # a byte of the row's text

# Searches: what a text asks for is found in an index.

FOLDED_VALUE: Final = 30.0  # a value is made ready to be searched, where no index has it
MATCHED: Final = 0.15  # a row that matches
SCORED: Final = 40.0  # a row whose score is computed
MOST_SCORED: Final = 300.0  # rows of a layer
LETTER: Final = 20.0  # of the text, once: near words of each are looked for
WIDE: Final = (0.0, 0.5, 0.25, 0.1, 0.02, 0.02, 0.02)  # shares of rows that so many letters may find
NARROW: Final = 0.002  # and more of them

# Lookups of geometries.

BOXES: Final = Lookup(0.3, 0.0, 0.0, once=0.15)
PREPARED: Final = Lookup(2.0, 0.1, 0.002, once=1.7)  # PostGIS prepares the argument once
PLAIN: Final = Lookup(5.0, 0.2, 0.2, 0.000_085)  # compared with each row again; a jagged argument takes longest
MET: Final = 0.7  # of rows whose boxes meet, so many meet themselves
METRES: Final = Lookup(8.0, 0.6, 0.014)
VALID: Final = Lookup(1.5, 0.4, 0.0)
IN_CELL: Final = Lookup(3.0, 0.0, 0.0)

SPATIAL: Final[Mapping[str, Lookup]] = {
    "intersects": PREPARED,
    "disjoint": PREPARED,
    "within": PREPARED,
    "contains": PREPARED,
    "covers": PREPARED,
    "coveredBy": PLAIN,
    "touches": PLAIN,
    "crosses": PLAIN,
    "overlaps": PLAIN,
    "equals": PREPARED,
    "bbOverlaps": BOXES,
    "bbContains": BOXES,
    "contained": BOXES,
    "dwithin": METRES,
    "relate": PLAIN,
    "inCluster": IN_CELL,
    "isValid": VALID,
}

# Values that are computed for a row, in filters and orders.

COMPUTED: Final[Mapping[str, Weight]] = {
    "areaSqm": Weight(1.5, 0.7),
    "perimeterM": Weight(1.5, 1.0),
    "lengthM": Weight(1.5, 1.0),
    "centroid": Weight(1.0, 0.15),
    "pointOnSurface": Weight(1.0, 0.2),
    "bbox": Weight(0.8),
}
DISTANCE: Final = Lookup(6.0, 0.6, 0.02)  # in orders, and `distance`
CIRCLE: Final = 40.0  # the same to the polygon of a circle far away, besides

# Fields of a row that is answered. Those that are not named are columns: the database takes less for them than the
# server does to write them.

PLAIN_FIELD: Final = 1.0
FIELDS: Final[Mapping[str, Weight]] = {
    "geometry": Weight(1.0, 0.3),
    "projectedGeometry": Weight(10.0, 1.0),
    "attributes": Weight(25.0),  # where some members are withheld: each is taken out
    "centroid": Weight(2.0, 0.15),
    "pointOnSurface": Weight(2.0, 0.2),
    "areaSqm": Weight(2.0, 0.7),
    "perimeterM": Weight(2.0, 1.0),
    "lengthM": Weight(2.0, 1.0),
    "history": Weight(200.0),
    "outline": Weight(300.0),  # of a jurisdiction: of 1,000 vertices
    "feature": Weight(3.0, 0.4),
    "featureCollection": Weight(3.0, 0.4),
    "__schema": Weight(200_000.0),
    "__type": Weight(10_000.0),
}
SIMPLIFIED: Final = Weight(3.0, 0.6)  # a geometry with `simplify`, besides
ENCODED: Final = Weight(3.0, 0.8)  # a row of a tile or an export
