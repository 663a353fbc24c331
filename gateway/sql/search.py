"""Rows that a text finds; enters terms, leaves conditions and one statement for all layers.

`gateway_search(column)` is what a value is found by, and an index holds it; `gateway_asked(text)` is what a text asks
for. Both are functions of the database, made by a migration (docs/adr/0032).
"""

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ColumnClause,
    ColumnElement,
    Float,
    Integer,
    Subquery,
    Text,
    cast,
    column,
    desc,
    false,
    func,
    inspect,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from gateway.layers import Layer, LayerField
from gateway.models.base import found_by
from gateway.models.jurisdiction import found_in
from gateway.query.filters import Searched, Spatial
from gateway.query.search import Search
from gateway.sql import spatial
from gateway.sql.binding import bound
from gateway.sql.ctes import materialized
from gateway.sql.moments import rows_of
from gateway.sql.types import Entity, SqlRows, SqlValue

# So many rows of a field are scored: of a text that finds more it hardly matters which.
SCORED: Final = 50
# Of so many matches those nearest to `near` are scored: to look for the nearest of more takes too long while one types.
_MEASURED: Final = 2_000
# Where a word is missing, of so many matches those most alike are scored.
_COMPARED: Final = 500
# A row so many metres away has lost half of what nearness takes from a score.
_HALF_M, _NEARNESS = 2_000.0, 0.25
# Where a word is missing, letters in common make up for so much of what a row's score lacks.
_LIKENESS: Final = 0.5
_SCORED_BY: Final = ("words", "nears", "length")
_ASKED: Final = ("exact", "begun", "near", "fewer", "words", "nears", "length")


def matches(wanted: Searched, entity: Entity) -> ColumnElement[bool]:
    """Whether a text finds a row; what it asks for is made once a statement."""
    asked = select(_asked(wanted.text).c.near).scalar_subquery()
    return or_(false(), *(_matches(entity, field, asked) for field in wanted.fields))


def score(wanted: Searched, entity: Entity) -> ColumnElement[float]:
    """How well a text finds a row, by the best of its fields."""
    asked = [select(_asked(wanted.text).c[name]).scalar_subquery() for name in _SCORED_BY]
    values = (cast(getattr(entity, field.attribute), Text) for field in wanted.fields)
    scores = (cast(func.gateway_score(value, *asked), Float) for value in values)
    return func.greatest(*scores, literal_column("0.0"), type_=Float)


def _asked(text: object) -> Any:
    return func.gateway_asked(bound(text, Text())).table_valued(*map(column, _ASKED), name="asked")


def _matches(entity: Entity, field: LayerField, query: SqlValue) -> ColumnElement[bool]:
    return _found_by(entity, field).bool_op("@@")(query)


def _found_by(entity: Entity, field: LayerField) -> SqlValue:
    """What a value is found by: of all jurisdictions a column of their view, as the index of each one has it."""
    value, rows = getattr(entity, field.attribute), inspect(entity).selectable
    if not field.spanning or isinstance(rows, Subquery):
        return found_by(value)
    made: ColumnClause[Any] = column(found_in(value.name))
    made.table = rows
    return made


def hits(search: Search) -> SqlRows:
    """`place` in the search's fields, `id`, `value`, its `score` and which of its words are `marked`; the best first.

    A text is looked for as it is, then with the last word begun, then with errors, then without one of its words: each
    only where those before found too few. Without a word many rows are alike, and what they have of its letters
    counts: so a word with two errors is found among them.
    """
    finding = _Finding(search)
    first, exact = bound(search.first, Integer()), finding.by("exact")
    begun = finding.by("begun", _count(exact) < first)
    near = finding.by("near", func.greatest(_count(exact), _count(begun)) < first)
    fewer = finding.by("fewer", _count(exact) + _count(begun) + _count(near) == 0)
    matching = union_all(*(select(each) for each in (exact, begun, near, fewer))).subquery("found")
    score = finding.score(matching.c).label("score")
    scored = select(*(matching.c[name] for name in ("place", "layer", "id", "value")), score)
    scored = scored.ext(distinct_on(matching.c.layer, matching.c.id)).order_by(
        matching.c.layer, matching.c.id, desc("score")
    )
    best = _best(scored.subquery("scored").c).limit(first).subquery("best").c
    marked = func.gateway_marked(best.value, finding.asked("words"), finding.asked("nears"), type_=ARRAY(Boolean))
    return _best(best).add_columns(marked.label("marked"))


