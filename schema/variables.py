"""Floor 5. The variables of an operation, whose types are looked up once; enters JSON values, leaves coerced ones."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

from gateway.settings import LimitSettings
from schema.problems import Refusal
from schema.values import check_variables, misfits


class Variables:
    """What one operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._signatures: list[GraphQLVariableSignature] = []
        for definition in self._definitions:
            signature = get_variable_signature(schema, definition)
            assert isinstance(signature, GraphQLVariableSignature)  # the specified rules say so
            self._signatures.append(signature)
        self._kinds: list[tuple[str, GraphQLInputType]] = [(each.name, each.type) for each in self._signatures]

    def coerce(self, given: Mapping[str, Any], limits: LimitSettings, *, hide_suggestions: bool) -> VariableValues:
        """The values by name; raises Refusal with all that is wrong, or an error of `check_variables`."""
        check_variables(self._kinds, given, limits)
        try:
            found = self._plainly(given)
        except RecursionError:
            found = None
        return found or self._thoroughly(given, limits, hide_suggestions)

    def _plainly(self, given: Mapping[str, Any]) -> VariableValues | None:
        """What graphql-core makes of values that are all right; None where it has to say more than that."""
        sources, coerced = {}, {}
        for signature in self._signatures:
            name = signature.name
            if name not in given:
                if signature.default is not None or is_non_null_type(signature.type):
                    return None
                continue
            value = given[name]
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = made = coerce_input_value(value, signature.type)
            if made is Undefined:
                return None
        return VariableValues(sources, coerced)

    def _thoroughly(self, given: Mapping[str, Any], limits: LimitSettings, hide: bool) -> VariableValues:  # noqa: FBT001
        found = get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=limits.errors, hide_suggestions=hide
        )
        if isinstance(found, list):
            nodes = dict(zip((each.name for each in self._signatures), self._definitions, strict=True))
            raise Refusal(misfits(self._kinds, nodes, given, found))
        return found
