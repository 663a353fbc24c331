"""Rows of a layer whose keys a source lacks; enters a layer, leaves a temporary table of keys and its uses."""

from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Select, Table, Text, cast, delete, exists, func, select
from sqlalchemy.schema import CreateTable

from gateway.layers import Layer
from gateway.sql.types import Deleted, SqlRows


class Missing:
    """The keys of a source, and the statements that compare the layer with them."""

    def __init__(self, layer: Layer) -> None:
        self._target = layer.model.__table__
        self._key = self._target.c[layer.natural_key]
        self._keys = Table(
            "ingest_keys",
            MetaData(),
            Column("key", self._key.type),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )

    @property
    def name(self) -> str:
        """The table that the keys are copied into."""
        return self._keys.name

    def create(self) -> CreateTable:
        return CreateTable(self._keys)

    def _lacks(self) -> ColumnElement[bool]:
        return ~exists(select(self._keys.c.key).where(self._keys.c.key == self._key))

    def counts(self) -> Select[int, int]:
        """One row: `rows` of the layer, and how many of them are `missing`."""
        missing = func.count().filter(self._lacks())
        return select(func.count().label("rows"), missing.label("missing")).select_from(self._target)

    def rows(self) -> SqlRows:
        """`key`, and a point on each missing row, by key."""
        return select(*self._returned()).where(self._lacks()).order_by(self._key)

    def remove(self) -> Deleted:
        """Delete the missing rows; answers as `rows` does, in any order."""
        return delete(self._target).where(self._lacks()).returning(*self._returned())

    def _returned(self) -> tuple[Any, ...]:
        inside = func.ST_PointOnSurface(self._target.c.geom)
        return cast(self._key, Text).label("key"), func.ST_X(inside).label("x"), func.ST_Y(inside).label("y")
