"""Statements and the readers of their rows; enters a Plan and the shapes of its terms, leaves both.

They must agree on the place of each column, so they are made together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from sqlalchemy import ARRAY, BigInteger, Executable, any_, null, select

from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation, RelationKind, Side
from gateway.models.kinds import Kind
from gateway.planner import connections as c
from gateway.planner import plan as p
from gateway.planner import table as t
from gateway.planner.columns import Columns, FieldValue, Position, RowValue
from gateway.planner.reads import (
    ByIdsRead,
    ConnectionRead,
    ConstantRead,
    CreatedRead,
    ManyRead,
    OneRead,
    OwnRead,
    PageRead,
    RelatedRead,
    RootRead,
    RowsRead,
)
from gateway.planner.summing import Summed, Summing
from gateway.query.connection import Query
from gateway.query.features import FeatureOptions
from gateway.query.keys import RowKey
from gateway.query.values import Column, EdgeValue, Expression, GeometryText
from gateway.sql import pages, writes
from gateway.sql.binding import bound
from gateway.sql.following import tables_of
from gateway.sql.moments import plain, rows_of
from gateway.sql.page_rows import PageRows
from gateway.sql.statement import PARENTS, Statement, compiled
from gateway.sql.types import SqlRows
from gateway.sql.writes import Values

# Bytes that a statement takes with the makers of its rows, and a character of it with the parameters; measured.
STATEMENT_SIZE = 12_000
TEXT_SIZE = 8

T = TypeVar("T")
PageOutput: TypeAlias = p.Constant | p.Edges | p.Nodes | p.PageInfo | p.Collection | p.Urls


class Compiling:
    """Compiles plans; `shapes` are the shapes of the plan's terms, by number."""

    def __init__(self, layers: Layers, shapes: Sequence[object]) -> None:
        self._present = layers
        self._layers = layers  # as of the moment of the root field that is being compiled
        self._shapes = shapes
        self.size = 0  # bytes of what was compiled, estimated

    def root(self, output: p.RootOutput) -> RootRead:
        """Compile one root field."""
        match output:
            case p.Constant(key, value):
                return ConstantRead(key, value)
            case p.Own(key, nodes):
                return OwnRead(key, nodes, None, {})
            case p.Many(key, ask, connection, moment):
                layer = self._as_of(self._shape(ask, Query).layer)
                return ManyRead(key, self._connection(None, None, ask, connection), layer, moment)
            case p.One(key, ask, feature, moment):
                wanted = self._shape(ask, RowKey)
                layer = self._as_of(wanted.layer)
                row = self._rows(feature, wanted.attribute, wanted.value)
                return OneRead(key, row, layer, wanted.attribute, moment)
            case p.ByIds(key, ask, features, single):
                self._layers = self._present
                slots = dict(self._shape(ask, tuple))
                rows = {f.layer.name: self._rows(f, "ids", slots[f.layer.name]) for f in features}
                return ByIdsRead(key, ask, rows, single)

    def created(self, plan: p.Plan, layer: Layer, row: Values, author: Values) -> CreatedRead:
        """Compile a plan of one row of `layer`, to which nothing is related, with the insert of it."""
        columns = Columns()
        makers = {
            output.key: t.nested(self._feature(output.feature, columns, []))
            for output in plan.outputs
            if isinstance(output, p.One)
        }
        wanted = columns.read(PageRows(layer.model, (), null()))
        statement = self._compile(writes.insert_rows(layer, [row], wanted, author))
        return CreatedRead(statement, len(wanted), t.objects(makers))

    def _shape(self, ask: int, kind: type[T]) -> T:
        shape = self._shapes[ask]
        assert isinstance(shape, kind)
        return shape

    def _as_of(self, layer: Layer) -> Layer:
        self._layers = self._present if layer.moment is None else self._present.as_of(layer.moment)
        return layer

    def _rows(self, feature: p.FeaturePlan, attribute: str, value: object) -> RowsRead:
        columns, related = Columns(), list[RelatedRead]()
        identity = columns.place(_id(feature.layer))
        makers = self._feature(feature, columns, related)
        entity = rows_of(self._layers[feature.layer.name])
        if attribute == "ids":
            condition = entity.id == any_(bound(value, ARRAY(BigInteger())))
        else:
            column = getattr(entity, attribute)
            condition = column == bound(value, column.type)
        by_key: SqlRows = select(*columns.read(PageRows(entity, (), null()))).where(condition)
        return RowsRead(self._compile(by_key), identity, tuple(related), t.objects(makers))

    def _keyed(self, feature: p.FeaturePlan) -> RowsRead:
        """Rows whose ids other rows have."""
        return self._rows(feature, "ids", PARENTS)

    def _connection(
        self, source: Layer | None, relation: Relation | None, ask: int, plan: p.ConnectionPlan
    ) -> ConnectionRead:
        query = self._shape(ask, Query)
        kept = relation is not None and relation.pairs in self._layers.kept
        columns, related = Columns(relation, source, plan.layer, kept=kept), list[RelatedRead]()
        identity = columns.place(_id(plan.layer))
        parent = None if relation is None else columns.place(RowValue.PARENT)
        summing = Summing(self._layers, query, source, relation, self._shape, self._summary, self._keyed)
        makers: dict[str, c.ConnectionMaker] = {}
        for output in plan.outputs:
            if isinstance(output, Summed):
                makers[output.key] = c.summary(summing.place(output))
            else:
                makers[output.key] = self._output(output, query, columns, related)
        page = None
        if plan.paged is not None:
            statement = self._page(source, relation, query, columns)
            page = PageRead(statement, plan.paged, identity, parent, tuple(related))
        return ConnectionRead(ask, page, tuple(summing.reads), c.connections(makers))

    def _output(
        self, output: PageOutput, query: Query, columns: Columns, related: list[RelatedRead]
    ) -> c.ConnectionMaker:
        match output:
            case p.Constant(_, value):
                return c.constant(value)
            case p.Edges(_, outputs):
                return c.lists({edge.key: self._edge(edge, query, columns, related) for edge in outputs})
            case p.Nodes(_, feature):
                return c.lists(self._feature(feature, columns, related))
            case p.PageInfo(_, members):
                wanted = any(name in {"startCursor", "endCursor"} for _, name in members)
                return c.page_info(members, _positions(query, columns) if wanted else ())
            case p.Urls(_, type_name, ask, members):
                return c.urls(type_name, ask, members)
            case p.Collection(_, ask):
                features = self._geojson(query.layer, self._shape(ask, FeatureOptions), columns)
                return c.collection(features, columns.place(RowValue.BOX))

    def _edge(self, output: p.EdgeOutput, query: Query, columns: Columns, related: list[RelatedRead]) -> t.Maker:
        match output:
            case p.Constant(_, value):
                return t.constant(value)
            case p.Cursor():
                return t.cursor(_positions(query, columns))
            case p.Distance():
                return t.constant(None) if query.distance_target is None else t.column(columns.place(RowValue.DISTANCE))
            case p.Node(_, feature):
                return t.nested(self._feature(feature, columns, related))
            case p.OfEdge(_, EdgeValue.COVERAGE) if not columns.kept:
                # The overlap is computed once, whether it is asked for, or its share, or both.
                return t.share(columns.place(columns.overlap), columns.place(RowValue.PART_SIZE))
            case p.OfEdge(_, value):
                return t.column(columns.place(value))

    def _feature(self, plan: p.FeaturePlan, columns: Columns, related: list[RelatedRead]) -> Mapping[str, t.Maker]:
        layer = self._layers[plan.layer.name]
        return {output.key: self._value(layer, output, columns, related) for output in plan.outputs}

    def _value(self, layer: Layer, output: p.FeatureOutput, columns: Columns, related: list[RelatedRead]) -> t.Maker:
        match output:
            case p.Constant(_, value):
                return t.constant(value)
            case p.GlobalId():
                return t.global_id(layer, columns.place(_id(layer)))
            case p.Plain(_, field):
                return t.column(columns.place(FieldValue(field)))
            case p.Computed(_, ask, embed):
                wanted = self._shapes[ask]
                assert isinstance(wanted, Expression)
                place = columns.place(wanted)
                return t.embedded(place) if embed else t.column(place)
            case p.Quotient(_, field, ask):
                return t.quotient(columns.place(FieldValue(field)), ask)
            case p.Projected(_, ask, members):
                return self._projected(ask, members, columns)
            case p.OneFeature(_, ask):
                return self._geojson(layer, self._shape(ask, FeatureOptions), columns)
            case p.Related() | p.Own():
                related.append(self._read(layer, output, columns))
                return t.related(len(related) - 1)

    def _read(self, layer: Layer, output: p.Related | p.Own, columns: Columns) -> RelatedRead:
        if isinstance(output, p.Related):
            return self._connection(layer, output.relation, output.ask, output.connection)
        fields = [layer.fields["featureId"], *(plain(layer) if output.whole else ())]
        places = {field.attribute: columns.place(FieldValue(replace(field, withheld=False))) for field in fields}
        return OwnRead(output.key, output.nodes, layer, places)

    def _projected(self, ask: int, members: Sequence[tuple[str, str]], columns: Columns) -> t.Maker:
        wanted = self._shape(ask, GeometryText)
        place = columns.place(wanted)
        makers: Mapping[str, t.Maker] = {
            "__typename": t.constant("ProjectedGeometry"),
            "crs": t.constant(f"EPSG:{wanted.options.srid}"),
            "geometry": t.embedded(place),
        }
        return t.required(place, f"EPSG:{wanted.options.srid}", t.nested({key: makers[name] for key, name in members}))

    def _geojson(self, layer: Layer, options: FeatureOptions, columns: Columns) -> t.Maker:
        properties = {field.name: _property(field, columns) for field in options.fields}
        return t.feature(columns.place(_id(layer)), columns.place(options.geometry), properties)

    def _page(self, source: Layer | None, relation: Relation | None, query: Query, columns: Columns) -> Statement:
        if source is None or relation is None:
            return self._compile(pages.root_columns(self._layers, query, columns.read))
        page = pages.RelatedPage(self._layers, source, relation, query)
        if columns.kept:
            return self._compile(page.columns(PARENTS, columns.read, of_edge=columns.of_edge))
        if relation.kind is RelationKind.OVERLAP and relation.part is Side.SOURCE:
            of_part, measured = columns.of_part, columns.measured
            return self._compile(page.paired(PARENTS, columns.read, of_part=of_part, measured=measured))
        return self._compile(page.columns(PARENTS, columns.read, of_part=columns.of_part))

    def _summary(self, select: Executable) -> Statement:
        return replace(self._compile(select), tables=tables_of(self._layers, select))

    def _compile(self, select: Executable) -> Statement:
        statement = compiled(select)
        self.size += STATEMENT_SIZE + TEXT_SIZE * len(statement.text)
        return statement


def _id(layer: Layer) -> FieldValue:
    return FieldValue(layer.fields["featureId"])


def _positions(query: Query, columns: Columns) -> tuple[int, ...]:
    return tuple(columns.place(Position(i)) for i in range(len(query.order) + 1))


def _property(field: LayerField, columns: Columns) -> t.Maker:
    if field.kind in {Kind.JSON, Kind.DECIMAL}:
        return t.embedded(columns.place(Column(field)))
    return t.column(columns.place(FieldValue(field)))
