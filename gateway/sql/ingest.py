"""Statements of ingest; enters a layer and the columns that a source fills, leaves staging table and merges.

Rows are copied into a temporary table without constraints, and merged from there, so that each one's fate is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Executable,
    Insert,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.types import UserDefinedType

from gateway.layers import Layer
from gateway.sql import conflicts
from gateway.sql.types import SqlRows

_NAME = "ingest_staging"
_OWN = ("attributes", "geom")
# The table, or its partitions: PostGIS reads the index of a partitioned table as if it had blocks.
_PARTS = """
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE c.relkind = 'r' AND CAST(:table AS regclass) IN (c.oid, i.inhparent)
"""


class _AsWritten(UserDefinedType[Any]):
    """A geometry column whose values pass between tables as they are."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def get_col_spec(self, **_: object) -> str:
        return self.spec


class Staging:
    """The staging table of one chunk and the statements that read it.

    Columns: n, the index in the source; rank, 1 for the first row of a key in the chunk, 2 for the next, ...; then the
    columns that the source fills, `attributes` and `geom`.
    """

    def __init__(self, layer: Layer, filled: Sequence[str]) -> None:
        self.target = layer.model.__table__
        self.key = layer.natural_key
        self._layer = layer
        self.columns = (*filled, *_OWN)
        geometry: Any = self.target.c.geom.type
        spec = _AsWritten(f"geometry({geometry.geometry_type},{geometry.srid})")
        self.table = Table(
            _NAME,
            MetaData(),
            Column("n", BigInteger, nullable=False),
            Column("rank", Integer, nullable=False),
            *(Column(name, spec if name == "geom" else self.target.c[name].type) for name in self.columns),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )

    @property
    def name(self) -> str:
        return _NAME

    @property
    def names(self) -> Sequence[str]:
        """Columns in the order of COPY."""
        return [column.name for column in self.table.columns]

    def create(self) -> CreateTable:
        return CreateTable(self.table)

    def drop(self) -> DropTable:
        return DropTable(self.table)

    def _rows(self) -> SqlRows:
        """Staged rows of the rank `rank` from `low` to before `high`, in the order of the source."""
        staged = self.table.c
        return (
            select(*(staged[name] for name in self.columns))
            .where(staged.rank == bindparam("rank", type_=Integer))
            .where(staged.n >= bindparam("low", type_=BigInteger), staged.n < bindparam("high", type_=BigInteger))
            .order_by(staged.n)
        )

    def append(self) -> Insert:
        """Insert rows; a key that is there already fails."""
        return insert(self.target).from_select(list(self.columns), self._rows())

    def keep(self) -> SqlRows:
        """Insert rows whose key is not there, and select those that were left out."""
        return self._left(
            insert(self.target)
            .from_select(list(self.columns), self._rows())
            .on_conflict_do_nothing(**conflicts.on_key(self._layer))
        )

    def change(self) -> SqlRows:
        """Insert rows, or change the row of the same key where it differs; select all that were not inserted.

        Columns that the source does not fill keep their values; `attributes` keeps keys that the source lacks.
        """
        statement = insert(self.target).from_select(list(self.columns), self._rows())
        fresh: Mapping[str, Any] = {
            name: self.target.c.attributes.op("||")(statement.excluded.attributes)
            if name == "attributes"
            else statement.excluded[name]
            for name in self.columns
            if name != self.key
        }
        differs = or_(*(self.target.c[name].is_distinct_from(value) for name, value in fresh.items()))
        return self._left(
            statement.on_conflict_do_update(
                **conflicts.on_key(self._layer),
                set_=dict(fresh),
                where=differs,
            )
        )

    def _left(self, statement: Insert) -> SqlRows:
        inserted = conflicts.created(self._layer).label("inserted")
        done = statement.returning(self.target.c[self.key].label("key"), inserted).cte("done")
        staged = self.table.c
        key = staged[self.key]
        return (
            select(staged.n, cast(key, Text).label("key"), done.c.key.is_not(None).label("changed"), *self._point())
            .select_from(self.table.outerjoin(done, done.c.key == key))
            .where(staged.rank == bindparam("rank", type_=Integer))
            .where(staged.n >= bindparam("low", type_=BigInteger), staged.n < bindparam("high", type_=BigInteger))
            .where(or_(done.c.key.is_(None), ~done.c.inserted))
            .order_by(staged.n)
        )

    def _point(self) -> Sequence[Any]:
        inside = func.ST_PointOnSurface(self.table.c.geom)
        return func.ST_X(inside).label("x"), func.ST_Y(inside).label("y")

    def keys(self) -> SqlRows:
        """The keys of all staged rows, as a list."""
        return select(func.array_agg(self.table.c[self.key]))

    def there(self, keys: Sequence[object]) -> SqlRows:
        """Those of the keys that are in the table; apart, since a cluster joins no temporary table with one of it."""
        column = self.target.c[self.key]
        return select(func.array_agg(column)).where(column == any_(literal(list(keys), ARRAY(column.type))))

    def first_duplicate(self, there: Sequence[object]) -> Executable:
        """The first staged row whose key is among these, which are in the table, or came before in the chunk."""
        staged = self.table.c
        found = staged[self.key] == any_(literal(list(there), ARRAY(staged[self.key].type)))
        return (
            select(staged.n, cast(staged[self.key], Text).label("key"), found.label("there"))
            .where(or_(staged.rank > 1, found))
            .order_by(staged.n)
            .limit(1)
        )

    def distinct(self) -> Select[int, int]:
        """How many rows are staged, and how many keys they have."""
        key = self.table.c[self.key]
        return select(func.count().label("rows"), func.count(key.distinct()).label("keys")).select_from(self.table)

    def one(self) -> SqlRows:
        """Key and a point of the staged row `n`."""
        staged = self.table.c
        return select(cast(staged[self.key], Text).label("key"), *self._point()).where(
            staged.n == bindparam("n", type_=BigInteger)
        )


def held(layer: Layer, keys: Sequence[str]) -> SqlRows:
    """How many of these keys, as texts, the layer has."""
    column = layer.model.__table__.c[layer.natural_key]
    return select(func.count()).where(column == any_(cast(literal(list(keys), ARRAY(Text)), ARRAY(column.type))))


def occupied(layer: Layer) -> Executable:
    """Whether the layer has rows."""
    return select(exists(select(layer.model.__table__.c.id)))


def estimated_extent(layer: Layer) -> Executable:
    """The box that statistics or the index have of the layer's rows: west, south, east, north; null where neither has.

    Asked apart from the rows: of a table that is on a node of a cluster, the server that is asked knows none.
    """
    table = layer.model.__table__
    parts = text(_PARTS).bindparams(table=table.name).columns(column("schema", Text), column("name", Text)).subquery()
    boxes = func.ST_EstimatedExtent(parts.c.schema, parts.c.name, "geom", true())
    box = select(func.ST_Extent(boxes).label("box")).subquery()
    corners = {"west": func.ST_XMin, "south": func.ST_YMin, "east": func.ST_XMax, "north": func.ST_YMax}
    return select(*(corner(box.c.box).label(name) for name, corner in corners.items()))


def unread(layer: Layer) -> Executable:
    """Whether the layer has no rows, and no unique index but those of the id and the key, which are two."""
    table = layer.model.__table__
    unique = (
        select(func.count())
        .select_from(text("pg_index"))
        .where(
            text("indrelid = CAST(:table AS regclass) AND (indisunique OR indisexclusion)").bindparams(table=table.name)
        )
    )
    return select(and_(~exists(select(table.c.id)), unique.scalar_subquery() <= 2))
