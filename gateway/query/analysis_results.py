"""What is kept of an analysis; enters the rows of its answer, leaves features: properties and a geometry."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import orjson

from gateway.db.reader import Row
from gateway.models.kinds import Kind

# A row of the answer, and its place among them, from 1.
_Properties: TypeAlias = Callable[[Row, int], Mapping[str, object]]

_UNITED: Final = {"count": Kind.BIGINT, "areaSqm": Kind.FLOAT}
_CLUSTERS: Final = {"cluster": Kind.BIGINT, "count": Kind.BIGINT, "ids": Kind.JSON}
# The properties of the features of each method. `ids` are those of rows as GeoJSON features have them.
COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "clusterDbscan": _CLUSTERS,
    "clusterKMeans": _CLUSTERS,
    "concaveHull": {},
    "union": _UNITED,
    "dissolve": {"value": Kind.JSON, **_UNITED},
    "voronoi": {"count": Kind.BIGINT, "ids": Kind.JSON},
    "intersectionWith": {
        "featureId": Kind.BIGINT,
        "otherId": Kind.BIGINT,
        "areaSqm": Kind.FLOAT,
        "lengthM": Kind.FLOAT,
    },
}
LISTS: Final = "ids"  # which tiles leave out


def features(method: str, rows: Sequence[Row], first: int) -> Iterator[tuple[int, str, str | None]]:
    """Of each row its place, its properties as JSON, and its geometry as GeoJSON; `first` is the place of the first."""
    told = _PROPERTIES[method]
    shape = "hull" if COLUMNS[method] is _CLUSTERS else "geometry"
    for number, row in enumerate(rows, first):
        yield number, orjson.dumps(told(row, number)).decode(), row[shape]


def _cluster(row: Row, number: int) -> Mapping[str, object]:
    ids = row["ids"]
    return {"cluster": None if row["cluster"] is None else number, "count": len(ids), "ids": ids}


def _united(row: Row, _: int) -> Mapping[str, object]:
    return {"count": row["count"], "areaSqm": row["area"] or 0.0}


def _part(row: Row, number: int) -> Mapping[str, object]:
    value = None if row["value"] is None else orjson.loads(row["value"])
    return {"value": value, **_united(row, number)}


def _shared(row: Row, _: int) -> Mapping[str, object]:
    return {
        "featureId": row["id"],
        "otherId": row["other"],
        "areaSqm": row["area"],
        "lengthM": row["length"],
    }


_PROPERTIES: Final[Mapping[str, _Properties]] = {
    "clusterDbscan": _cluster,
    "clusterKMeans": _cluster,
    "concaveHull": lambda row, number: {},  # noqa: ARG005 - as all take
    "union": _united,
    "dissolve": _part,
    "voronoi": lambda row, _: {"count": len(row["ids"]), "ids": row["ids"]},
    "intersectionWith": _shared,
}
