"""Floor 5. The cost of an operation, before it runs; enters its AST and the schema, leaves a number.

    cost(selection) = sum of: weight(field) + rows(field) x cost(selection of field)

A fragment is priced once, whatever the number of its spreads, so pricing is linear in the document. Prices are made
when a document is prepared; page sizes and filters that are variables are filled in when it is bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_interface_type,
    is_object_type,
    value_from_ast_untyped,
)

from gateway import errors
from gateway.query.costs import UNKNOWN, DependsError, filter_cost
from gateway.settings import LimitSettings

# What a field costs a row, in units of one plain column. Geometry is bytes to read, encode and send; computed geometry
# is work in PostGIS besides; overlaps intersect two polygons; counts and extents read all that the filter finds.
WEIGHTS: Mapping[str, int] = {
    "geometry": 2,
    "attributes": 2,
    "centroid": 3,
    "pointOnSurface": 3,
    "bbox": 3,
    "areaSqm": 3,
    "area": 3,
    "perimeterM": 3,
    "distance": 3,
    "history": 3,
    "feature": 5,
    "projectedGeometry": 5,
    "overlapAreaSqm": 5,
    "coverage": 5,
    "sharedBorderM": 5,
    "buffer": 10,
    "isPrimary": 10,
    "totalCount": 50,
    "extent": 50,
    "__schema": 20_000,
    "__type": 1_000,
}
PAGE_WEIGHTS: Mapping[str, int] = {"featureCollection": 5}  # scalars that hold every row of the page
RELATION = 5  # one spatial join, for each parent row


@dataclass(frozen=True, slots=True)
class _Page:
    """Rows that variables tell: the most that one says or has items, without any `default`, at most `most`."""

    variables: tuple[str, ...]
    default: int
    most: int
    literal: int | None = None  # what the document itself says, beside them


_Rows = int | _Page
_LISTS = frozenset({"ids", "inputs", "changes", "removals"})
_PAGED = frozenset({"edges", "nodes"})


@dataclass(slots=True)
class Price:
    """The cost of one selection set for one parent; `parts` are priced times their rows, `filters` by what they ask."""

    own: int = 0
    parts: list[tuple["_Rows", "Price"]] = field(default_factory=list)
    filters: list[ValueNode] = field(default_factory=list)

    def at(self, variables: Mapping[str, Any]) -> int:
        """The cost with the variables' coerced values."""
        return _total(self, variables, {}) if self.parts or self.filters else self.own

    def settled(self) -> "Price":
        """The same price, as one number where no variable has a part in it."""
        return self if _varies(self, {}) else Price(self.at({}))


def _total(price: Price, variables: Mapping[str, Any], known: dict[int, int]) -> int:
    if id(price) not in known:
        parts = sum(_count(rows, variables) * _total(part, variables, known) for rows, part in price.parts)
        filters = sum(filter_cost(value_from_ast_untyped(node, dict(variables))) for node in price.filters)
        known[id(price)] = price.own + parts + filters
    return known[id(price)]


def _varies(price: Price, known: dict[int, bool]) -> bool:
    if id(price) not in known:
        known[id(price)] = bool(price.filters) or any(
            isinstance(rows, _Page) or _varies(part, known) for rows, part in price.parts
        )
    return known[id(price)]


def _count(rows: _Rows, variables: Mapping[str, Any]) -> int:
    if isinstance(rows, int):
        return rows
    given = [rows.literal, *(variables.get(name) for name in rows.variables)]
    counts = [len(each) if isinstance(each, list) else int(each) for each in given if each is not None]
    return min(max(max(counts, default=rows.default), 0), rows.most)


