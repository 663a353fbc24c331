"""Analyses: the root field `analysis` and what it answers; enters layers, leaves types and a field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from strawberry.types.field import StrawberryField

from gateway.db.reader import Row
from gateway.execution.context import Context
from gateway.execution.values import Plain
from gateway.identity.principal import Scope
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.planner.keys import columns
from gateway.query.analysis import GEOMETRY, MOST_CLUSTERS, Analysed
from gateway.query.ids import encode
from gateway.query.parse import parse_filter
from gateway.query.units import Unit
from schema.analysis_costs import ANALYSIS
from schema.annotations import (
    Argument,
    Fields,
    Member,
    Resolver,
    Types,
    apart,
    make_input,
    make_type,
    plain,
    resolved,
)
from schema.info import Info
from schema.scalars import fragment

_DESCRIPTION = (
    "Analyses of many rows on an engine of their own, by PostGIS. What one takes is counted first, and one that would "
    "be too much is refused before it starts. Needs the scope analyze."
)
_UNIT = Argument("LengthUnit", "The unit of the distance.", Unit.METERS)


@dataclass(frozen=True, slots=True)
class _Of:
    """The rows that are analysed, for a request."""

    context: Context
    rows: Analysed

    async def run(self, name: str, given: Mapping[str, object]) -> "_Answer":
        """What a method makes of them."""
        named: Mapping[str, Plain] = {camel(key): plain(value) for key, value in given.items()}
        return _Answer(self.rows.layer, await self.context.analyse(self.rows, name, named), named)


@dataclass(frozen=True, slots=True)
class _Answer:
    layer: Layer
    rows: Sequence[Row]
    given: Mapping[str, Any]

    @property
    def each(self) -> Sequence["_One"]:
        """Its rows apart."""
        return [_One(self, row, number) for number, row in enumerate(self.rows, 1)]


@dataclass(frozen=True, slots=True)
class _One:
    of: _Answer
    row: Row
    number: int

    @property
    def ids(self) -> Sequence[str]:
        """The global ids of the rows in it."""
        return _ids(self.of.layer, self.row)


def _ids(layer: Layer, row: Row) -> Sequence[str]:
    return [encode(layer, number) for number in row["ids"]]


def add_analysis_types(types: Types) -> None:
    """Make the types of analyses that all layers share."""
    geometry = resolved(types, _text("geometry"), "Geometry | None", "Its shape; null where there are no rows.")
    count = resolved(types, lambda root: root.row["count"], "Int", "How many rows it is made of.")
    area = resolved(types, lambda root: root.row["area"] or 0.0, "Float", "Its geodesic area, in square metres.")
    ids = resolved(types, lambda root: root.ids, "list[ID]", "The global ids of the rows in it.")
    cluster = {
        "id": resolved(types, lambda root: root.number, "Int", "Its number: 1 is that of most rows."),
        "count": resolved(types, lambda root: len(root.row["ids"]), "Int", "How many rows are in it."),
        "ids": ids,
        "hull": resolved(types, _text("hull"), "Geometry", "The least convex shape around its rows."),
        "center": resolved(types, _text("center"), "Point", "The mean of its rows' centers."),
    }
    make_type(types, "AnalysisCluster", "Rows that lie together.", cluster)
    clusters = {
        "clusters": resolved(types, _clusters, "list[AnalysisCluster]", "The clusters, those of most rows first."),
        "noise": resolved(types, _noise, "list[ID]", "The global ids of rows that are in no cluster."),
    }
    make_type(types, "AnalysisClusters", "Clusters of rows.", clusters)
    whole = {"count": count, "area_sqm": area, "geometry": geometry}
    make_type(types, "AnalysisUnion", "Rows as one.", whole)
    value = resolved(types, _text("value"), "JSON | None", "The value that its rows have.")
    make_type(types, "AnalysisPart", "The rows of one value as one.", {"value": value, **whole})
    cell = {"ids": ids, "geometry": resolved(types, _text("geometry"), "Polygon", "The cell.")}
    make_type(types, "AnalysisCell", "What is nearer to the center of a row than to all others.", cell)
    _add_shared(types)
    _add_other(types)
    for layer in types.layers:
        _add_layer(types, layer)
    made = {layer.plural: _layer_field(types, layer) for layer in types.layers}
    make_type(types, ANALYSIS, "Whose rows are analysed.", apart(ANALYSIS, made))


def _add_shared(types: Types) -> None:
    fields = {
        "id": resolved(types, lambda root: encode(root.of.layer, root.row["id"]), "ID", "The row's global id."),
        "other_id": resolved(
            types, _other_id, "ID | None", "The global id of the other row; null where that is a geometry."
        ),
        "area_sqm": resolved(types, lambda root: root.row["area"], "Float", "Geodesic square metres that they share."),
        "length_m": resolved(types, lambda root: root.row["length"], "Float", "Geodesic metres of line they share."),
        "geometry": resolved(types, _text("geometry"), "Geometry", "What they share."),
    }
    description = "What a row shares with another row or a geometry, where that has as many dimensions as one of both."
    make_type(types, "AnalysisShare", description, fields)


def _add_other(types: Types) -> None:
    members = {
        layer.plural: Member(f"{layer.type_name}Filter", f"The {layer.verbose_name_plural} that this keeps; {{}}: all.")
        for layer in types.layers
    }
    members[GEOMETRY] = Member("GeometryInput", "A geometry.")
    make_input(types, "AnalysisOther", "What rows are intersected with: one of these.", members, one_of=True)


def _add_layer(types: Types, layer: Layer) -> None:
    """Make `ParcelAnalysis`."""
    near = Argument("Float", "How near rows of a cluster lie to each other, from center to center.")
    least = Argument("Int", "A row with so many within the distance, itself among them, makes a cluster.", 5)
    number = Argument("Int", f"How many clusters, 1 to {MOST_CLUSTERS}.")
    radius = Argument("Float | None", "How far a cluster may reach; there may be more of them then.")
    ratio = Argument("Float", "How concave it is: 1 is the convex hull, 0 the most concave one.", 0.3)
    holes = Argument("Boolean", "Whether it may have holes.", default=False)
    other = Argument("AnalysisOther", "What the rows are intersected with.")
    made = {
        "cluster_dbscan": _method(
            types, "AnalysisClusters", "Clusters by density (DBSCAN).", distance=near, unit=_UNIT, min_points=least
        ),
        "cluster_k_means": _method(
            types, "AnalysisClusters", "So many clusters (k-means).", clusters=number, max_radius=radius, unit=_UNIT
        ),
        "concave_hull": _method(
            types,
            "Geometry | None",
            "A concave shape around the corners of all rows.",
            _hull,
            ratio=ratio,
            allow_holes=holes,
        ),
        "union": _method(types, "AnalysisUnion | None", "All rows as one.", _first),
        "voronoi": _method(types, "list[AnalysisCell]", "Cells around the centers of the rows (Voronoi).", _each),
        "intersection_with": _method(
            types, "list[AnalysisShare]", "What each row shares with others.", _each, other=other
        ),
    }
    if columns(layer):
        by = Argument(f"{layer.type_name}Column", "The column; one that is private only for who may see it.")
        text = "The rows of each value as one, those of most rows first."
        made["dissolve"] = _method(types, "list[AnalysisPart]", text, _each, by=by)
    description = f"Analyses of {layer.verbose_name_plural}."
    names = {"cluster_k_means": "clusterKMeans"}
    for name, field in made.items():
        field.graphql_name = names.get(name)
    make_type(types, f"{layer.type_name}Analysis", description, made)


def _method(
    types: Types,
    returns: str,
    description: str,
    read: Callable[[_Answer], object] = lambda answer: answer,
    **arguments: Argument,
) -> StrawberryField:
    async def resolve(root: _Of, info: Info, **given: object) -> object:
        return read(await root.run(info.field_name, given))

    return resolved(types, resolve, returns, description, **arguments)


def _each(answer: _Answer) -> object:
    return answer.each


def _first(answer: _Answer) -> object:
    return next(iter(answer.each), None)


def _hull(answer: _Answer) -> object:
    return fragment(answer.rows[0]["geometry"]) if answer.rows else None


def _clusters(root: _Answer) -> object:
    return [each for each in root.each if each.row["cluster"] is not None]


def _noise(root: _Answer) -> object:
    return [identity for row in root.rows if row["cluster"] is None for identity in _ids(root.layer, row)]


def _text(name: str) -> Resolver:
    """The resolver of a column that is JSON text."""

    def resolve(root: _One) -> object:
        text = root.row[name]
        return None if text is None else fragment(text)

    return resolve


def _other_id(root: _One, info: Info) -> str | None:
    ((name, _),) = root.of.given["other"].items()
    if name == GEOMETRY:
        return None
    return encode(next(each for each in info.context.layers if each.plural == name), root.row["other"])


def _layer_field(types: Types, layer: Layer) -> StrawberryField:
    async def resolve(root: object, info: Info, as_of: datetime | None = None, **given: object) -> _Of:  # noqa: ARG001
        context = await info.context.as_of(layer, as_of)
        parser, seen = context.parser, context.layers[layer.name]
        kept = parse_filter(seen, context.layers, context.limits, plain(given.get("filters")))
        return _Of(context, Analysed(context.layers, context.limits, seen, kept, parser.least_group))

    arguments = {"filters": Argument(f"{layer.type_name}Filter | None", "Which rows; without it all of them.")}
    if layer.tracked:
        arguments["as_of"] = Argument("DateTime | None", "The rows as they were at this time.")
    text = f"The {layer.verbose_name_plural} that are analysed."
    return resolved(types, resolve, f"{layer.type_name}Analysis", text, **arguments)


def analysis_query(types: Types) -> Fields:
    """The field `analysis`."""
    return {"analysis": resolved(types, _analysis, ANALYSIS, _DESCRIPTION)}


def _analysis(root: None, info: Info) -> object:  # noqa: ARG001
    info.context.principal.require(Scope.ANALYZE, "An analysis")
    return ()
