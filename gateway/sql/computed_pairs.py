"""The pairs of a relation that its rows make, as triggers and rebuilds compute them; enters ids, leaves a statement.

The expressions are those of a read, so that kept and computed answers are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    FromClause,
    Select,
    and_,
    any_,
    column,
    func,
    literal_column,
    not_,
    select,
    table,
)
from sqlalchemy.types import Float

from gateway.geo.kinds import AREAS, dimensions
from gateway.models.base import SRID
from gateway.models.declaration import RelationKind, Side
from gateway.sql import new_row, relations
from gateway.sql.bordering import bordering, may_border, outlined
from gateway.sql.overlaps import Overlap
from gateway.sql.pairs import tested
from gateway.sql.types import SqlValue

# Arguments of the functions that make pairs again.
_IDS: Final[SqlValue] = literal_column("ids", ARRAY(BigInteger()))
_LOW: Final[SqlValue] = literal_column("low", BigInteger())


@dataclass(frozen=True, slots=True)
class ComputedPairs:
    """A relation: the table of its pairs, both tables with the types of their geometries, and its kind."""

    name: str
    source: str
    target: str
    kind: RelationKind
    part: Side
    types: tuple[str, str]

    @property
    def within(self) -> bool:
        """Whether both rows are of one table, so that each pair stands there twice."""
        return self.source == self.target and self.kind is RelationKind.BORDER

    def pairs(self, side: Side, ids: SqlValue = _IDS, low: SqlValue = _LOW) -> Select[Any]:
        """`source_id`, `target_id`, `shared` and `coverage` of the pairs of the rows `ids` of one side.

        Of rows of one table each pair is there once, from either side, and none with a source before `low`.
        """
        return self._borders(side, ids, low) if self.kind is RelationKind.BORDER else self._overlaps(side, ids)

    @property
    def of_one(self) -> Select[Any]:
        """The pairs of one new row, which stands in variables."""
        own, target = new_row.row(self.types[0]), self._rows(Side.TARGET)
        if self.kind is RelationKind.BORDER:
            others = [own.id != target.id] if self.within else []
            return bordering(own, target, [may_border(own, target), *others])
        near = _near(self.part, {Side.SOURCE: own, Side.TARGET: target})
        areas = all(dimensions(kind) == {AREAS} for kind in self.types)
        return _measured(new_row.tested(near) if areas else tested(near, measured=True))

    def _rows(self, side: Side) -> Any:
        name, kind = (self.source, self.types[0]) if side is Side.SOURCE else (self.target, self.types[1])
        rows = table(name.strip('"'), column("id", BigInteger), column("geom", Geometry(kind, srid=SRID)))
        return rows.alias("s" if side is Side.SOURCE else "t").c

    def _overlaps(self, side: Side, ids: SqlValue) -> Select[Any]:
        ends = {each: self._rows(each) for each in Side}
        near = _near(self.part, ends).where(ends[side].id == any_(ids)).order_by(ends[self.part.other].id)
        return _measured(tested(near.offset(0), measured=True))

    def _borders(self, side: Side, ids: SqlValue, low: SqlValue) -> Select[Any]:
        source, target = self._rows(Side.SOURCE), self._rows(Side.TARGET)
        own: Any
        if side is Side.SOURCE:
            own = outlined(source, source.id == any_(ids))
            near = [may_border(own, target)]
        else:
            own = SimpleNamespace(id=source.id, outline=relations.outline(source))
            near = [target.id == any_(ids), relations.touches(source, target), relations.close(source, target)]
        if self.within:  # of two rows that are both remade, the one of the lower id finds the other
            twice = and_(target.id < own.id, target.id == any_(ids))
            near += [own.id != target.id, target.id + 0 >= low, not_(twice)]  # found by its place
        return bordering(own, target, near)


def _near(side: Side, ends: Mapping[Side, Any]) -> Select[Any]:
    """Pairs of parts, which that side is, and wholes whose boxes meet."""
    part, whole = ends[side].geom, ends[side.other].geom
    ids = (ends[Side.SOURCE].id.label("source_id"), ends[Side.TARGET].id.label("target_id"))
    return select(*ids, part.label("part"), whole.label("whole")).where(part.bool_op("&&")(whole))


def _measured(pair: FromClause) -> Select[Any]:
    """What pairs of parts and wholes have in common."""
    overlap = Overlap.of_pair(pair)
    shared = select(pair.c.source_id, pair.c.target_id, pair.c.size, overlap.measured.label("shared"))
    known = shared.offset(0).subquery("known")
    coverage = func.least(known.c.shared / func.nullif(known.c.size, 0.0, type_=Float), 1.0)
    return select(known.c.source_id, known.c.target_id, known.c.shared, coverage.label("coverage"))
