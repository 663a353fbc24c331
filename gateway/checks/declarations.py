"""Layers that are declared wrongly; enters the layers, leaves messages. Opens no connection."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, UniqueConstraint, inspect

from gateway.checks import rules
from gateway.checks.messages import Message
from gateway.geo.kinds import AREAS
from gateway.layers import Layers
from gateway.models.declaration import RelationKind
from gateway.query.keys import KINDS


def natural_keys(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        table = layer.model.__table__
        assert isinstance(table, Table)
        unique = [
            list(constraint.columns) for constraint in table.constraints if isinstance(constraint, UniqueConstraint)
        ]
        unique += [list(index.columns) for index in table.indexes if index.unique]
        column = table.columns.get(layer.natural_key)
        if column is None or [column] not in unique:
            yield rules.NATURAL_KEY(
                f"{layer.natural_key!r} is not a unique column of {layer.type_name}.",
                hint=f"Declare {layer.natural_key} with mapped_column(..., unique=True); manage.py makemigrations.",
                about=layer.name,
            )
        elif layer.key.kind not in KINDS or layer.key.nullable:
            yield rules.NATURAL_KEY(
                f"{layer.natural_key!r} of {layer.type_name} is {layer.key.kind}{' or null' * layer.key.nullable}.",
                hint="Keys are integer, bigint, text or uuid, and never null.",
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


def named_columns(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        every = replace(layer, hidden=frozenset())
        shown = {field.attribute for field in layer.fields.values() if not field.computed}
        for name in sorted(layer.hidden - every.concealable):
            yield rules.HIDDEN_COLUMN(
                f"{name!r} is hidden, but {layer.type_name} has no such column, or clients need it.",
                hint="Correct the name in `hidden` of the layer; keys, versions, times and geometries can't be hidden.",
                about=layer.name,
            )
        columns = inspect(layer.model).column_attrs
        for name in sorted(layer.hidden & every.concealable):
            column = columns[name].columns[0]
            if layer.managed and not column.nullable and column.server_default is None:
                yield rules.HIDDEN_COLUMN(
                    f"{name!r} is hidden and has no default, so clients can make no rows.",
                    hint=f"Give it a default in the database: mapped_column(..., server_default=...) for {name}.",
                    about=layer.name,
                )
        for name in sorted({*layer.legend, *([layer.label] if layer.label else [])} - shown):
            yield rules.HIDDEN_COLUMN(
                f"{name!r} is in the legend or the label, but {layer.type_name} has no such column that clients see.",
                hint="Correct the name in `legend` or `label` of the layer.",
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


def geometries(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        column: Any = layer.model.__table__.c.geom.type
        if column.geometry_type == "GEOMETRYCOLLECTION":
            yield rules.GEOMETRY_KIND(
                "PostGIS can't relate collections to other geometries.",
                hint='Declare geometry_column("GEOMETRY", ...): a row is a point, a line or a polygon, or many of one.',
                about=layer.name,
            )


def relation_kinds(layers: Layers) -> Iterator[Message]:
    for layer in layers:
        for relation in layer.relations:
            if (target := layers.by_name.get(relation.target)) is None:
                continue
            part, whole = relation.ends(layer, target)
            if relation.kind is RelationKind.BORDER and AREAS not in part.dimensions & whole.dimensions:
                why, hint = "Only polygons share a border.", "Use RelationKind.OVERLAP."
            elif max(part.dimensions) > max(whole.dimensions):
                why = f"A {part.verbose_name} can't lie in a {whole.verbose_name}."
                hint = f"Make the {whole.verbose_name} the `part` of the relation."
            else:
                continue
            yield rules.RELATION_KIND(why, hint=hint, about=f"{layer.name}.{relation.name}")
