"""What two geometries that meet have in common; enters a part and a whole, leaves metres and shares.

Of polygons it is an area, of lines a length. A column of GEOMETRY may hold both, so there the row itself decides.
"""

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, Float, FromClause, case, func

from gateway.geo.kinds import AREAS, LINES, dimensions
from gateway.models.base import area, length
from gateway.query.values import EdgeValue, measured_by


def size(geom: Any, of: Any = None) -> ColumnElement[float]:
    """Square metres of polygons, metres of lines; `of` is what decides which, where that is another geometry."""
    kinds = dimensions((geom if of is None else of).type.geometry_type)
    if len(kinds) > 1:
        return area(geom) + length(geom)  # one of the two is 0
    return area(geom) if AREAS in kinds else length(geom)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two geometries that meet; `inside` is whether the whole covers the part, `size` the size of the part."""

    part: Any
    whole: Any
    inside: ColumnElement[bool]
    size: ColumnElement[float]

    @classmethod
    def of(cls, part: Any, whole: Any) -> Self:
        """The overlap of two rows."""
        return cls(part.geom, whole.geom, func.ST_Covers(whole.geom, part.geom), size(part.geom))

    @classmethod
    def of_pair(cls, pair: FromClause) -> Self:
        """The overlap of rows that were tested before (`gateway.sql.pairs`)."""
        return cls(pair.c.part, pair.c.whole, pair.c.inside, pair.c.size)

    @property
    def measured(self) -> ColumnElement[float]:
        """The overlap that coverage is made of."""
        return self.value(measured_by(dimensions(self.part.type.geometry_type)))

    @property
    def coverage(self) -> ColumnElement[float]:
        """Its share of the part, 1 at most; 1 too of points, which have no size and lie wholly in what they meet."""
        return func.least(self.measured / func.nullif(self.size, 0.0, type_=Float), 1.0)

    def value(self, wanted: EdgeValue) -> ColumnElement[float]:
        """One value of the edge between the two."""
        if wanted is EdgeValue.COVERAGE:
            return self.coverage
        shared, kinds = func.ST_Intersection(self.part, self.whole), dimensions(self.part.type.geometry_type)
        if wanted is EdgeValue.OVERLAP:
            # Two polygons may also touch along a line, which is no part of it.
            parts = func.ST_CollectionExtract(shared, func.ST_Dimension(self.part) + 1)
            return case((self.inside, self.size), else_=size(parts, self.part))
        own: ColumnElement[float]
        if wanted is EdgeValue.OVERLAP_AREA_SQM:
            of_part, own = area(self.part), area(shared)
        else:
            lines = kinds == {LINES}
            own = length(shared) if lines else case((func.ST_Dimension(shared) == LINES, length(shared)), else_=0.0)
            of_part = length(self.part)
        return case((self.inside, self.size if wanted is measured_by(kinds) else of_part), else_=own)
