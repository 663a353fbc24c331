"""Spans of OpenTelemetry; enters what begins and ends, leaves traces for a collector.

Names and attributes are those of OpenTelemetry's semantic conventions for HTTP, databases and GraphQL
(https://opentelemetry.io/docs/specs/semconv/); `gateway.*` are our own. Nothing that a client sent is in them but the
path, and the name of an operation whose document is trusted. While nothing is exported, a span costs a look at a
variable.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from itertools import repeat
from typing import Final, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

NAME: Final = "spatial-gateway"
_LONGEST_TEXT: Final = 4096  # characters of a statement
_PARENTS: Final = TraceContextTextMapPropagator()


class _NoSpan:
    """Stands for a span that nobody exports. Each request enters and leaves some, so that runs no Python code."""

    __enter__ = repeat(INVALID_SPAN).__next__
    __exit__ = "".format  # takes anything, and what it gives is false


_NOTHING: Final = cast("AbstractContextManager[Span]", _NoSpan())
_tracer: Tracer | None = None  # while spans are exported


def available() -> bool:
    """Whether the packages that export spans are installed (`pip install 'spatial-gateway[tracing]'`)."""
    return find_spec("opentelemetry.sdk") is not None and find_spec("opentelemetry.exporter.otlp") is not None


@asynccontextmanager
async def exporting() -> AsyncIterator[None]:
    """Export the spans of this process in the block, as the variables OTEL_* of the environment say.

    What is left is sent at its end, for as long as OTEL_BSP_EXPORT_TIMEOUT at most.
    """
    global _tracer  # noqa: PLW0603 - a process exports to one collector
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource({"service.name": NAME}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer(NAME)
    try:
        yield
    finally:
        _tracer = None
        await asyncio.to_thread(provider.shutdown)


def on() -> bool:
    """Whether spans are exported."""
    return _tracer is not None


def request(name: str, headers: Mapping[str, str], **attributes: AttributeValue) -> AbstractContextManager[Span]:
    """The span of a request, a child of the one that `headers` name (W3C Trace Context); `attributes` are of HTTP."""
    if _tracer is None:
        return _NOTHING
    return _begun(_tracer, name, SpanKind.SERVER, attributes, _PARENTS.extract(headers, Context()))


def job(name: str, **attributes: AttributeValue) -> AbstractContextManager[Span]:
    """The span of work that no request waits for, a trace of its own; `attributes` stand as `gateway.job.*`."""
    if _tracer is None:
        return _NOTHING
    given = {f"gateway.job.{key}": value for key, value in attributes.items()}
    return _begun(_tracer, name, SpanKind.INTERNAL, given, Context())


def span(name: str) -> AbstractContextManager[Span]:
    """A part of a request or job; what belongs to none is not traced."""
    if _tracer is None or not trace.get_current_span().is_recording():
        return _NOTHING
    return _begun(_tracer, name, SpanKind.INTERNAL, {})


def statement() -> AbstractContextManager[Span]:
    """Something that the database is asked in a request or job; `sent` tells what."""
    if _tracer is None or not trace.get_current_span().is_recording():
        return _NOTHING
    return _begun(_tracer, "postgresql", SpanKind.CLIENT, {"db.system.name": "postgresql"})


@contextmanager
def _begun(
    tracer: Tracer, name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue], parent: Context | None = None
) -> Iterator[Span]:
    """A span that tells the class of what is raised in it, and not its message, which may have what a client sent."""
    with tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as begun:
        try:
            yield begun
        except Exception as error:
            failed(begun, type(error).__name__)
            raise


def sent(text: str) -> None:
    """Tell the span of the statement which one it is, of several the last; its values are not in `text`."""
    current = trace.get_current_span()
    if getattr(current, "kind", None) is SpanKind.CLIENT:  # another one is of what sends statements of its own
        operation, fingerprint = _known(text)
        current.update_name(operation)
        current.set_attribute("db.operation.name", operation)
        current.set_attribute("db.query.text", text[:_LONGEST_TEXT])
        current.set_attribute("gateway.statement", fingerprint)


def note(attributes: Mapping[str, AttributeValue]) -> None:
    """Tell the span that is open more."""
    trace.get_current_span().set_attributes(attributes)


def job_ended(state: str, code: str | None = None) -> None:
    """Tell the span of a job, which is open, how it ended; with the code of an error, that it failed."""
    note({"gateway.job.state": state})
    if code is not None:
        failed(trace.get_current_span(), code)


def failed(span: Span, reason: str) -> None:
    """Mark a span as one of something that went wrong here."""
    span.set_status(StatusCode.ERROR, reason)


def trace_id() -> str | None:
    """The id of the trace in 32 hexadecimal digits, while spans are exported."""
    if _tracer is None:
        return None
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


@lru_cache(maxsize=1024)
def _known(text: str) -> tuple[str, str]:
    words = text.lstrip("( \n").split(None, 1)
    return (words[0].upper() if words else "STATEMENT"), sha256(text.encode()).hexdigest()[:16]
