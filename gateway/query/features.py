"""What a GeoJSON Feature shows; enters names of properties and geometry options, leaves frozen options."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.query.geometry import DEFAULT_PRECISION, parse_options
from gateway.query.values import GeometryText


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """Some fields of a layer as properties, of which withheld ones are null, and how the geometry is written."""

    fields: tuple[LayerField, ...]
    geometry: GeometryText


def property_fields(layer: Layer) -> list[LayerField]:
    """What may be a property: all but geometries, and the id, which is the feature's own."""
    return [field for field in layer.fields.values() if field.kind is not Kind.GEOMETRY and field.name != "featureId"]


def parse_features(
    layer: Layer,
    properties: Sequence[str] | None = None,
    simplify: float = 0.0,
    precision: int = DEFAULT_PRECISION,
) -> FeatureOptions:
    """Read the arguments of a field that gives features; without `properties` every plain column is one."""
    if properties is None:
        fields = [f for f in property_fields(layer) if not f.computed and f.kind is not Kind.JSON]
    else:
        fields = [layer.fields[name] for name in dict.fromkeys(properties)]
    return FeatureOptions(tuple(fields), GeometryText(layer.fields["geometry"], parse_options(precision, simplify)))
