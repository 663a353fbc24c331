"""Runs searches; enters terms, leaves hits with the words that were found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gateway.db.reader import Reader, Row
from gateway.layers import Layer, LayerField, Layers
from gateway.models.slots import known
from gateway.query.search import Search
from gateway.query.slots import Slots
from gateway.sql.search import hits
from gateway.sql.statement import Statement, compiled


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found: by which field, how well, and the field's value in parts that were asked for or not."""

    layer: Layer
    field: LayerField
    id: int
    score: float
    parts: Sequence[tuple[str, bool]]


async def search(session: Reader, layers: Layers, wanted: Search) -> Sequence[Hit]:
    """The rows that a text finds, the best first."""
    if not wanted.fields:
        return ()
    slots = Slots(layers)
    shape = replace(
        wanted,
        text=slots.take(known(wanted.text)),
        first=slots.take(known(wanted.first)),
        near=None if wanted.near is None else slots.target(wanted.near),
        within=None if wanted.within is None else slots.target(wanted.within),
    )
    statement = _statement(shape)
    rows = await session.fetch(statement.text, statement.bind(slots.values))
    return [_hit(wanted, row) for row in rows]


def _hit(wanted: Search, row: Row) -> Hit:
    place, _, number, value, score, marked = row
    layer, field = wanted.fields[place]
    return Hit(layer, field, number, score, _parts(value, marked))


@lru_cache(maxsize=64)
def _statement(shape: Search) -> Statement:
    return compiled(hits(shape))


def _parts(value: str, marked: Sequence[bool]) -> Sequence[tuple[str, bool]]:
    """The value in as few parts as there are changes between words that were asked for and words that were not."""
    parts: list[tuple[str, bool]] = []
    for word, hit in zip(value.split(" "), marked, strict=True):
        if parts and parts[-1][1] == hit:
            parts[-1] = (f"{parts[-1][0]} {word}", hit)
        else:
            parts[-1:] = [(f"{parts[-1][0]} ", parts[-1][1])] if parts else []
            parts.append((word, hit))
    return parts
