"""A new layer as source text; enters names and columns, leaves its model and migration.

What is written is what docs/howto/add-a-layer.md explains: a start, to be edited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

GEOMETRIES: Final = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")

# Of all rows of a layer, until a legend tells them apart; each is seen on light and dark paper.
_COLORS: Final = ("#4a7fb5", "#c2703d", "#5d9a56", "#a35c9c", "#b59a2f", "#3f9a98")
_NEAREST: Final = 12  # the zoom from which tiles of polygons show rows: there they are larger than pixels


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of column: its type in Python, in the model, where that does not follow, and in a migration."""

    python: str
    model: str | None
    stored: str
    imports: tuple[str, ...] = ()


KINDS: Final[Mapping[str, _Kind]] = {
    "text": _Kind("str", "Text", "Text"),
    "integer": _Kind("int", None, "Integer"),
    "bigint": _Kind("int", "BigInteger", "BigInteger"),
    "float": _Kind("float", None, "Float"),
    "decimal": _Kind("Decimal", "Numeric", "Numeric", ("from decimal import Decimal",)),
    "boolean": _Kind("bool", None, "Boolean"),
    "datetime": _Kind("datetime", "DateTime(timezone=True)", "DateTime", ("from datetime import datetime",)),
}


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
    key: str
    geometry: str
    columns: Sequence[NewColumn]
    number: int

    @property
    def module(self) -> str:
        """The singular in snake case: `building`."""
        return "".join(f"_{each.lower()}" if each.isupper() else each for each in self.type_name).lstrip("_")

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
        kinds = [KINDS[column.kind] for column in self.columns]
        zoom = f"minzoom={_NEAREST}, " if self.geometry.endswith("POLYGON") else ""
        types = sorted({"Text", *(kind.model.partition("(")[0] for kind in kinds if kind.model)})
        lines = [
            f'"""The table of {self.many}."""',
            "",
            *_imports(kinds),
            "from geoalchemy2 import WKBElement",
            f"from sqlalchemy import {', '.join(types)}",
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
            f'    __layer__ = Meta(natural_key="{self.key}", {zoom}color="{_COLORS[self.number % len(_COLORS)]}")',
            "",
            f'    {self.key}: Mapped[str] = mapped_column(Text, unique=True, comment="{self._key_comment}")',
            *(
                f"    {column.name}: Mapped[{kind.python} | None] = "
                f'mapped_column({f"{kind.model}, " if kind.model else ""}comment="{column.comment}")'
                for column, kind in zip(self.columns, kinds, strict=True)
            ),
            f'    geom: Mapped[WKBElement] = geometry_column("{self.geometry}", "{self._geometry_comment}")',
        ]
        return "\n".join(lines) + "\n"

    def upgrade(self) -> str:
        """What the migration does."""
        columns = [
            f'sa.Column("{self.key}", sa.Text(), nullable=False, comment="{self._key_comment}"),',
            *(
                f'sa.Column("{column.name}", sa.{KINDS[column.kind].stored}'
                f'({"timezone=True" if column.kind == "datetime" else ""}), comment="{column.comment}"),'
                for column in self.columns
            ),
            f'geometry("{self.geometry}", "{self._geometry_comment}"),',
            f'sa.UniqueConstraint("{self.key}", name="uq_{self.table}_{self.key}"),',
        ]
        made = [f'create_feature_table(\n        "{self.table}",', *(f"        {line}" for line in columns), "    )"]
        return "\n".join([*made, f'    follow_changes("{self.table}", "{self.module}_history")'])

    def downgrade(self) -> str:
        """What takes it back."""
        return f'forget_history("{self.table}", "{self.module}_history")\n    op.drop_table("{self.table}")'

    @property
    def _key_comment(self) -> str:
        return f"Key of the {self.one} in the source."

    @property
    def _geometry_comment(self) -> str:
        name = "Place" if self.geometry.endswith("POINT") else "Line" if self.geometry.endswith("STRING") else "Outline"
        return f"{name} of the {self.one}."


MIGRATION_IMPORTS: Final = (
    "\nfrom migrations.features import create_feature_table, geometry\n"
    "from migrations.history import follow_changes, forget_history"
)


def _imports(kinds: Sequence[_Kind]) -> Sequence[str]:
    found = sorted({line for kind in kinds for line in kind.imports})
    return [*found, ""] if found else []


def _article(one: str) -> str:
    return f"{'An' if one[0] in 'aeiou' else 'A'} {one}"
