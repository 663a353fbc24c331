"""The variables of an operation; enters where they stand, leaves errors of those that fit nowhere."""

from collections.abc import Mapping, Sequence

from graphql import GraphQLSchema, NullValueNode, OperationDefinitionNode, VariableDefinitionNode, type_from_ast
from graphql.type import is_non_null_type
from graphql.utilities import is_type_sub_type_of

from schema.validation.report import Checked, Report, Usage


def check_variables(operation: Checked, fragments: Sequence[Checked], schema: GraphQLSchema, report: Report) -> None:
    """Report variables that are not defined, not used, or of another type than their place."""
    node = operation.definition
    assert isinstance(node, OperationDefinitionNode)
    usages = dict(operation.usages)
    for fragment in fragments:
        usages.update(fragment.usages)
    defined = {each.variable.name.value: each for each in node.variable_definitions or ()}
    if usages or defined:
        _check_names(node, {usage.node.name.value: usage for usage in usages.values()}, defined, report)
    for usage in usages.values():
        definition = defined.get(usage.node.name.value)
        if definition is not None and usage.type is not None:
            _check_place(definition, usage, schema, report)


def _check_names(
    node: OperationDefinitionNode,
    used: Mapping[str, Usage],
    defined: Mapping[str, VariableDefinitionNode],
    report: Report,
) -> None:
    of = f" operation '{node.name.value}'" if node.name else ""
    for name, usage in used.items():
        if name not in defined:
            report(f"Variable '${name}' is not defined{' by' + of if of else ''}.", [usage.node, node])
    for name, definition in defined.items():
        if name not in used:
            report(f"Variable '${name}' is never used{' in' + of if of else ''}.", definition)


def _check_place(definition: VariableDefinitionNode, usage: Usage, schema: GraphQLSchema, report: Report) -> None:
    type_ = type_from_ast(schema, definition.type)
    if type_ is None or usage.type is None:
        return
    wanted = usage.type
    if is_non_null_type(wanted) and not is_non_null_type(type_):
        default = definition.default_value
        if (default is not None and not isinstance(default, NullValueNode)) or usage.has_default:
            wanted = wanted.of_type
    if not is_type_sub_type_of(schema, type_, wanted):
        name = usage.node.name.value
        said = f"Variable '${name}' of type '{type_}' used in position expecting type '{usage.type}'."
        report(said, [definition, usage.node])
