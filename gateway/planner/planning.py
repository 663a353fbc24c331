"""Makes a Plan; enters a Selection, leaves what must be read and made, or CannotPlan.

It knows the surface by the layers, as the surface knows itself. A field with a resolver of its own is a step of the
plan: it is resolved for the rows that the plan read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation
from gateway.models.kinds import Kind
from gateway.planner import asks
from gateway.planner.aggregating import aggregate, edge_aggregate, members
from gateway.planner.derived import Derived, derived
from gateway.planner.fields import COUNTED, EDGE_VALUES, PAGED
from gateway.planner.grouping import share_of
from gateway.planner.plan import (
    Aggregate,
    Ask,
    ByIds,
    Collection,
    Computed,
    ConnectionOutput,
    ConnectionPlan,
    Constant,
    Cursor,
    Distance,
    EdgeOutput,
    Edges,
    Extent,
    FeatureOutput,
    FeaturePlan,
    GlobalId,
    Grouped,
    Many,
    Node,
    Nodes,
    OfEdge,
    One,
    OneFeature,
    Own,
    PageInfo,
    Plain,
    Plan,
    Projected,
    Quotient,
    Related,
    RelatedKey,
    RootOutput,
    Total,
    Urls,
)
from gateway.planner.selection import CannotPlan, Selected
from gateway.query.values import EdgeValue

STATEMENTS = 32  # of one operation: to compile one takes 10 ms, in which nobody else is served
_EDGE_VALUES: Mapping[str, EdgeValue] = {each.name: value for value, each in EDGE_VALUES.items()}
OWN_RESOLVER = "gateway-own-resolver"  # an extension of GraphQL fields that are not derived from a layer


class Planning:
    """Plans selections over the layers of one server."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._asks: list[Ask] = []
        self._moments: list[Ask] = []
        self._moment: int | None = None  # of the root field that is being planned
        self._statements = 0

    def plan(self, selection: Sequence[Selected]) -> Plan:
        """Plan a root selection; raises CannotPlan."""
        outputs = tuple(self._root(selected) for selected in selection)
        if all(isinstance(output, Own) for output in outputs):
            raise CannotPlan("nothing but resolvers")
        return self._planned(outputs, selection)

    def later(self, layer: Layer, selection: Sequence[Selected]) -> Plan:
        """Plan fields that each give one row, the same one, whose id is yet to come; raises CannotPlan."""
        outputs: list[RootOutput] = []
        for selected in selection:
            ask = self._ask(selected, asks.later(layer))
            outputs.append(One(selected.key, ask, self._feature(layer, selected.of(layer.type_name))))
        return self._planned(outputs, selection)

    def _planned(self, outputs: Sequence[RootOutput], selection: Sequence[Selected]) -> Plan:
        return Plan(tuple(outputs), tuple(self._asks), tuple(self._moments), tuple(selection))

    def _ask(self, selected: Selected, read: asks.Read, above: Selected | None = None) -> int:
        of = None if above is None else (above.definition, above.node)
        self._asks.append(Ask(selected.node, selected.definition, read, of, self._moment))
        return len(self._asks) - 1

    def _count(self) -> None:
        self._statements += 1
        if self._statements > STATEMENTS:
            raise CannotPlan("too many statements")

    def _root(self, selected: Selected) -> RootOutput:
        self._count()
        self._moment = None
        if selected.name == "__typename":
            return Constant(selected.key, "Query")
        if selected.name in {"node", "nodes"}:
            single = selected.name == "node"
            read = asks.node if single else asks.nodes
            features = tuple(self._feature(layer, selected.of(layer.type_name)) for layer in self._layers)
            return ByIds(selected.key, self._ask(selected, read), features, single)
        moment = self._moment = self._as_of(selected)
        for layer in self._layers:
            if selected.name == layer.singular:
                ask = self._ask(selected, asks.one(layer))
                return One(selected.key, ask, self._feature(layer, selected.of(layer.type_name)), moment)
            if selected.name == layer.plural:
                ask = self._ask(selected, asks.query(layer))
                return Many(selected.key, ask, self._connection(layer, selected), moment)
        return Own(selected.key, selected.nodes)

    def _as_of(self, selected: Selected) -> int | None:
        if all(argument.name.value != "asOf" for argument in selected.node.arguments or ()):
            return None
        self._moments.append(Ask(selected.node, selected.definition, asks.moment))
        return len(self._moments) - 1

    def _feature(self, layer: Layer, selection: Sequence[Selected]) -> FeaturePlan:
        return FeaturePlan(layer, tuple(self._feature_output(layer, selected) for selected in selection))

    def _feature_output(self, layer: Layer, selected: Selected) -> FeatureOutput:
        key, name = selected.key, selected.name
        if OWN_RESOLVER in selected.definition.extensions:
            return Own(key, selected.nodes, layer, whole=True)
        fixed: Mapping[str, Callable[[], FeatureOutput]] = {
            "__typename": lambda: Constant(key, layer.type_name),
            "id": lambda: GlobalId(key, layer),
            "projectedGeometry": lambda: self._projected(layer, selected),
            "feature": lambda: OneFeature(key, self._ask(selected, asks.features(layer))),
        }
        if name in fixed:
            return fixed[name]()
        if (entry := derived(layer).get(name)) is not None:
            return self._derived(layer, entry, selected)
        if name in layer.fields:
            return self._field(layer.fields[name], selected)
        for relation in layer.relations:
            if relation.field == name:
                return self._related(relation, selected)
        return Own(key, selected.nodes, layer)

    def _derived(self, layer: Layer, entry: Derived, selected: Selected) -> FeatureOutput:
        if entry.divides:
            return Quotient(selected.key, layer.fields[entry.divides], self._ask(selected, entry.divisor))
        return Computed(selected.key, self._ask(selected, entry.wanted), entry.embed)

    def _field(self, field: LayerField, selected: Selected) -> FeatureOutput:
        if field.withheld:
            return Constant(selected.key, None)
        if field.kind is Kind.GEOMETRY:
            return Computed(selected.key, self._ask(selected, asks.geometry(field)), embed=True)
        if field.kind is Kind.JSON:
            return Computed(selected.key, self._ask(selected, asks.column(field)), embed=True)
        return Plain(selected.key, field)

    def _projected(self, layer: Layer, selected: Selected) -> FeatureOutput:
        ask = self._ask(selected, asks.geometry(layer.fields["geometry"]))
        return Projected(selected.key, ask, _members(selected))

    def _related(self, relation: Relation, selected: Selected) -> FeatureOutput:
        self._count()
        target = self._layers[relation.target]
        ask = self._ask(selected, asks.query(target))
        return Related(selected.key, relation, ask, self._connection(target, selected))

    def _connection(self, layer: Layer, selected: Selected) -> ConnectionPlan:
        ((type_name, children),) = selected.children.items()
        outputs = (
            Constant(child.key, type_name)
            if child.name == "__typename"
            else self._connection_output(layer, selected, child)
            for child in children
        )
        paged = next((child.key for child in children if child.name in PAGED), None)
        return ConnectionPlan(layer, tuple(outputs), paged)

    def _connection_output(self, layer: Layer, of: Selected, selected: Selected) -> ConnectionOutput:
        """One field of the connection that `of` selects: URLs carry its filter."""
        key = selected.key
        if selected.name in COUNTED:
            return self._summary(layer, selected)
        match selected.name:
            case "edges":
                return Edges(key, self._edge(layer, selected))
            case "nodes":
                return Nodes(key, self._feature(layer, selected.of(layer.type_name)))
            case "pageInfo":
                return PageInfo(key, _members(selected))
            case "featureCollection":
                return Collection(key, self._ask(selected, asks.features(layer)))
            case "tiles":
                return Urls(key, "TileLinks", self._ask(selected, asks.tiles(layer), of), _members(selected))
            case "exports":
                return Urls(key, "ExportLinks", self._ask(selected, asks.exports(layer), of), _members(selected))
        raise CannotPlan(selected.name)

    def _summary(self, layer: Layer, selected: Selected) -> Total | Extent | Aggregate | Grouped:
        """What all rows have; it is a statement of its own."""
        self._count()
        match selected.name:
            case "totalCount":
                return Total(selected.key, self._ask(selected, asks.count))
            case "extent":
                return Extent(selected.key)
            case "edgeAggregate":
                return edge_aggregate(selected, self._ask)
            case "groupBy":
                return self._grouped(layer, selected, asks.groups(layer))
            case "distinct":
                return self._grouped(layer, selected, asks.distinct(layer))
        share = self._ask(selected, share_of) if selected.definition.args else None
        return replace(aggregate(layer, selected, self._ask), share=share)

    def _grouped(self, layer: Layer, selected: Selected, read: asks.Read) -> Grouped:
        def row(relation: Relation, chosen: Selected) -> RelatedKey:
            self._count()
            target = self._layers[relation.target]
            return RelatedKey(chosen.key, chosen.name, self._feature(target, chosen.of(target.type_name)))

        ask = self._ask(selected, read)
        return Grouped(selected.key, ask, members(layer, selected, self._ask, row))

    def _edge(self, layer: Layer, selected: Selected) -> tuple[EdgeOutput, ...]:
        ((type_name, children),) = selected.children.items()
        return tuple(
            Constant(child.key, type_name) if child.name == "__typename" else self._edge_output(layer, child)
            for child in children
        )

    def _edge_output(self, layer: Layer, selected: Selected) -> EdgeOutput:
        match selected.name:
            case "cursor":
                return Cursor(selected.key)
            case "distance":
                return Distance(selected.key)
            case "node":
                return Node(selected.key, self._feature(layer, selected.of(layer.type_name)))
        return OfEdge(selected.key, _EDGE_VALUES[selected.name])


def _members(selected: Selected) -> tuple[tuple[str, str], ...]:
    """Response keys and names of the fields of an object that is made whole."""
    ((_, children),) = selected.children.items()
    return tuple((child.key, child.name) for child in children)
