"""Declarations of tables that someone else made; enters what the database says of them, leaves models to be written.

What is written always imports and serves: names are made valid and each differs from all others, and what can't be
served is left out with a remark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLObjectType
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.layers import LAYERS, Layer, Layers
from gateway.management.declaring import columns, names
from gateway.management.declaring.columns import Declared, FoundColumn, LeftOut
from gateway.management.declaring.tables import FoundTable
from gateway.management.declaring.writing import NAMES, Member, Model, call, quoted
from gateway.models import Feature
from gateway.models.declaration import camel
from schema.surface import MADE, build_schema

# Of all rows of a layer, until a legend tells them apart; each is seen on light and dark paper.
_COLORS: Final = ("#4a7fb5", "#c2703d", "#5d9a56", "#a35c9c", "#b59a2f", "#3f9a98")
_OPERATORS: Final = frozenset({"and", "or", "not", "distanceTo"})  # of filters and orders
TIMES: Final = frozenset({"version", "createdAt", "updatedAt"})  # of rows that the gateway writes
_NEAREST: Final = 12  # the zoom from which tiles of polygons show rows: there they are larger than pixels
# What other programs compute of a geometry, in the unit of its coordinates.
_MEASURES: Final = {"shape_area": "square {}", "shape_length": "{}", "shape_leng": "{}", "shape_len": "{}"}


@dataclass
class Taken:
    """Names that the schema has: of types, of the fields of Query, and of the fields that every layer has."""

    types: set[str]
    roots: set[str]
    fields: frozenset[str]

    def layer(self, table: str, schema: str) -> tuple[str, str]:
        """The name of a layer for the table, and that of its type; nobody else gets them."""
        own, whose = names.snake(table) or "layer", names.snake(schema)
        tried = (
            f"{first}{last}" for first in (own, f"{whose}_{own}") for last in ("", "_rows", "_2", "_3", "_4", "_5")
        )
        for name in tried:
            many, one = names.plural(name), names.type_name(name)
            roots = {camel(many), one[0].lower() + one[1:]}
            if one not in self.types | NAMES and not one.endswith(MADE) and not roots & self.roots:
                self.types.add(one)
                self.roots |= roots
                return many, one
        raise AssertionError(table)


def taken() -> Taken:
    """The names that the schema has; the first of its layers shows which fields all have."""
    schema, layer = build_schema()._schema, LAYERS.layers[0]  # noqa: SLF001 - Strawberry has no public name for it
    kind, query = schema.type_map[layer.type_name], schema.query_type
    assert isinstance(kind, GraphQLObjectType)
    assert query is not None
    own = {each.name for each in layer.fields.values() if each.own} | {each.field for each in layer.relations}
    shared = {camel(name) for name in dir(Feature) if not name.startswith("_")} | (set(kind.fields) - own)
    return Taken(set(schema.type_map), set(query.fields), frozenset(shared - TIMES) | _OPERATORS | {"geom"})


def appearance(geometry: str, number: int) -> Mapping[str, str]:
    """The options of Meta that say how a layer is drawn; `number` is how many layers there are before it."""
    zoom = {"minzoom": str(_NEAREST)} if geometry.endswith("POLYGON") else {}
    return {**zoom, "color": quoted(_COLORS[number % len(_COLORS)])}


def declared(table: FoundTable, taken: Taken, layers: Layers, related: Sequence[str], number: int) -> Model:
    """The declaration of one table; `number` is how many layers there are before it.

    It is related to the layers that its foreign keys lead to, and to those of `related`.
    """
    return _Declaring(table, taken, layers, number).model(related)


class _Declaring:
    def __init__(self, table: FoundTable, taken: Taken, layers: Layers, number: int) -> None:
        self._table = table
        self._layers = layers
        self._number = number
        self._name, self._type = taken.layer(table.name, table.schema)
        self._taken = set(taken.fields)
        self._attributes: dict[str, str] = {}
        self._references = {each.name: each for each in table.references}

    @property
    def _one(self) -> str:
        return names.singular(self._name).replace("_", " ")

    def model(self, related: Sequence[str]) -> Model:
        table = self._table
        others = [each for each in table.columns if each != table.key]
        members = [self._key(), *(member for each in others for member in self._member(each)), self._id()]
        targets = [self._layers[name] for name in dict.fromkeys([*self._led_to(), *related])]
        relations = "".join(f"{self._relation(target)}, " for target in targets)
        meta = {
            "layer_name": quoted(self._name) if self._name != table.name else None,
            "natural_key": quoted(self._attributes[table.key.name]),
            "managed": "False",
            "relations": f"({relations})" if relations else None,
            **appearance(table.shape.served, self._number),
        }
        return Model(
            name=self._type,
            description=_sentence(table.comment) or f"A row of {table.full_name}.",
            table=table.name,
            meta={name: value for name, value in meta.items() if value is not None},
            members=members,
            schema=None if table.schema == "public" else table.schema,
        )

    def _key(self) -> Member:
        """The key and, made of it or of another integer, the id."""
        table, key = self._table, self._table.key
        kind = columns.declared(key)
        assert isinstance(kind, Declared)
        name = f"{names.singular(self._name)}_id" if names.snake(key.name) == "id" else key.name
        attribute = self._named(key.name, name)
        value = call(
            "mapped_column",
            self._stored_as(key, attribute),
            kind.stored,
            "primary_key=True",
            comment=self._comment(key),
        )
        remarks = []
        if table.key_is_guessed:
            remarks = [f"The database knows no key: each row has a {key.name} of its own now. See that it stays so."]
        return Member(attribute, kind.python, value, remarks)

    def _member(self, column: FoundColumn) -> Sequence[Member]:
        if column == self._table.shape.column:
            return self._geometry()
        kind = columns.declared(column)
        if isinstance(kind, LeftOut):
            return [Member(remarks=[f"{column.name} is left out: {kind.why}."])]
        attribute = self._named(column.name, column.name)
        python = kind.python if column.filled else f"{kind.python} | None"
        comment = self._comment(column, kind.note)
        if kind.through is None:
            value = call("mapped_column", self._stored_as(column, attribute), kind.stored, comment=comment)
            return [Member(attribute, python, value)]
        hidden = self._hidden(column, attribute)
        value = call(f"unmanaged.{kind.through}", hidden.name, comment, None if column.filled else "nullable=True")
        return [hidden, Member(attribute, python, value)]

    def _geometry(self) -> Sequence[Member]:
        shape = self._table.shape
        comment = _sentence(shape.column.comment) or f"Geometry of the {self._one}."
        if shape.srid != 4326:
            comment = f"{comment} Stored in {_system(shape.srid)}."
        nullable = None if shape.column.filled else "nullable=True"
        if shape.plain:
            kind = f'Geometry("{shape.served}", srid=4326, spatial_index=False)'
            options = ["deferred=True", "deferred_raiseload=True"]
            value = call("mapped_column", quoted(shape.column.name), kind, *options, nullable, comment=quoted(comment))
            return [Member("geom", "WKBElement", value)]
        hidden = self._hidden(shape.column, "geom")
        value = call(
            "unmanaged.geometry",
            hidden.name,
            quoted(shape.served),
            quoted(comment),
            nullable,
            source=quoted(shape.source),
            srid=str(shape.srid) if shape.assigned else None,
        )
        return [hidden, Member("geom", "WKBElement", value)]

    def _id(self) -> Member:
        table = self._table
        if table.numbers:
            return Member("id", "int", call("unmanaged.numbered", self._attributes[table.numbers[0]]))
        return Member("id", "int", call("unmanaged.hashed", self._attributes[table.key.name]))

    def _hidden(self, column: FoundColumn, attribute: str) -> Member:
        return Member(f"_{attribute}", "", call("unmanaged.stored", quoted(column.name)))

    def _named(self, column: str, wished: str) -> str:
        attribute = names.attribute(wished, f"column_{len(self._attributes) + 1}", self._taken)
        self._taken.add(camel(attribute))
        self._attributes[column] = attribute
        return attribute

    def _stored_as(self, column: FoundColumn, attribute: str) -> str | None:
        return None if column.name == attribute else quoted(column.name)

    def _comment(self, column: FoundColumn, note: str | None = None) -> str:
        words = names.snake(column.name).replace("_", " ") or column.name
        comment = _sentence(column.comment) or _sentence(words[:1].upper() + words[1:])
        unit = _MEASURES.get(column.name.lower())
        if unit is not None and not column.comment:
            comment = f"{comment} In {unit.format(_unit(self._table.shape.srid))}, as another program computed it."
        if note is not None:
            comment = f"{comment.removesuffix('.')}, {note}."
        if (reference := self._references.get(column.name)) is not None:
            comment = f"{comment} The {reference.target_column} of a row of {reference.target}."
        return quoted(comment)

    def _led_to(self) -> Sequence[str]:
        """The layers that foreign keys lead to."""
        tables = {layer.model.__table__.fullname: layer.name for layer in self._layers}
        ways = (
            each.target if each.schema == "public" else f"{each.schema}.{each.target}"
            for each in self._references.values()
        )
        return [tables[way] for way in ways if way in tables]

    def _relation(self, target: Layer) -> str:
        name = names.attribute(target.name, "related", self._taken)
        self._taken.add(camel(name))
        there = {*target.fields, *(camel(each.name) for each in target.relations)}
        back = names.attribute(self._name, "related", there)
        many = self._name.replace("_", " ")
        reverse = call("Reverse", quoted(back), quoted(f"{many.capitalize()} that meet the {target.verbose_name}."))
        text = f"{target.verbose_name_plural.capitalize()} that meet the {self._one}."
        return call(
            "Relation",
            quoted(name),
            quoted(target.name),
            "RelationKind.OVERLAP",
            quoted(text),
            part="Side.TARGET",
            reverse=reverse,
        )


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."


def _system(srid: int) -> str:
    try:
        crs = CRS.from_epsg(srid)
    except CRSError:
        return f"SRID {srid}"
    return f"EPSG:{srid} ({crs.name}), in {_unit(srid)}"


def _unit(srid: int) -> str:
    try:
        return str(CRS.from_epsg(srid).axis_info[0].unit_name)
    except CRSError:
        return "the unit of its coordinates"
