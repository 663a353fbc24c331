"""The cost of an operation, before it runs; enters its AST, the schema and statistics, leaves a price.

    cost(selection) = sum of: weight(field) + rows(field) x cost(selection of field)

The rows of a connection cost what it takes to find them, too: gateway/query/costs.py. Prices are made when a document
is prepared, and again for newer statistics; what depends on variables is filled in when it is bound.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_interface_type,
    is_object_type,
)

from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation
from gateway.planner.derived import WEIGHTS
from gateway.planner.fields import EDGE_VALUES, PAGED
from gateway.query import page_costs, weights
from gateway.query.costs import FilterCosts
from gateway.query.statistics import Statistics
from gateway.settings import LimitSettings
from schema import summary_costs
from schema.analysis_costs import ANALYSIS, price_analyses
from schema.connection_costs import FINDS, Asked, Finding, Listing, asked_count, ids_of, listed, page_size
from schema.given import Given, bare, given, included, merged
from schema.history import state_name
from schema.prices import Connected, Number, Price, Priced, Variables

_LISTS: Final = frozenset({"inputs", "changes", "removals"})
_SUMMED: Final = {"aggregate", "edgeAggregate", "clusters", "groupBy", "distinct"}
_ROWS: Final = frozenset({"edges", "nodes"})
_FOUND: Final = frozenset({"distance"})  # what was measured to find rows
_OF_EDGE: Final = frozenset(each.name for each in EDGE_VALUES.values())


class _Place(NamedTuple):
    """Where a selection stands: the vertices of the geometries that its fields are made of, and whether in the past.

    `kept` are the names of fields whose values are there already, such as those of edges that pairs have.
    """

    layer: Layer | None = None
    vertices: float = 0.0
    past: bool = False
    kept: frozenset[str] = frozenset()


class Pricing:
    """Prices the operations of one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        limits: LimitSettings,
        layers: Layers,
        statistics: Statistics,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._layers = layers
        self._costs = {past: FilterCosts(layers, statistics, past=past) for past in (False, True)}
        self._types = {name: layer for layer in layers for name in (layer.type_name, state_name(layer))}
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._priced: dict[tuple[str, _Place], Price] = {}
        self._analyses = Price("analysis")

    def price(self, operation: OperationDefinitionNode) -> Price:
        """The price of a valid operation."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None  # the specified rules say so
        price = self._selection(root, operation.selection_set, _Place(), "")
        price.beside = self._analyses if self._analyses.terms else None
        return price

    def _selection(self, parent: GraphQLNamedType, selections: SelectionSetNode, place: _Place, name: str) -> Price:
        price = Price(name)
        layer = self._types.get(parent.name)
        if layer is not None and layer is not place.layer:
            place = _Place(layer, self._costs[False].table(layer).vertices, place.past)
        for selection in merged(selections.selections):
            if (taken := included(selection)) == 0.0:
                continue
            if callable(taken):
                alone = SelectionSetNode(selections=(bare(selection),))
                price.parts.append((taken, self._selection(parent, alone, place, name)))
            elif isinstance(selection, FieldNode):
                self._field(parent, selection, place, price)
            elif isinstance(selection, InlineFragmentNode):
                kind = self._condition(parent, selection)
                if self._types.get(kind.name, place.layer) is not place.layer:
                    continue  # of rows of another layer
                price.parts.append((1.0, self._selection(kind, selection.selection_set, place, name)))
            elif isinstance(selection, FragmentSpreadNode):
                kind = self._schema.type_map[self._fragments[selection.name.value].type_condition.name.value]
                if self._types.get(kind.name, place.layer) is place.layer:
                    price.parts.append((1.0, self._fragment(selection.name.value, kind, place)))
        return price.settle()

    def _condition(self, parent: GraphQLNamedType, node: InlineFragmentNode) -> GraphQLNamedType:
        return parent if node.type_condition is None else self._schema.type_map[node.type_condition.name.value]

    def _fragment(self, name: str, kind: GraphQLNamedType, place: _Place) -> Price:
        key = (name, place)
        if key not in self._priced:
            self._priced[key] = self._selection(kind, self._fragments[name].selection_set, place, kind.name)
        return self._priced[key]

    def _field(self, parent: GraphQLNamedType, node: FieldNode, place: _Place, price: Price) -> None:
        name = node.name.value
        definition = self._schema.get_field(parent, name) if _has_fields(parent) else None  # type: ignore[arg-type]
        weight = None if name in place.kept else WEIGHTS.get(name)
        price.each += weights.PLAIN_FIELD if weight is None else weight.base + weight.vertex * place.vertices
        if node.alias and parent.name.startswith("__"):
            price.each += WEIGHTS["__schema"].base  # the whole schema once more, for one word of the document
        if definition is None:
            return
        arguments = {each.name.value: given(each.value) for each in node.arguments or ()}
        self._arguments(name, arguments, place, price)
        if node.selection_set is None:
            return
        kind = get_named_type(definition.type)
        past = place.past or "asOf" in arguments
        if kind.name.endswith("Connection") and "first" in definition.args:
            here = _Place(place.layer, place.vertices, past)
            price.parts.append((1.0, self._connection(definition, node, arguments, here)))
            return
        if is_interface_type(kind):
            self._nodes(node.selection_set, arguments, price)
            return
        if kind.name == ANALYSIS:
            price_analyses(self._costs, node.selection_set, self._members, price, self._analyses)
            return
        if kind.name in FINDS:
            listing = FINDS[kind.name](self._costs[past], arguments)
            self._listing(kind, node.selection_set, listing._replace(past=past), price)
            return
        if parent in (self._schema.query_type, self._schema.mutation_type):
            price.once += weights.STATEMENT
        if parent is self._schema.mutation_type:
            price.parts.append((self._listed(arguments), Price(name, weights.WRITE).settle()))
        row = self._selection(kind, node.selection_set, _Place(past=past, kept=place.kept), name)
        price.parts.append((self._listed(arguments), row))

    def _nodes(self, selections: SelectionSetNode, arguments: Mapping[str, Given], price: Price) -> None:
        """The rows of `node` or `nodes`: an id says of which layer its row is."""
        for layer in self._layers:
            row = self._selection(self._schema.type_map[layer.type_name], selections, _Place(), layer.singular)
            read = Price(layer.singular, once=weights.STATEMENT, parts=[(1.0, row)]).settle()
            price.parts.append((ids_of(layer, self._layers, arguments), read))

    def _listing(self, kind: GraphQLNamedType, selections: SelectionSetNode, listing: Listing, price: Price) -> None:
        """The rows of `search`, of whichever layers, or all that is found for a notice list."""
        price.once += weights.STATEMENT
        place = _Place(past=listing.past, kept=_FOUND)
        price.parts.append((listing.rows, self._selection(kind, selections, place, "found")))
        if callable(listing.time):
            price.terms.append(listing.time)
        else:
            price.each += listing.time

    def _arguments(self, name: str, arguments: Mapping[str, Given], place: _Place, price: Price) -> None:
        """What the arguments of a field of a row add to it."""
        if "simplify" in arguments:
            price.each += weights.SIMPLIFIED.base + weights.SIMPLIFIED.vertex * place.vertices
        if name == "distance" and "to" in arguments and place.layer is not None:
            layer, to = place.layer, arguments["to"]

            def measured(variables: Variables) -> float:
                costs = self._costs[False]
                return page_costs.distance(costs, layer, costs.size(to.at(variables)))

            if to.varies:
                price.terms.append(measured)
            else:
                price.each += measured({})

    # Connections

    def _connection(
        self, definition: GraphQLField, node: FieldNode, arguments: Mapping[str, Given], place: _Place
    ) -> Priced:
        """A page of rows, and what is asked of all that the filter keeps."""
        assert node.selection_set is not None
        kind = get_named_type(definition.type)
        assert is_object_type(kind)  # it is a connection
        metadata = definition.extensions["strawberry-definition"].metadata
        layer = self._layers.by_name.get(metadata.get("layer", ""))
        relation: Relation | None = metadata.get("relation")
        vertices = 0.0
        if layer is not None:
            vertices = self._costs[False].table(layer).vertices
            vertices += place.vertices if relation is not None else 0.0
        kept = relation is not None and self._costs[place.past].kept(relation)
        asked = self._asked(
            kind, node.selection_set, _Place(layer, vertices, place.past, _OF_EDGE if kept else frozenset())
        )
        name = node.alias.value if node.alias else node.name.value
        size = page_size(arguments, self._limits)
        if layer is None:
            return Price(name, weights.FETCH, weights.STATEMENT, parts=[(size, asked.row)]).settle()
        find = Finding(self._costs[place.past], layer, asked, arguments, size)
        if relation is None:
            made = Connected(name, find.root, asked.row)
        else:
            assert place.layer is not None  # rows alone have relations
            made = Connected(name, find.related(place.layer, relation), asked.row, related=True)
        varies = any(value.varies for value in arguments.values()) or any(
            map(callable, [*asked.counts, *asked.summaries])
        )
        if not varies and asked.row.settled is not None:
            made.settle()
        return made

    def _asked(self, kind: GraphQLObjectType, selections: SelectionSetNode, place: _Place) -> Asked:
        asked = Asked(Price("nodes"))
        for name, node in self._members(selections):
            asked.paged |= name in PAGED
            if name in _ROWS and node.selection_set is not None:
                row_kind = get_named_type(kind.fields[name].type)
                asked.row.parts.append((1.0, self._selection(row_kind, node.selection_set, place, name)))
            elif name == "featureCollection":
                weight = WEIGHTS[name]
                asked.row.each += weight.base + weight.vertex * place.vertices
                arguments = {each.name.value: given(each.value) for each in node.arguments or ()}
                self._arguments(name, arguments, place, asked.row)
            elif name == "totalCount":
                asked_count(node, self._limits, asked)
            elif name == "extent":
                asked.summaries.append(page_costs.EXTENT)
            elif place.layer is not None and node.selection_set is not None and name in _SUMMED:
                asked.summaries.append(self._summed(place.layer, node, place))
            asked.each += weights.PLAIN_FIELD
        asked.row.settle()
        return asked

    def _summed(self, layer: Layer, node: FieldNode, place: _Place) -> summary_costs.Counting:
        """What an `aggregate`, `edgeAggregate`, `clusters`, `groupBy` or `distinct` takes for each row."""
        assert node.selection_set is not None
        costs = self._costs[place.past]
        arguments = {each.name.value: given(each.value) for each in node.arguments or ()}
        if node.name.value == "distinct":
            return summary_costs.distinct(arguments)
        if node.name.value == "clusters":
            return summary_costs.clusters(costs, layer, node, arguments, self._members)
        vertices, kept = place.vertices, bool(place.kept)
        if node.name.value == "edgeAggregate":
            return summary_costs.edge_aggregate(node.selection_set, self._members, vertices, kept=kept)
        if node.name.value == "groupBy":
            summed = summary_costs.grouped(costs, layer, node, arguments, self._members)
        else:
            summed = page_costs.Summary(summary_costs.aggregate(costs, layer, node.selection_set, self._members))
        share = arguments.get("share")
        return summed if share is None else summary_costs.shared(summed, share, vertices, kept=kept)

    def _members(self, selections: SelectionSetNode, spread: set[str] | None = None) -> Iterator[tuple[str, FieldNode]]:
        """The fields of an object that has no rows of its own, those of its fragments once."""
        seen = set[str]() if spread is None else spread
        for selection in merged(selections.selections):
            if included(selection) == 0.0:
                continue
            if isinstance(selection, FieldNode):
                yield selection.name.value, selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._members(selection.selection_set, seen)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                yield from self._members(self._fragments[selection.name.value].selection_set, seen)

    def _listed(self, arguments: Mapping[str, Given]) -> Number:
        """Rows of a write: one for each item."""
        for name in _LISTS & arguments.keys():
            value, most = arguments[name], self._limits.list_items
            if value.varies:
                return lambda variables: float(min(len(listed(value.at(variables))), most))
            return float(len(listed(value.at({}))))
        return 1.0


def _has_fields(kind: GraphQLNamedType) -> bool:
    return is_object_type(kind) or is_interface_type(kind)
