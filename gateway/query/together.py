"""Layers whose rows are those of all jurisdictions together; enters layers, leaves them so, or whether they are."""

from dataclasses import replace

from gateway.layers import Layers


def together(layers: Layers) -> Layers:
    """The layers with the rows of all jurisdictions."""
    return Layers(tuple(replace(layer, spanning=layer.managed) for layer in layers))


def spanning(layers: Layers) -> bool:
    """Whether their rows are those of all jurisdictions, which are only read."""
    return any(layer.spanning for layer in layers)
