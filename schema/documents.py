"""Floor 5. Prepared documents; enters the text of a document, leaves it parsed, checked and priced, or cached.

The cache is bounded in number and in bytes, with the plans and statements of its operations, and keyed by text and
operation name; variables never grow it. Only documents that passed every check are kept.
"""

from dataclasses import dataclass
from functools import cached_property

from graphql import DocumentNode, FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, parse

from gateway import errors
from gateway.layers import Layers
from gateway.planner.kept import Latest, Room
from gateway.planner.prepared import Planned, PlannedOperation, planned_reads
from gateway.settings import HttpSettings, LimitSettings
from schema.costs import Price, Pricing
from schema.jobs import MUTATIONS
from schema.problems import Refusal
from schema.row_writes import RowWrite, row_write
from schema.rules import Rules
from schema.shape import argument_path, check_shape
from schema.takers import Takers
from schema.tokens import check_tokens
from schema.variables import Variables
from schema.withheld import private_columns

# Bytes that a parsed and checked document takes, and each of its tokens; measured.
DOCUMENT_SIZE = 30_000
TOKEN_SIZE = 600


@dataclass(frozen=True)
class Prepared:
    """One operation of a document that fits the schema and the limits, but for what its variables will say."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Variables
    price: Price
    planned: PlannedOperation[Planned] | None
    written: PlannedOperation[RowWrite] | None
    private: frozenset[tuple[str, str]]  # columns that are selected, as (layer, attribute)

    @cached_property
    def reads(self) -> bool:
        """Whether it is a query."""
        return self.operation.operation == OperationType.QUERY

    @cached_property
    def only_jobs(self) -> bool:
        """Whether a mutation is about bulk loads alone, which ask for the scope bulk themselves."""
        fields = self.operation.selection_set.selections
        return all(isinstance(field, FieldNode) and field.name.value in MUTATIONS for field in fields)

    @cached_property
    def alone(self) -> bool:
        """Whether it has one field, so that nothing follows one that fails."""
        fields = self.operation.selection_set.selections
        return len(fields) == 1 and isinstance(fields[0], FieldNode)


class Documents:
    """Prepares documents for one schema."""

    def __init__(
        self, schema: GraphQLSchema, layers: Layers, limits: LimitSettings, http: HttpSettings, *, plans: bool
    ) -> None:
        self._schema = schema
        self._layers = layers
        self._plans = plans
        self._limits = limits
        self._rules = Rules(schema, limits, http)
        self._takers = Takers(limits)
        self._room = Room(limits.prepared_bytes)
        self._kept = Latest[tuple[str, str | None], Prepared](limits.prepared, self._room)

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, text: str, name: str | None) -> Prepared:
        """The operation `name` of `text`; raises `Refusal` with every error that the client should see."""
        try:
            return self._kept.get((text, name), self._prepare)
        except (errors.GatewayError, GraphQLError) as error:
            raise Refusal([error]) from error

    def _prepare(self, key: tuple[str, str | None]) -> tuple[Prepared, int]:
        text, name = key
        tokens = check_tokens(text, self._limits)
        document = _parse(text)
        check_shape(document, self._limits)
        if problems := self._rules.check(document):
            raise Refusal([_invalid(problem, document) for problem in problems])
        operation = _choose(document, name)
        price = Pricing(self._schema, document, self._limits).price(operation)
        private = private_columns(self._schema, self._layers, document, operation)
        variables = Variables(self._schema, operation, self._takers)
        planned = written = None
        if self._plans and operation.operation == OperationType.QUERY:
            planned = PlannedOperation(self._schema, document, operation, planned_reads, self._room)
        elif self._plans and operation.operation == OperationType.MUTATION:
            written = PlannedOperation(self._schema, document, operation, row_write, self._room)
        prepared = Prepared(document, operation, variables, price, planned, written, private)
        return prepared, DOCUMENT_SIZE + TOKEN_SIZE * tokens + len(text)


def _parse(text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLError as error:
        failed = errors.ParseFailed(error.message)
        raise GraphQLError(
            error.message, source=error.source, positions=error.positions, original_error=failed
        ) from error


def _invalid(problem: GraphQLError, document: DocumentNode) -> GraphQLError:
    if isinstance(problem.original_error, errors.GatewayError):
        return problem
    path = argument_path(document, problem.nodes[0]) if problem.nodes else ()
    failed = errors.ValidationFailed(problem.message, path=path)
    return GraphQLError(problem.message, problem.nodes, original_error=failed)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    names = [found.name.value for found in operations if found.name]
    if name is None and len(operations) == 1:
        return operations[0]
    for operation in operations:
        if operation.name and operation.name.value == name:
            return operation
    if not operations:
        raise errors.OperationNotFound("The document has no operation, only fragments.")
    given = f"no operation named {name[:80]!r}" if name is not None else "several operations; name one as operationName"
    raise errors.OperationNotFound(f"The document has {given}. It has: {', '.join(names) or 'an anonymous one'}.")
