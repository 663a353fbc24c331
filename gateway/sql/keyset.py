"""Order and pages by keyset; enters terms and positions, leaves ORDER BY and the condition of a page.

A position is the value of each term, then the id. Rows after it are those greater in the first term, or equal there and
greater in the next, and so on; a missing value stands where the term puts it, first or last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Text, and_, false, func, literal_column, or_, select, true, tuple_

from gateway.models.kinds import Kind
from gateway.query.order import DistanceTerm, ScoreTerm, Term
from gateway.query.page import Long, Page, Position
from gateway.sql import search, spatial
from gateway.sql.binding import bound
from gateway.sql.moments import again
from gateway.sql.types import Entity, SqlValue


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression of an order; `output` is what a cursor keeps of it.

    One that is `measured` is computed for each row, and costs more than the rest of the row. One of `either_end` is
    read from an index in which missing values stand where PostgreSQL puts them, though the order puts them elsewhere.
    """

    expression: SqlValue
    output: SqlValue
    descending: bool
    nulls_first: bool
    nullable: bool
    kind: Kind
    measured: bool = False
    either_end: bool = False
    rows: Any = None  # the entity whose column `expression` is, where it is one

    @property
    def plain(self) -> "SortKey":
        """The same key of rows that all have a value, or all have none, in the order of a plain index."""
        return replace(self, nulls_first=self.descending) if self.either_end else self

    def flipped(self) -> "SortKey":
        """The same key the other way around."""
        return replace(self, descending=not self.descending, nulls_first=not self.nulls_first)

    def bound(self, value: Any) -> SqlValue:
        """A value of a position as a parameter."""
        if isinstance(value, Long):
            return self._long(value)
        return bound(value, spatial.BoundGeometry() if self.kind is Kind.GEOMETRY else self.expression.type)

    def _long(self, value: Long) -> SqlValue:
        """The value that the row of a cursor has.

        If it has another one by now, or is gone, there is no such place: a length of -1 then ends the statement with a
        SQLSTATE of its own, which gateway/db/faults.py reads.
        """
        rows = again(self.rows)
        column = getattr(rows, str(self.expression.key))
        digest = func.encode(func.sha256(func.convert_to(column, literal_column("'UTF8'"))), literal_column("'hex'"))
        # Of a missing array no place would be computed.
        values = func.coalesce(func.array_agg(column), literal_column("'{}'"), type_=ARRAY(column.type))
        place = literal_column("1 + length(substring('' from 1 for count(*)::int - 1))", Integer)
        same = (rows.id == bound(value.id, rows.id.type), digest == bound(value.digest, Text()))
        return select(values[place]).select_from(rows).where(*same).scalar_subquery()


def keys(order: Sequence[Term], entity: Entity, measured: ColumnElement[float] | None = None) -> tuple[SortKey, ...]:
    """The expressions of an order, the id last; the id follows the direction of the other terms.

    `measured` is the distance that the order is by, where a statement has computed it already.
    """
    keys = [_key(term, entity, measured) for term in order]
    last = bool(keys) and all(key.descending for key in keys)
    return (*keys, of_id(entity.id.expression, descending=last))


def of_id(column: SqlValue, *, descending: bool = False) -> SortKey:
    """The order of ids, which ends every order."""
    return SortKey(column, column, descending, False, nullable=False, kind=Kind.BIGINT)


def _key(term: Term, entity: Entity, measured: ColumnElement[float] | None) -> SortKey:
    if isinstance(term, DistanceTerm):
        metres = spatial.distance(entity.geom, term.target) if measured is None else measured
        return SortKey(metres, metres, False, False, nullable=False, kind=Kind.FLOAT, measured=True)
    if isinstance(term, ScoreTerm):
        score = search.score(term.searched, entity)
        return SortKey(score, score, term.descending, False, nullable=False, kind=Kind.FLOAT, measured=True)
    field = term.field
    column = getattr(entity, field.attribute)
    output = spatial.hexadecimal(column) if field.kind is Kind.GEOMETRY else column
    return SortKey(
        column,
        output,
        term.descending,
        term.nulls_first,
        field.nullable,
        field.kind,
        either_end=term.either_end,
        rows=entity,
    )


def ordered(keys: Sequence[SortKey], page: Page) -> tuple[SortKey, ...]:
    """The keys in the direction in which a page is read; the last rows are read backward."""
    return tuple(key.flipped() for key in keys) if page.backward else tuple(keys)


