"""The variables of an operation, whose types are looked up once; enters JSON values, leaves coerced ones."""

from collections.abc import Mapping

from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

from gateway.settings import LimitSettings
from schema.coercers import Coercers, UnsureError
from schema.problems import Refusal
from schema.values import check_variables, misfits


class Variables:
    """What one operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, coercers: Coercers) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._signatures: list[GraphQLVariableSignature] = []
        for definition in self._definitions:
            signature = get_variable_signature(schema, definition)
            assert isinstance(signature, GraphQLVariableSignature)  # the specified rules say so
            self._signatures.append(signature)
        self._coercers = coercers
        self._variables = [(each.name, each, coercers.of(each.type), _may_be_absent(each)) for each in self._signatures]

    def coerce(self, given: Mapping[str, object], limits: LimitSettings, *, hide_suggestions: bool) -> VariableValues:
        """The values by name; raises Refusal with all that is wrong, or an error of `check_variables`."""
        try:
            return self._plainly(given)
        except Exception:  # noqa: BLE001 - the thorough way says what is wrong, if anything
            return self._thoroughly(given, limits, hide_suggestions)

    def _plainly(self, given: Mapping[str, object]) -> VariableValues:
        """What becomes of values that are all right; raises something where there is more to say."""
        sources, coerced = {}, {}
        budget = self._coercers.budget()
        for name, signature, coerce, may_be_absent in self._variables:
            if name in given:
                value = given[name]
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = coerce(value, budget)
            elif not may_be_absent:
                raise UnsureError
        return VariableValues(sources, coerced)

    def _thoroughly(self, given: Mapping[str, object], limits: LimitSettings, hide: bool) -> VariableValues:  # noqa: FBT001
        kinds = [(each.name, each.type) for each in self._signatures]
        check_variables(kinds, given, limits)
        values = get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=limits.errors, hide_suggestions=hide
        )
        if isinstance(values, list):
            nodes = dict(zip((each.name for each in self._signatures), self._definitions, strict=True))
            raise Refusal(misfits(kinds, nodes, given, values))
        return values


def _may_be_absent(signature: GraphQLVariableSignature) -> bool:
    """Whether nothing stands for the variable where it is not given."""
    return signature.default is None and not is_non_null_type(signature.type)
