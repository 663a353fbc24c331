"""Prepared documents; enters the text of a document, leaves it parsed, checked and priced, or cached.

The cache is bounded in number and in bytes, with the plans and statements of its operations, and keyed by text and
operation name; variables never grow it. Only documents that passed every check are kept, from the second time on: most
of those that come once come only once, and would push out the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
)

from gateway import errors
from gateway.layers import Layers
from gateway.planner.lru import LruCache, MemoryBudget
from gateway.planner.prepared import Planned, PlannedOperation, planned_reads
from gateway.query.statistics import Estimates, Statistics
from gateway.settings import HttpSettings, LimitSettings
from schema.analysis_jobs import MUTATIONS as OF_ANALYSES
from schema.coercers import Coercers
from schema.costs import Pricing
from schema.jobs import MUTATIONS as OF_LOADS
from schema.language import Parsed, parse
from schema.nesting import argument_path, check_nesting
from schema.prices import Price
from schema.problems import Refusal
from schema.refusals import Refusals, choose, digest
from schema.row_writes import RowWrite, row_write
from schema.validation import Validator
from schema.variables import Variables
from schema.withheld import private_columns

# Bytes that a parsed and checked document takes, and each of its tokens; measured.
DOCUMENT_SIZE = 30_000
TOKEN_SIZE = 600
_JOBS = {*OF_LOADS, *OF_ANALYSES}
_SEEN = 10_000  # digests of documents that came once


class Priced:
    """The price of an operation, made again for newer statistics."""

    def __init__(self, estimates: Estimates, make: Callable[[Statistics], Price]) -> None:
        self._estimates = estimates
        self._make = make
        self._statistics = estimates.now
        self._price = make(self._statistics)

    @property
    def price(self) -> Price:
        """The price by the statistics as they are."""
        if self._estimates.now is not self._statistics:
            self._statistics = self._estimates.now
            self._price = self._make(self._statistics)
        return self._price


@dataclass(frozen=True)
class Prepared:
    """One operation of a document that fits the schema and the limits, but for what its variables will say."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Variables
    priced: "Priced"
    planned: PlannedOperation[Planned] | None
    written: PlannedOperation[RowWrite] | None
    private: frozenset[tuple[str, str]]  # columns that are selected, as (layer, attribute)

    @cached_property
    def is_query(self) -> bool:
        """Whether it is a query."""
        return self.operation.operation == OperationType.QUERY

    @cached_property
    def only_jobs(self) -> bool:
        """Whether a mutation is about jobs alone, which ask for the scopes bulk and analyze themselves."""
        fields = self.operation.selection_set.selections
        return all(isinstance(field, FieldNode) and field.name.value in _JOBS for field in fields)

    @cached_property
    def alone(self) -> bool:
        """Whether it has one field, so that nothing follows one that fails."""
        fields = self.operation.selection_set.selections
        return len(fields) == 1 and isinstance(fields[0], FieldNode)


class Documents:
    """Prepares documents for one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        layers: Layers,
        limits: LimitSettings,
        http: HttpSettings,
        *,
        plans: bool,
        estimates: Estimates | None = None,
    ) -> None:
        """Without `estimates` tables are priced as those of a city."""
        self._schema = schema
        self._layers = layers
        self._plans = plans
        self._limits = limits
        self._estimates = estimates or Estimates()
        self._validator = Validator(schema, limits, http)
        self._coercers = Coercers(limits)
        self._memory = MemoryBudget(limits.prepared_bytes)
        self._refused = Refusals(limits.refused_bytes)
        self._kept = LruCache[tuple[str, str | None], Prepared](limits.prepared, self._memory)
        self._seen: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, text: str, name: str | None) -> Prepared:
        """The operation `name` of `text`; raises `Refusal` with every error that the client should see."""
        return self._kept.get((text, name), self._prepare)

    def _prepare(self, key: tuple[str, str | None]) -> tuple[Prepared, int | None]:
        """Prepare a document that is not known, or refuse it as it was refused before."""
        text, name = key
        known = digest(text)
        try:
            self._refused.check(known, name)
            parsed = self._check(text)
        except errors.OperationNotFound as error:
            raise Refusal([error]) from error
        except (errors.GatewayError, GraphQLError) as error:
            self._refused.keep(known, [error])
            raise Refusal([error]) from error
        except Refusal as refusal:
            self._refused.keep(known, refusal.problems)
            raise
        document = parsed.document
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        names = [each.name.value if each.name else None for each in operations]
        try:
            operation = operations[choose(names, name)]
        except errors.OperationNotFound as error:
            self._refused.keep_names(known, names)
            raise Refusal([error]) from error
        if not self._came_before(known):
            return self._plan(document, operation, MemoryBudget(0)), None
        size = DOCUMENT_SIZE + TOKEN_SIZE * parsed.tokens + len(text)
        return self._plan(document, operation, self._memory), size

    def _came_before(self, known: bytes) -> bool:
        if known in self._seen:
            return True
        if len(self._seen) >= _SEEN:
            self._seen.clear()
        self._seen.add(known)
        return False

    def _check(self, text: str) -> Parsed:
        """The document, within the limits and valid."""
        parsed = _parse(text, self._limits)
        check_nesting(parsed, self._limits)
        if problems := self._validator.check(parsed.document):
            raise Refusal([_invalid(problem, parsed.document) for problem in problems])
        return parsed

    def _plan(self, document: DocumentNode, operation: OperationDefinitionNode, memory: MemoryBudget) -> Prepared:
        priced = Priced(self._estimates, partial(self._price, document, operation))
        private = private_columns(self._schema, self._layers, document, operation)
        variables = Variables(self._schema, operation, self._coercers)
        planned = written = None
        if self._plans and operation.operation == OperationType.QUERY:
            planned = PlannedOperation(self._schema, document, operation, planned_reads, memory)
        elif self._plans and operation.operation == OperationType.MUTATION:
            written = PlannedOperation(self._schema, document, operation, row_write, memory)
        return Prepared(document, operation, variables, priced, planned, written, private)

    def _price(self, document: DocumentNode, operation: OperationDefinitionNode, statistics: Statistics) -> Price:
        return Pricing(self._schema, document, self._limits, self._layers, statistics).price(operation)


def _parse(text: str, limits: LimitSettings) -> Parsed:
    try:
        return parse(text, limits)
    except GraphQLSyntaxError as error:
        failed = errors.ParseFailed(error.message)
        raise GraphQLError(
            error.message, source=error.source, positions=error.positions, original_error=failed
        ) from error


def _invalid(problem: GraphQLError, document: DocumentNode) -> GraphQLError:
    path = argument_path(document, problem.nodes[0]) if problem.nodes else ()
    if isinstance(problem.original_error, errors.GatewayError):
        problem.original_error.at(*(name for name in path if isinstance(name, str)))
        return problem
    failed = errors.ValidationFailed(problem.message, path=path)
    return GraphQLError(problem.message, problem.nodes, original_error=failed)
