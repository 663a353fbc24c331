"""Layers that are declared wrongly; enters the layers, leaves messages. Opens no connection."""

from collections.abc import Iterator

from sqlalchemy import Table, UniqueConstraint

from gateway.checks import rules
from gateway.checks.messages import Message
from gateway.layers import Layers


def natural_keys(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        table = layer.model.__table__
        assert isinstance(table, Table)
        unique = [list(found.columns) for found in table.constraints if isinstance(found, UniqueConstraint)]
        unique += [list(index.columns) for index in table.indexes if index.unique]
        column = table.columns.get(layer.natural_key)
        if column is None or [column] not in unique:
            yield rules.NATURAL_KEY(
                f"{layer.natural_key!r} is not a unique column of {layer.type_name}.",
                hint=f"Declare {layer.natural_key} with mapped_column(..., unique=True); manage.py makemigrations.",
                about=layer.name,
            )


def private_columns(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        for name in sorted(layer.private - layer.concealable):
            yield rules.PRIVATE_COLUMN(
                f"{name!r} is private, but {layer.type_name} has no such column to hide: what it holds is shown.",
                hint="Correct the name in `private` of the layer.",
                about=layer.name,
            )


def relation_targets(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        for relation in layer.relations:
            if relation.target not in layers.by_name:
                yield rules.RELATION_TARGET(
                    f"Relation {relation.name!r} leads to {relation.target}, which is not among the layers.",
                    hint=f"Use one of {', '.join(layers.by_name)}, or add the layer.",
                    about=f"{layer.name}.{relation.name}",
                )
