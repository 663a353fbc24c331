"""Analyses that take longer than a request: `startAnalysis`, `analysisJob`, `analysisJobs` and `cancelAnalysis`."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from gateway import errors
from gateway.execution.analysis_jobs import AnalysisJob
from gateway.identity.principal import Scope
from gateway.layers import Layer, Layers
from gateway.models.declaration import camel
from gateway.planner.keys import columns
from gateway.query.analysis import MOST_CLUSTERS
from gateway.query.analysis_asked import Asked
from gateway.query.units import Unit
from gateway.query.values import Given
from schema.annotations import (
    Argument,
    Fields,
    Member,
    Types,
    apart,
    entry,
    make_enum,
    make_input,
    make_type,
    plain,
    resolved,
)
from schema.info import Info
from schema.job_fields import ENDINGS, Jobs, attributes, named

MUTATIONS: Final = ("startAnalysis", "cancelAnalysis")
_UNIT = Member("LengthUnit", "The unit of the distance.", default=Unit.METERS)
_PLAIN: Final = ("union", "voronoi")  # methods without arguments


class AnalysisState(Enum):
    """Where an analysis stands."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AnalysisPhase(Enum):
    """What an analysis is at."""

    COUNTING = "counting"
    ANALYSING = "analysing"
    WRITING = "writing"


_STATES: Mapping[str, str] = {
    "WAITING": "Its turn has not come, or its server ended and another will begin it again.",
    "RUNNING": "A server works on it.",
    "COMPLETE": "Its result can be read.",
    "FAILED": "It ended without a result, and `error` says why.",
    "CANCELLED": "A client ended it.",
}
_PHASES: Mapping[str, str] = {
    "COUNTING": "Rows and vertices are counted.",
    "ANALYSING": "PostGIS computes; it tells nothing in between.",
    "WRITING": "Features of the result are written: `written` counts them.",
}
_FILES: Mapping[str, str] = {
    "tiles": "Template of the URLs of vector tiles (MVT) of the layer `analysis`, with {z}, {x} and {y}.",
    "tile_json": "URL of their TileJSON, for `url` of a map's source.",
    "geojson": "One GeoJSON FeatureCollection (RFC 7946).",
    "geoparquet": "GeoParquet 1.1, for DuckDB, GeoPandas and the like.",
}


def add_analysis_job_types(types: Types) -> None:
    """Make the types that describe and ask for analyses as jobs."""
    make_enum(types, "AnalysisState", "Where an analysis stands.", AnalysisState, _STATES)
    make_enum(types, "AnalysisPhase", "What an analysis is at.", AnalysisPhase, _PHASES)
    files = {name: resolved(types, entry(camel(name)), "String", text) for name, text in _FILES.items()}
    description = "Where a result is read. URLs of someone with credentials are signed, and good for a while."
    make_type(types, "AnalysisResult", description, files)
    make_type(types, "AnalysisJob", "An analysis that goes on after its request.", _fields(types))
    _add_arguments(types)
    for layer in types.layers:
        _add_start(types, layer)
    members = {
        layer.plural: Member(f"{layer.type_name}AnalysisStart", f"Analyse {layer.verbose_name_plural}.")
        for layer in types.layers
    }
    make_input(
        types, "AnalysisStart", "Whose rows are analysed: one of these.", apart("AnalysisStart", members), one_of=True
    )


def _fields(types: Types) -> Fields:
    told = {
        "rows": ("BigInt | None", "Rows that it is of."),
        "vertices": ("BigInt | None", "Vertices of these."),
        "written": ("BigInt", "Features of its result that are written so far."),
        "created_at": ("DateTime", "When it was asked for."),
        "expires_at": ("DateTime | None", "When it is deleted, with its result; null until it has ended."),
        "principal": ("String", "Who asked for it."),
    }
    return {
        "id": resolved(types, lambda root: root.id, "ID", "Its name: no global id."),
        "layer": resolved(types, lambda root: root.asked.layer, "String", "Name of the layer that is analysed."),
        "method": resolved(types, lambda root: root.asked.method, "String", "The method, as in `analysis`."),
        "state": resolved(types, lambda root: AnalysisState(root.state), "AnalysisState", "Where it stands."),
        "phase": resolved(types, _phase, "AnalysisPhase | None", "What it is at, while it runs."),
        "expected_seconds": resolved(
            types, lambda root: root.seconds, "Float | None", "How long it is thought to take, once it runs."
        ),
        **attributes(types, {**told, **ENDINGS}),
        "result": resolved(types, _result, "AnalysisResult | None", "Where its result is read; null before."),
    }


def _phase(root: AnalysisJob) -> AnalysisPhase | None:
    return None if root.phase is None else AnalysisPhase(root.phase)


def _result(root: AnalysisJob, info: Info) -> Mapping[str, str] | None:
    if root.state != "complete" or root.asked.layer not in info.context.layers.by_name:
        return None
    return info.context.parser.links.analysis(info.context.layers[root.asked.layer], root.id)


