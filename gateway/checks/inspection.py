"""What the checks of a database are given; enters a session, settings and layers, leaves tables and bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Dialect, Table
from sqlalchemy.dialects import postgresql

from gateway.db.rows import AnyRow
from gateway.db.sessions import RequestSession
from gateway.layers import Layer, Layers
from gateway.settings import Settings
from gateway.sql import catalog
from gateway.sql.probe import Sample

DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a check may read, and from where on it speaks."""

    rows: int = 200_000  # of a table whose constraints do not vouch for its rows
    trusted_rows: int = 10_000  # of a table whose constraints do
    indexed_rows: int = 1_000_000  # of a table above this no index is compared with it
    index_bytes: int = 2 * 1024**3  # an index above this is not read for its dead space
    small_index_bytes: int = 1024**2  # an index below this has no dead space worth a word
    dead_space_percent: float = 65  # a GiST index built by inserts is 30 to 50 percent empty when it is new
    dead_rows: int = 10_000
    changed_rows: int = 1_000
    settled_seconds: float = 300  # a session may report its changes, and autovacuum come, only after an ANALYZE
    expired_keys: int = 100_000
    planned_rows: int = 1_000  # below this a sequential scan may be the better plan
    probe_metres: float = 100.0
    probe_ms: float = 1_000.0


@dataclass(frozen=True, slots=True)
class Index:
    """One index of a table as the catalogs have it; names are quoted, `keys` are columns or expressions."""

    oid: int
    name: str
    plain_name: str
    method: str
    valid: bool
    is_unique: bool
    constrains: bool
    bytes: int
    keys: tuple[str, ...]
    shape: str

    def serves(self, method: str, key: str) -> bool:
        """Whether queries can use it to look up `key` first."""
        return self.valid and self.method == method and normal(self.keys[0]) == normal(key)


@dataclass(frozen=True)
class StoredTable:
    """The table of one layer as it is in the database."""

    layer: Layer
    model: Table
    oid: int
    name: str  # quoted, with its schema where the search path does not find it
    rows: float
    bytes: int
    indexes: tuple[Index, ...]
    view: bool = False  # or a table of another server: it has no indexes
    parts: tuple[int, ...] = ()  # oids of partitions

    @cached_property
    def geometries(self) -> tuple[str, ...]:
        """Names of the geometry columns."""
        return tuple(column.name for column in self.model.columns if isinstance(column.type, Geometry))

    def making(self, keys: str) -> str:
        """What makes an index while others read and write; `keys` is `USING gist (geom)`."""
        if self.parts:
            return f"CREATE INDEX ON ONLY {self.name} {keys}; then: manage.py partitions index {self.layer.name}"
        return f"CREATE INDEX CONCURRENTLY ON {self.name} {keys};"

    def sample(self, rows: int) -> Sample:
        """All rows of the table where they are no more than `rows`, else about so many of them."""
        return Sample(min(100.0, 100.0 * rows / self.rows) if self.rows > 0 else 100.0, rows)


@dataclass(frozen=True)
class Inspection:
    """One database under inspection."""

    settings: Settings
    layers: Layers
    reading: RequestSession
    bounds: Bounds = field(default_factory=Bounds)

    async def rows(self, statement: Any, **parameters: Any) -> list[AnyRow]:
        return list(await self.reading.rows(statement, parameters))

    async def row(self, statement: Any, **parameters: Any) -> Any:
        """The first row, or None."""
        return next(iter(await self.rows(statement, **parameters)), None)

    async def stored(self, layer: Layer) -> StoredTable | None:
        """The table of `layer`, or None where it does not exist."""
        model = layer.model.__table__
        assert isinstance(model, Table)
        relation = await self.row(catalog.TABLE, name=quoted(model))
        if relation is None or (relation.view and layer.managed):
            return None
        oids = (
            [row.oid for row in await self.rows(catalog.READ_BY_VIEW, table=relation.oid)]
            if relation.view
            else [relation.oid]
        )
        indexes = tuple([index for oid in oids for index in await self.indexes(oid)])
        about = (relation.oid, relation.name, relation.rows, relation.bytes, indexes, relation.view)
        return StoredTable(layer, model, *about, tuple(relation.parts))

    async def indexes(self, oid: int) -> tuple[Index, ...]:
        """The indexes of a table, or of one partition."""
        return tuple([_index(row) for row in await self.rows(catalog.INDEXES, table=oid)])


def _index(row: AnyRow) -> Index:
    return Index(**{**row._asdict(), "keys": tuple(row.keys)})


def quoted(model: Table) -> str:
    """The name of a declared table as SQL writes it."""
    return DIALECT.identifier_preparer.format_table(model)


def quote(name: str) -> str:
    """An identifier as SQL writes it."""
    return str(DIALECT.identifier_preparer.quote(name))


def normal(expression: str) -> str:
    """An expression without what PostgreSQL adds when it stores it: parentheses, spaces, case, schema and casts."""
    cast = re.sub(r"\bcast\((.+) as text\)", r"\1", expression.lower())
    bare = re.sub(r"\b[a-z_]\w*\.|::text", "", "".join(cast.replace('"', "").split()))
    return bare.translate({ord("("): None, ord(")"): None})


def srid(model: Table, column: str) -> int:
    """The SRID that the model declares for a geometry column."""
    kind: Any = model.c[column].type
    return int(kind.srid)


def declared_checks(model: Table) -> Iterator[tuple[str, str]]:
    """The CHECK constraints of a model: name and condition."""
    for constraint in sorted(model.constraints, key=lambda each: str(each.name)):
        if isinstance(constraint, CheckConstraint):
            yield str(constraint.name), str(constraint.sqltext)
