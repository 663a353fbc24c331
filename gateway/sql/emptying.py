"""Statements that empty a database; enters layers, leaves TRUNCATE and histories that begin again."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, TextClause, func, select, text

from gateway.layers import Layer
from gateway.models import AnalysisJob, AnalysisResult, IdempotencyKey, IngestChunk, IngestRun, Job, SampleLoad
from gateway.sql.partitions import Month, Partition

_ACCOUNTS = (AnalysisJob, AnalysisResult, IdempotencyKey, IngestChunk, IngestRun, Job, SampleLoad)


def rows(layer: Layer) -> Select[int]:
    """How many rows a layer has."""
    return select(func.count(layer.model.id))


def truncate(layers: Iterable[Layer]) -> TextClause:
    """Delete all rows of the layers, and all accounts of loads. Sequences go on: no id is given twice."""
    tables = [*(layer.name for layer in layers), *(account.__tablename__ for account in _ACCOUNTS)]
    return text(f"TRUNCATE {', '.join(map(_quoted, tables))}")


def begin_history(layer: Layer, there: Sequence[Partition], now: datetime) -> Iterator[TextClause]:
    """Delete all that a history keeps, and have it begin `now`: before, there is nothing to read as of a moment."""
    history = layer.history.name
    yield text(f"TRUNCATE {_quoted(history)}")
    for partition in there:
        if partition.low < now:
            yield text(f"DROP TABLE {_quoted(partition.name)}")
    month = Month.of(now)
    bounds = f"FOR VALUES FROM ('{now.isoformat()}') TO ('{month.high.isoformat()}')"
    name = f"{history}_{month.year:04}_{month.number:02}"
    yield text(f"CREATE TABLE {_quoted(name)} PARTITION OF {_quoted(history)} {bounds}".replace(":", r"\:"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
