"""Relay's global ids; enters a type name and an integer id, leaves opaque text, and back.

https://relay.dev/graphql/objectidentification.htm
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import errors
from gateway.layers import Layer, Layers

BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NodeRef:
    """One row of one layer."""

    layer: Layer
    id: int


def form(layer: Layer) -> bytes:
    """The form of a layer's ids before they are base64: `Parcel:%d`."""
    return f"{layer.type_name}:%d".encode()


def encode(layer: Layer, number: int) -> str:
    """`Parcel:7` in base64."""
    return binascii.b2a_base64(form(layer) % number, newline=False).decode()


def decode(layers: Layers, text: str, *, path: Sequence[str | int] = ("id",)) -> NodeRef:
    """The row that a global id names; BAD_ID where it names none."""
    try:
        type_name, _, number = b64decode(text, validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        type_name, number = "", ""
    layer = layers.by_type.get(type_name)
    if layer is None or not (number.isdecimal() and len(number) < 20 and int(number) <= BIGINT_MAX):
        message = f"{text[:80]!r} is no id of this server. Use the id that a node was returned with."
        raise errors.BadId(message, path=path)
    return NodeRef(layer, int(number))


def decode_as(layers: Layers, layer: Layer, text: str, *, path: Sequence[str | int] = ("id",)) -> int:
    """The integer id in a global id that must be of `layer`; BAD_ID where it is of another type."""
    node = decode(layers, text, path=path)
    if node.layer.name != layer.name:
        message = f"The id is of a {node.layer.type_name}; this field takes that of a {layer.type_name}."
        raise errors.BadId(message, path=path)
    return node.id
