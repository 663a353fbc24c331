"""Cells of an overview; enters a layer, a filter and cells of the map, leaves a select of how many rows lie in each.

A row lies where the middle of its box lies. Without a filter the numbers are sums of those that triggers keep
(`gateway.sql.counting`); with one, or where none are kept, the rows are read.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Numeric,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)

from gateway.geo.cells import PLACES
from gateway.layers import Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.models.overview import STEP, levels, overview_of
from gateway.models.slots import Slot
from gateway.query.cells import Cells, Number
from gateway.query.filters import Filter
from gateway.sql.binding import bound
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.places import box, column_at, finite, place
from gateway.sql.types import SqlRows, SqlValue

_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)
NUMBERS: Final = ("level", "y", "x", "rows", "sum_x", "sum_y")
_NEAR: Final = 1e-7  # degrees by which a square may be off
_ENDS: Final = ("x_first", "x_last", "y_first", "y_last")
_CELL: Final[Any] = (literal_column("1"), literal_column("2"))  # places of x and y in a select


def cells(layers: Layers, layer: Layer, wanted: Filter | None, area: Cells, summed: LayerField | None) -> SqlRows:
    """`x` and `y` of each cell, `rows`, `sum_x` and `sum_y` of their places, and `total` of a column."""
    if area.counted is not None:
        return _added(area, area.counted, summed)
    if _is_kept(layers, layer, wanted, area) and (summed is None or summed.attribute in layer.summed):
        return _kept(layer, area, summed)
    return _computed(layers, layer, wanted, area, summed)


def _is_kept(layers: Layers, layer: Layer, wanted: Filter | None, area: Cells) -> bool:
    now = wanted is None and layer.moment is None
    return now and area.kept is not None and _name(layer) in layers.kept


def _name(layer: Layer) -> str:
    return overview_of(layer.model.__tablename__, layer) or ""


def _kept(layer: Layer, area: Cells, summed: LayerField | None) -> SqlRows:
    entries = layer.model.metadata.tables[_name(layer)].alias()
    level, kept = (bound(each, Integer()) for each in (area.level, area.kept))
    west, north, east, south = (column_at(_big(side), kept) for side in (area.west, area.north, area.east, area.south))
    rows = func.sum(entries.c.rows)
    counted = select(
        entries.c.x.op(">>")(kept - level).label("x"),
        entries.c.y.op(">>")(kept - level).label("y"),
        rows.label("rows"),
        *(func.sum(entries.c[name]).label(name) for name in ("sum_x", "sum_y")),
    )
    if summed is not None:
        some = func.sum(entries.c[f"{summed.attribute}_rows"]) > 0
        counted = counted.add_columns(case((some, func.sum(entries.c[summed.attribute]))).label("total"))
    inside = (entries.c.level == kept, entries.c.x.between(west, east), entries.c.y.between(north, south))
    return counted.where(*inside).group_by(*_CELL).having(rows >= _big(area.least))


def counted(layers: Layers, layer: Layer, wanted: Filter | None, summed: LayerField | None, most: int) -> SqlRows:
    """The cells of all levels that overviews are kept by, of all rows of a filter: one row, which begins with how many.

    Where they are no more than `most`, there follow `level`, `y`, `x`, `rows`, `sum_x` and `sum_y`, in this order, as
    bytes of 64-bit numbers, and `total` of a column as JSON.
    """
    side, kept = (1 << PLACES) - 1, levels(layer.minzoom)
    area = Cells(kept[0], None, 0, 0, side, side, least=1, reach=_WORLD)
    every = _computed(layers, layer, wanted, area, summed).cte("every")
    unnested = func.unnest(literal_column(f"ARRAY[{', '.join(map(str, kept))}]"), type_=Integer)
    level = select(unnested.label("level")).subquery("level")
    coarser, by = kept[0] - level.c.level, [literal_column(place, Integer) for place in ("1", "2", "3")]
    sums = [func.sum(every.c[name]).label(name) for name in ("rows", "sum_x", "sum_y")]
    if summed is not None:
        sums.append(func.sum(every.c.total).label("total"))
    places = [every.c[side].op(">>")(coarser).label(side) for side in ("y", "x")]
    found = select(level.c.level, *places, *sums).join_from(every, level, true()).group_by(*by)
    cells = found.order_by(*by).subquery("cells").c
    few = func.count() <= literal_column(str(most))
    numbers = (func.string_agg(func.int8send(cast(cells[name], BigInteger)), b"") for name in NUMBERS)
    texts = func.json_agg(cast(cells.total, Text)) if summed is not None else null()
    return select(func.count(), *(case((few, part)) for part in (*numbers, cast(texts, Text))))


def _added(area: Cells, numbers: Sequence[Slot[Sequence[Any]]], summed: LayerField | None) -> SqlRows:
    """Cells of sums of finer ones that are given."""
    level, kept = (bound(each, Integer()) for each in (area.level, area.kept))
    names = list(NUMBERS[1:])
    arrays = [bound(each, ARRAY(BigInteger())) for each in numbers[: len(names)]]
    if summed is not None:
        arrays, names = [*arrays, bound(numbers[-1], ARRAY(Text()))], [*names, "total"]
    every = func.unnest(*arrays).table_valued(*names).render_derived("every")
    rows = cast(func.sum(every.c.rows), BigInteger)
    added = select(
        cast(every.c.x.op(">>")(kept - level), Integer).label("x"),
        cast(every.c.y.op(">>")(kept - level), Integer).label("y"),
        rows.label("rows"),
        *(func.sum(every.c[name]).label(name) for name in ("sum_x", "sum_y")),
    )
    if summed is not None:
        added = added.add_columns(func.sum(cast(every.c.total, Numeric)).label("total"))
    return added.group_by(*_CELL).having(rows >= _big(area.least))


def _computed(layers: Layers, layer: Layer, wanted: Filter | None, area: Cells, summed: LayerField | None) -> SqlRows:
    placed, level = _placed(layers, layer, wanted, area, summed).c, bound(area.level, Integer())
    counted = select(
        *_cell(placed, level),
        func.count().label("rows"),
        *(func.sum(placed[side]).label(f"sum_{side}") for side in ("x", "y")),
        *([func.sum(placed.value).label("total")] if summed is not None else []),
    )
    return counted.group_by(*_CELL).having(and_(func.count() >= _big(area.least), _inside(placed, area)))


def _placed(
    layers: Layers, layer: Layer, wanted: Filter | None, area: Cells, summed: LayerField | None = None
) -> Subquery:
    """`x` and `y` of level 31 of each row that may lie in an area, and its `value` of a column."""
    entity = rows_of(layer)
    near = func.ST_MakeEnvelope(*(bound(side, Float()) for side in area.reach), SRID)
    rows = select(box(entity.geom).label("box")).where(where(layers, wanted, entity), entity.geom.bool_op("&&")(near))
    if summed is not None:
        rows = rows.add_columns(finite(getattr(entity, summed.attribute)).label("value"))
    boxes = rows.offset(0).subquery("boxes")  # so that each is computed once
    x, y = place(boxes.c.box)
    more = [boxes.c.value] if summed is not None else []
    return select(x.label("x"), y.label("y"), *more).offset(0).subquery("placed")


def _inside(placed: Any, area: Cells) -> ColumnElement[bool]:
    """Whether a cell is one of the area: a condition of groups, since PostgreSQL expects few rows to meet one of each.

    It would sort all of them then, where it has a table of cells otherwise.
    """
    sides = (("x", area.west, area.east), ("y", area.north, area.south))
    return and_(*(func.min(placed[side]).between(_big(first), _big(last)) for side, first, last in sides))


def spans(layers: Layers, layer: Layer, wanted: Filter | None, area: Cells) -> SqlRows:
    """`x` and `y` of each cell of several rows, and between which columns and lines of level 31 these lie.

    Where numbers are kept, by the finest cells that have rows; of rows in one such cell by themselves.
    """
    level = bound(area.level, Integer())
    if not _is_kept(layers, layer, wanted, area):
        placed = _placed(layers, layer, wanted, area).c
        counted = select(*_cell(placed, level), *_ends(placed))
        return counted.group_by(*_CELL).having(and_(func.count() > 1, _inside(placed, area)))
    return _parted(layer, area)


def _parted(layer: Layer, area: Cells) -> SqlRows:
    """The same of cells that are kept: each is looked up in ever finer ones until its rows are in several.

    So some of the cells in it are read, and not its rows, which may be those of a whole city.
    """
    assert area.kept is not None
    level, kept, finest = (bound(each, Integer()) for each in (area.level, area.kept, max(levels(layer.minzoom))))
    least = _kept(layer, replace(area, level=area.kept, least=1), None).subquery("least")
    columns = (cast(least.c[side].op(">>")(kept - level), Integer).label(side) for side in ("x", "y"))
    first = select(*columns, kept.label("level"), *_ends(least.c)).group_by(*_CELL).having(func.sum(least.c.rows) > 1)
    cell = first.cte("cell", recursive=True)
    below = _below(layer, cell).lateral("below")
    finer = select(cell.c.x, cell.c.y, cell.c.level + STEP, *below.c).join_from(cell, below, true())
    cell = cell.union_all(finer.where(_alone(cell), cell.c.level < finest))
    rows = _within(layer, cell).lateral("rows")
    side = literal_column("1::bigint").op("<<")(PLACES - cell.c.level)
    ends = (func.coalesce(rows.c[name], cell.c[name] * side).label(name) for name in _ENDS)
    parted = select(cell.c.x, cell.c.y, *ends).join_from(cell, rows, true())
    return parted.where(or_(not_(_alone(cell)), cell.c.level == finest))


def _alone(cell: CTE) -> ColumnElement[bool]:
    """Whether the rows of a cell lie in one finer cell."""
    return and_(cell.c.x_first == cell.c.x_last, cell.c.y_first == cell.c.y_last)


def _below(layer: Layer, cell: CTE) -> SqlRows:
    """Between which cells of the next finer level that is kept the rows of one cell lie."""
    entries = layer.model.metadata.tables[_name(layer)].alias()
    inside = (
        entries.c[side].between(first.op("<<")(STEP), (first + 1).op("<<")(STEP) - 1)
        for side, first in (("x", cell.c.x_first), ("y", cell.c.y_first))
    )
    some = select(entries.c.x, entries.c.y).where(entries.c.level == cell.c.level + STEP, *inside)
    some = some.group_by(entries.c.x, entries.c.y).having(func.sum(entries.c.rows) > 0)
    return select(*_ends(some.correlate(cell).subquery("some").c)).correlate(cell)


def _within(layer: Layer, cell: CTE) -> SqlRows:
    """Between which columns and lines the rows of one cell lie; null where there are several cells."""
    entity = rows_of(layer)
    level, x, y = cell.c.level, cell.c.x_first, cell.c.y_first
    square = func.ST_Transform(func.ST_TileEnvelope(level, x, y), SRID)
    near = entity.geom.bool_op("&&")(func.ST_Expand(square, _NEAR))
    boxes = select(box(entity.geom).label("box")).where(_alone(cell), near)
    places = place(boxes.offset(0).correlate(cell).subquery("boxes").c.box)
    every = select(places[0].label("x"), places[1].label("y")).offset(0).subquery("every")
    inside = (column_at(every.c.x, level) == x, column_at(every.c.y, level) == y)
    return select(*_ends(every.c)).where(*inside).correlate(cell)


def _ends(placed: Any) -> Sequence[SqlValue]:
    ends = (function(placed[side]) for side in ("x", "y") for function in (func.min, func.max))
    return [end.label(name) for end, name in zip(ends, _ENDS, strict=True)]


def _cell(placed: Any, level: SqlValue) -> Sequence[SqlValue]:
    return [cast(column_at(placed[side], level), Integer).label(side) for side in ("x", "y")]


def _big(value: Number) -> SqlValue:
    return bound(value, BigInteger())
