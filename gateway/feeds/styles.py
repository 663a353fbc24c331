"""How a map draws tiles; enters layers and the kinds of rows they hold, leaves a MapLibre style with a legend.

https://maplibre.org/maplibre-style-spec/. `metadata` has two members of the gateway's own. `gateway:legend`: for each
layer that has colours, the `field` that is coloured and its items with `value`, `label`, `color`, `count` as the map
draws them, the `use` of such rows, what is said `about` all of them, and whether they are an `overlay`. Where all rows
are alike there is one item without value and count. `gateway:view`, where there are rows: `bounds`, the box of most of
them, and `minzoom`, from which some of these are drawn.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.feeds.colors import Kind, Use, colors, use_of
from gateway.feeds.labels import labels
from gateway.feeds.spread import Spread
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.models.kinds import Kind as Type
from gateway.sql.overview_tiles import OVERVIEW
from gateway.sql.tile_statement import LABELS

Kinds = Sequence[Kind]

SOURCE: Final = "gateway"

_PAPER: Final = {
    "light": {"paper": "#f7f6f2", "line": "#6b6256", "fill": "#e9e4d8", "none": "#d6d2c8"},
    "dark": {"paper": "#15181d", "line": "#9aa3b2", "fill": "#2a2f38", "none": "#3a404b"},
}
_USES: Final = list(Use)
_THIN: Final = 0.15  # how much of an overlay hides what it lies over


@dataclass(frozen=True, slots=True)
class Served:
    """Where a style finds what it draws with: TileJSON, by layer tiles of points for texts, and fonts and patterns."""

    tiles: str
    labels: Mapping[str, str]
    static: str
    deepest: int  # the zoom of the last tiles


def stacked(layers: Iterable[Layer]) -> Sequence[Layer]:
    """The layers as a map draws them, the lowest first: points lie over lines and lines over polygons.

    Of polygons those lie on top that are drawn farther in, for they are smaller; else those that were declared later.
    """
    return sorted(layers, key=lambda layer: (-max(layer.dimensions), layer.minzoom))


def style(
    layers: Sequence[Layer], kinds: Mapping[Layer, Kinds], spread: Spread | None, served: Served, theme: str
) -> Mapping[str, object]:
    """The style of tiles; the first layer lies lowest, and texts over all. No `spread`: no rows."""
    painted = {layer: colors(kinds.get(layer, ()), theme) for layer in layers}
    paper = _PAPER[theme]
    drawn: list[Mapping[str, object]] = [
        {"id": "background", "type": "background", "paint": {"background-color": paper["paper"]}}
    ]
    for layer in layers:
        drawn += [*_overview(layer, paper["line"]), *_drawn(layer, kinds.get(layer, ()), painted[layer], theme)]
    # Of texts that meet the last is drawn: that of the larger rows.
    texts = [each for layer in reversed(layers) for each in labels(layer, SOURCE, theme)]
    legend = [_legend(layer, kinds.get(layer, ()), painted[layer]) for layer in layers]
    metadata: dict[str, object] = {
        "gateway:legend": [each for each in legend if each["items"]],
        "gateway:theme": theme,
    }
    document: dict[str, object] = {
        "version": 8,
        "name": f"{', '.join(layer.verbose_name_plural for layer in layers)} ({theme})",
        "metadata": metadata,
        "sources": {SOURCE: {"type": "vector", "url": served.tiles}, **_points(layers, texts, served)},
        "glyphs": f"{served.static}/fonts/{{fontstack}}/{{range}}.pbf",
        "sprite": f"{served.static}/sprites/map",
        "layers": [*drawn, *texts],
    }
    if spread is not None:
        document |= {"center": spread.center, "zoom": spread.zoom}
        metadata["gateway:view"] = {"bounds": spread.view, "minzoom": spread.minzoom}
    return document


def _points(layers: Sequence[Layer], texts: Sequence[Mapping[str, object]], served: Served) -> Mapping[str, object]:
    """The sources of texts that stand on points; they are read from the deepest tiles alone, which have room."""
    used = {text["source"] for text in texts}
    zooms = {layer: max(served.deepest, layer.minzoom) for layer in layers if f"{layer.name}{LABELS}" in used}
    return {
        f"{layer.name}{LABELS}": {
            "type": "vector",
            "tiles": [served.labels[layer.name]],
            "minzoom": zoom,
            "maxzoom": zoom,
        }
        for layer, zoom in zooms.items()
    }


def _legend(layer: Layer, kinds: Kinds, painted: Mapping[str, str]) -> Mapping[str, object]:
    field = camel(layer.legend[0]) if kinds else None
    title = layer.verbose_name_plural.capitalize()
    return {"layer": layer.name, "title": title, "field": field, "items": _items(layer, kinds, painted)}


def _items(layer: Layer, kinds: Kinds, painted: Mapping[str, str]) -> Sequence[Mapping[str, object]]:
    """The legend of a layer: kinds of one use together, in the order of numbers in their codes."""
    if not kinds:
        alone = {"value": None, "label": layer.verbose_name, "color": layer.color, "count": None}
        return [alone] if layer.color else []
    ordered = sorted(kinds, key=lambda kind: (_USES.index(use_of(kind)), _natural(kind.value)))
    return [
        {
            "value": kind.value,
            "label": kind.value,
            "color": painted[kind.value],
            "count": kind.count,
            "use": use_of(kind).title,
            "about": kind.about,
            "overlay": kind.overlay,
        }
        for kind in ordered
    ]


def _natural(code: str) -> Sequence[tuple[int, str]]:
    """R2 before R10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", code)]


