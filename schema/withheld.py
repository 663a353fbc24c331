"""Private columns that an operation selects; enters its document, leaves columns, or the reasons why.

A null in an answer says nothing of why. `extensions.withheld` does, once for each column, and the rest of the answer
stands: an entry of `errors` would make clients throw all of it away.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from graphql import (
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_object_type,
)

from gateway.execution.context import Context
from gateway.layers import Layer, Layers
from gateway.models.declaration import camel
from schema.annotations import MEMBERS
from schema.history import AUTHORS, revision_name

Column = tuple[str, str]  # layer and attribute

AUTHOR = "history.principal"  # no column, but private as some are

_FEATURES = frozenset({"feature", "featureCollection"})


def private_columns(
    schema: GraphQLSchema, layers: Layers, document: DocumentNode, operation: OperationDefinitionNode
) -> frozenset[Column]:
    """The private columns that an operation selects, itself or by fragments, as fields or as properties of features."""
    private = _Private(layers)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    stack: list[tuple[SelectionSetNode, GraphQLNamedType | None]] = [
        (operation.selection_set, schema.get_root_type(operation.operation))
    ]
    while stack:
        selections, parent = stack.pop()
        assert is_composite_type(parent)  # the document is valid
        for node in selections.selections:
            if isinstance(node, FieldNode):
                definition = schema.get_field(parent, node.name.value)
                private.field(node, parent, definition)
                if node.selection_set and definition is not None:
                    stack.append((node.selection_set, get_named_type(definition.type)))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                kind = schema.get_type(condition.name.value) if condition else parent
                stack.append((node.selection_set, kind))
            elif isinstance(node, FragmentSpreadNode) and (fragment := fragments.pop(node.name.value, None)):
                stack.append((fragment.selection_set, schema.get_type(fragment.type_condition.name.value)))
    return frozenset(private.columns)


def reasons(selected: AbstractSet[Column], context: Context) -> Sequence[Mapping[str, str]]:
    """Why columns are null for the principal; empty where none is."""
    columns = sorted(selected & context.layers.withheld)
    layers = context.layers
    members = sorted(name for name, of in selected if of == MEMBERS and layers[name].members is not None)
    authors = [] if context.principal.may(AUTHORS) else sorted(name for name, of in selected if of == AUTHOR)
    return [
        *(_reason(_name(context.layers[layer], of), context.access.scope(layer, of)) for layer, of in columns),
        *(
            _left_out(layers[name], context.access.member_scope(name))
            for name in members
            if not _hides_all(layers[name])
        ),
        *(_reason(f"{revision_name(context.layers[layer])}.principal", AUTHORS) for layer in authors),
    ]


def _name(layer: Layer, attribute: str) -> str:
    return f"{layer.type_name}.{camel(attribute)}"


def _reason(name: str, scope: str) -> Mapping[str, str]:
    reason = f"{name} is private: it is null without the scope {scope}."
    return {"field": name, "code": "PRIVATE_FIELD", "scope": scope, "message": reason}


def _hides_all(layer: Layer) -> bool:
    return "attributes" in layer.withheld


def _left_out(layer: Layer, scope: str) -> Mapping[str, str]:
    name = _name(layer, "attributes")
    reason = f"Members of {name} that are private are left out without the scope {scope}."
    return {"field": name, "code": "PRIVATE_FIELD", "scope": scope, "message": reason}


class _Private:
    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self.columns: set[Column] = set()

    def field(self, node: FieldNode, parent: GraphQLCompositeType, definition: GraphQLField | None) -> None:
        """Note what a field of a type shows."""
        name = node.name.value
        if (column := _column_of(definition)) is not None:
            if column[1] == MEMBERS and not _names_column(node):
                self.columns.add(column)
            self._add(self._layers[column[0]], {column[1]})
        elif name in _FEATURES:
            layer = self._layers.by_type.get(_type_of_features(parent))
            chosen = _chosen_properties(node)
            self._add(layer, None if chosen is None else {attribute.lower() for attribute in chosen})
            if layer is not None and (_names_properties(node) if chosen is None else "ATTRIBUTES" in chosen):
                self.columns.add((layer.name, MEMBERS))
        elif (layer := self._layers.by_type.get(parent.name.removesuffix("State"))) is not None:
            self._add(layer, {attribute for attribute in layer.private if camel(attribute) == name})
            if name == "attributes":
                self.columns.add((layer.name, MEMBERS))
        elif name == "principal" and (layer := self._layers.by_type.get(parent.name.removesuffix("Revision"))):
            self.columns.add((layer.name, AUTHOR))

    def _add(self, layer: Layer | None, attributes: AbstractSet[str] | None) -> None:
        if layer is not None:
            chosen = layer.private if attributes is None else layer.private & attributes
            self.columns.update((layer.name, attribute) for attribute in chosen)


def _column_of(definition: GraphQLField | None) -> Column | None:
    """The column that a field of an aggregate or of a key of groups is of."""
    made = None if definition is None else definition.extensions.get("strawberry-definition")
    return None if made is None else made.metadata.get("column")


def _type_of_features(parent: GraphQLCompositeType) -> str:
    """The type whose features a field gives: its parent's own, or that of the nodes of a connection."""
    nodes = parent.fields.get("nodes") if is_object_type(parent) else None
    return parent.name if nodes is None else get_named_type(nodes.type).name


def _names_properties(node: FieldNode) -> bool:
    return any(argument.name.value == "properties" for argument in node.arguments or ())


def _names_column(node: FieldNode) -> bool:
    """Whether it is `distinct(field: {column: ...})`, which shows no member."""
    given = [each.value for each in node.arguments or () if isinstance(each.value, ObjectValueNode)]
    return any(member.name.value == "column" for value in given for member in value.fields)


def _chosen_properties(node: FieldNode) -> Sequence[str] | None:
    """The names in `properties`; None for all, or for what a variable will say."""
    for argument in node.arguments or ():
        if argument.name.value == "properties" and isinstance(argument.value, ListValueNode):
            items = argument.value.values
            return [item.value for item in items if isinstance(item, EnumValueNode)]
        if argument.name.value == "properties" and isinstance(argument.value, EnumValueNode):
            return [argument.value.value]
    return None
