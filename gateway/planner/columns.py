"""Floor 3. The columns of one statement; enters what readers want, leaves places in a row and the SQL for them.

What is wanted twice is read once: the same geometry with the same arguments has one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Float, Numeric, cast

from gateway.layers import LayerField, Relation
from gateway.query.values import EdgeValue, Expression
from gateway.sql import relations
from gateway.sql.encode import expression
from gateway.sql.pages import Source


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A column or hybrid of the row."""

    field: LayerField


@dataclass(frozen=True, slots=True)
class Position:
    """One value of the row's position in its order."""

    index: int


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance that the query measures."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The id of the row that a related row belongs to."""


@dataclass(frozen=True, slots=True)
class PartArea:
    """The area that coverage is a share of."""


Wanted: TypeAlias = FieldValue | Position | Distance | Parent | PartArea | EdgeValue | Expression


class Columns:
    """Gives each wanted value its place in the rows of one statement."""

    def __init__(self, relation: Relation | None = None) -> None:
        self._places: dict[Wanted, int] = {}
        self._relation = relation

    def place(self, wanted: Wanted) -> int:
        """The index of a value in a row."""
        return self._places.setdefault(wanted, len(self._places))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._places)

    def read(self, source: Source) -> Sequence[ColumnElement[Any]]:
        """The expressions, in the order of their places."""
        return [self._column(wanted, source).label(f"c{place}") for wanted, place in self._places.items()]

    def _column(self, wanted: Wanted, source: Source) -> ColumnElement[Any]:
        match wanted:
            case FieldValue(field):
                return _number(getattr(source.entity, field.attribute))
            case Position(index):
                return source.positions[index]
            case Distance():
                return source.distance
            case Parent():
                parent: ColumnElement[Any] = source.parent.id
                return parent
            case PartArea():
                return relations.part_area(self._of(), source.parent, source.entity)
            case EdgeValue():
                return relations.edge_value(wanted, self._of(), source.parent, source.entity)
            case _:
                return expression(wanted, source.entity)

    def _of(self) -> Relation:
        assert self._relation is not None  # only edges of relations have such values
        return self._relation


def _number(column: Any) -> ColumnElement[Any]:
    """Numeric as a float of 64 bits, which is what GraphQL's Float is."""
    result: ColumnElement[Any] = cast(column, Float) if type(column.type) is Numeric else column
    return result
