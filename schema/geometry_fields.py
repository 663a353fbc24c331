"""The fields of a feature that are geometries; enters a layer, leaves fields that load GeoJSON by id."""

import strawberry
from strawberry.types.field import StrawberryField

from gateway import errors
from gateway.execution.values import LayerRow, Plain
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.query.geometry import DEFAULT_PRECISION, parse_options
from gateway.query.values import GeometryText
from schema.annotations import Argument, Fields, Resolver, Types, resolved
from schema.info import Info
from schema.scalars import GEOMETRY_SCALARS, fragment

SIMPLIFY = Argument(
    "Float", "Leave out vertices that lie within this many metres of the line without them; 0 keeps all.", 0.0
)
PRECISION = Argument(
    "Int",
    "Decimals of a degree, 0 to 15: 7 are about a centimetre, 5 about a metre, 15 are every digit that is stored.",
    DEFAULT_PRECISION,
)


@strawberry.type(
    description="A geometry in a coordinate reference system (CRS) of choice; GeoJSON (RFC 7946) knows WGS 84 alone."
)
class ProjectedGeometry:
    """A geometry with the CRS of its coordinates."""

    crs: str = strawberry.field(
        description="The CRS, for example EPSG:2249; coordinates are easting and northing, or longitude and latitude."
    )
    geometry: strawberry.scalars.JSON | None = strawberry.field(
        description=(
            "Members type and coordinates as in GeoJSON, in the units of the CRS (metres, feet, degrees); null where "
            "the row lies more than ten degrees outside of the area that the CRS is made for."
        )
    )


def geometry_fields(types: Types, layer: Layer) -> Fields:
    """`geometry`, `centroid`, `pointOnSurface` and `projectedGeometry`."""
    geometries = [field for field in layer.fields.values() if field.kind is Kind.GEOMETRY and field.name != "bbox"]
    fields = {field.name: _geometry_field(types, layer, field) for field in geometries}
    fields["projected_geometry"] = resolved(
        types,
        _projected(layer),
        "ProjectedGeometry",
        "The geometry in another coordinate reference system.",
        crs=Argument("String", "An EPSG code of a plane CRS, for example EPSG:2249 or EPSG:3857."),
        simplify=SIMPLIFY,
        precision=Argument("Int", "Decimals of a coordinate in the unit of the CRS, 0 to 15; 15 is exact.", 3),
    )
    return fields


def _geometry_field(types: Types, layer: Layer, field: LayerField) -> StrawberryField:
    scalar = GEOMETRY_SCALARS[field.geometry_type or "GEOMETRY"]

    async def resolve(root: LayerRow, info: Info, **given: Plain) -> object:
        wanted = GeometryText(field, parse_options(**given))
        return fragment(await info.context.value(layer, wanted, root))

    # A point has no detail to leave out.
    detail = {} if scalar == "Point" else {"simplify": SIMPLIFY}
    return resolved(types, resolve, scalar, field.description, **detail, precision=PRECISION)


def _projected(layer: Layer) -> Resolver:
    async def resolve(root: LayerRow, info: Info, crs: str, **given: Plain) -> ProjectedGeometry:
        wanted = GeometryText(layer.fields["geometry"], parse_options(crs=crs, **given))
        text = await info.context.value(layer, wanted, root)
        if text is None:
            raise errors.BadCrs(f"{crs.upper()} is not known to this database.", path=("crs",))
        return ProjectedGeometry(crs=crs.upper(), geometry=fragment(text))

    return resolve