def order_by(keys: Sequence[SortKey]) -> list[SqlValue]:
    """ORDER BY of keys; nulls are named only where they are not where PostgreSQL puts them, so that indexes fit."""
    return [_ordered(key) for key in keys]


def _ordered(key: SortKey) -> SqlValue:
    expression = key.expression.desc() if key.descending else key.expression.asc()
    if not key.nullable or key.nulls_first is key.descending:
        return expression
    return expression.nulls_first() if key.nulls_first else expression.nulls_last()


def bounds(keys: Sequence[SortKey], page: Page) -> ColumnElement[bool]:
    """The condition that keeps rows after `page.after` and before `page.before`, in the order of `keys`."""
    conditions = [
        beyond(direction, position)
        for direction, position in (
            (tuple(keys), page.after),
            (tuple(key.flipped() for key in keys), page.before),
        )
        if position is not None
    ]
    return and_(true(), *conditions)


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a page, whose rows all have a value of the first term or all have none, and the order to read it in."""

    condition: ColumnElement[bool]
    keys: Sequence[SortKey]


def runs(keys: Sequence[SortKey], page: Page) -> Sequence[Run]:
    """A page in parts that each begin at a place of an index, as they are read; none if it is in one piece anyway.

    Missing values that come last are in no range of the others, and are not last in every index.
    """
    start, end = (page.before, page.after) if page.backward else (page.after, page.before)
    read = ordered(keys, page)
    head = read[0]
    begins = start is not None and start[0] is not None and _missing_follow(head)
    if not (head.either_end or begins):
        return ()
    made = [_run(read, start, end, missing=missing) for missing in (head.nulls_first, not head.nulls_first)]
    return [run for run in made if run]


def _run(read: Sequence[SortKey], start: Position | None, end: Position | None, *, missing: bool) -> Run | None:
    after = _part(read, start, missing=missing)
    before = _part([key.flipped() for key in read], end, missing=missing)
    if after is None or before is None:
        return None
    head, *tail = read
    empty = head.expression.is_(None) if missing else head.expression.is_not(None)
    return Run(and_(empty, after, before), (head.plain, *tail))


def _part(keys: Sequence[SortKey], position: Position | None, *, missing: bool) -> ColumnElement[bool] | None:
    """What keeps those after `position` of the rows that all have the first value, or all lack it; None without any."""
    head, *tail = keys
    if position is None:
        return true()
    if (position[0] is None) is not missing:
        return true() if head.nulls_first is not missing else None
    return beyond(tail, position[1:]) if missing else beyond((replace(head, nullable=False), *tail), position)


def beyond(keys: Sequence[SortKey], position: Position) -> ColumnElement[bool]:
    """Rows that come after `position`."""
    head, *tail = keys
    if head.measured and len({(key.descending, key.nullable) for key in keys}) == 1:
        # Compared whole, so that it is measured once.
        place, values = _rows(keys, position)
        return place < values if head.descending else place > values
    value = None if position[0] is None else head.bound(position[0])
    after = _after(head, value)
    if not tail:
        return after
    tied = and_(_equal(head, value), beyond(tail, position[1:]))
    bounded = or_(after, tied)
    # The first term alone, once more and with equality, is what an index can begin at.
    return bounded if value is None or _missing_follow(head) else and_(_from(head, value), bounded)


def _rows(keys: Sequence[SortKey], position: Position) -> tuple[SqlValue, SqlValue]:
    bounds = [key.bound(value) for key, value in zip(keys, position, strict=True)]
    return tuple_(*(key.expression for key in keys)), tuple_(*bounds)


def _missing_follow(key: SortKey) -> bool:
    return key.nullable and not key.nulls_first


def _after(key: SortKey, value: object) -> ColumnElement[bool]:
    if value is None:
        return key.expression.is_not(None) if key.nulls_first else false()
    compared = key.expression < value if key.descending else key.expression > value
    return or_(compared, key.expression.is_(None)) if _missing_follow(key) else compared


def _equal(key: SortKey, value: object) -> ColumnElement[bool]:
    return key.expression.is_(None) if value is None else key.expression == value


def _from(key: SortKey, value: object) -> ColumnElement[bool]:
    return key.expression <= value if key.descending else key.expression >= value
