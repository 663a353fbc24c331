"""Geometries as arguments; enters nothing, leaves GeometryInput and the inputs that hold one."""

from collections.abc import Mapping

from schema.annotations import Member, Types, make_input

_CIRCLE = {
    "center": Member("list[Float]", "[longitude, latitude] in degrees.", required=True),
    "radius": Member("Float", "Radius in metres, above 0.", required=True),
}
_FORMS = {
    "geojson": Member("Geometry", "A GeoJSON geometry object, not a Feature."),
    "wkt": Member("String", "Well-known text, longitude first: POINT(-71.11 42.37)."),
    "bbox": Member("BBox", "[west, south, east, north]; west greater than east crosses the antimeridian."),
    "circle": Member("CircleInput", "A circle."),
    "node": Member("ID", "The geometry of a row of this server, by its global id."),
}
_DISTANCE = {
    "geometry": Member("GeometryInput", "The geometry to measure from.", required=True),
    "distance": Member("Float", "Distance in metres, geodesic, 0 or more.", required=True),
}
_RELATE = {
    "geometry": Member("GeometryInput", "The geometry to compare with.", required=True),
    "pattern": Member("String", "Nine of 0, 1, 2, T, F and *, row by row; T*F**F*** is within.", required=True),
}
_INPUTS: Mapping[str, tuple[str, Mapping[str, Member]]] = {
    "CircleInput": ("All points within a radius of a point, geodesic.", _CIRCLE),
    "GeometryInput": ("A geometry in longitude and latitude (WGS 84), in exactly one of five forms.", _FORMS),
    "DistanceInput": ("All that lies within a distance of a geometry.", _DISTANCE),
    "RelateInput": (
        "A relation with a geometry in the dimensionally extended nine-intersection model (DE-9IM).",
        _RELATE,
    ),
}


def add_geometry_inputs(types: Types) -> None:
    """Make the inputs."""
    for name, (description, members) in _INPUTS.items():
        make_input(types, name, description, members, one_of=members is _FORMS)
