"""Rows that each row of an export is related to; enters a row and a relation, leaves a select beside the row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation, Side
from gateway.query.values import EdgeValue
from gateway.sql import relations
from gateway.sql.kept import Pairs
from gateway.sql.moments import rows_of
from gateway.sql.types import Entity, SqlRows, SqlValue


@dataclass(frozen=True, slots=True)
class RelatedRows:
    """A relation of an export: what is read of each edge, by its name, and the fields of the row at its other end."""

    relation: Relation
    source: Layer
    target: Layer
    edges: tuple[tuple[str, EdgeValue], ...]
    fields: tuple[LayerField, ...]

    def beside(
        self, layers: Layers, row: Entity, read: Callable[[Entity, Sequence[SqlValue]], Sequence[SqlValue]]
    ) -> SqlRows:
        """What `read` makes of the related rows and of the values of their edges."""
        other, pairs = rows_of(self.target), Pairs.of(layers, self.relation)
        if pairs is None:
            values = [self._computed(value, row, other) for _, value in self.edges]
            return select(*read(other, values)).where(relations.meets(self.relation, row, other)).correlate(row)
        values = [pairs.value(value) for _, value in self.edges]
        others = select(*read(other, values)).select_from(pairs.rows).join(other, other.id == pairs.other)
        return others.where(pairs.own == row.id).correlate(row)

    def _computed(self, value: EdgeValue, row: Entity, other: Entity) -> SqlValue:
        if value is not EdgeValue.IS_PRIMARY:
            return relations.edge_value(value, self.relation, row, other)
        part, whole = self.relation.ends(row, other)
        wholes = self.target if self.relation.part is Side.SOURCE else self.source  # all, not those of a filter
        is_primary: SqlValue = relations.primary(part, rows_of(wholes)) == whole.id
        return is_primary
