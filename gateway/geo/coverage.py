"""Cells joined into multipolygons; enters rings and labels, leaves one multipolygon a label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import (
    MultiPolygon,
    Polygon,
    coverage_union_all,
    get_parts,
    linearrings,
    normalize,
    orient_polygons,
    polygons,
)

Points = NDArray[np.float64]
Numbers = NDArray[np.int64]


def joined(points: Points, cell: Numbers, label: Numbers, holes: dict[int, Points]) -> NDArray[Any]:
    """Join cells that share whole edges; no vertex is lost or added, so the result is a coverage if the cells are.

    `points` (point, 2) run along the rings of the cells, `cell` numbers the cell of each point from 0, `label` gives
    for each cell the multipolygon it belongs to. `holes` are rings to cut out, by label; each lies inside one cell.
    Exteriors run anticlockwise; the first vertex of each ring and the order of the parts depend on the shape alone.
    """
    shapes = polygons(linearrings(points, indices=cell))
    order = np.argsort(label, kind="stable")
    groups = np.split(shapes[order], np.flatnonzero(np.diff(label[order])) + 1)
    found = []
    for number, group in enumerate(groups):
        parts = get_parts(coverage_union_all(group))
        if number in holes:
            parts = _pierced(parts, holes[number])
        found.append(MultiPolygon(list(parts)))
    result: NDArray[Any] = orient_polygons(normalize(np.array(found, dtype=object)))
    return result


def _pierced(parts: NDArray[Any], hole: Points) -> list[Polygon]:
    inside = Polygon(hole)
    return [
        Polygon(part.exterior, [*part.interiors, inside.exterior]) if part.contains(inside) else part for part in parts
    ]
