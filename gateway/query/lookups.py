"""Which lookups a field of each kind has; enters a Kind, leaves the table that inputs and SQL are made from.

Names follow Django's field lookups and GeoDjango's spatial lookups in camelCase
(https://docs.djangoproject.com/en/stable/ref/contrib/gis/geoquerysets/#spatial-lookups).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.models.kinds import Kind


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
    CELL = "cell"  # the key of one


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup: its name in GraphQL, what it is given and what it means."""

    name: str
    operand: Operand
    description: str


_EQUALITY = (
    Lookup("exact", Operand.SAME, "Equal to the value."),
    Lookup("inList", Operand.MANY, "Equal to one of the values; an empty list keeps no row."),
    Lookup("isNull", Operand.FLAG, "true: has no value; false: has one."),
)
_COMPARISON = (
    Lookup("gt", Operand.SAME, "Greater than the value."),
    Lookup("gte", Operand.SAME, "Greater than or equal to the value."),
    Lookup("lt", Operand.SAME, "Less than the value."),
    Lookup("lte", Operand.SAME, "Less than or equal to the value."),
    Lookup("range", Operand.RANGE, "From start to end, both included; one of them at least."),
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
    Lookup(
        "contains",
        Operand.SAME,
        "Has every member of the given JSON object, with an equal value (@>); of one member at least.",
    ),
    *(
        Lookup(
            name,
            Operand.SAME,
            f"Has every member of the given JSON object, with a value that is {words} than the given one: a number, or "
            "a text beside texts.",
        )
        for name, words in (("gt", "greater"), ("gte", "not less"), ("lt", "less"), ("lte", "not greater"))
    ),
    Lookup("hasKey", Operand.TEXT, "Has a member of this name, whatever its value (?)."),
)
_GEOMETRY = (
    Lookup("intersects", Operand.GEOMETRY, "It and the geometry share at least one point (ST_Intersects)."),
    Lookup("disjoint", Operand.GEOMETRY, "It and the geometry share no point (ST_Disjoint)."),
    Lookup("within", Operand.GEOMETRY, "It lies in the geometry, and not on its boundary alone (ST_Within)."),
    Lookup(
        "contains",
        Operand.GEOMETRY,
        "The geometry lies in it, and not on its boundary alone: a corner of it is not contained (ST_Contains).",
    ),
    Lookup(
        "covers",
        Operand.GEOMETRY,
        "No point of the geometry lies outside it; unlike contains, its boundary counts (ST_Covers).",
    ),
    Lookup(
        "coveredBy",
        Operand.GEOMETRY,
        "No point of it lies outside the geometry; unlike within, the geometry's boundary counts (ST_CoveredBy).",
    ),
    Lookup("touches", Operand.GEOMETRY, "Boundaries share points, interiors share none (ST_Touches)."),
    Lookup(
        "crosses",
        Operand.GEOMETRY,
        "Interiors share some points, but not all, and of a lower dimension: a line runs across it (ST_Crosses).",
    ),
    Lookup(
        "overlaps",
        Operand.GEOMETRY,
        "They share space of their own dimension, and neither covers the other (ST_Overlaps).",
    ),
    Lookup("equals", Operand.GEOMETRY, "Both have the same points, whatever their vertices (ST_Equals)."),
    Lookup("bbOverlaps", Operand.GEOMETRY, "The bounding boxes share at least one point: the fastest lookup (&&)."),
    Lookup("bbContains", Operand.GEOMETRY, "Its bounding box contains that of the geometry (~)."),
    Lookup("contained", Operand.GEOMETRY, "Its bounding box lies in that of the geometry (@)."),
    Lookup(
        "dwithin",
        Operand.DWITHIN,
        "It lies within a distance in metres of the geometry, measured on the ellipsoid (ST_DWithin of geography).",
    ),
    Lookup("relate", Operand.RELATE, "It and the geometry relate as a DE-9IM pattern says (ST_Relate)."),
    Lookup(
        "inCluster",
        Operand.CELL,
        "It belongs to the cluster with this clusterId: the middle of its bounding box lies in the cluster's cell.",
    ),
    Lookup("isValid", Operand.FLAG, "true: it is valid by OGC Simple Features; false: it is not (ST_IsValid)."),
)

LOOKUPS: Mapping[Kind, tuple[Lookup, ...]] = {
    Kind.TEXT: (*_EQUALITY, *_COMPARISON, *_TEXT),
    Kind.INTEGER: (*_EQUALITY, *_COMPARISON),
    Kind.BIGINT: (*_EQUALITY, *_COMPARISON),
    Kind.FLOAT: (*_EQUALITY, *_COMPARISON),
    Kind.DECIMAL: (*_EQUALITY, *_COMPARISON),
    Kind.DATETIME: (*_EQUALITY, *_COMPARISON),
    Kind.BOOLEAN: _EQUALITY,
    Kind.UUID: _EQUALITY,
    Kind.JSON: _JSON,
    Kind.GEOMETRY: _GEOMETRY,
}
