"""How a map draws tiles; enters layers and the kinds of rows they hold, leaves a MapLibre style with a legend.

https://maplibre.org/maplibre-style-spec/. `metadata` has two members of the gateway's own. `gateway:legend`: for each
layer that has colours, its items with `value`, `label`, `color` and `count`, as the map draws them; one item without
value and count where all rows have the same. `gateway:view`, where there are rows: `bounds`, the box of most of them,
and `minzoom`, from which some of these are drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.feeds.spread import Spread
from gateway.layers import Layer
from gateway.models.declaration import camel

Kinds = Sequence[tuple[str, int]]

SOURCE: Final = "gateway"

# What planners colour zones with (American Planning Association's land-based classification), light enough for lines
# and texts; a kind is known by a word in it.
_KNOWN: Final = {
    "light": {
        "resid": "#f6d96b",
        "commer": "#e8705f",
        "business": "#e8705f",
        "mixed": "#ef9f5c",
        "indus": "#a98bd0",
        "open": "#8fc98a",
        "park": "#8fc98a",
        "agri": "#c9d69a",
        "farm": "#c9d69a",
        "public": "#6fa8dc",
        "institution": "#6fa8dc",
        "planned": "#d79ac0",
        "office": "#f0b3a0",
    },
    "dark": {
        "resid": "#a88f2e",
        "commer": "#a8463a",
        "business": "#a8463a",
        "mixed": "#b06d2f",
        "indus": "#6f549b",
        "open": "#4c8a4b",
        "park": "#4c8a4b",
        "agri": "#7d8a52",
        "farm": "#7d8a52",
        "public": "#3f74a8",
        "institution": "#3f74a8",
        "planned": "#99608a",
        "office": "#a8705f",
    },
}
# For kinds that no word tells, in the order of their names.
_OTHERS: Final = {
    "light": ("#7fb7be", "#e3c06f", "#b79ad6", "#9fc27e", "#e59a8c", "#88a7d8", "#d8a25e", "#c78fb0", "#a3b18a"),
    "dark": ("#3f7f88", "#96782c", "#71559a", "#5d8340", "#a05347", "#48689c", "#93652a", "#864f70", "#64744c"),
}
_PAPER: Final = {
    "light": {"paper": "#f7f6f2", "line": "#6b6256", "fill": "#e9e4d8", "none": "#d6d2c8"},
    "dark": {"paper": "#15181d", "line": "#9aa3b2", "fill": "#2a2f38", "none": "#3a404b"},
}
THEMES: Final = tuple(_PAPER)


def stacked(layers: Iterable[Layer]) -> Sequence[Layer]:
    """The layers as a map draws them, the lowest first: points lie over lines and lines over polygons.

    Of polygons those lie on top that are drawn farther in, for they are smaller; else those that were declared later.
    """
    return sorted(layers, key=lambda layer: (-max(layer.dimensions), layer.minzoom))


def style(
    layers: Sequence[Layer], kinds: Mapping[Layer, Kinds], spread: Spread | None, url: str, theme: str
) -> Mapping[str, object]:
    """The style of tiles whose TileJSON is at `url`; the first layer lies lowest. No `spread`: no rows."""
    paper = _PAPER[theme]
    drawn: list[Mapping[str, object]] = [
        {"id": "background", "type": "background", "paint": {"background-color": paper["paper"]}}
    ]
    legend = []
    for layer in layers:
        colors = _colors([kind for kind, _ in kinds.get(layer, ())], theme)
        drawn += _drawn(layer, colors, theme)
        title = layer.verbose_name_plural.capitalize()
        items = [{"value": k, "label": k, "color": colors[k], "count": n} for k, n in kinds.get(layer, ())]
        if not items and layer.color:
            items = [{"value": None, "label": layer.verbose_name, "color": layer.color, "count": None}]
        if items:
            legend.append({"layer": layer.name, "title": title, "items": items})
    metadata: dict[str, object] = {"gateway:legend": legend, "gateway:theme": theme}
    document: dict[str, Any] = {
        "version": 8,
        "name": f"{', '.join(layer.verbose_name_plural for layer in layers)} ({theme})",
        "metadata": metadata,
        "sources": {SOURCE: {"type": "vector", "url": url}},
        "layers": drawn,
    }
    if spread is not None:
        document |= {"center": spread.center, "zoom": spread.zoom}
        metadata["gateway:view"] = {"bounds": spread.view, "minzoom": spread.minzoom}
    return document


def _colors(kinds: Sequence[str], theme: str) -> Mapping[str, str]:
    known = {kind: color for kind in kinds if (color := _known(kind, theme))}
    others = sorted(kind for kind in kinds if kind not in known)
    palette = _OTHERS[theme]
    return known | {kind: palette[place % len(palette)] for place, kind in enumerate(others)}


def _known(kind: str, theme: str) -> str | None:
    return next((color for word, color in _KNOWN[theme].items() if word in kind.lower()), None)


def _drawn(layer: Layer, colors: Mapping[str, str], theme: str) -> Sequence[Mapping[str, object]]:
    paper = _PAPER[theme]
    color = _match(layer, colors, paper["none"]) if colors else layer.color or paper["fill"]
    common = {"source": SOURCE, "source-layer": layer.name}
    zoomed = ["interpolate", ["linear"], ["zoom"]]
    # What lies under other layers shows through them.
    opacity = 0.75 if colors else 0.6 if layer.color else 0.35
    border = {"line-color": paper["line"], "line-width": [*zoomed, 11, 0.1, 14, 0.4, 17, 1.2]}
    alone = {"line-color": color if colors or layer.color else paper["line"], "line-width": [*zoomed, 11, 0.8, 17, 4]}
    circle = {"circle-color": color, "circle-radius": 4, "circle-stroke-color": paper["line"]}
    # By dimension, the lowest first; the first of a layer has its name.
    every: Sequence[tuple[int, str, str, str, Mapping[str, Any]]] = (
        (2, "Polygon", "", "fill", {"fill-color": color, "fill-opacity": opacity}),
        (2, "Polygon", "-outline", "line", border),
        (1, "LineString", "-lines", "line", alone),
        (0, "Point", "-points", "circle", circle | {"circle-stroke-width": 0.5}),
    )
    shown = [each for each in every if each[0] in layer.dimensions]
    mixed = len(layer.dimensions) > 1
    return [
        {"id": layer.name + (end if number else ""), "type": kind, **common, "paint": paint}
        | ({"filter": ["==", ["geometry-type"], shape]} if mixed else {})
        for number, (_, shape, end, kind, paint) in enumerate(shown)
    ]


def _match(layer: Layer, colors: Mapping[str, str], other: str) -> Sequence[object]:
    kind: list[Any] = ["coalesce", *(["get", camel(attribute)] for attribute in layer.legend)]
    return ["match", kind, *(part for pair in colors.items() for part in pair), other]
