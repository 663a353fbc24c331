"""Floor 5. The validation of a document against the schema; enters its AST, leaves errors.

The specified rules, with two budgets lowered so that no document costs more than a quarter of a second, and the rules
that GraphQL leaves to the server: lists, `@oneOf` and the introspection switch. Strawberry's depth limiter is not
used: its time grows with the number of paths through fragments.
"""

from collections.abc import Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    ValidationContext,
    ValidationRule,
    get_named_type,
    get_nullable_type,
    is_list_type,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from gateway import errors
from gateway.settings import HttpSettings, LimitSettings
from schema.shape import INTROSPECTION

_OVERLAP_BUDGET = 20_000  # comparisons; the library's 500,000 take a second
_FRAGMENT_BUDGET = 5_000  # spreads and uses of variables

_ABORTED = (
    "The document repeats fields, fragments or variables so often that to check it would take too long. "
    "Select each field once, and spread each fragment once."
)


class _Overlap(OverlappingFieldsCanBeMergedRule):
    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _OVERLAP_BUDGET
        context._remaining_fragment_work = _FRAGMENT_BUDGET  # noqa: SLF001 - the only other way is a global of the library


class _OneOf(ValidationRule):
    """Exactly one member, not null; Strawberry's own rule raises KeyError on an undefined variable."""

    def enter_object_value(self, node: ObjectValueNode, *_: Any) -> None:
        kind = get_named_type(self.context.get_input_type())
        definition = kind.extensions.get("strawberry-definition") if kind else None
        if kind is None or definition is None or not definition.is_one_of:
            return
        names = [field.name.value for field in node.fields]
        if len(names) != 1 or isinstance(node.fields[0].value, NullValueNode):
            given = f"{', '.join(names)} were given" if names else "none was given"
            message = f"{kind.name} takes exactly one of its members, not null; {given}."
            self.report_error(GraphQLError(message, node))


def _list_rule(limit: int) -> type[ASTValidationRule]:
    class BoundedList(ValidationRule):
        def enter_list_value(self, node: ListValueNode, *visited: Any) -> None:
            # A scalar that takes lists, such as coordinates, has limits of its own.
            kind = self.context.get_parent_input_type()
            if len(node.values) > limit and kind is not None and is_list_type(get_nullable_type(kind)):
                message = f"A list has {len(node.values)} items; the limit is {limit}."
                error = errors.ListLimit(message, path=_place([*visited[-1], visited[1]]), limit=limit)
                self.report_error(GraphQLError(error.message, node, original_error=error))

    return BoundedList


def _place(ancestors: Sequence[Any]) -> Sequence[str]:
    """The names of the argument and the members of inputs that lead to a value."""
    return [node.name.value for node in ancestors if isinstance(node, ArgumentNode | ObjectFieldNode)]


def _introspection_rule() -> type[ASTValidationRule]:
    class NoIntrospection(ValidationRule):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if node.name.value in INTROSPECTION:
                error = errors.IntrospectionOff(
                    "Introspection is switched off on this server. Ask its operator for the schema."
                )
                self.report_error(GraphQLError(error.message, node, original_error=error))

    return NoIntrospection


class Rules:
    """What one server validates, settled once."""

    def __init__(self, schema: GraphQLSchema, limits: LimitSettings, http: HttpSettings) -> None:
        self._schema = schema
        self._hide_suggestions = not http.suggestions
        self._most_errors = limits.errors
        rules: list[type[ASTValidationRule]] = [
            _Overlap if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
        ]
        rules += [MaybeNullValidationRule, _OneOf, _list_rule(limits.list_items)]
        if not http.introspection:
            rules.insert(0, _introspection_rule())
        self._rules = tuple(rules)

    def check(self, document: DocumentNode) -> Sequence[GraphQLError]:
        """The errors of a document, at most as many as the limit."""
        found = validate(
            self._schema,
            document,
            self._rules,
            max_errors=self._most_errors,
            hide_suggestions=self._hide_suggestions,
        )
        named = [error for error in found if not isinstance(error, ValidationAbortedError)]
        return named or [GraphQLError(_ABORTED) for _ in found]
