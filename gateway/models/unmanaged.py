"""Columns of tables that someone else made, as layers need them; enters stored columns, leaves what is served.

What is served is an expression of what is stored, so that nothing of the table changes. Numbers stand in the text of an
expression: PostgreSQL finds no index by a parameter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    Text,
    cast,
    inspect,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, MappedColumn, column_property, mapped_column
from sqlalchemy.sql.functions import Function
from sqlalchemy.types import TypeEngine, UserDefinedType

from gateway.models.base import OF_SEARCHES, SRID, Feature, found_by

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
# As many bits as a number of JavaScript holds: features of tiles have this id, too.
_ID_BITS: Final = "'9007199254740991'::bigint"


Expression: TypeAlias = ColumnElement[Any]  # of a type that PostgreSQL knows
T = TypeVar("T")


class Stored(UserDefinedType[object]):
    """A type of PostgreSQL that need not be known here."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "unknown"


def stored(name: str) -> MappedColumn[object]:
    """A column as it is stored, of which others are made; no client sees it."""
    return mapped_column(name, Stored(), deferred=True, deferred_raiseload=True)


def geometry(
    column: MappedColumn[object],
    geometry_type: str,
    comment: str,
    *,
    source: str,
    srid: int | None = None,
    nullable: bool = False,
) -> Mapped[WKBElement]:
    """A geometry in EPSG:4326, of two dimensions and with right-handed rings (RFC 7946), made of what is stored.

    `source` is what the column is: "MULTIPOLYGONZM", "GEOGRAPHY". `srid` is the CRS of coordinates that name none.
    """
    made: Expression = column.column
    if source == "GEOGRAPHY":
        made = made.op("::")(literal_column("geometry"))
    if srid is not None:
        made = Function("ST_SetSRID", made, literal_column(str(srid)))
    if any(kind in source for kind in ("CURVE", "CIRCULAR", "SURFACE")):
        made = Function("ST_CurveToLine", made)
    made = Function("ST_Transform", Function("ST_Force2D", made), literal_column(str(SRID)))
    if geometry_type.startswith("MULTI") and not source.startswith("MULTI"):
        made = Function("ST_Multi", made)
    if geometry_type.endswith(("POLYGON", "GEOMETRY", "COLLECTION")):
        made = Function("ST_ForcePolygonCCW", made)
    served = Geometry(geometry_type, srid=SRID, spatial_index=False)
    return _served(made, served, comment, name="geom", nullable=nullable, lazy=True)


def hashed(key: MappedColumn[object]) -> Mapped[int]:
    """An id for rows whose key is no integer."""
    number: ColumnElement[int] = Function(
        "hashtextextended", key.column.op("::")(literal_column("text")), literal_column("0::bigint")
    )
    return _served(number.op("&")(literal_column(_ID_BITS)), BigInteger(), "Number that is made of the key.", name="id")


def numbered(key: MappedColumn[int]) -> Mapped[int]:
    """The integer key of the table, as the id."""
    return _served(key.column, BigInteger(), "The key, as a number.", name="id")


def as_text(column: MappedColumn[object], comment: str, *, nullable: bool = False) -> Mapped[str]:
    """The text that PostgreSQL writes of a value."""
    return _served(cast(column.column, Text()), Text(), comment, nullable=nullable)


def as_date(column: MappedColumn[object], comment: str, *, nullable: bool = False) -> Mapped[str]:
    """A date as YYYY-MM-DD."""
    return _served(
        Function("to_char", column.column, literal_column("'YYYY-MM-DD'")), Text(), comment, nullable=nullable
    )


def as_utc(column: MappedColumn[object], comment: str, *, nullable: bool = False) -> Mapped[datetime]:
    """A time without a time zone, taken as UTC."""
    made: ColumnElement[datetime] = Function("timezone", literal_column("'UTC'"), column.column)
    return _served(made, DateTime(timezone=True), comment, nullable=nullable)


def as_json(column: MappedColumn[object], comment: str, *, nullable: bool = False) -> Any:
    """A list, or another value, as JSON."""
    return _served(Function("to_jsonb", column.column), JSONB(), comment, nullable=nullable)


def index_names(layer: str) -> tuple[str, str, str]:
    """The names of the indexes on the geometry of a layer, on that as geography, and on its id."""
    return f"ix_{layer[:40]}_geom_4326", f"ix_{layer[:40]}_geog_4326", f"ix_{layer[:40]}_hashed"


def indexes(model: type[Feature], name: str) -> Sequence[Index]:
    """The indexes that reads look for: the geometry, that as geography, an id that is made of a key, and searches."""
    table = model.__table__
    geom, number = (inspect(model).column_attrs[key].columns[0] for key in ("geom", "id"))
    shape, numbers = _text(geom), _text(number)
    of_shape, of_geography, of_id = index_names(name)
    made = [
        Index(of_shape, text(f"({shape})"), postgresql_using="gist", _table=table),
        Index(of_geography, text(f"(({shape})::geography)"), postgresql_using="gist", _table=table),
    ]
    if numbers not in {column.name for column in table.primary_key}:
        made.append(Index(of_id, text(f"({numbers})"), _table=table))
    for at, column in enumerate(model.__layer__.searchable):
        searched = _text(found_by(inspect(model).column_attrs[column].columns[0]))
        made.append(Index(f"ix_{name[:40]}_search_{at}", text(f"({searched})"), **OF_SEARCHES, _table=table))
    for index in made:
        table.indexes.discard(index)  # the table is someone else's
    return made


def _text(expression: Expression) -> str:
    """An expression as an index of its table has it."""
    return str(
        getattr(expression, "element", expression).compile(dialect=_DIALECT, compile_kwargs={"include_table": False})
    )


def _served(
    made: Expression,
    served: TypeEngine[T],
    comment: str,
    *,
    name: str | None = None,
    nullable: bool = False,
    lazy: bool = False,
) -> Mapped[T]:
    info = {"nullable": nullable}
    return column_property(type_coerce(made, served).label(name), doc=comment, info=info, deferred=lazy, raiseload=lazy)