def _add_arguments(types: Types) -> None:
    """Make the inputs of methods that all layers share, with the arguments of `analysis`."""
    near = Member("Float", "How near rows of a cluster lie to each other, from center to center.", required=True)
    least = Member("Int", "A row with so many within the distance, itself among them, makes a cluster.", default=5)
    number = Member("Int", f"How many clusters, 1 to {MOST_CLUSTERS}.", required=True)
    radius = Member("Float", "How far a cluster may reach; there may be more of them then.")
    ratio = Member("Float", "How concave it is: 1 is the convex hull, 0 the most concave one.", default=0.3)
    holes = Member("Boolean", "Whether it may have holes.", default=False)
    other = Member("AnalysisOther", "What the rows are intersected with.", required=True)
    inputs = {
        "AnalysisDbscan": {"distance": near, "unit": _UNIT, "minPoints": least},
        "AnalysisKMeans": {"clusters": number, "maxRadius": radius, "unit": _UNIT},
        "AnalysisConcaveHull": {"ratio": ratio, "allowHoles": holes},
        "AnalysisIntersection": {"other": other},
    }
    for name, members in inputs.items():
        make_input(types, name, "Arguments of a method, as in `analysis`.", members)


def _add_start(types: Types, layer: Layer) -> None:
    """Make `ParcelAnalysisStart`, and its method."""
    name = layer.type_name
    methods = {
        "clusterDbscan": Member("AnalysisDbscan", "Clusters by density (DBSCAN)."),
        "clusterKMeans": Member("AnalysisKMeans", "So many clusters (k-means)."),
        "concaveHull": Member("AnalysisConcaveHull", "A concave shape around the corners of all rows."),
        "union": Member("Boolean", "All rows as one: true."),
        "voronoi": Member("Boolean", "Cells around the centers of the rows (Voronoi): true."),
        "intersectionWith": Member("AnalysisIntersection", "What each row shares with others."),
    }
    if columns(layer):
        by = Member(f"{name}Column", "The column; one that is private only for who may see it.", required=True)
        make_input(types, f"{name}Dissolve", "By which column rows are dissolved.", {"by": by})
        methods["dissolve"] = Member(f"{name}Dissolve", "The rows of each value as one.")
    make_input(types, f"{name}AnalysisMethod", "What is made of the rows: one of these.", methods, one_of=True)
    members = {
        "filters": Member(f"{name}Filter", "Which rows; without it all of them."),
        "method": Member(f"{name}AnalysisMethod", "What is made of them.", required=True),
    }
    if layer.tracked:
        members["asOf"] = Member("DateTime", "The rows as they were at this time.")
    make_input(types, f"{name}AnalysisStart", f"An analysis of {layer.verbose_name_plural}.", members)


def _jobs(types: Types) -> Jobs:
    one = Argument("ID", "Its id, as startAnalysis answered it.")
    return Jobs(types, "AnalysisJob", one, lambda context: context.analyses)


def analysis_job_queries(types: Types) -> Fields:
    """The fields of the root of reads."""
    jobs = _jobs(types)
    one = "An analysis that goes on after its request; null where there is none (any more), or someone else's."
    every = "Your analyses, newest first; all, for the scope admin."
    return named({"analysisJob": jobs.one(one), "analysisJobs": jobs.newest(every)})


def analysis_job_mutations(types: Types) -> Fields:
    """The fields of the root of writes; both need the scope analyze."""
    what = Argument("AnalysisStart", "What to analyse.")
    start = (
        "Begin an analysis that may take longer than a request. It is counted first, and refused where it would be too "
        "much; its result is kept for a while."
    )
    cancel = "End an analysis that waits or runs; nothing is kept of it."
    return named(
        {
            "startAnalysis": resolved(types, _start, "AnalysisJob", start, analysis=what),
            "cancelAnalysis": _jobs(types).steered("cancel", cancel),
        }
    )


async def _start(root: None, info: Info, analysis: object) -> AnalysisJob:  # noqa: ARG001
    info.context.principal.require(Scope.ANALYZE, "An analysis")
    asked = _asked(info.context.layers, plain(analysis))
    layer = info.context.layers[asked.layer]
    if asked.moment is not None:
        await info.context.as_of(layer, asked.moment)
    return await info.context.start_analysis(asked)


def _asked(layers: Layers, given: Given) -> Asked:
    """Read the argument."""
    ((name, of),) = given.items()
    layer = next(each for each in layers if each.plural == name)
    ((method, arguments),) = of["method"].items()
    if method in _PLAIN:
        if arguments is not True:
            raise errors.ArgumentError(f"{method} has no arguments: give true.", path=("method", method))
        arguments = {}
    return Asked(layer.name, method, arguments, of.get("filters"), of.get("asOf"))
