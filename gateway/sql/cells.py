"""Cells of the map that one transaction at a time may change; leaves functions and expressions as SQL.

A cell is a row of `relation_cells`, not an advisory lock: one that was taken after the snapshot of a SERIALIZABLE
transaction aborts it.
"""

from collections.abc import Mapping
from typing import Final

_AROUND: Final = 46_080  # columns around the globe, of 1/128 degree


def sides(shape: str) -> Mapping[str, str | int]:
    """The columns and rows of a geometry or box in a grid of 1/128 degree, as SQL, and how many go `around`.

    They have a millionth of a degree more on each side: what touches at the edge of a cell, or at 180 degrees, shares
    one.
    """
    return {
        "west": f"floor((ST_XMin({shape}) - 1e-6) * 128)",
        "south": f"floor((ST_YMin({shape}) - 1e-6) * 128)",
        "east": f"floor((ST_XMax({shape}) + 1e-6) * 128)",
        "north": f"floor((ST_YMax({shape}) + 1e-6) * 128)",
        "around": _AROUND,
    }


# The box of a geometry that is cut at 180 degrees goes around the world, so its parts have spans of their own.
_SPANS = """
    CREATE OR REPLACE FUNCTION gateway_spans(geom geometry)
    RETURNS TABLE (west bigint, south bigint, east bigint, north bigint)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT {west}::bigint, {south}::bigint,
               {east}::bigint, {north}::bigint
        FROM (
            SELECT box2d(geom) AS box WHERE ST_XMax(geom) - ST_XMin(geom) <= 180
            UNION ALL
            SELECT box2d(part.geom) FROM ST_Dump(CASE WHEN ST_XMax(geom) - ST_XMin(geom) > 180 THEN geom END) part
        ) boxes
    $$
"""
_CELLS = """
    CREATE OR REPLACE FUNCTION gateway_cells(west bigint, south bigint, east bigint, north bigint) RETURNS SETOF bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT y * {around} + (x % {around} + {around}) % {around}
        FROM generate_series(west, east) x, generate_series(south, north) y
    $$
"""
# A statement takes the same cells for each relation of its layer. The setting, which a transaction or a savepoint that
# is rolled back takes along, tells the second one that they are taken.
_HOLD = """
    CREATE OR REPLACE FUNCTION gateway_hold(cells bigint[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('gateway.cells', true) = cells::text THEN
            RETURN;
        END IF;
        INSERT INTO relation_cells AS held (cell, held_by)
        SELECT each, pg_current_xact_id()::text::bigint FROM unnest(cells) AS each ORDER BY each
        ON CONFLICT (cell) DO UPDATE SET held_by = excluded.held_by WHERE held.held_by <> excluded.held_by;
        PERFORM set_config('gateway.cells', cells::text, true);
    END $$
"""
FUNCTIONS: Final = (_SPANS.format(**sides("box")), _CELLS.format(around=_AROUND), _HOLD)
