"""What a compiled operation reads, as frozen values: statements, and makers of what their rows become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import FieldNode

from gateway.layers import Layer
from gateway.planner.connections import ConnectionsMaker
from gateway.planner.table import ObjectsMaker
from gateway.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page's statement; `parent` and `id` are places in its rows, `related` is read for its rows in turn.

    `key` is that of the first field that shows the page.
    """

    statement: Statement
    key: str
    id: int
    parent: int | None
    related: tuple["RelatedRead", ...]


@dataclass(frozen=True, slots=True)
class CountRead:
    """A count's statement; `estimate` says that it answers a plan."""

    statement: Statement
    estimate: bool


@dataclass(frozen=True, slots=True)
class ExtentRead:
    """The statement of a box."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class AggregateRead:
    """A statement of measures, one row for each parent with its id last, and what the row becomes."""

    statement: Statement
    make: ObjectsMaker


@dataclass(frozen=True, slots=True)
class GroupsRead:
    """A statement of groups: `counts` has the key and place of each number of groups, `lists` what each group becomes.

    `related` has the place of an id and the read of its row; `constants` are as they are.
    """

    statement: Statement
    constants: Mapping[str, str | None]
    counts: Mapping[str, int]
    lists: Mapping[str, ObjectsMaker]
    related: tuple[tuple[int, "RowsRead"], ...]


SummaryRead: TypeAlias = CountRead | ExtentRead | AggregateRead | GroupsRead


@dataclass(frozen=True, slots=True)
class ConnectionRead:
    """What is read for the connections of one field: a page, and what all rows have; without `make` it is empty.

    `ask` is the number of its Query.
    """

    ask: int
    page: PageRead | None
    summaries: tuple[SummaryRead, ...]
    make: ConnectionsMaker | None


@dataclass(frozen=True, slots=True)
class OwnRead:
    """A field that its own resolver answers; `places` are those of the row's attributes, none for the root."""

    key: str
    nodes: tuple[FieldNode, ...]
    layer: Layer | None
    places: Mapping[str, int]


RelatedRead: TypeAlias = ConnectionRead | OwnRead


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows of one layer by key, and what each becomes."""

    statement: Statement
    id: int
    related: tuple[RelatedRead, ...]
    make: ObjectsMaker


@dataclass(frozen=True, slots=True)
class CreatedRead:
    """A row that the statement itself inserts; after `width` columns it has what every write returns."""

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
    """One row or null by an `attribute`; `moment` is the number of the value that says as of when."""

    key: str
    rows: RowsRead
    layer: Layer
    attribute: str
    moment: int | None


@dataclass(frozen=True, slots=True)
class ManyRead:
    """A connection of a layer; `moment` is the number of the value that says as of when."""

    key: str
    connection: ConnectionRead
    layer: Layer
    moment: int | None


@dataclass(frozen=True, slots=True)
class ByIdsRead:
    """Rows of several layers in the order of the ids that term `ask` holds."""

    key: str
    ask: int
    rows: Mapping[str, RowsRead]
    single: bool


RootRead: TypeAlias = ConstantRead | OneRead | ManyRead | ByIdsRead | OwnRead
