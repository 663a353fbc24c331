"""The terms of `groupBy`; enters nothing, leaves frozen names of keys, conditions and an order."""

from dataclasses import dataclass
from typing import Any, Final

from gateway.layers import LayerField
from gateway.models.declaration import Relation
from gateway.models.slots import Slot
from gateway.query.filters import Filter
from gateway.query.values import Measure

# Places in a row of groups: after these come what the keys tell, and the measures.
COUNTS: Final = {"totalCount": 0, "withheld": 1}
RANK, WEIGHT, KEYS_AT = 2, 3, 4
SHARES: Final = ("ANY", "PRIMARY", "OVERLAP", "WITHIN")  # how a row counts that is related to several
EDGES: Final = "EDGES"  # in place of a share, where the values of edges are measured


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What rows are grouped by: `sql` makes it of a column or relation, a word that says more, and what is `given`.

    `place` is the field of the key that tells it.
    """

    sql: Any  # a KeySql
    place: str
    field: LayerField | None = None
    relation: Relation | None = None
    word: str = ""
    given: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """One term of the order of groups: the number of a measure that is compared, or None for the key."""

    compared: int | None
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of rows: by which keys, which of them, in what order, and how many.

    `having` is a filter of the measures that are `compared`, whose n-th is the field `h{n}`. Groups of fewer rows than
    `least` are withheld. `share` says how a row of a relation counts.
    """

    keys: tuple[GroupKey, ...]
    having: Filter | None
    compared: tuple[Measure, ...]
    order: tuple[GroupTerm, ...]
    first: int | Slot[int]
    least: int | Slot[int]
    share: str = SHARES[0]
