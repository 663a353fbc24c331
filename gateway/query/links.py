"""Floor 2. The URLs under which the rows of a filter are tiles and files; enters a filter, leaves absolute URLs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import BadMoment
from gateway.layers import Layer
from gateway.principal import Principal
from gateway.query.tokens import FilterCodec

# Formats of exports by their field in GraphQL, and how their paths end.
EXPORTS: Mapping[str, str] = {"geojson": "geojson", "geojsonSeq": "geojsonl", "csv": "csv", "flatgeobuf": "fgb"}


@dataclass(frozen=True, slots=True)
class Links:
    """Makes URLs for one request; `origin` is where its client finds the server.

    A URL of a `principal` speaks for it, for `seconds`, since map libraries and downloads send no credential.
    """

    codec: FilterCodec
    origin: str = ""
    principal: Principal | None = None
    seconds: float = 0

    def tiles(self, layer: Layer, filters: Mapping[str, Any] | None) -> Mapping[str, str]:
        """`url`, a template with {z}, {x} and {y}, and `tileJson`."""
        query = self._query(layer, filters)
        return {
            "url": f"{self.origin}/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt{query}",
            "tileJson": f"{self.origin}/tiles/{layer.name}.json{query}",
        }

    def exports(self, layer: Layer, filters: Mapping[str, Any] | None) -> Mapping[str, str]:
        """A URL for each format."""
        query = self._query(layer, filters)
        return {name: f"{self.origin}/export/{layer.name}.{end}{query}" for name, end in EXPORTS.items()}

    def _query(self, layer: Layer, filters: Mapping[str, Any] | None) -> str:
        if not filters and self.principal is None:
            return ""
        return f"?filters={self.codec.encode(layer, filters or {}, principal=self.principal, seconds=self.seconds)}"


def check_now(what: str, moment: datetime | None) -> None:
    """Refuse URLs in a read as of a moment: they would show what is there now."""
    if moment is not None:
        message = f"{what} show what is there now. Leave out the field, or asOf of the connection."
        raise BadMoment(message, path=("asOf",))
