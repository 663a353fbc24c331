"""Statements that change rows; enters a layer and values, leaves INSERT, UPDATE and DELETE.

Each answers the ids, versions and boxes of the rows that it changed. A row that would stay as it is is not changed, so
that versions, which triggers count, grow with changes alone.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ColumnElement,
    Delete,
    Text,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.types import BigInteger

from gateway.geo.shapes import Shape
from gateway.layers import Layer
from gateway.models import Tracked
from gateway.models.kinds import Kind
from gateway.sql import conflicts
from gateway.sql.binding import bound
from gateway.sql.encode import plain_value
from gateway.sql.members import with_unseen
from gateway.sql.spatial import bound_geometry
from gateway.sql.types import Deleted, Inserted, SqlRows, SqlValue, Updated

Values = Mapping[str, Any]  # by attribute; a geometry is a Shape, JSON is text; or slots of such values
NOBODY: Values = MappingProxyType({})


def insert_rows(
    layer: Layer,
    rows: Sequence[Values],
    wanted: Sequence[SqlValue] = (),
    author: Mapping[str, Any] = NOBODY,
) -> Inserted:
    """Insert rows that name the same attributes; one whose key is there already is left out.

    Answers what is `wanted` of each, then what all writes do. What is returned sets the settings of the `author`, too:
    triggers of the statement read them after that.
    """
    inserting = insert(layer.model).values([_bound(layer, row) for row in rows])
    kept = inserting.on_conflict_do_nothing(**conflicts.on_key(layer))
    return kept.returning(*wanted, *_returned(layer), *(_setting(name, value) for name, value in author.items()))


def _setting(name: str, value: Any) -> ColumnElement[str]:
    return func.set_config(literal_column(f"'{name}'"), bound(value, Text()), true())


def upsert_rows(layer: Layer, rows: Sequence[Values]) -> Inserted:
    """Insert rows, or change those whose key is there already; `created` says which."""
    statement = insert(layer.model).values([_bound(layer, row) for row in rows])
    given = [attribute for attribute in rows[0] if attribute != layer.natural_key]
    new = _with_unseen(layer, {name: statement.excluded[name] for name in given})
    changed = statement.on_conflict_do_update(**conflicts.on_key(layer), set_=new, where=_differs(layer, new))
    return changed.returning(*_returned(layer), conflicts.created(layer).label("created"))


def update_row(layer: Layer, number: int, values: Values) -> Updated:
    """Change one row, if that makes a difference."""
    new = _with_unseen(layer, _bound(layer, values))
    model = layer.model
    return (
        update(model)
        .where(model.id == bound(number, BigInteger()), _differs(layer, new))
        .values(new)
        .returning(*_returned(layer))
        .execution_options(synchronize_session=False)
    )


def delete_rows(layer: Layer, numbers: Sequence[int]) -> Deleted:
    """Delete rows by their ids."""
    statement: Delete = delete(layer.model).where(_among(layer, numbers))
    return statement.returning(*_returned(layer)).execution_options(synchronize_session=False)


def lock_rows(layer: Layer, numbers: Sequence[int]) -> SqlRows:
    """Rows by their ids, held until the transaction ends; in the order of ids, so that no two wait for each other."""
    return select(*_returned(layer)).where(_among(layer, numbers)).order_by(layer.model.id).with_for_update()


def rows_by_key(layer: Layer, keys: Sequence[Any]) -> SqlRows:
    """Rows by their natural keys."""
    key = getattr(layer.model, layer.natural_key)
    return select(*_returned(layer)).where(key == func.any(bound(list(keys), ARRAY(key.type))))


def stored_row(layer: Layer, number: int, values: Values) -> SqlRows:
    """A row as it is, and for each of `values` whether it differs from it, as `differs_<attribute>`."""
    model = layer.model
    plain = [
        plain_value(field, model).label(field.name)
        for field in layer.fields.values()
        if not (field.computed or field.withheld or field.kind in {Kind.GEOMETRY, Kind.JSON})
    ]
    new = _with_unseen(layer, _bound(layer, values))
    differs = [getattr(model, name).is_distinct_from(value).label(f"differs_{name}") for name, value in new.items()]
    return select(*plain, *differs).where(model.id == bound(number, BigInteger()))


def _bound(layer: Layer, values: Values) -> dict[str, Any]:
    return {name: _value(layer, name, value) for name, value in values.items()}


def _with_unseen(layer: Layer, new: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a row that is there: members of `attributes` that the principal does not see stay as they are."""
    return {
        name: with_unseen(layer.fields[name], value, getattr(layer.model, name)) if name == "attributes" else value
        for name, value in new.items()
    }


def _value(layer: Layer, name: str, value: Any) -> Any:
    column = getattr(layer.model, name)
    if isinstance(column.type, Geometry):
        return func.ST_ForcePolygonCCW(bound_geometry(value.ewkb if isinstance(value, Shape) else value))
    return cast(bound(value, Text()), JSONB) if isinstance(column.type, JSONB) else bound(value, column.type)


def _differs(layer: Layer, new: Mapping[str, Any]) -> ColumnElement[bool]:
    return or_(*(getattr(layer.model, name).is_distinct_from(value) for name, value in new.items()))


def _among(layer: Layer, numbers: Sequence[int]) -> ColumnElement[bool]:
    return layer.model.id == func.any(bound(list(numbers), ARRAY(BigInteger())))


def _returned(layer: Layer) -> Sequence[SqlValue]:
    row = layer.model
    assert issubclass(row, Tracked)  # clients write to no others
    geom = row.geom
    sides = (func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom))
    names = ("west", "south", "east", "north")
    return (
        row.id.expression,
        row.version.expression,
        getattr(row, layer.natural_key).label("key"),
        *(side.label(name) for name, side in zip(names, sides, strict=True)),
    )
