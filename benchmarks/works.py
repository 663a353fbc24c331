"""What is asked of each contestant; enters the places of a database, leaves documents and their variables.

All contestants get the same variables in the same order. The documents for peers name what they read as the gateway
does, so that answers can be compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a county can be asked: boxes by the rows that they hold at least, points, and keys of parcels."""

    boxes: Mapping[str, Sequence[Sequence[float]]]
    points: Sequence[tuple[float, float]]
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Work:
    """One query; `targets` are the least ratios of requests a second against other contestants.

    Without a document of strawchemy's, strawchemy cannot answer it.
    """

    name: str
    title: str
    gateway: str
    postgraphile: str
    variables: Callable[[Places], Sequence[Variables]]
    targets: Mapping[str, float]
    strawchemy: str = ""


def _boxes(kind: str) -> Callable[[Places], Sequence[Variables]]:
    return lambda places: [{"box": box} for box in places.boxes[kind]]


def _points(places: Places) -> Sequence[Variables]:
    return [{"point": {"type": "Point", "coordinates": point}} for point in places.points]


def for_postgraphile(variables: Variables) -> Variables:
    """The same variables in scalars, which are what its functions take."""
    found = dict(variables)
    if "box" in found:
        found |= zip(("west", "south", "east", "north"), found.pop("box"), strict=True)
    if "point" in found:
        found |= zip(("longitude", "latitude"), found.pop("point")["coordinates"], strict=True)
    return found


_PEER_BOX = "$west: Float!, $south: Float!, $east: Float!, $north: Float!"
_PEER_IN_BOX = "west: $west, south: $south, east: $east, north: $north"
_FIELDS = "id parcelId address landUse assessedValue yearBuilt geometry"
_IN_BOX = "filters: {geometry: {bbOverlaps: {bbox: $box}}}"

WORKS = (
    Work(
        "viewport",
        "500 parcels of a box: 6 fields and geometry",
        f"query ($box: BBox!) {{ parcels(first: 500, {_IN_BOX}) {{ nodes {{ {_FIELDS} }} }} }}",
        f"query ({_PEER_BOX}) {{ parcels: peerParcelsInBox({_PEER_IN_BOX}, first: 500) {{ nodes {{ {_FIELDS} }} }} }}",
        _boxes("viewport"),
        {"postgraphile": 4.0, "bare": 0.9},
        f"query ($box: [Float!]!) {{ parcels(box: $box, first: 500) {{ {_FIELDS} }} }}",
    ),
    Work(
        "join",
        "100 parcels with their zoning districts",
        f"query ($box: BBox!) {{ parcels(first: 100, {_IN_BOX}) {{ nodes {{ parcelId "
        "zoningDistricts { nodes { zoneCode name } } } } }",
        f"query ({_PEER_BOX}) {{ parcels: peerParcelsInBox({_PEER_IN_BOX}, first: 100) {{ nodes {{ parcelId "
        "zoningDistricts(first: 100) { nodes { zoneCode name } } } } }",
        _boxes("join"),
        {"postgraphile": 2.6, "bare": 1.5},
        "query ($box: [Float!]!) { parcels(box: $box, first: 100) { parcelId zoningDistricts { zoneCode name } } }",
    ),
    Work(
        "overlay",
        "50 parcels with districts, shared area and coverage",
        f"query ($box: BBox!) {{ parcels(first: 50, {_IN_BOX}) {{ nodes {{ parcelId "
        "zoningDistricts { edges { overlapAreaSqm coverage node { zoneCode } } } } } }",
        f"query ({_PEER_BOX}) {{ parcels: peerParcelsInBox({_PEER_IN_BOX}, first: 50) {{ nodes {{ parcelId "
        "zoningDistricts: overlaps(first: 100) { edges: nodes { overlapAreaSqm coverage zoneCode } } } } }",
        _boxes("overlay"),
        {"postgraphile": 3.0, "bare": 1.8},
        "query ($box: [Float!]!) { parcels(box: $box, first: 50) { parcelId "
        "zoningDistricts: overlaps { overlapAreaSqm coverage zoneCode } } }",
    ),
    Work(
        "nearest",
        "50 parcels by distance, with the distance",
        "query ($point: Geometry!) { parcels(first: 50, order: [{distanceTo: {geojson: $point}}]) "
        "{ edges { distance node { parcelId address } } } }",
        "query ($longitude: Float!, $latitude: Float!) { parcels: peerParcelsNear(longitude: $longitude, "
        "latitude: $latitude, first: 50) "
        "{ edges: nodes { distance(longitude: $longitude, latitude: $latitude) parcelId address } } }",
        _points,
        {"postgraphile": 1.8, "bare": 1.1},
    ),
    Work(
        "point",
        "one parcel by its key, with geometry",
        "query ($key: String!) { parcel(parcelId: $key) { parcelId geometry } }",
        "query ($key: String!) { parcel: parcelByParcelId(parcelId: $key) { parcelId geometry } }",
        lambda places: [{"key": key} for key in places.keys],
        {"postgraphile": 1.0, "bare": 0.6},
        "query ($key: String!) { parcel(parcelId: $key) { parcelId geometry } }",
    ),
    Work(
        "deep",
        "20 districts, 20 parcels of each, their neighbors",
        f"query ($box: BBox!) {{ zoningDistricts(first: 20, {_IN_BOX}) {{ nodes {{ code "
        "parcels(first: 20) { nodes { parcelId neighbors { nodes { parcelId } } } } } } }",
        f"query ({_PEER_BOX}) {{ zoningDistricts: peerDistrictsInBox({_PEER_IN_BOX}, first: 20) {{ nodes {{ code "
        "parcels(first: 20) { nodes { parcelId neighbors(first: 100) { nodes { parcelId } } } } } } }",
        _boxes("deep"),
        {"postgraphile": 15, "bare": 10},
        "query ($box: [Float!]!) { zoningDistricts(box: $box, first: 20) { code "
        "parcels(limit: 20) { parcelId neighbors { parcelId } } } }",
    ),
)
