"""Types of columns; enters what a database says of a column, leaves how a model declares it, or why it can't."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of a table that someone else made; `type` is the one that its domains lead to."""

    name: str
    declared: str
    type: str
    category: str
    is_array: bool
    filled: bool
    comment: str
    precision: int | None = None
    scale: int | None = None
    shape: str | None = None
    srid: int | None = None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """A type in Python and SQLAlchemy; `through` is the function of `unmanaged` that makes it of another type."""

    python: str
    stored: str | None = None  # where it does not follow from `python`
    through: str | None = None
    note: str | None = None  # for the comment, where there is none


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a column is not served."""

    why: str


# What a column of a new layer may be, by the name that a user gives.
KINDS: Final[Mapping[str, Declared]] = {
    "text": Declared("str", "Text"),
    "integer": Declared("int"),
    "bigint": Declared("int", "BigInteger"),
    "float": Declared("float"),
    "decimal": Declared("Decimal", "Numeric"),
    "boolean": Declared("bool"),
    "datetime": Declared("datetime", "DateTime(timezone=True)"),
    "uuid": Declared("UUID"),
}
_AS_TEXT: Final = Declared("str", through="as_text")
_TYPES: Final[Mapping[str, Declared]] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "citext", "name"), KINDS["text"]),
    **dict.fromkeys(("int2", "int4"), KINDS["integer"]),
    **dict.fromkeys(("int8", "oid"), KINDS["bigint"]),
    **dict.fromkeys(("float4", "float8"), KINDS["float"]),
    "bool": KINDS["boolean"],
    "uuid": KINDS["uuid"],
    "timestamptz": KINDS["datetime"],
    "timestamp": Declared("datetime", through="as_utc", note="taken as UTC"),
    "date": Declared("str", through="as_date", note="as YYYY-MM-DD"),
    **dict.fromkeys(("time", "timetz", "inet", "cidr", "macaddr", "macaddr8", "ltree"), _AS_TEXT),
    "jsonb": Declared("dict[str, Any]", "JSONB"),
    **dict.fromkeys(("json", "hstore"), Declared("dict[str, Any]", through="as_json")),
}
KEYS: Final = frozenset({"int2", "int4", "int8", "text", "varchar", "uuid"})
INTEGERS: Final = frozenset({"int2", "int4", "int8"})
SHAPES: Final = frozenset({"geometry", "geography"})


def declared(column: FoundColumn) -> Declared | LeftOut:
    """How a column that is no geometry is served."""
    if not column.readable:
        return LeftOut("the role of the gateway may not read it: GRANT SELECT")
    if column.is_array:
        return Declared("dict[str, Any]", through="as_json", note="as a list")
    if column.category == "e":
        return _AS_TEXT
    if column.type == "numeric":
        ordinary = column.precision is not None and 0 <= (column.scale or 0) <= column.precision
        digits = f"({column.precision}, {column.scale})" if ordinary else ""
        return Declared("Decimal", f"Numeric{digits}")
    if column.type in SHAPES:
        return LeftOut("a layer has one geometry; another one is chosen with --geometry")
    return _TYPES.get(column.type) or LeftOut(f"values of the type {column.declared} are not served")
