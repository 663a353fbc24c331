"""Floor 2. Which lookups a field of each kind has; enters a Kind, leaves the table that inputs and SQL are made from.

Names follow Django's field lookups and GeoDjango's spatial lookups in camelCase
(https://docs.djangoproject.com/en/stable/ref/contrib/gis/geoquerysets/#spatial-lookups).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.layers import Kind


class Operand(StrEnum):
    """What a lookup is given."""

    SAME = "same"  # a value of the field's own kind
    MANY = "many"  # a list of them
    RANGE = "range"  # {start, end}, both included
    FLAG = "flag"  # true or false
    TEXT = "text"
    GEOMETRY = "geometry"
    DWITHIN = "dwithin"  # {geometry, distance}
    RELATE = "relate"  # {geometry, pattern}


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup: its name in GraphQL, what it is given and what it means."""

    name: str
    operand: Operand
    description: str


_EQUALITY = (
    Lookup("exact", Operand.SAME, "Equal to the value."),
    Lookup("inList", Operand.MANY, "Equal to one of the values."),
    Lookup("isNull", Operand.FLAG, "True: has no value; false: has one."),
)
_COMPARISON = (
    Lookup("gt", Operand.SAME, "Greater than the value."),
    Lookup("gte", Operand.SAME, "Greater than or equal to the value."),
    Lookup("lt", Operand.SAME, "Less than the value."),
    Lookup("lte", Operand.SAME, "Less than or equal to the value."),
    Lookup("range", Operand.RANGE, "Between start and end, both included."),
)
_TEXT = (
    Lookup("iExact", Operand.TEXT, "Equal to the text, whatever the case."),
    Lookup("contains", Operand.TEXT, "Holds the text."),
    Lookup("iContains", Operand.TEXT, "Holds the text, whatever the case."),
    Lookup("startsWith", Operand.TEXT, "Begins with the text."),
    Lookup("iStartsWith", Operand.TEXT, "Begins with the text, whatever the case."),
    Lookup("endsWith", Operand.TEXT, "Ends with the text."),
    Lookup("iEndsWith", Operand.TEXT, "Ends with the text, whatever the case."),
)
_JSON = (
    Lookup("contains", Operand.SAME, "Holds every member of the given JSON object, with equal values."),
    Lookup("hasKey", Operand.TEXT, "Has a member of this name."),
)
_GEOMETRY = (
    Lookup("intersects", Operand.GEOMETRY, "Shares at least one point with the geometry (ST_Intersects)."),
    Lookup("disjoint", Operand.GEOMETRY, "Shares no point with the geometry (ST_Disjoint)."),
    Lookup("within", Operand.GEOMETRY, "Lies in the geometry, not only on its boundary (ST_Within)."),
    Lookup("contains", Operand.GEOMETRY, "The geometry lies in it, not only on its boundary (ST_Contains)."),
    Lookup("covers", Operand.GEOMETRY, "No point of the geometry is outside it (ST_Covers)."),
    Lookup("coveredBy", Operand.GEOMETRY, "No point of it is outside the geometry (ST_CoveredBy)."),
    Lookup("touches", Operand.GEOMETRY, "Only the boundaries meet (ST_Touches)."),
    Lookup("crosses", Operand.GEOMETRY, "Some but not all interior points are common (ST_Crosses)."),
    Lookup("overlaps", Operand.GEOMETRY, "Shares space of the same dimension, neither covers the other (ST_Overlaps)."),
    Lookup("equals", Operand.GEOMETRY, "Covers the same points (ST_Equals)."),
    Lookup("bbOverlaps", Operand.GEOMETRY, "The bounding boxes meet (&&)."),
    Lookup("bbContains", Operand.GEOMETRY, "Its bounding box contains that of the geometry (~)."),
    Lookup("contained", Operand.GEOMETRY, "Its bounding box lies in that of the geometry (@)."),
    Lookup("dwithin", Operand.DWITHIN, "Lies within a distance in metres of the geometry (ST_DWithin, geodesic)."),
    Lookup("relate", Operand.RELATE, "Meets the geometry as the DE-9IM pattern says (ST_Relate)."),
    Lookup("isValid", Operand.FLAG, "Is valid in the sense of OGC Simple Features (ST_IsValid)."),
)

LOOKUPS: Mapping[Kind, tuple[Lookup, ...]] = {
    Kind.TEXT: (*_EQUALITY, *_COMPARISON, *_TEXT),
    Kind.INTEGER: (*_EQUALITY, *_COMPARISON),
    Kind.BIGINT: (*_EQUALITY, *_COMPARISON),
    Kind.FLOAT: (*_EQUALITY, *_COMPARISON),
    Kind.DATETIME: (*_EQUALITY, *_COMPARISON),
    Kind.BOOLEAN: _EQUALITY,
    Kind.JSON: _JSON,
    Kind.GEOMETRY: _GEOMETRY,
}