def _drawn(layer: Layer, kinds: Kinds, painted: Mapping[str, str], theme: str) -> Sequence[Mapping[str, object]]:
    paper = _PAPER[theme]
    color = _match(layer, painted, paper["none"]) if painted else layer.color or paper["fill"]
    common = {"source": SOURCE, "source-layer": layer.name}
    zoomed = ["interpolate", ["linear"], ["zoom"]]
    # What lies under other layers shows through them.
    overlays = {kind.value: _THIN for kind in kinds if kind.overlay}
    opacity: object = 0.75 if painted else 0.6 if layer.color else 0.35
    if overlays:
        opacity = _match(layer, overlays, opacity)
    border = {"line-color": paper["line"], "line-width": [*zoomed, 11, 0.1, 14, 0.4, 17, 1.2]}
    alone = {"line-color": color if painted or layer.color else paper["line"], "line-width": [*zoomed, 11, 0.8, 17, 4]}
    circle = {"circle-color": color, "circle-radius": 4, "circle-stroke-color": paper["line"]}
    # By dimension, the lowest first; the first of a layer has its name.
    every: Sequence[tuple[int, str, str, str, Mapping[str, object]]] = (
        (2, "Polygon", "", "fill", {"fill-color": color, "fill-opacity": opacity}),
        (2, "Polygon", "-outline", "line", border),
        (1, "LineString", "-lines", "line", alone),
        (0, "Point", "-points", "circle", circle | {"circle-stroke-width": 0.5}),
    )
    shown = [each for each in every if each[0] in layer.dimensions]
    mixed = len(layer.dimensions) > 1
    drawn: list[Mapping[str, object]] = [
        {"id": layer.name + (end if number else ""), "type": kind, **common, "paint": paint}
        | ({"filter": ["==", ["geometry-type"], shape]} if mixed else {})
        for number, (_, shape, end, kind, paint) in enumerate(shown)
    ]
    if overlays:
        hatched = {
            "filter": _match(layer, dict.fromkeys(overlays, True), False),
            "paint": {"fill-pattern": f"hatch-{theme}"},
        }
        drawn.append({"id": f"{layer.name}-overlays", "type": "fill", **common, **hatched})
    return drawn


def _overview(layer: Layer, ink: str) -> Sequence[Mapping[str, object]]:
    """Cells with how many rows lie there, where rows are too small: so thin that what lies below shows through.

    From where areas below have texts, their colours are to be told apart, as the legend has them.
    """
    if not layer.minzoom:
        return []

    def shade(few: float, many: float) -> Sequence[object]:
        return ["interpolate", ["linear"], ["ln", ["get", "count"]], 0, few, 5, many]

    opacity = ["interpolate", ["linear"], ["zoom"], 9, shade(0.15, 0.55), 11, shade(0.05, 0.2)]
    return [
        {
            "id": f"{layer.name}-overview",
            "type": "fill",
            "source": SOURCE,
            "source-layer": f"{layer.name}{OVERVIEW}",
            "maxzoom": layer.minzoom,
            "paint": {"fill-color": layer.color or ink, "fill-opacity": opacity, "fill-antialias": False},
        }
    ]


def _match(layer: Layer, values: Mapping[str, object], other: object) -> Sequence[object]:
    """What a row's kind stands for."""
    name = camel(layer.legend[0])
    kind: Sequence[object] = ["get", name]
    if layer.fields[name].kind is not Type.TEXT:
        kind = ["to-string", kind]
    return ["match", kind, *(part for pair in values.items() for part in pair), other]
