"""What makes a new row one that is there already; enters a layer, leaves the target of ON CONFLICT and who was new."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal_column

from gateway.layers import Layer
from gateway.models.declaration import Method


def on_key(layer: Layer) -> dict[str, Any]:
    """Arguments of ON CONFLICT: the natural key, and where rows are divided by a list the constraint of it.

    That one has the key alone before `manage.py partitions make`, and the column of the list after.
    """
    if layer.partitions is not None and layer.partitions.method is Method.LIST:
        return {"constraint": f"uq_{layer.model.__table__.name}_{layer.natural_key}"}
    return {"index_elements": [layer.natural_key]}


def created(layer: Layer) -> ColumnElement[bool]:
    """Whether RETURNING speaks of a row that was inserted, and not of one that was changed.

    Triggers count the versions of a row. Without them xmax says it, which is 0 in a row version that this statement
    inserted; of rows of partitions PostgreSQL does not tell it.
    """
    return literal_column("(version = 1)" if layer.tracked else "(xmax = 0)", Boolean)
