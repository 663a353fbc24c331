"""The scalars: GeoJSON (RFC 7946), boxes and 64-bit integers; enters values, leaves what orjson writes.

GeoJSON arrives as text from PostGIS and leaves as `orjson.Fragment`: no coordinate is ever parsed. As input a scalar
takes any JSON; `gateway.geo` says what is wrong with it, and where.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import NewType
from uuid import UUID

import orjson
import strawberry
from graphql import (
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from gateway.execution.values import Plain
from gateway.query.numbers import decimal, read, whole

RFC7946 = "https://datatracker.ietf.org/doc/html/rfc7946"
ECMA404 = "https://ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf"

Point = NewType("Point", object)
LineString = NewType("LineString", object)
Polygon = NewType("Polygon", object)
MultiPoint = NewType("MultiPoint", object)
MultiLineString = NewType("MultiLineString", object)
MultiPolygon = NewType("MultiPolygon", object)
GeometryCollection = NewType("GeometryCollection", object)
Geometry = NewType("Geometry", object)
Feature = NewType("Feature", object)
FeatureCollection = NewType("FeatureCollection", object)
BBox = NewType("BBox", object)
BigInt = NewType("BigInt", int)

_POSITIONS = "Positions are longitude and latitude in degrees (WGS 84)."
_RINGS = f"{_POSITIONS} Exterior rings run counterclockwise, holes clockwise."

_GEOMETRIES = (
    *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
    *("GeometryCollection", "Geometry"),
)
GEOMETRY_SCALARS = {name.upper(): name for name in _GEOMETRIES}  # by the type of the column


def fragment(text: Plain) -> Plain:
    """JSON text that is written as it is."""
    return orjson.Fragment(text)


def _literal(node: ValueNode, variables: dict[str, object] | None = None) -> object:
    """The JSON of a literal; a variable that is not given leaves its member out of an object and is null in a list.

    So it is where members are declared, too. Without this, graphql-core would put its own mark for nothing there.
    """
    given = variables or {}
    if isinstance(node, ObjectValueNode):
        present = [member for member in node.fields if not _is_absent(member.value, given)]
        return {member.name.value: _literal(member.value, given) for member in present}
    if isinstance(node, ListValueNode):
        return [None if _is_absent(item, given) else _literal(item, given) for item in node.values]
    if isinstance(node, FloatValueNode | IntValueNode):
        return read(node.value)
    return value_from_ast_untyped(node, given)


def _is_absent(node: ValueNode, given: Mapping[str, object]) -> bool:
    return isinstance(node, VariableNode) and node.name.value not in given


def _geojson(name: str, section: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=f"{RFC7946}#section-{section}",
        serialize=lambda value: value if isinstance(value, orjson.Fragment) else fragment(value),
        parse_value=lambda value: value,
        parse_literal=_literal,
    )


def _integer(value: object) -> int:
    number = whole(value)
    if number is None:
        message = "BigInt must be a whole number, or a text of its digits."
        raise TypeError(message)
    return number


def _decimal(value: object) -> Decimal:
    number = decimal(value)
    if number is None:
        message = 'Decimal must be a number, or a text of one such as "0.10".'
        raise TypeError(message)
    return number


def _decimal_literal(node: ValueNode, _: dict[str, object] | None = None) -> Decimal:
    return _decimal(node.value if isinstance(node, FloatValueNode | IntValueNode | StringValueNode) else None)


def _uuid(value: object) -> UUID:
    with suppress(ValueError):
        if isinstance(value, str):
            return UUID(value)
    message = "UUID must be a text such as 123e4567-e89b-12d3-a456-426614174000."
    raise TypeError(message)


def _moment(value: object) -> datetime:
    with suppress(ValueError, OverflowError):
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is None else moment.astimezone(UTC)
    message = "DateTime must be a text such as 2026-05-17T09:30:00-04:00, in the years 1 to 9999."
    raise TypeError(message)


SCALARS: Mapping[object, ScalarDefinition] = {
    Point: _geojson("Point", "3.1.2", f"A GeoJSON Point object. {_POSITIONS}"),
    MultiPoint: _geojson("MultiPoint", "3.1.3", f"A GeoJSON MultiPoint object. {_POSITIONS}"),
    LineString: _geojson("LineString", "3.1.4", f"A GeoJSON LineString object. {_POSITIONS}"),
    MultiLineString: _geojson("MultiLineString", "3.1.5", f"A GeoJSON MultiLineString object. {_POSITIONS}"),
    Polygon: _geojson("Polygon", "3.1.6", f"A GeoJSON Polygon object. {_RINGS}"),
    MultiPolygon: _geojson("MultiPolygon", "3.1.7", f"A GeoJSON MultiPolygon object. {_RINGS}"),
    GeometryCollection: _geojson("GeometryCollection", "3.1.8", f"A GeoJSON GeometryCollection object. {_RINGS}"),
    Geometry: _geojson(
        "Geometry",
        "3.1",
        f"A GeoJSON geometry object of any type. {_RINGS} As input, rings may run either way, and positions have two "
        "numbers: no altitudes.",
    ),
    Feature: _geojson(
        "Feature",
        "3.2",
        "A GeoJSON Feature object: a row's geometry, its integer id as `id`, and chosen fields as `properties`. "
        f"{_RINGS}",
    ),
    FeatureCollection: _geojson(
        "FeatureCollection",
        "3.3",
        "A GeoJSON FeatureCollection object: rows as Features, and their box as `bbox`. Map libraries take it as it "
        f"is. {_RINGS}",
    ),
    BBox: strawberry.scalar(
        name="BBox",
        description="A box: [west, south, east, north] in degrees (WGS 84). As input, one with west greater than east "
        "crosses the antimeridian.",
        specified_by_url=f"{RFC7946}#section-5",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        parse_literal=_literal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description=f"The `JSON` scalar type represents JSON values as specified by [ECMA-404]({ECMA404}).",
        specified_by_url=ECMA404,
        serialize=lambda value: value,
        parse_value=lambda value: value,
        parse_literal=_literal,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of at most 64 bits as a JSON number; JavaScript reads those up to 2^53 exactly. As "
        'input, a text of the digits is taken too: "9007199254740993".',
        serialize=_integer,
        parse_value=_integer,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number, exact to the last digit, as a text such as "350000.10": a JSON number loses '
        "digits where it is read as a double. As input, a number is taken too.",
        serialize=lambda value: value if isinstance(value, str) else format(value, "f"),
        parse_value=_decimal,
        parse_literal=_decimal_literal,
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="A UUID as a text of 36 characters, in small letters.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        serialize=str,
        parse_value=_uuid,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A date and time with its offset from UTC (ISO 8601), for example 2026-05-17T09:30:00-04:00.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=datetime.isoformat,
        parse_value=_moment,
    ),
}
