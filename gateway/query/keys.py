"""Single rows by one of their keys; enters the arguments of a field, leaves a frozen RowKey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway import errors
from gateway.layers import Layer, Layers
from gateway.query import ids, operands
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row of a layer: `attribute` is `id` or the natural key."""

    layer: Layer
    attribute: str
    value: Any


def parse_key(layer: Layer, layers: Layers, limits: LimitSettings, given: Mapping[str, Any]) -> RowKey:
    """Read exactly one of `id` (global), `featureId` and the natural key."""
    chosen = {name: value for name, value in given.items() if value is not None}
    natural = layer.key.name
    if len(chosen) != 1:
        names = f"id, featureId, {natural}"
        message = f"Give exactly one of {names}; {' and '.join(chosen) or 'none'} given."
        raise errors.ArgumentError(message, path=[*chosen][-1:] or [natural])
    ((name, value),) = chosen.items()
    if name == natural:
        return RowKey(layer, layer.natural_key, operands.same(layer.key, value, limits.text_length, (name,)))
    number = value if name == "featureId" else ids.decode_as(layers, layer, value)
    if not -ids.BIGINT_MAX - 1 <= number <= ids.BIGINT_MAX:
        raise errors.OutOfRange(
            "The number is larger than 64 bits, which no row has. Send a smaller one.", path=(name,)
        )
    return RowKey(layer, "id", number)


def parse_ids(layers: Layers, limits: LimitSettings, texts: Sequence[str]) -> tuple[ids.NodeRef, ...]:
    """Read the global ids of a list."""
    most = limits.list_items
    if len(texts) > most:
        raise errors.ListLimit(f"ids takes at most {most} items. Ask in parts.", path=("ids",), limit=most)
    return tuple(ids.decode(layers, text, path=("ids", i)) for i, text in enumerate(texts))
