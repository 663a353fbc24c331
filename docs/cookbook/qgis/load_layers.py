"""Adds the gateway's layers to a QGIS project, coloured as its own style colours them.

In QGIS: Plugins > Python Console > Show Editor > open this file > run it. GATEWAY says which gateway.
"""

import json
from typing import Any
from urllib.request import urlopen

from qgis.core import (
    QgsFillSymbol,
    QgsProject,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)

GATEWAY = "http://127.0.0.1:8000"
BORDER = {"outline_color": "#6b6256", "outline_width": "0.2"}


def read(path: str) -> dict[str, Any]:
    """The JSON at a path of the gateway."""
    with urlopen(GATEWAY + path) as answer:
        return json.load(answer)


def district_tiles() -> QgsVectorTileLayer:
    """Zoning districts as vector tiles, a rule for each entry of the style's legend."""
    deepest = read("/tiles/zoning_districts.json")["maxzoom"]
    url = f"{GATEWAY}/tiles/zoning_districts/%7Bz%7D/%7Bx%7D/%7By%7D.mvt"
    layer = QgsVectorTileLayer(f"type=xyz&url={url}&zmin=0&zmax={deepest}", "Zoning districts")
    rules = []
    legend = read("/styles/zoning_districts.json")["metadata"]["gateway:legend"][0]
    for item in legend["items"]:
        rule = QgsVectorTileBasicRendererStyle(item["label"], "zoning_districts", QgsWkbTypes.PolygonGeometry)
        value = item["value"].replace("'", "''")
        rule.setFilterExpression(f"\"{legend['field']}\" = '{value}'")
        rule.setSymbol(QgsFillSymbol.createSimple(BORDER | {"color": item["color"]}))
        rules.append(rule)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(rules)
    layer.setRenderer(renderer)
    return layer


def parcels(query: str = "") -> QgsVectorLayer:
    """Parcels as GeoJSON; `query` narrows them: "?bbox=-93.31,42.00,-93.29,42.02"."""
    layer = QgsVectorLayer(f"{GATEWAY}/export/parcels.geojson{query}", "Parcels", "ogr")
    symbol = QgsFillSymbol.createSimple(BORDER | {"color": "255,255,255,70", "outline_width": "0.1"})
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    return layer


for made in (district_tiles(), parcels()):
    if not made.isValid():
        raise RuntimeError(f"{made.name()} cannot be read from {GATEWAY}")
    QgsProject.instance().addMapLayer(made)
