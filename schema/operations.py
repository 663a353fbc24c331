"""Runs operations; enters the operation a client wrote and the request's context, leaves its result.

graphql-core's executor runs on the schema that Strawberry built, from a prepared document: Strawberry's own `execute`
would parse and validate every time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from inspect import isawaitable
from typing import Any, Protocol, TypeVar, cast

import strawberry
from graphql import ExecutionResult, Executor, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from gateway import errors
from gateway.admission.budgets import refused
from gateway.db import faults
from gateway.execution.context import Context
from gateway.execution.operation import Operation, OperationResult
from gateway.execution.trusted import Trusted
from gateway.execution.values import Plain
from gateway.execution.writing import Once
from gateway.identity.principal import Scope
from gateway.layers import Layers
from gateway.planner.describe import plan_text
from gateway.planner.prepared import Bound, Planned, PlannedOperation
from gateway.query.connection import QueryParser
from gateway.query.statistics import Estimates
from gateway.query.together import spanning
from gateway.query.work import units
from gateway.settings import Settings
from gateway.telemetry import tracing
from schema.documents import Documents, Prepared
from schema.mutations import Isolation
from schema.persisted import Persisted
from schema.prices import check_cost, cost_beside
from schema.problems import Refusal, cause, entry, spread, status
from schema.resolving import Resolvers
from schema.withheld import reasons
from schema.writes import Terms, isolation_of, write

B_co = TypeVar("B_co", covariant=True)


class Operations:
    """Prepares, binds and runs operations on one schema."""

    def __init__(
        self,
        schema: strawberry.Schema,
        settings: Settings,
        layers: Layers,
        estimates: Estimates | None = None,
        *,
        trusted: Trusted | None = None,
    ) -> None:
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._limits = settings.limits
        self._analysis_cost = settings.analytics.cost
        self._read_seconds = settings.database.read_timeout_ms / 1000
        self._write_timeout_ms = settings.database.write_timeout_ms
        self._hide_suggestions = not settings.http.suggestions
        self.trusted = trusted or Trusted()
        self._persisted = Persisted(settings.documents, self.trusted, settings.limits.registered_bytes)
        plans = settings.planner == "on"
        limits, http = settings.limits, settings.http
        self.estimates = estimates or Estimates()
        self.documents = Documents(self._schema, layers, limits, http, plans=plans, estimates=self.estimates)

    async def run(self, operation: Operation, context: Context) -> OperationResult:
        """Run `operation`; a refusal is a result, not an exception."""
        try:
            context.large = operation.large
            if self._persisted.only_trusted or operation.document_id is not None:
                operation = replace(operation, document=self._persisted.find(operation, context.principal))
            with tracing.span("prepare"):
                prepared, variables, cost = self._admit(operation, context)
        except (Refusal, errors.GatewayError) as error:
            refused(context.claim, operation.size)
            return self._refused(error.problems if isinstance(error, Refusal) else [error])
        context.claim.price(cost, self._read_seconds)
        if tracing.on():
            self._trace(operation, prepared, cost)
        extensions: dict[str, Plain] = {"cost": {"estimated": cost, "cap": self._limits.cost}}
        if not operation.read_only:  # what caches keep is the same each time
            extensions["cost"]["actual"] = 0
        if beside := cost_beside(prepared.priced.price, variables.coerced):
            extensions["cost"]["analysis"] = {"estimated": beside, "cap": self._analysis_cost}
        if operation.explain:
            extensions["explain"] = {"by": "resolvers", "plan": None}
        if prepared.private and (withheld := reasons(prepared.private, context)):
            extensions["withheld"] = withheld
        if not prepared.is_query:
            return await self._write(operation, prepared, variables, context, extensions)
        result = await self._read(prepared, operation.variables, variables, context, extensions)
        if result.errors and any(faults.behind(cause(problem)) for problem in spread(result.errors)):
            self.estimates.compute()
            context.compute()
            result = await self._read(prepared, operation.variables, variables, context, extensions)
        return self._result(result, context, extensions)

    def _trace(self, operation: Operation, prepared: Prepared, cost: int) -> None:
        """Tell the span of the request; names are given for documents that are trusted: others may be anything."""
        kind = prepared.operation.operation.value
        named = prepared.operation.name if operation.document in self.trusted.texts else None
        told: dict[str, str | int] = {"graphql.operation.type": kind, "gateway.cost": cost}
        if named is not None:
            told["graphql.operation.name"] = named.value
        tracing.note(told)

    def _admit(self, operation: Operation, context: Context) -> tuple[Prepared, VariableValues, int]:
        """The operation with its variables and its cost; raises why it is refused."""
        prepared = self.documents.prepare(operation.document, operation.name)
        if operation.document_id is not None:
            self._persisted.register(operation)
        if operation.read_only and not prepared.is_query:
            raise Refusal([errors.MethodNotAllowed("GET only reads. Send this operation with POST.")])
        if not prepared.is_query and spanning(context.layers):
            message = "All jurisdictions together are only read. Write in that of the row: /j/{code}/graphql."
            raise Refusal([errors.SpanningReadsOnly(message)])
        _allow(prepared, context)
        variables = prepared.variables.coerce(
            operation.variables, self._limits, hide_suggestions=self._hide_suggestions
        )
        return prepared, variables, check_cost(prepared.priced.price, variables.coerced, self._limits)

    async def _write(
        self,
        operation: Operation,
        prepared: Prepared,
        variables: VariableValues,
        context: Context,
        extensions: dict[str, Plain],
    ) -> OperationResult:
        context.compute()  # a change may leave pairs behind, and a statement that finds that ends the transaction
        named = "isolation" in operation.document  # to look for it costs more than to do without it
        isolation = isolation_of(prepared.document, variables.coerced) if named else Isolation.READ_COMMITTED
        once, single = _once(operation, context), False
        run = partial(self._execute, prepared, operation.variables, context)
        if (bound := _bound(prepared.written, variables, context)) is not None:
            single = bound.single and once is None and isolation is Isolation.READ_COMMITTED
            single = single and not self.estimates.now.distributed
            resolvers = Resolvers(partial(self._executor, prepared, operation.variables, context))
            run = partial(bound.run, context, resolvers, single=single)
            if operation.explain:
                extensions["explain"] = {"by": "planner", "plan": bound.plan}
        terms = Terms(isolation, self._write_timeout_ms, once, prepared.alone, single)
        try:
            return await write(run, partial(self._result, context=context, extensions=extensions), context, terms)
        except Refusal as refusal:
            return self._refused(refusal.problems)

    async def _read(
        self,
        prepared: Prepared,
        raw: Mapping[str, object],
        variables: VariableValues,
        context: Context,
        extensions: dict[str, Plain],
    ) -> ExecutionResult:
        """The answer by the operation's plan, or by resolvers where it has none."""
        try:
            with tracing.span("plan"):
                if context.large:
                    bound = await _bound_aside(prepared.planned, variables, context)
                else:
                    bound = _bound(prepared.planned, variables, context)
        except Exception as error:  # noqa: BLE001 - the client gets an answer in any case
            return ExecutionResult(None, [_unplanned(error)])
        if bound is None:
            return await self._execute(prepared, raw, context)
        if "explain" in extensions:
            extensions["explain"] = {"by": "planner", "plan": plan_text(bound.plan)}
        resolvers = Resolvers(partial(self._executor, prepared, raw, context))
        return await context.read(bound, resolvers)

    async def _execute(self, prepared: Prepared, variables: Mapping[str, object], context: Context) -> ExecutionResult:
        result = self._executor(prepared, variables, context).execute_operation()
        executed = await result if isawaitable(result) else result
        assert isinstance(executed, ExecutionResult)  # nothing is delivered in parts
        return executed

    def _executor(self, prepared: Prepared, variables: Mapping[str, object], context: Context) -> Executor[object]:
        name = prepared.operation.name
        executor = Executor.build(
            self._schema,
            prepared.document,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=name.value if name else None,
            is_awaitable=cast("Any", optimized_is_awaitable),
            hide_suggestions=self._hide_suggestions,
        )
        assert isinstance(executor, Executor)  # the variables were coerced before
        return executor

    def _refused(self, problems: Sequence[BaseException]) -> OperationResult:
        shown = [entry(problem, stage=errors.ValidationFailed) for problem in problems[: self._limits.errors]]
        return OperationResult(status=status(problems[0]), ran=False, errors=shown)

    def _result(self, result: ExecutionResult, context: Context, extensions: dict[str, Plain]) -> OperationResult:
        _spent(context, extensions["cost"])
        if not result.errors:
            return OperationResult(status=200, ran=True, data=result.data, extensions=extensions)
        problems = spread(result.errors)
        shown = [entry(problem) for problem in problems[: self._limits.errors]]
        unanswered = not result.data or all(value is None for value in result.data.values())
        causes = [cause(problem) for problem in problems]
        if unanswered and causes and all(isinstance(each, errors.ServiceError) for each in causes):
            # Nothing was answered and nothing is wrong with the request: say so where balancers and clients look.
            return OperationResult(status=status(problems[0]), ran=False, errors=shown, extensions=extensions)
        return OperationResult(status=200, ran=True, data=result.data, errors=shown, extensions=extensions)


