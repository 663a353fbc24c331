"""What one pass over an operation or fragment finds: errors, spreads, and where variables stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInputType,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from schema.validation.kinds import Kind

LONGEST_NAME = 100  # characters of a name for which similar names are looked for


class EnoughError(Exception):
    """There are as many errors as an answer may have."""


class Report:
    """Errors, up to a limit."""

    def __init__(self, most: int, *, hide_suggestions: bool) -> None:
        self._most = most
        self.hide_suggestions = hide_suggestions
        self.errors: list[GraphQLError] = []

    def __call__(self, message: str, nodes: Node | Sequence[Node], error: Exception | None = None) -> None:
        """Report an error, and raise EnoughError with the last one that an answer has."""
        self.add(GraphQLError(message, nodes, original_error=error))

    def add(self, error: GraphQLError, *_: object) -> None:
        """The same of one that the library made."""
        self.errors.append(error)
        if len(self.errors) >= self._most:
            raise EnoughError

    def suggests(self, name: str) -> bool:
        """Whether to look for names that are like one."""
        return not self.hide_suggestions and len(name) <= LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a variable stands."""

    node: VariableNode
    type: GraphQLInputType | None
    has_default: bool


@dataclass(slots=True)
class Checked:
    """One operation or fragment, and what its check came upon."""

    definition: OperationDefinitionNode | FragmentDefinitionNode
    spreads: list[FragmentSpreadNode] = field(default_factory=list)
    # The first use of each variable at each type.
    usages: dict[tuple[str, int, bool], Usage] = field(default_factory=dict)
    # Selections of which fields may have to be merged.
    merged: list[tuple[SelectionSetNode, Kind]] = field(default_factory=list)
    introspects: bool = False
