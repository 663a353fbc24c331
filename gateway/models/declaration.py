"""What a model declares to be a layer, as Django's `Meta`; enters nothing, leaves `Meta` and relations."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

from gateway.models.members import PATTERNS

T = TypeVar("T")


@cache
def camel(name: str) -> str:
    """`zone_code` -> `zoneCode`: the name of a Python attribute in GraphQL."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


class RelationKind(StrEnum):
    """How two layers meet in space."""

    OVERLAP = "overlap"  # interiors meet: edges carry what both share, and its share of `part`
    BORDER = "border"  # boundaries share a line: edges carry its length


class Side(StrEnum):
    """One end of a relation."""

    SOURCE = "source"
    TARGET = "target"

    @property
    def other(self) -> "Side":
        return Side.TARGET if self is Side.SOURCE else Side.SOURCE


@dataclass(frozen=True, slots=True)
class Reverse:
    """The other end of a relation: a field of the target's type, as `related_name` of Django."""

    name: str
    description: str
    typical: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A spatial relation that is a field of the source's type and a filter of its rows.

    `part` is the side of an OVERLAP that `coverage` is a share of: the parcel, not the district. `typical` is about how
    many rows one row is related to, for the cost of operations; without it a whole page is assumed. `kept` gives
    it a table of pairs (`op.keep_pairs`), which `manage.py relations --keep` has filled by triggers. `pairs` names the
    one that it may be read from, in which the rows that relate stand on the side `own`.
    """

    name: str
    target: str
    kind: RelationKind
    description: str
    part: Side = Side.SOURCE
    typical: int | None = None
    reverse: Reverse | None = None
    kept: bool = False
    pairs: str | None = None
    own: Side = Side.SOURCE

    @property
    def field(self) -> str:
        return camel(self.name)

    def reversed(self, source: str) -> "Relation":
        """The other end, as a relation of the target to the table `source`."""
        assert self.reverse is not None
        end = self.reverse
        part, own = self.part.other, self.own.other
        return Relation(end.name, source, self.kind, end.description, part, end.typical, pairs=self.pairs, own=own)

    def ends(self, source: T, target: T) -> tuple[T, T]:
        """The part and the whole of an OVERLAP."""
        return (source, target) if self.part is Side.SOURCE else (target, source)


@dataclass(frozen=True, slots=True)
class Recipients:
    """The columns that say who gets mail about a row: texts, of which a label is made.

    `lines` are those of street and box, one at least of which a letter needs; `place` is one line, the town's.
    """

    name: str
    lines: tuple[str, ...]
    place: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name, *self.lines, *self.place)


class Method(StrEnum):
    """How rows are divided among partitions."""

    HASH = "hash"  # of the natural key: evenly, and the key is unique by its index as in one table
    LIST = "list"  # of the values of a column, each in a partition, which can be attached and detached


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitions:
    """How the rows of a layer are divided once `manage.py partitions make` has done so; until then nothing is.

    `by` is a column that is never null: of a HASH the natural key, of a LIST another. `count` is that of a HASH.
    """

    by: str
    method: Method = Method.HASH
    count: int = 16


@dataclass(frozen=True, kw_only=True)
class Meta:
    """What the gateway must know of a model to serve it, besides its columns."""

    layer_name: str | None = None  # in plural snake case, where the table has another name
    natural_key: str  # a unique column: integer, bigint, text or uuid
    private: AbstractSet[str] = frozenset()  # columns that need a scope
    private_members: tuple[str, ...] = PATTERNS  # names in `attributes`, with * for any text
    hidden: AbstractSet[str] = frozenset()  # columns that no client ever sees
    searchable: tuple[str, ...] = ()  # columns of text or whole numbers that `search` looks in, the first one first
    recipients: Recipients | None = None  # whom `noticeList` writes to; of one layer of a gateway
    relations: tuple[Relation, ...] = ()
    minzoom: int = 0  # tiles farther out are an overview: the rows would be smaller than pixels
    summed: tuple[str, ...] = ()  # columns of numbers whose sums overviews keep
    legend: tuple[str, ...] = ()  # the column that a map colours rows by, then those that tell what its values mean
    color: str | None = None  # #rrggbb by which a map draws what no legend colours
    label: str | None = None  # a column that a map writes on rows
    partitions: Partitions | None = None  # of a table of very many rows, or of parts that come and go
    managed: bool = True  # whether migrations make the table, and clients may write to it
