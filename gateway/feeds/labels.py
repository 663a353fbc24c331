"""The texts on a map; enters a layer and a theme, leaves MapLibre layers of symbols.

The column that a layer names as its `label` is written on its rows. Where it also colours them, rows are areas larger
than a screen, and each tile has a text of its own; else each row has one, from tiles of points.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.sql.tile_statement import LABELS

FONT: Final = "Noto Sans Medium"
_NEAR, _CLOSE = 16, 18.5  # where rows have room for a number, and for a line
_INK: Final = {
    "light": {"text-color": "#2b2620", "text-halo-color": "rgba(255, 255, 255, 0.8)", "text-halo-width": 1.4},
    "dark": {"text-color": "#eef1f5", "text-halo-color": "rgba(15, 18, 22, 0.8)", "text-halo-width": 1.4},
}


def labels(layer: Layer, source: str, theme: str) -> Sequence[Mapping[str, object]]:
    """The symbols of a layer, none where it names no label; `source` is that of its areas."""
    if layer.label is None:
        return []
    text, areas = ["coalesce", ["get", camel(layer.label)], ""], layer.label in layer.legend[:1]
    of = layer.name if areas else f"{layer.name}{LABELS}"
    zoomed = ["interpolate", ["linear"], ["zoom"]]
    written = (
        {"text-field": text, "text-size": [*zoomed, 11, 11, 17, 17], "text-padding": 24, "text-letter-spacing": 0.04}
        if areas
        else {"text-field": _number(text), "text-size": [*zoomed, _NEAR, 10, 19, 13], "text-max-width": 7}
    )
    drawn = {"id": f"{layer.name}-labels", "type": "symbol", "source": source if areas else of, "source-layer": of}
    return [
        {**drawn, "minzoom": 11 if areas else _NEAR, "layout": {"text-font": [FONT], **written}, "paint": _INK[theme]}
    ]


def _number(text: Sequence[object]) -> Sequence[object]:
    """The number that an address begins with, from far out; the whole of it where there is room."""
    word = ["slice", text, 0, ["index-of", " ", ["concat", text, " "]]]
    number = ["case", ["in", ["slice", text, 0, 1], "0123456789"], word, ""]
    return ["step", ["zoom"], number, _CLOSE, text]
