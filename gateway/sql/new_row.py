"""The pairs of exactly one new row, which is what most statements bring; leaves the part of a trigger that makes them.

One row stands in variables: its geometry is read once, its outline made once, nothing is aggregated, joined or sorted.
It has no pairs yet, so none are deleted, and those that are made meet none. Most rows lie in one cell, and to take one
is an UPDATE of a row that nearly always is there (gateway.sql.cells says what taking it is for). What is otherwise is
left to what follows in the trigger: several rows, an id that had pairs, the antimeridian, a refused geometry.
"""

from types import SimpleNamespace
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Integer, Select, case, func, literal_column, not_, null, or_, select

from gateway.models.base import SRID
from gateway.sql import cells
from gateway.sql.bordering import FEW
from gateway.sql.overlaps import size

_APART: Final = "1e-9"  # degrees: so far from an edge, GEOS and the distance are of one mind
_MADE: Final = """
        IF TG_OP = 'INSERT' AND TG_ARGV[0] = 'source' AND NOT later THEN
            <<new_row>>
            DECLARE
                id bigint; geom geometry; outline geometry; dots geometry; points integer; lone bigint;
                known boolean; told text;
            BEGIN
                SELECT n.id, n.geom, {outline}, {dots}, ST_NPoints(n.geom),
                    CASE WHEN {west} = {east}
                         AND {south} = {north}
                         AND abs(ST_XMin(n.geom)) < 179.9
                    THEN {south}::bigint * {around}
                         + ({west}::bigint + {around}) % {around} END,
                    EXISTS (SELECT FROM {name} p WHERE p.source_id = n.id)
                INTO STRICT id, geom, outline, dots, points, lone, known FROM new_rows n;
                IF lone IS NOT NULL THEN
                    held := ARRAY[lone];
                ELSIF ST_XMin(geom) > -179.99 AND ST_XMax(geom) < 179.99 THEN
                    SELECT array_agg(cells.cell) INTO held FROM (
                        SELECT each.cell FROM gateway_spans(geom) span,
                                              gateway_cells(span.west, span.south, span.east, span.north) each(cell)
                        LIMIT 17
                    ) cells;
                END IF;
                IF NOT known AND points <= 1000 AND cardinality(held) <= 16 THEN
                    IF current_setting('gateway.cells', true) IS DISTINCT FROM held::text THEN
                        UPDATE relation_cells SET held_by = pg_current_xact_id()::text::bigint
                        WHERE cell = lone AND held_by <> pg_current_xact_id()::text::bigint;
                        IF FOUND THEN
                            told := set_config('gateway.cells', held::text, true);
                        ELSE
                            PERFORM gateway_hold(held);
                        END IF;
                    END IF;
                    {insert};
                    RETURN NULL;
                END IF;
            EXCEPTION
                WHEN no_data_found THEN RETURN NULL;
                WHEN too_many_rows OR unique_violation OR internal_error OR data_exception OR program_limit_exceeded
                    THEN NULL;
            END;
        END IF;
"""


def _variable(name: str, kind: Any) -> Any:
    return literal_column(f"new_row.{name}", kind)


def row(kind: str) -> Any:
    """The variables of the new row, with the columns of `bordering.outlined`."""
    geom = Geometry(kind, srid=SRID)
    shapes = {name: _variable(name, geom) for name in ("geom", "outline", "dots")}
    count, key = _variable("points", Integer()), _variable("id", BigInteger())
    return SimpleNamespace(id=key, unrolled=shapes["geom"], points=count, **shapes)


def made(name: str, insert: str, *, outlined: bool) -> str:
    """What a trigger does for one new row, given the statement that makes its pairs."""
    outline, dots = ("ST_Boundary(n.geom)", "ST_Points(n.geom)") if outlined else ("NULL", "NULL")
    return _MADE.format(name=name, insert=insert, outline=outline, dots=dots, **cells.sides("n.geom"))


def tested(near: Any) -> Any:
    """As `pairs.tested` of polygons, with GEOS asked only where the edge of the whole comes near the part.

    A part in one piece that no edge comes near is inside or outside, which its distance from the whole tells. Of others
    one matrix tells all three of ST_Covers, ST_Intersects and ST_Touches. The first call of GEOS in a statement takes
    many times as long as those that follow, and here none follow.
    """
    near = near.subquery("near")
    few = func.ST_NPoints(near.c.part) * func.ST_NPoints(near.c.whole) <= literal_column(str(FEW))
    edge = func.ST_DWithin(near.c.part, func.ST_Boundary(near.c.whole), literal_column(_APART))
    asked = or_(not_(few), func.ST_NumGeometries(near.c.part) > literal_column("1"), edge)
    matrix = case((asked, func.ST_Relate(near.c.part, near.c.whole)), else_=null()).label("matrix")
    found: Any = select(*near.c, matrix).offset(0).subquery("found")
    within = found.c.matrix.op("LIKE")(literal_column("'__F__F___'"))
    distance = func.ST_Distance(found.c.part, found.c.whole)
    inside = case((found.c.matrix.is_(None), distance == literal_column("0")), else_=within).label("inside")
    known = select(*found.c, inside).offset(0).subquery("tested")
    meets = or_(known.c.inside, known.c.matrix.op("NOT LIKE")(literal_column("'F%'")))
    columns: Select[Any] = select(*known.c, size(known.c.part).label("size")).where(meets).offset(0)
    return columns.subquery("pair")
