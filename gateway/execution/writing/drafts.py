"""Rows as clients give them; enters the mapping of an input, leaves checked values or an error."""

import asyncio
from dataclasses import dataclass
from enum import Enum

from gateway import errors
from gateway.execution.values import Arguments, Plain
from gateway.execution.writing.repair import repair
from gateway.geo.columns import area_change, fitted, repaired
from gateway.geo.positions import Path
from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField, Layers
from gateway.models.kinds import Kind
from gateway.query import ids, operands
from gateway.query.geometry import parse_target
from gateway.query.ids import NodeRef
from gateway.query.seen import check_members, check_seen
from gateway.query.text import check_key
from gateway.settings import LimitSettings
from gateway.sql.writes import Values

_LARGE = 16 * 1024  # characters of a geometry


class OnInvalid(Enum):
    """What happens to a geometry that is not valid."""

    REJECT = "REJECT"
    REPAIR = "REPAIR"


@dataclass(frozen=True, slots=True)
class Draft:
    """Values of a row by attribute; `area_change` in square metres where its geometry was repaired."""

    values: Values
    area_change: float | None = None


@dataclass(frozen=True, slots=True)
class RowTarget:
    """A row to be changed, and the version that it must have."""

    id: int
    expected_version: int | None = None


def required(layer: Layer, field: LayerField) -> bool:
    """Whether a new row must have the field."""
    return not field.nullable and getattr(layer.model, field.attribute).property.columns[0].server_default is None


@dataclass(frozen=True, slots=True)
class Drafting:
    """Reads inputs for one server."""

    layers: Layers
    limits: LimitSettings
    on_invalid: OnInvalid
    aside: bool = False  # whether geometries that are large are read in a thread, while others are served

    def target(self, layer: Layer, given: Arguments, path: Path) -> RowTarget:
        """Read `id` and `expectedVersion`."""
        try:
            number = ids.decode_as(self.layers, layer, given["id"])
        except errors.ArgumentError as error:
            error.path = (*path, "id")
            raise
        return RowTarget(number, given.get("expectedVersion"))

    async def draft(self, layer: Layer, given: Arguments, path: Path) -> Draft:
        """Read the values of a row; what is absent is not in them, what is null is None."""
        values: dict[str, object] = {}
        change: float | None = None
        for field in layer.writable:
            if field.name not in given:
                continue
            here = (*path, field.name)
            check_seen(field, here)  # whether a value makes a difference would tell what is there
            check_members(field, given[field.name], here)
            if field.kind is Kind.GEOMETRY:
                values[field.attribute], change = await self._shape(field, given[field.name], here)
            else:
                values[field.attribute] = value = self._value(field, given[field.name], here)
                if field.attribute == layer.natural_key and isinstance(value, str):
                    check_key(value, here)
        return Draft(values, change)

    def _value(self, field: LayerField, value: Plain, path: Path) -> object:
        if value is None:
            if not field.nullable:
                raise errors.ArgumentError(f"{field.name} can't be null. Leave it out to keep it.", path=path)
            return None
        operand = operands.same(field, value, self.limits.text_length, path)
        operands.storable(field, operand, path)
        return operand

    async def _shape(self, field: LayerField, value: Plain, path: Path) -> tuple[Shape, float | None]:
        if value is None:
            raise errors.ArgumentError(f"{field.name} can't be null. Leave it out to keep it.", path=path)
        kind = str(field.geometry_type or "GEOMETRY").upper()
        try:
            if self.aside and len(str(value)) > _LARGE:
                return await asyncio.to_thread(lambda: self._fitted(self._checked(value, path), kind, path)), None
            return self._fitted(self._checked(value, path), kind, path), None
        except errors.InvalidGeometry as error:
            error.path = error.path or path
            if self.on_invalid is OnInvalid.REJECT:
                raise
            return await self._repaired(error, kind, path)

    def _fitted(self, shape: Shape, kind: str, path: Path) -> Shape:
        try:
            return fitted(shape, kind)
        except (errors.GeometryTypeError, errors.OutOfRange) as error:
            raise error.at(*path) from error

    async def _repaired(self, error: errors.InvalidGeometry, kind: str, path: Path) -> tuple[Shape, float]:
        wkb, drawn = await repair(error)
        try:
            after = repaired(wkb, kind)
        except (errors.GeometryError, errors.OutOfRange) as failed:
            raise failed.at(*path) from failed
        return after, area_change(drawn, after)

    def _checked(self, value: Plain, path: Path) -> Shape:
        shape = parse_target(value, self.layers, self.limits, path=path)
        if isinstance(shape, NodeRef):
            message = "A row's own geometry can't be copied by its id. Read it, and send it as geojson."
            raise errors.GeometryError(message, path=(*path, "node"))
        return shape