def _spent(context: Context, cost: dict[str, Any]) -> None:
    """Note what the operation cost: the time of its statements, in the units of the estimate."""
    if "actual" in cost:
        cost["actual"] = units(context.busy * 1e6)
        if context.analysed:
            cost["analysis"]["actual"] = units(sum(context.analysed) * 1e6)


def _allow(prepared: Prepared, context: Context) -> None:
    if prepared.is_query:
        context.principal.require(Scope.READ, "To read")
    elif not prepared.only_jobs:
        context.principal.require(Scope.WRITE, "To write")


def _once(operation: Operation, context: Context) -> Once | None:
    if operation.key is None:
        return None
    return context.once(operation.key, (operation.document, operation.name, operation.variables))


class _Binds(Protocol[B_co]):
    """A plan that takes the values of a request."""

    def bind(self, variables: VariableValues, parser: QueryParser) -> B_co: ...


def _bound(
    operation: PlannedOperation[_Binds[B_co]] | None, variables: VariableValues, context: Context
) -> B_co | None:
    """The operation bound to its plan; None where it has none, or where resolvers must say what is wrong with it."""
    planned = None if operation is None else operation.plan(variables.coerced, context.layers)
    if planned is None:
        return None
    try:
        return planned.bind(variables, context.parser)
    except (errors.GatewayError, GraphQLError):
        return None


async def _bound_aside(
    operation: PlannedOperation[Planned] | None, variables: VariableValues, context: Context
) -> Bound | None:
    """The same of a large read, whose terms are read in a thread."""
    planned = None if operation is None else operation.plan(variables.coerced, context.layers)
    if planned is None:
        return None
    try:
        return planned.bound(*await context.aside(partial(planned.terms, variables, context.parser)))
    except (errors.GatewayError, GraphQLError):
        return None


def _unplanned(error: Exception) -> GraphQLError:
    return GraphQLError(str(error), original_error=error)