def _best(row: Any) -> SqlRows:
    order = (row.score.desc(), func.length(row.value), row.layer, row.id)
    return select(row.place, row.layer, row.id, row.value, row.score).order_by(*order)


def _count(stage: CTE) -> SqlValue:
    return select(func.count()).select_from(stage).scalar_subquery()


class _Finding:
    """The parts of the statement of one search."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._asked = materialized(select(*_asked(search.text).c, _letters(search.text).label("letters")), "asked")
        self._flat = None if search.near is None else spatial.plane(search.near)

    def asked(self, name: str) -> SqlValue:
        """A part of what the text asks for."""
        return select(self._asked.c[name]).scalar_subquery()

    def by(self, way: str, condition: ColumnElement[bool] | None = None) -> CTE:
        """The rows of all fields that match one way, where the condition holds."""
        query = self._asked.c[way] if way != "fewer" else func.unnest(self._asked.c.fewer)
        ways = materialized(select(query.label("query")).where(true() if condition is None else condition), way)
        layers = list(dict.fromkeys(layer.name for layer, _ in self._search.fields))
        parts = []
        for number, (layer, field) in enumerate(self._search.fields):
            rows = self._rows(layer, field, way, ways).subquery().lateral()
            constants = {"place": number, "layer": layers.index(layer.name)}
            labels = [literal_column(str(value), Integer).label(name) for name, value in constants.items()]
            parts.append(select(*labels, rows).select_from(ways.join(rows, true())))
        return materialized(union_all(*parts), f"by_{way}")

    def score(self, row: Any) -> ColumnElement[float]:
        """How well a value is found, and a little of how near it is."""
        given = [self.asked(name) for name in _SCORED_BY]
        found = func.gateway_score(row.value, *given, type_=Float)
        score: ColumnElement[float] = 1.0 - (1.0 - found) * (1.0 - row.alike * _LIKENESS)
        if self._search.near is None:
            return score
        metres = spatial.distance(row.geom, self._search.near, self._flat)
        return score * (1.0 - _NEARNESS * metres / (metres + _HALF_M))

    def _rows(self, layer: Layer, field: LayerField, way: str, query: CTE) -> SqlRows:
        near, within, entity = self._search.near, self._search.within, rows_of(layer)
        matching: Any = _values(entity, field).where(_matches(entity, field, query.c.query)).correlate(query)
        fewer, nothing = way == "fewer", literal_column("0.0", Float).label("alike")
        if near is None and within is None and not fewer:
            limited: SqlRows = matching.add_columns(nothing).limit(SCORED)
            return limited
        # What matches comes first: the index of boxes would lead to many rows that are matched one by one.
        most = _COMPARED if fewer and near is None else _MEASURED
        matching = matching.limit(most) if within is None else matching.offset(literal_column("0"))
        rows: Any = matching.subquery().c
        placed = select(rows.id, rows.value, rows.geom, self._alike(rows.value) if fewer else nothing)
        if within is not None:
            wanted = Spatial(layer.fields["geometry"], "intersects", within)
            placed = placed.where(spatial.condition(wanted, rows.geom, rows))
        if fewer:
            placed = placed.order_by(desc("alike"))
        return placed.order_by(*([] if near is None else [spatial.apart(rows, near)])).limit(SCORED)

    def _alike(self, value: SqlValue) -> SqlValue:
        """The share of the text's pairs of letters that a value has, 0 to 1."""
        letters = self.asked("letters")
        pair = func.unnest(letters).column_valued("pair")
        known = select(func.count()).where(func.strpos(func.lower(value), pair) > 0).scalar_subquery()
        return (cast(known, Float) / func.greatest(func.cardinality(letters), 1, type_=Float)).label("alike")


def _letters(text: object) -> SqlValue:
    """The pairs of letters that stand beside each other in a text, each once."""
    folded = func.gateway_folded(bound(text, Text()), type_=Text)
    place = func.generate_series(1, func.length(folded) - 1).column_valued("place")
    every = select(func.substr(folded, place, 2)).distinct()
    return func.array(every.scalar_subquery(), type_=ARRAY(Text))


def _values(entity: Entity, field: LayerField) -> SqlRows:
    value = cast(getattr(entity, field.attribute), Text).label("value")
    return select(entity.id.label("id"), value, entity.geom.label("geom"))
