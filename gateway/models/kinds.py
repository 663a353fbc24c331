"""What columns hold; enters types of SQLAlchemy, leaves kinds."""

from collections.abc import Mapping
from enum import StrEnum

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, DateTime, Float, Integer, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from gateway.errors import SetupError


class Kind(StrEnum):
    """What a field holds; lookups, order and wire format follow from it."""

    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    UUID = "uuid"
    JSON = "json"
    GEOMETRY = "geometry"


_KINDS: Mapping[type, Kind] = {
    BigInteger: Kind.BIGINT,
    Integer: Kind.INTEGER,
    Float: Kind.FLOAT,
    Numeric: Kind.DECIMAL,
    Boolean: Kind.BOOLEAN,
    DateTime: Kind.DATETIME,
    Uuid: Kind.UUID,
    JSONB: Kind.JSON,
    Geometry: Kind.GEOMETRY,
    Text: Kind.TEXT,
}


def kind_of(sql_type: TypeEngine[object], place: str) -> Kind:
    kind = next((kind for base, kind in _KINDS.items() if isinstance(sql_type, base)), None)
    if kind is None:
        raise SetupError(f"{place} is of the type {sql_type}, which the gateway does not serve. Name it in `hidden`.")
    return kind
