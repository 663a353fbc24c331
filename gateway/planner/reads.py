"""What a compiled operation reads, as frozen values: statements, and makers of what their rows become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gateway.planner.connections import ConnectionsMaker
from gateway.planner.table import ObjectsMaker
from gateway.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page's statement; `parent` and `id` are places in its rows, `related` is read for its rows in turn."""

    statement: Statement
    id: int
    parent: int | None
    related: tuple["ConnectionRead", ...]


@dataclass(frozen=True, slots=True)
class CountRead:
    """A count's statement; `estimate` says that it answers a plan."""

    statement: Statement
    estimate: bool


@dataclass(frozen=True, slots=True)
class ConnectionRead:
    """What is read for the connections of one field; `ask` is the number of its Query; without `make` it is empty."""

    ask: int
    page: PageRead | None
    counts: tuple[CountRead, ...]
    extent: Statement | None
    make: ConnectionsMaker | None


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows of one layer by key, and what each becomes."""

    statement: Statement
    id: int
    related: tuple[ConnectionRead, ...]
    make: ObjectsMaker


@dataclass(frozen=True, slots=True)
class CreatedRead:
    """A row that the statement itself inserts; after `width` columns it has id and version."""

    statement: Statement
    width: int
    make: ObjectsMaker


@dataclass(frozen=True, slots=True)
class ConstantRead:
    """Nothing is read."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class OneRead:
    """One row or null."""

    key: str
    rows: RowsRead


@dataclass(frozen=True, slots=True)
class ManyRead:
    """A connection of a layer."""

    key: str
    connection: ConnectionRead


@dataclass(frozen=True, slots=True)
class ByIdsRead:
    """Rows of several layers in the order of the ids that term `ask` holds."""

    key: str
    ask: int
    rows: Mapping[str, RowsRead]
    single: bool


RootRead: TypeAlias = ConstantRead | OneRead | ManyRead | ByIdsRead
