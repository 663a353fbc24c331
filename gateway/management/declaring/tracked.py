"""Layers whose rows the gateway writes; enters names, columns and a geometry, leaves the model to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.geo.geojson import LEVELS
from gateway.management.declaring import names
from gateway.management.declaring.columns import Declared
from gateway.management.declaring.models import appearance
from gateway.management.declaring.writing import Member, Model, call, quoted

GEOMETRIES: Final = (*(kind.upper() for kind in LEVELS), "GEOMETRY")
_WORDS: Final = {"POINT": "Place", "LINESTRING": "Line", "POLYGON": "Outline"}  # for what a geometry is of a row


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column besides the geometry. Every row has the key, and may lack any other."""

    name: str
    declared: Declared
    comment: str
    remarks: Sequence[str] = ()

    def member(self, *, is_key: bool) -> Member:
        """The attribute of the model."""
        stored, python = self.declared.stored, self.declared.python
        value = call("mapped_column", stored, "unique=True" if is_key else None, comment=quoted(self.comment))
        return Member(self.name, python if is_key else f"{python} | None", value, self.remarks)


@dataclass(frozen=True, slots=True)
class NewLayer:
    """What a layer is made of; the first of its columns is the key. `number` is how many layers there are before it."""

    table: str
    type_name: str
    geometry: str
    columns: Sequence[NewColumn]
    number: int
    remarks: Sequence[str] = ()

    def model(self) -> Model:
        """The declaration."""
        one = names.words(self.type_name)
        word = next((word for kind, word in _WORDS.items() if self.geometry.endswith(kind)), "Geometry")
        shape = call("geometry_column", quoted(self.geometry), quoted(f"{word} of the {one}."))
        return Model(
            name=self.type_name,
            description=f"{'An' if one[0] in 'aeiou' else 'A'} {one}.",
            table=self.table,
            meta={"natural_key": quoted(self.columns[0].name), **appearance(self.geometry, self.number)},
            members=[
                *(each.member(is_key=not place) for place, each in enumerate(self.columns)),
                Member("geom", "WKBElement", shape),
            ],
            bases=("Tracked", "Extra"),
            remarks=self.remarks,
        )