class Pricing:
    """Prices the operations of one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, limits: LimitSettings) -> None:
        self._schema = schema
        self._limits = limits
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._priced: dict[tuple[str, str], Price] = {}

    def price(self, operation: OperationDefinitionNode) -> Price:
        """The price of a valid operation."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None  # the specified rules say so
        return self._selection(root, operation.selection_set, page=1).settled()

    def _selection(self, parent: GraphQLNamedType, selections: SelectionSetNode, *, page: _Rows) -> Price:
        price = Price()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                self._field(parent, selection, page, price)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = self._named(condition.name.value) if condition else parent
                price.parts.append((1, self._selection(kind, selection.selection_set, page=page)))
            elif isinstance(selection, FragmentSpreadNode):
                price.parts.append((1, self._fragment(selection.name.value, page)))
        return price

    def _fragment(self, name: str, page: _Rows) -> Price:
        key = (name, str(page))
        if key not in self._priced:
            fragment = self._fragments[name]
            kind = self._named(fragment.type_condition.name.value)
            self._priced[key] = self._selection(kind, fragment.selection_set, page=page)
        return self._priced[key]

    def _field(self, parent: GraphQLNamedType, node: FieldNode, page: _Rows, price: Price) -> None:
        name = node.name.value
        definition = self._schema.get_field(parent, name) if _has_fields(parent) else None  # type: ignore[arg-type]
        price.own += WEIGHTS.get(name, 1)
        if node.alias and parent.name.startswith("__"):
            price.own += WEIGHTS["__schema"]  # the whole schema once more, for one word of the document
        for argument in node.arguments or ():
            if argument.name.value == "filters":
                _filter(argument.value, price)
        if parent.name.endswith("Connection") and name in PAGE_WEIGHTS:
            price.parts.append((page, Price(PAGE_WEIGHTS[name])))
        if definition is None or node.selection_set is None:
            return
        kind = get_named_type(definition.type)
        if _is_connection(kind, definition):
            root = parent in (self._schema.query_type, self._schema.mutation_type)
            price.own += 0 if root else RELATION
            rows = self._page(node, self._limits.page if root else _typical(definition, self._limits))
            price.parts.append((1, self._selection(kind, node.selection_set, page=rows)))
        elif parent.name.endswith("Connection") and name in _PAGED:
            price.parts.append((page, self._selection(kind, node.selection_set, page=1)))
        else:
            price.parts.append((self._listed(node), self._selection(kind, node.selection_set, page=1)))

    def _page(self, node: FieldNode, most: int) -> _Rows:
        """As many rows as the larger of `first` and `last`: with a variable of one absent, the other is the page."""
        default = min(self._limits.page_default, most)
        values = [each.value for each in node.arguments or () if each.name.value in {"first", "last"}]
        variables = tuple(value.name.value for value in values if isinstance(value, VariableNode))
        literal = max((int(value.value) for value in values if isinstance(value, IntValueNode)), default=None)
        page = _Page(variables, default, most, literal)
        return page if variables else _count(page, {})

    def _listed(self, node: FieldNode) -> _Rows:
        """Rows of `nodes(ids: [...])` or of a write: one for each item."""
        for argument in node.arguments or ():
            if argument.name.value in _LISTS:
                if isinstance(argument.value, VariableNode):
                    return _Page((argument.value.name.value,), 1, self._limits.list_items)
                return len(argument.value.values) if isinstance(argument.value, ListValueNode) else 1
        return 1

    def _named(self, name: str) -> GraphQLNamedType:
        return self._schema.type_map[name]


def _filter(node: ValueNode, price: Price) -> None:
    """Price a filter now, or when its variables are known: most are boxes and values in lookups that stand there."""
    try:
        price.own += filter_cost(value_from_ast_untyped(node, _Unknown()))
    except DependsError:
        price.filters.append(node)


class _Unknown(dict[str, Any]):
    """All variables, of none of which the value is known."""

    def __bool__(self) -> bool:
        return True

    def get(self, _: str, default: Any = None) -> Any:  # noqa: ARG002 - as dict has it
        return UNKNOWN


def _has_fields(kind: GraphQLNamedType) -> bool:
    return is_object_type(kind) or is_interface_type(kind)


def _typical(definition: GraphQLField, limits: LimitSettings) -> int:
    """What a relation finds for one parent, whatever page is asked for: most parcels lie in one or two districts."""
    rows: int | None = definition.extensions["strawberry-definition"].metadata.get("typical")
    return limits.page if rows is None else rows


def _is_connection(kind: GraphQLNamedType, definition: GraphQLField) -> bool:
    return kind.name.endswith("Connection") and "first" in definition.args


def check_cost(price: Price, variables: Mapping[str, Any], limits: LimitSettings) -> Mapping[str, int]:
    """`extensions.cost` of the answer; refuse an operation above the limit."""
    cost = price.at(variables)
    if cost > limits.cost:
        message = f"The operation could cost {cost}; the limit is {limits.cost}. Ask for fewer rows or fields."
        raise errors.CostLimit(message, cost=cost, cap=limits.cost)
    return {"cost": cost, "cap": limits.cost}
