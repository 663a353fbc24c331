"""A layer is one declaration; enters a model, its key and relations, leaves all that other floors derive from.

Filters, order, connections, loaders, tiles, exports, ingest and checks read a `Layer`; none names a table itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pkgutil import resolve_name

from sqlalchemy import Table, inspect
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import ColumnProperty

from gateway.errors import SetupError
from gateway.geo.kinds import dimensions
from gateway.models import Extra, Feature, Parcel, Tracked, ZoningDistrict
from gateway.models.around import around
from gateway.models.base import MEASURES
from gateway.models.declaration import Meta, Relation, RelationKind, camel
from gateway.models.kinds import Kind, kind_of
from gateway.models.members import Members
from gateway.models.pairs import pairs_name
from gateway.models.slots import Moment

_TRACKED = frozenset({"version", "created_at", "updated_at"})  # by the database


@dataclass(frozen=True, slots=True)
class LayerField:
    """One column or hybrid of a layer."""

    name: str  # in GraphQL, URLs and ingest reports
    attribute: str  # on the model
    kind: Kind
    nullable: bool
    computed: bool
    own: bool  # declared by the model itself, not by what every layer of its kind has
    description: str
    geometry_type: str | None = None
    precision: int | None = None  # of a decimal: how many digits it has at most, where its column says so
    scale: int | None = None  # and how many of them after the point
    sources: tuple[str, ...] = ()  # other names that files have for it, in small letters
    withheld: bool = False  # from the principal: null in answers, refused in filters and orders
    members: Members | None = None  # of `attributes`: withheld from the principal
    spanning: bool = False  # whether a view of all jurisdictions has what searches find its values by


@dataclass(frozen=True, kw_only=True)
class Layer(Meta):
    """A layer as someone sees it: what its model declares, what is withheld of it, and the time that is meant."""

    model: type[Feature]
    withheld: frozenset[str] = field(default=frozenset(), compare=False)  # who looks does not change what it is
    members: Members | None = field(default=None, compare=False)  # of `attributes`: withheld likewise
    moment: Moment = None  # whose rows are meant
    spanning: bool = field(default=False, compare=False)  # whether they are those of all jurisdictions
    around: tuple[Relation, ...] = ()  # other layers in whose areas rows may lie, though no model says so

    @classmethod
    def of(cls, model: type[Feature]) -> "Layer":
        """The layer that a model declares."""
        return cls(model=model, **vars(model.__layer__))

    @property
    def tracked(self) -> bool:
        """Whether rows have versions, times and a history."""
        return issubclass(self.model, Tracked)

    @cached_property
    def key(self) -> LayerField:
        """The natural key."""
        return self.fields[camel(self.natural_key)]

    @property
    def history(self) -> Table:
        """The rows before each change; of a layer that is tracked."""
        assert issubclass(self.model, Tracked)
        return self.model.history

    @property
    def extra(self) -> bool:
        """Whether rows have `attributes`."""
        return issubclass(self.model, Extra)

    @cached_property
    def name(self) -> str:
        """Plural snake case, as a rule the table's name: `zoning_districts`."""
        return self.layer_name or str(self.model.__tablename__)

    @property
    def table_name(self) -> str:
        """The table as SQL names it: `"fema"."Flood Zones"`."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return ".".join(f'"{part}"' for part in (table.schema, table.name) if part)

    @property
    def type_name(self) -> str:
        """The GraphQL type: `ZoningDistrict`."""
        return self.model.__name__

    @property
    def plural(self) -> str:
        """The GraphQL field of many: `zoningDistricts`."""
        return camel(self.name)

    @property
    def singular(self) -> str:
        """The GraphQL field of one: `zoningDistrict`."""
        return self.type_name[0].lower() + self.type_name[1:]

    @property
    def verbose_name(self) -> str:
        """One row in words: `zoning district`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.type_name).lower()

    @property
    def verbose_name_plural(self) -> str:
        """Many rows in words: `zoning districts`."""
        return self.name.replace("_", " ")

    @cached_property
    def shared(self) -> frozenset[str]:
        """Attributes that are not the model's own."""
        return frozenset({"id", "geom", *(_TRACKED if self.tracked else ()), *(["attributes"] if self.extra else ())})

    @property
    def concealable(self) -> frozenset[str]:
        """Attributes that may be private: columns of the layer's own that are no key, and `attributes`."""
        keys = frozenset(descriptor.key for descriptor in inspect(self.model).column_attrs)
        return keys - self.hidden - (self.shared - {"attributes"}) - {self.natural_key}

    @cached_property
    def fields(self) -> Mapping[str, LayerField]:
        """Columns and hybrids by GraphQL name; the geometry is `geometry`, the id is `featureId`."""
        mapper = inspect(self.model)
        every = [
            self._column(each)
            for each in mapper.column_attrs
            if each.key not in self.hidden and not each.key.startswith("_")
        ]
        every += [
            self._hybrid(key, hybrid)
            for key, hybrid in mapper.all_orm_descriptors.items()
            if isinstance(hybrid, hybrid_property) and not key.startswith("_")
            if MEASURES.get(key) in {None, *self.dimensions}
        ]
        by_name: dict[str, LayerField] = {}
        for each in every:
            if each.name in by_name:
                raise SetupError(f"{self.type_name} has two fields called {each.name}. Rename one attribute of it.")
            by_name[each.name] = each
        return by_name

    @cached_property
    def searched(self) -> tuple[LayerField, ...]:
        """The fields that `search` looks in, without those that this client may not see."""
        by_attribute = {each.attribute: each for each in self.fields.values()}
        return tuple(each for name in self.searchable if (each := by_attribute.get(name)) and not each.withheld)

    @cached_property
    def dimensions(self) -> frozenset[int]:
        """The dimensions that rows may have."""
        return dimensions(inspect(self.model).columns["geom"].type.geometry_type)  # type: ignore[attr-defined]

    @cached_property
    def writable(self) -> Sequence[LayerField]:
        """Fields that clients may write."""
        kept = self.shared - {"geom", "attributes"}
        return [each for each in self.fields.values() if not each.computed and each.attribute not in kept]

    def _column(self, attribute: ColumnProperty[object]) -> LayerField:
        key, column = attribute.key, attribute.columns[0]  # or an expression of columns, which says less
        if key not in self.shared and (key in vars(Feature) or (self.tracked and key == "history")):
            raise SetupError(f"{self.type_name}.{key} is what each layer has of its own. Rename the attribute.")
        return LayerField(
            {"geom": "geometry", "id": "featureId"}.get(key, camel(key)),
            key,
            kind_of(column.type, f"{self.type_name}.{key}"),
            bool(getattr(column, "nullable", attribute.info.get("nullable"))),
            computed=False,
            own=key not in self.shared,
            description=getattr(column, "comment", attribute.doc) or "",
            geometry_type=getattr(column.type, "geometry_type", None),
            precision=getattr(column.type, "precision", None),
            scale=getattr(column.type, "scale", None),
            sources=getattr(column, "info", {}).get("sources", ()),
            withheld=key in self.withheld,
            members=self.members if self.extra and key == "attributes" else None,
            spanning=self.spanning and key in self.searchable,
        )

    def _hybrid(self, key: str, descriptor: hybrid_property[object]) -> LayerField:
        expression = getattr(self.model, key)
        return LayerField(
            camel(key),
            key,
            kind_of(expression.type, f"{self.type_name}.{key}"),
            nullable=False,
            computed=True,
            own=key not in vars(Feature),
            description=descriptor.__doc__ or "",
            geometry_type=getattr(expression.type, "geometry_type", None),
        )

    def relation(self, name: str) -> Relation:
        """The relation whose Python name is `name`."""
        return next(relation for relation in self.relations if relation.name == name)

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True)
class Layers:
    """The layers that one gateway serves, in order; `kept` names tables of pairs and overviews that reads may take."""

    layers: tuple[Layer, ...]
    kept: frozenset[str] = frozenset()
    by_name: Mapping[str, Layer] = field(init=False, repr=False, compare=False)
    by_type: Mapping[str, Layer] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {layer.name: layer for layer in self.layers})
        object.__setattr__(self, "by_type", {layer.type_name: layer for layer in self.layers})

    @classmethod
    def of(cls, *named: type[Feature] | str) -> "Layers":
        """The layers that models declare, each with the other ends of the relations of all.

        A model may be named as `gateway.models.parcel:Parcel`.
        """
        models = [resolve_name(each) if isinstance(each, str) else each for each in named]
        layers = cls(tuple(map(Layer.of, models)))
        declared = {layer: [layers.with_pairs(layer, each) for each in layer.relations] for layer in layers}
        every = [(layer, each) for layer in layers for each in declared[layer]]
        ends = [(each.target, each.reversed(layer.name)) for layer, each in every if each.reverse]
        more = ((layer, (end for target, end in ends if target == layer.name)) for layer in layers)
        ended = [replace(layer, relations=(*declared[layer], *reverse)) for layer, reverse in more]
        return cls(tuple(replace(layer, around=tuple(around(layer, ended))) for layer in ended))

    def with_pairs(self, layer: Layer, relation: Relation) -> Relation:
        """A relation with the table that its pairs may be read from.

        Not that of parts of several kinds, whose edges have an area and a length: a pair has one of the two.
        """
        part, _ = relation.ends(layer, self.by_name.get(relation.target, layer))
        mixed = relation.kind is RelationKind.OVERLAP and len(part.dimensions) > 1
        named = relation.kept and not mixed
        return replace(relation, pairs=pairs_name(layer.type_name, relation.name)) if named else relation

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, name: str) -> Layer:
        return self.by_name[name]

    @property
    def tracked(self) -> Sequence[Layer]:
        """The layers whose rows have versions, times and a history."""
        return [layer for layer in self if layer.tracked]

    @property
    def managed(self) -> Sequence[Layer]:
        """The layers whose tables are the gateway's own."""
        return [layer for layer in self if layer.managed]

    @property
    def writable(self) -> Sequence[Layer]:
        """The layers that clients may write to."""
        return [layer for layer in self.tracked if layer.managed and not layer.spanning]

    @property
    def searchable(self) -> Sequence[Layer]:
        """The layers that `search` looks in."""
        return [layer for layer in self if layer.searchable]

    @cached_property
    def withheld(self) -> frozenset[tuple[str, str]]:
        """Columns that are withheld, as (layer, attribute)."""
        return frozenset((layer.name, attribute) for layer in self for attribute in layer.withheld)

    @cached_property
    def view(self) -> tuple[object, ...]:
        """What tells these layers from those that others see."""
        return (self.withheld, self.kept, *(layer.members for layer in self))

    def computing(self) -> "Layers":
        """The layers with relations that are computed, though their pairs are kept."""
        return replace(self, kept=frozenset()) if self.kept else self

    def as_of(self, moment: Moment) -> "Layers":
        """The layers with the rows of a moment, whose relations are computed."""
        return Layers(tuple(replace(layer, moment=moment) for layer in self))


LAYERS = Layers.of(Parcel, ZoningDistrict)
PARCELS, ZONING_DISTRICTS = LAYERS["parcels"], LAYERS["zoning_districts"]
