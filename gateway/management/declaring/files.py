"""Layers for files; enters a source, leaves the declaration of a layer that it can be loaded into.

What a file does not say is guessed of its first features, and the declaration says what was guessed.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gateway import errors
from gateway.management.declaring import names
from gateway.management.declaring.columns import KINDS, Declared
from gateway.management.declaring.models import TIMES, Taken
from gateway.management.declaring.tables import LIKELY
from gateway.management.declaring.tracked import NewColumn, NewLayer
from gateway.management.declaring.writing import Model
from gateway.models.declaration import camel
from gateway.sources.batches import Source, SourceBatch

_SAMPLE: Final = 10_000  # features
_INTEGER: Final = 2**27  # values below fit an integer, and so do values 16 times larger that come later
_TESTS: Final[Mapping[str, Callable[[pa.DataType], bool]]] = {
    "boolean": pa.types.is_boolean,
    "float": pa.types.is_floating,
    "decimal": pa.types.is_decimal,
    "datetime": pa.types.is_temporal,
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the file and its values in the first features."""

    name: str
    values: pa.Array

    @property
    def declared(self) -> Declared:
        kind = self.values.type
        if pa.types.is_integer(kind):
            low, high = (pc.min_max(self.values)[end].as_py() or 0 for end in ("min", "max"))
            return KINDS["integer" if max(abs(low), abs(high)) < _INTEGER else "bigint"]
        name = next((name for name, test in _TESTS.items() if test(kind)), "uuid" if self._are_uuids() else "text")
        return KINDS[name]

    @property
    def different(self) -> bool:
        """Whether each feature has a value of its own, of a type that a key may have."""
        key = self.declared.python in {"int", "str", "UUID"}
        return key and not self.values.null_count and pc.count_distinct(self.values).as_py() == len(self.values)

    def _are_uuids(self) -> bool:
        known = self.values.drop_null().to_pylist()
        return bool(known) and all(isinstance(each, str) and _is_uuid(each) for each in known)


def declared(source: Source, table: str, taken: Taken, command: Sequence[str], number: int) -> Model:
    """The declaration of a layer for `source`; `command` is how the file is loaded, without its mapping."""
    batches = list(source.batches(0, _SAMPLE, set()))
    if not batches:
        raise errors.SetupError(f"{source.description.name} has no features that a layer could be guessed of.")
    name, type_name = taken.layer(table, "file")
    fields = [each for each in _fields(batches) if each.name != source.description.fid]
    return _Layer(name, type_name, fields, _geometry(batches), taken).model(command, number)


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    type_name: str
    fields: Sequence[_Field]
    geometry: str
    taken: Taken

    def model(self, command: Sequence[str], number: int) -> Model:
        key = min((each for each in self.fields if each.different), key=_rank, default=None)
        others = [each for each in self.fields if each is not key]
        attributes = self._attributes(key, others)
        mapping = [
            f"{attributes[each.name]}={each.name}" for each in self.fields if _renamed(attributes[each.name], each)
        ]
        if key is None:
            mapping.insert(0, f"{attributes['fid']}=fid")
        loading = [
            shlex.join([*command[:2], self.name, *command[2:]]),
            *(f"--map {shlex.quote(each)}" for each in mapping),
        ]
        remarks = ["Load it:", *" \\\n    ".join(loading).splitlines()]
        made = [self._key(key, attributes), *(_column(each, attributes) for each in others)]
        return NewLayer(self.name, self.type_name, self.geometry, made, number, remarks).model()

    def _attributes(self, key: _Field | None, others: Sequence[_Field]) -> Mapping[str, str]:
        """The attribute of each field."""
        seen, attributes = set(self.taken.fields | TIMES), dict[str, str]()
        for place, name in enumerate([key.name if key else "fid", *(each.name for each in others)]):
            own = f"{names.singular(self.name)}_id" if names.snake(name) in {"id", "fid"} and not place else name
            attributes[name] = names.attribute(own, f"column_{place + 1}", seen)
            seen.add(camel(attributes[name]))
        return attributes

    def _key(self, key: _Field | None, attributes: Mapping[str, str]) -> NewColumn:
        one = names.words(self.type_name)
        if key is None:
            remark = "No field differs in all features, so the key is their number: the next file has others."
            return NewColumn(attributes["fid"], KINDS["bigint"], f"Number of the {one} in its file.", [remark])
        remark = f"Guessed to be the key: each of the first {len(key.values):,} features has its own {key.name}."
        return NewColumn(attributes[key.name], key.declared, f"Key of the {one} in the source.", [remark])


def _column(field: _Field, attributes: Mapping[str, str]) -> NewColumn:
    words = names.snake(field.name).replace("_", " ").capitalize() or field.name
    return NewColumn(attributes[field.name], field.declared, f"{words}.")


def _fields(batches: Sequence[SourceBatch]) -> Iterator[_Field]:
    """The fields whose values a column can hold; lists and objects go to `attributes`."""
    for name in batches[0].fields:
        try:
            parts = [pa.table({name: _values(batch, name)}) for batch in batches]
            values = pa.concat_tables(parts, promote_options="permissive")[name].combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers here and texts there
            continue
        kind = values.type
        if not (
            pa.types.is_null(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_time(kind)
        ):
            yield _Field(name, values)


def _values(batch: SourceBatch, name: str) -> pa.Array:
    column = batch.fields.get(name, pa.nulls(batch.rows))
    if name not in batch.json:
        return column
    return pa.array([orjson.loads(each) if each else None for each in column.to_pylist()])


def _geometry(batches: Sequence[SourceBatch]) -> str:
    """The type that holds the first geometries, and their like of several parts."""
    shapes = [shape for batch in batches for shape in shapely.from_wkb(batch.wkb.to_pylist()) if shape is not None]
    kinds = {shape.geom_type.removeprefix("Multi") for shape in shapes}
    if len(kinds) != 1 or kinds == {"GeometryCollection"}:
        return "GEOMETRY"
    (kind,) = kinds
    single = kind == "Point" and all(shape.geom_type == "Point" for shape in shapes)
    return kind.upper() if single else f"MULTI{kind.upper()}"


def _rank(field: _Field) -> int:
    name = names.snake(field.name)
    if name in LIKELY:
        return LIKELY.index(name)
    return len(LIKELY) + (not name.endswith(("id", "code", "key", "no", "num", "number")))


def _renamed(attribute: str, field: _Field) -> bool:
    """Whether ingest does not find the field of a column by itself."""
    return field.name.lower() not in {attribute.lower(), camel(attribute).lower()}


def _is_uuid(value: str) -> bool:
    try:
        return len(value) >= 32 and bool(UUID(value))
    except ValueError:
        return False
