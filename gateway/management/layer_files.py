"""A new layer as source text; enters names and columns, leaves its model.

What is written is what docs/howto/add-a-layer.md explains: a start, to be edited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.geo.geojson import LEVELS

GEOMETRIES: Final = (*(kind.upper() for kind in LEVELS), "GEOMETRY")

# Of all rows of a layer, until a legend tells them apart; each is seen on light and dark paper.
_COLORS: Final = ("#4a7fb5", "#c2703d", "#5d9a56", "#a35c9c", "#b59a2f", "#3f9a98")
_NEAREST: Final = 12  # the zoom from which tiles of polygons show rows: there they are larger than pixels


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of column: its type in Python, and in the model, where that does not follow."""

    python: str
    model: str | None = None
    imports: tuple[str, ...] = ()


KINDS: Final[Mapping[str, _Kind]] = {
    "text": _Kind("str", "Text"),
    "integer": _Kind("int"),
    "bigint": _Kind("int", "BigInteger"),
    "float": _Kind("float"),
    "decimal": _Kind("Decimal", "Numeric", ("from decimal import Decimal",)),
    "boolean": _Kind("bool"),
    "datetime": _Kind("datetime", "DateTime(timezone=True)", ("from datetime import datetime",)),
    "uuid": _Kind("UUID", None, ("from uuid import UUID",)),
}
KEYS: Final = ("text", "integer", "bigint", "uuid")


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column besides key and geometry; every row may lack it."""

    name: str
    kind: str
    comment: str


@dataclass(frozen=True, slots=True)
class NewLayer:
    """What a layer is made of. `number` is how many layers there are before it."""

    table: str
    type_name: str
    key: NewColumn
    geometry: str
    columns: Sequence[NewColumn]
    number: int

    @property
    def module(self) -> str:
        """The singular in snake case: `building`."""
        return snake(self.type_name)

    @property
    def one(self) -> str:
        """A row in words: `building`."""
        return self.module.replace("_", " ")

    @property
    def many(self) -> str:
        """Rows in words: `buildings`."""
        return self.table.replace("_", " ")

    def model(self) -> str:
        """The text of `gateway/models/building.py`."""
        every = (self.key, *self.columns)
        kinds = [KINDS[column.kind] for column in every]
        zoom = f"minzoom={_NEAREST}, " if self.geometry.endswith("POLYGON") else ""
        types = sorted({kind.model.partition("(")[0] for kind in kinds if kind.model})
        lines = [
            f'"""The table of {self.many}."""',
            "",
            *_imports(kinds),
            "from geoalchemy2 import WKBElement",
            *([f"from sqlalchemy import {', '.join(types)}"] if types else []),
            "from sqlalchemy.orm import Mapped, mapped_column",
            "",
            "from gateway.models.base import Extra, Feature, Tracked, geometry_column",
            "from gateway.models.declaration import Meta",
            "",
            "",
            f"class {self.type_name}(Feature, Tracked, Extra):",
            f'    """{_article(self.one)}."""',
            "",
            f'    __tablename__ = "{self.table}"',
            f'    __layer__ = Meta(natural_key="{self.key.name}", {zoom}color="{_COLORS[self.number % len(_COLORS)]}")',
            "",
            *(self._column(column) for column in every),
            f'    geom: Mapped[WKBElement] = geometry_column("{self.geometry}", "{self._geometry_comment}")',
        ]
        return "\n".join(lines) + "\n"

    def _column(self, column: NewColumn) -> str:
        kind, is_key = KINDS[column.kind], column is self.key
        arguments = [*([kind.model] if kind.model else []), *(["unique=True"] if is_key else [])]
        annotation = kind.python if is_key else f"{kind.python} | None"
        given = ", ".join([*arguments, f'comment="{column.comment}"'])
        return f"    {column.name}: Mapped[{annotation}] = mapped_column({given})"

    @property
    def _geometry_comment(self) -> str:
        name = "Place" if self.geometry.endswith("POINT") else "Line" if self.geometry.endswith("STRING") else "Outline"
        return f"{name} of the {self.one}."


def snake(name: str) -> str:
    """`BusStop` -> `bus_stop`."""
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


def _imports(kinds: Sequence[_Kind]) -> Sequence[str]:
    found = sorted({line for kind in kinds for line in kind.imports})
    return [*found, ""] if found else []


def _article(one: str) -> str:
    return f"{'An' if one[0] in 'aeiou' else 'A'} {one}"
