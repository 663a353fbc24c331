"""Counters of the process and the form of its logs; enters events, leaves Prometheus metrics and log lines."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram
from structlog.dev import plain_traceback
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.telemetry import tracing


class Tally:
    """A metric that each request changes: a number of this process, written down each second (views/metrics.py).

    Several workers share files of counters, and to write there takes microseconds.
    """

    __slots__ = ("_metric", "_written", "count")

    def __init__(self, metric: Counter) -> None:
        self._metric = metric
        self._written = self.count = 0

    def inc(self) -> None:
        """One more."""
        self.count += 1

    def write(self) -> None:
        """Let the metric follow."""
        more, self._written = self.count - self._written, self.count
        self._metric.inc(more)


pool_connects = Counter("gateway_pool_connects_total", "Database connections opened.")
pool_invalidations = Counter("gateway_pool_invalidations_total", "Database connections thrown away as broken.")
pool_checkouts = Tally(Counter("gateway_pool_checkouts_total", "Times a connection left the pool."))
pool_checkins = Tally(Counter("gateway_pool_checkins_total", "Times a connection came back to the pool."))
pool_in_use = Gauge("gateway_pool_in_use", "Connections in use now.", multiprocess_mode="livesum")
database_away = Gauge(
    "gateway_database_away",
    "Databases that are away, for each worker: 0 where all is well.",
    multiprocess_mode="livesum",
)
outage_waiting = Gauge(
    "gateway_outage_waiting", "Requests that wait for the database to come back.", multiprocess_mode="livesum"
)
outage_refused = Counter("gateway_outage_refused_total", "Requests that the outage was too long for, or the queue.")
sent_again = Counter("gateway_reads_again_total", "Statements sent again after their connection broke.")

replica_used = Gauge(
    "gateway_replica_used", "Workers that read from a replica.", ["replica"], multiprocess_mode="livesum"
)
replica_lag_seconds = Gauge(
    "gateway_replica_lag_seconds",
    "Seconds that a replica is behind, 1000000 where nobody knows.",
    ["replica"],
    multiprocess_mode="livemax",
)
replica_lag_bytes = Gauge(
    "gateway_replica_lag_bytes", "Bytes of the log that a replica is behind.", ["replica"], multiprocess_mode="livemax"
)
replica_reads = Counter("gateway_replica_reads_total", "Requests that were read from a replica.", ["replica"])
primary_reads = Counter(
    "gateway_primary_reads_total", "Requests that no replica could answer, where there are replicas.", ["reason"]
)
replica_again = Counter(
    "gateway_replica_again_total", "Reads that failed on a replica and were sent to the primary.", ["replica", "reason"]
)

answers = Counter("gateway_answers_total", "Answers about many rows, by how they were had.", ["outcome"])
relations_behind = Gauge(
    "gateway_relation_behind",
    "Whether a kept relation is behind its rows, so that it is computed.",
    ["jurisdiction", "relation"],
    multiprocess_mode="livemax",
)
slots_waiting = Gauge(
    "gateway_slots_waiting", "Requests that wait for a connection to the database now.", multiprocess_mode="livesum"
)
slots_waited = Histogram("gateway_slots_waited_seconds", "Seconds that requests waited, of those that had to.")
refused = Counter("gateway_refused_total", "Requests refused to keep others served.", ["lane", "kind", "reason"])
store_failures = Counter("gateway_budget_store_failures_total", "Times that the store of budgets did not answer.")

requests = Counter("gateway_requests_total", "HTTP requests answered.", ["method", "status"])
request_seconds = Histogram(
    "gateway_request_seconds", "Seconds from the first byte of a request to the last of its answer."
)
disconnects = Counter("gateway_disconnects_total", "Requests cancelled because their client left.")
wrong_credentials = Counter("gateway_wrong_credentials_total", "Credentials that did not hold.")
key_set_reads = Counter("gateway_key_set_reads_total", "Readings of the key set of tokens.", ["outcome"])
errors_sent = Counter("gateway_errors_total", "Errors in GraphQL answers.", ["code"])
connections = Gauge("gateway_connections", "Connections of clients now.", multiprocess_mode="livesum")
connections_ended = Counter(
    "gateway_connections_ended_total", "Connections refused, closed to make room, or cut off.", ["reason"]
)
tasks = Gauge(
    "gateway_tasks",
    "Tasks of the event loop now; grows without end where something leaks.",
    multiprocess_mode="livesum",
)
for gauge in (pool_in_use, connections, slots_waiting, tasks, database_away, outage_waiting):
    gauge.set(0)  # the number of this process may have been that of one that was killed, whose file is there still


def write_down(running: int) -> None:
    """Let the metrics follow what this process has counted; `running` tasks are in its event loop."""
    tasks.set(running)
    pool_in_use.set(pool_checkouts.count - pool_checkins.count)
    for tally in (pool_checkouts, pool_checkins):
        tally.write()


log = structlog.get_logger("gateway")

request: ContextVar[str | None] = ContextVar("request", default=None)  # the id of the request that is being answered

# Tracebacks without local variables: those hold what clients sent, and to print them takes a second.
_tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def request_id() -> str | None:
    """The id of the request that is being answered, if any."""
    return request.get()


def _stamped(_: WrappedLogger, level: str, event: EventDict) -> EventDict:
    """The event with its request, level and time: structlog's own two processors take three times as long."""
    if "at" in event:  # told after it happened
        moment = datetime.fromtimestamp(event.pop("at"), UTC)
    else:
        moment = datetime.now(UTC)
        if (identity := request.get()) is not None:
            event["request_id"] = identity
        if (trace := tracing.trace_id()) is not None:
            event["trace_id"] = trace
    event["level"] = level
    event["timestamp"] = moment.isoformat()[:-6] + "Z"
    return event


def _json(event: EventDict, default: Callable[[object], object]) -> bytes:
    try:
        return orjson.dumps(event, default=default)
    except orjson.JSONEncodeError:  # lone surrogates, or numbers of more than 64 bits
        return json.dumps(event, default=default).encode()


def _json_text(event: EventDict, default: Callable[[object], object]) -> str:
    return _json(event, default).decode()


def configure_logging(level: str, form: str) -> None:
    """Write structured lines to standard error: `console` for people, `json` for machines, `auto` by who reads."""
    machine = form == "json" or (form == "auto" and not sys.stderr.isatty())
    raw = getattr(sys.stderr, "buffer", None) if machine else None  # absent where something stands in for the stream
    last: Sequence[Processor] = (
        (_tracebacks, structlog.processors.JSONRenderer(_json if raw else _json_text))
        if machine
        else (structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback),)
    )
    structlog.configure(
        processors=[_stamped, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(raw) if raw else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    vars(log).pop("bind", None)  # cached with what was configured before
