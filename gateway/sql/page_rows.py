"""What the columns of a page are read from; enters parts of a statement, leaves them under one name each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import FromClause

from gateway.sql.types import Entity, SqlValue


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows, their positions and distance, and the row they belong to.

    Where the relation is computed, `parent` is that row, and `part` has its `size` and `primary_id` where it is the
    part of the relation, computed once for all its rows. `pair` is that row with the row itself where both were tested
    before (`gateway.sql.pairs`); `edge` has the values of the edge between the two, where they are kept.
    """

    entity: Entity
    positions: Sequence[SqlValue]
    distance: SqlValue
    parent_id: SqlValue | None = None
    parent: Entity | None = None
    part: FromClause | None = None
    pair: FromClause | None = None
    edge: FromClause | None = None

    @property
    def owner(self) -> Entity:
        """The row that related rows belong to."""
        assert self.parent is not None
        return self.parent


Read: TypeAlias = Callable[[PageRows], Sequence[SqlValue | Entity]]
