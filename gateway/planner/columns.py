"""The columns of one statement; enters what readers want, leaves places in a row and the SQL for them.

What is wanted twice is read once: the same geometry with the same arguments has one place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from sqlalchemy import null

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.query.values import EdgeValue, Expression, measured_by
from gateway.sql import relations
from gateway.sql.encode import expression, packed_box, plain_value
from gateway.sql.overlaps import Overlap, size
from gateway.sql.page_rows import PageRows
from gateway.sql.relations import PartValue
from gateway.sql.types import SqlValue


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A column or hybrid of the row."""

    field: LayerField


@dataclass(frozen=True, slots=True)
class Position:
    """One value of the row's position in its order."""

    index: int


class RowValue(Enum):
    """Values of a row that no field is."""

    DISTANCE = "the distance that the query measures"
    PARENT = "the id of the row that a related row belongs to"
    PART_SIZE = "the area or length that coverage is a share of"
    BOX = "the row's box in bytes"


Wanted: TypeAlias = FieldValue | Position | RowValue | EdgeValue | Expression


_OF_PART: Mapping[Wanted, PartValue] = {RowValue.PART_SIZE: PartValue.SIZE, EdgeValue.IS_PRIMARY: PartValue.PRIMARY}


class Columns:
    """Gives each wanted value its place in the rows of one statement."""

    def __init__(
        self,
        relation: Relation | None = None,
        source: Layer | None = None,
        target: Layer | None = None,
        *,
        kept: bool = False,
    ) -> None:
        """`kept` says that what edges carry is read from pairs."""
        self.kept = kept
        self._places: dict[Wanted, int] = {}
        self._relation = relation
        self._ends = (source, target)

    def place(self, wanted: Wanted) -> int:
        """The index of a value in a row."""
        return self._places.setdefault(wanted, len(self._places))

    @property
    def of_edge(self) -> Sequence[EdgeValue]:
        """What is wanted of a pair of rows."""
        return [wanted for wanted in self._places if isinstance(wanted, EdgeValue)]

    @property
    def overlap(self) -> EdgeValue:
        """The overlap that coverage is made of."""
        assert self._relation is not None  # only edges of relations have coverage
        part, _ = self._relation.ends(*self._ends)
        assert part is not None
        return measured_by(part.dimensions)

    @property
    def of_part(self) -> Sequence[PartValue]:
        """What is wanted of the part of a relation."""
        return [value for wanted, value in _OF_PART.items() if wanted in self._places]

    @property
    def measured(self) -> bool:
        """Whether overlaps are wanted."""
        return not self._places.keys().isdisjoint({RowValue.PART_SIZE, *EdgeValue} - {EdgeValue.IS_PRIMARY})

    def read(self, source: PageRows) -> Sequence[SqlValue]:
        """The expressions, in the order of their places."""
        return [self._column(wanted, source).label(f"c{place}") for wanted, place in self._places.items()]

    def _column(self, wanted: Wanted, source: PageRows) -> SqlValue:
        match wanted:
            case FieldValue(field) if field.withheld:
                return null()
            case FieldValue(field):
                return plain_value(field, source.entity)
            case Position(index):
                return source.positions[index]
            case RowValue.BOX:
                return packed_box(source.entity.geom)
            case RowValue.DISTANCE:
                return source.distance
            case RowValue.PARENT:
                assert source.parent_id is not None  # only related rows have such a value
                return source.parent_id
            case RowValue.PART_SIZE | EdgeValue():
                return self._edge(wanted, source)
            case _:
                return expression(wanted, source.entity)

    def _edge(self, wanted: RowValue | EdgeValue, source: PageRows) -> SqlValue:
        assert self._relation is not None  # only edges of relations have such values
        if source.edge is not None and isinstance(wanted, EdgeValue):
            kept: SqlValue = source.edge.c[wanted]
            return kept
        if source.pair is not None and wanted is not EdgeValue.IS_PRIMARY:
            return source.pair.c.size if isinstance(wanted, RowValue) else Overlap.of_pair(source.pair).value(wanted)
        if source.part is not None and wanted in _OF_PART:
            value: SqlValue = source.part.c[_OF_PART[wanted]]
            return value == source.entity.id if wanted is EdgeValue.IS_PRIMARY else value
        if isinstance(wanted, RowValue):
            return size(self._relation.ends(source.owner, source.entity)[0].geom)
        return relations.edge_value(wanted, self._relation, source.owner, source.entity)
