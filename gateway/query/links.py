"""The URLs under which the rows of a filter are tiles and files; enters a filter, leaves absolute URLs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import urlencode

from gateway.errors import BadMoment
from gateway.geo.crs import parse_crs
from gateway.identity.principal import Principal
from gateway.layers import Layer
from gateway.query.geometry import parse_options
from gateway.query.seen import check_seen
from gateway.query.tokens import FilterCodec, Signed

# Formats of exports by their field in GraphQL, and how their paths end.
EXPORTS: Mapping[str, str] = {
    "geojson": "geojson",
    "geojsonSeq": "geojsonl",
    "csv": "csv",
    "flatgeobuf": "fgb",
    "geoparquet": "parquet",
    "arrow": "arrow",
}
REPROJECTED: Final = frozenset({"csv", "fgb", "parquet", "arrow"})

Parameters: TypeAlias = Mapping[str, str]


# What URLs of tiles and of notice lists are signed for; those of exports are for their ending.
TILES: Final = "tiles"
NOTICE: Final = "notice"
ANALYSIS: Final = "analysis"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes URLs for one request; `origin` is where its client finds the server.

    A URL of a `principal` speaks for it, for `seconds`, since map libraries and downloads send no credential. Its
    parameters are within what is signed; those of others stand in the URL.
    """

    codec: FilterCodec
    origin: str = ""
    principal: Principal | None = None
    seconds: float = 0

    def tiles(self, layer: Layer, filters: Mapping[str, object] | None, parameters: Parameters) -> Mapping[str, str]:
        """`url`, a template with {z}, {x} and {y}, and `tileJson`."""
        query = self._query(layer, filters, TILES, parameters)
        return {
            "url": f"{self.origin}/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt{query}",
            "tileJson": f"{self.origin}/tiles/{layer.name}.json{query}",
        }

    def exports(self, layer: Layer, filters: Mapping[str, object] | None, parameters: Parameters) -> Mapping[str, str]:
        """A URL for each format; `crs` is left out of those that are always WGS 84."""
        in_degrees = {name: text for name, text in parameters.items() if name != "crs"}
        made = {
            name: self._query(layer, filters, end, parameters if end in REPROJECTED else in_degrees)
            for name, end in EXPORTS.items()
        }
        return {name: f"{self.origin}/export/{layer.name}.{EXPORTS[name]}{query}" for name, query in made.items()}

    def notice(self, layer: Layer, given: Mapping[str, object], files: Iterable[str]) -> Mapping[str, str]:
        """The URL of each file of a notice list."""
        signed = None if self.principal is None else Signed(self.principal, NOTICE)
        token = self.codec.encode(layer, given, signed, self.seconds)
        return {name: f"{self.origin}/notice/{name}?notice={token}" for name in files}

    def analysis(self, layer: Layer, job: str) -> Mapping[str, str]:
        """Where the result of an analysis of rows of a layer is read: as tiles and as files."""
        query = ""
        if self.principal is not None:
            signed = Signed(self.principal, ANALYSIS)
            query = f"?signed={self.codec.encode(layer, {ANALYSIS: job}, signed, self.seconds)}"
        tiles, files = f"{self.origin}/tiles/analysis/{job}", f"{self.origin}/export/analysis/{job}"
        return {
            "tiles": f"{tiles}/{{z}}/{{x}}/{{y}}.mvt{query}",
            "tileJson": f"{tiles}.json{query}",
            "geojson": f"{files}.geojson{query}",
            "geoparquet": f"{files}.parquet{query}",
        }

    def _query(self, layer: Layer, filters: Mapping[str, object] | None, form: str, parameters: Parameters) -> str:
        if self.principal is not None:
            signed = Signed(self.principal, form, parameters)
            return f"?filters={self.codec.encode(layer, filters or {}, signed, self.seconds)}"
        given = {"filters": self.codec.encode(layer, filters)} if filters else {}
        return f"?{urlencode({**given, **parameters}, safe=',:')}" if given or parameters else ""


def parse_parameters(
    layer: Layer, properties: Sequence[str] | None = None, crs: str | None = None, precision: int | None = None
) -> Parameters:
    """The arguments of a field of URLs as parameters of a URL; `layer` is as the principal sees it.

    Raises PrivateField, BadCrs, OutOfRange.
    """
    parameters = {}
    if properties is not None:
        for place, name in enumerate(properties):
            check_seen(layer.fields[name], ("properties", place))
        parameters["properties"] = ",".join(dict.fromkeys(properties))
    if crs is not None:
        parameters["crs"] = f"EPSG:{parse_crs(crs)}"
    if precision is not None:
        parameters["precision"] = str(parse_options(precision).precision)
    return parameters


def at_moment(parameters: Parameters, moment: datetime | None) -> Parameters:
    """The parameters of a URL of tiles that shows what there was at a moment."""
    return parameters if moment is None else {**parameters, "asOf": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"}


def check_now(what: str, moment: object | None) -> None:
    """Refuse URLs of files in a read as of a moment: they would hold what is there now."""
    if moment is not None:
        message = f"{what} show what is there now. Leave out the field, or asOf of the connection."
        raise BadMoment(message, path=("asOf",))
