"""Single rows by one of their keys; enters the arguments of a field, leaves a frozen RowKey."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import inspect

from gateway import errors
from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import camel
from gateway.models.kinds import Kind
from gateway.query import ids, operands
from gateway.query.seen import check_seen
from gateway.query.values import Given
from gateway.settings import LimitSettings

KINDS: Final = frozenset({Kind.INTEGER, Kind.BIGINT, Kind.TEXT, Kind.UUID})


def unique_fields(layer: Layer) -> Sequence[LayerField]:
    """The fields that name one row: the natural key, and other columns of its kinds that are unique."""
    columns = inspect(layer.model).columns
    others = (each for each in layer.fields.values() if each.own and each.kind in KINDS and not each.computed)
    return [
        layer.key,
        *(each for each in others if getattr(columns[each.attribute], "unique", False) and each != layer.key),
    ]


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row of a layer: `attribute` is `id` or a unique column."""

    layer: Layer
    attribute: str
    value: Any


def _unique_field(layer: Layer, name: str) -> LayerField | None:
    """The field of that name that names one row: mostly the natural key, for which no others are looked at."""
    if name == layer.key.name:
        return layer.key
    if name in {"id", "featureId"}:
        return None
    return next((field for field in unique_fields(layer) if field.name == name), None)


def parse_key(layer: Layer, layers: Layers, limits: LimitSettings, given: Given) -> RowKey:
    """Read exactly one of `id` (global), `featureId` and the unique columns; `asOf` may stand beside it."""
    chosen = {name: value for name, value in given.items() if value is not None and name != "asOf"}
    if len(chosen) != 1:
        names = ", ".join(("id", "featureId", *(field.name for field in unique_fields(layer))))
        message = f"Give exactly one of {names}; {' and '.join(chosen) or 'none'} given."
        raise errors.ArgumentError(message, path=[*chosen][-1:] or [layer.key.name])
    ((name, value),) = chosen.items()
    if (field := _unique_field(layer, name)) is not None:
        check_seen(field, (name,))
        return RowKey(layer, field.attribute, operands.same(field, value, limits.text_length, (name,)))
    number = value if name == "featureId" else ids.decode_as(layers, layer, value)
    if not -ids.BIGINT_MAX - 1 <= number <= ids.BIGINT_MAX:
        raise errors.OutOfRange(
            "The number is larger than 64 bits, which no row has. Send a smaller one.", path=(name,)
        )
    return RowKey(layer, "id", number)


def ambiguous(layer: Layer, attribute: str) -> errors.AmbiguousKey:
    """Why one row is not answered of all jurisdictions: a key is unique in each of them."""
    message = f"Several jurisdictions have a {layer.verbose_name} with this {camel(attribute)}. Ask by id, ask for all "
    message += f"with {layer.plural}(filters: ...), or ask one jurisdiction: /j/{{code}}/graphql."
    return errors.AmbiguousKey(message, path=(camel(attribute),))


def parse_ids(layers: Layers, limits: LimitSettings, texts: Sequence[str]) -> tuple[ids.NodeRef, ...]:
    """Read the global ids of a list."""
    most = limits.list_items
    if len(texts) > most:
        raise errors.ListLimit(f"ids takes at most {most} items. Ask in parts.", path=("ids",), limit=most)
    return tuple(ids.decode(layers, text, path=("ids", i)) for i, text in enumerate(texts))
