"""An analysis as it is kept until its turn comes; enters what a client gave, leaves a text, and terms again.

It is read each time it is worked on or looked at, as its owner may see the layers then: who may not ask for it any more
does not see what came of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

from gateway import errors
from gateway.layers import Layers
from gateway.query.analysis import Analysed, Analysis
from gateway.query.json_text import read_json
from gateway.query.numbers import as_json
from gateway.query.parse import parse_filter
from gateway.query.values import Given
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class Asked:
    """A method on rows of a layer, with the arguments of GraphQL; `moment` is that of `asOf`."""

    layer: str
    method: str
    given: Given
    filters: Given | None = None
    moment: datetime | None = None

    @classmethod
    def read(cls, layer: str, method: str, text: str, limits: LimitSettings) -> Self:
        """What `text` says."""
        told: Any = read_json(text.encode(), limits)
        moment = told["asOf"]
        return cls(layer, method, told["given"], told["filters"], moment and datetime.fromisoformat(moment))

    @property
    def text(self) -> str:
        """All but its layer and method, to be kept."""
        told = {"filters": self.filters, "given": self.given, "asOf": self.moment and self.moment.isoformat()}
        try:
            return orjson.dumps(told, default=as_json).decode()
        except orjson.JSONEncodeError as error:
            message = "The analysis has a text or a number that JSON has no form for, so it can't be kept."
            raise errors.ArgumentError(message, path=("analysis",)) from error

    def parse(self, layers: Layers, limits: LimitSettings, least_group: int) -> Analysis:
        """The analysis, in layers as who asks may see them. Raises NotFound for a layer that is no more."""
        if self.layer not in layers.by_name:
            raise errors.NotFound(f"There is no layer {self.layer} any more.")
        if self.moment is not None:
            layers = layers.as_of(self.moment)
        layer = layers[self.layer]
        kept = parse_filter(layer, layers, limits, self.filters)
        return Analysed(layers, limits, layer, kept, least_group).parse(self.method, self.given)
