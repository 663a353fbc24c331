"""What a filter makes the database do; enters its mapping and statistics, leaves microseconds.

Rows that an index leaves, times what each lookup takes for a row of theirs: that is the worst that the filter can do.
The same work is part of an operation's cost (schema/costs.py) and is all of the cost of a filter in a URL. A value that
no lookup takes is priced as the least one: it is refused when it is read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation, RelationKind
from gateway.models.kinds import Kind
from gateway.models.overview import overview_of
from gateway.query import weights
from gateway.query.filters import Quantifier
from gateway.query.parse import COUNT
from gateway.query.selectivity import LIKE, argument, share
from gateway.query.statistics import Statistics, Table
from gateway.query.targets import SPOT, Size, target
from gateway.query.work import Work, expected, nearby

_QUANTIFIERS: Final = frozenset(Quantifier)
_HOLDS: Final = frozenset({"contains", "covers", "equals", "bbContains"})  # the row's box holds that of the argument
_PLAIN_BOX: Final = weights.SPATIAL.keys() - {"dwithin", "relate", "isValid"}  # given a geometry and no more
_EQUAL: Final = frozenset({"exact", "inList"})
_SORTED: Final = _EQUAL | {"gt", "gte", "lt", "lte", "range"}


@lru_cache(maxsize=256)
def _weight(kind: Kind, lookup: str) -> float:
    return weights.SCALARS[kind] if lookup else 0.0


class FilterCosts:
    """Prices filters by one state of the tables; `past` prices them as reads of what there was."""

    def __init__(self, layers: Layers, statistics: Statistics, *, past: bool = False) -> None:
        self.layers = layers
        self._statistics = statistics
        self._past = past

    def table(self, layer: Layer) -> Table:
        """What is known of a layer's table."""
        return self._statistics.table(layer.name)

    def size(self, geometry: object, lookup: str = "") -> Size:
        """How large a geometry is that a client gave."""
        return target(geometry, lookup, self.layers, self._statistics)

    def rows(self, layer: Layer) -> float:
        """How many rows there are to look at."""
        table = self.table(layer)
        return table.rows + table.revisions if self._past else table.rows

    def work(self, layer: Layer, filters: object) -> Work:
        """The work of a `filters` argument."""
        items = [item for name, given in _members(filters) for item in self._member(layer, name, given)]
        if len(items) == 1:
            return items[0]
        return self._all_of(layer, items)

    def _member(self, layer: Layer, name: str, given: object) -> Iterable[Work]:
        if name == "and":
            return [self.work(layer, each) for each in _listed(given)]
        if name == "or":
            return [self._one_of(layer, [self.work(layer, each) for each in _listed(given)])]
        if name == "not":
            return [self._not(layer, self.work(layer, given))]
        if name == "search" and layer.searchable:
            return [self._searched(layer, text) for member, text in _members(given) if member == "match"]
        field = layer.fields.get(name)
        if field is not None:
            return [self._lookup(layer, field, lookup, operand) for lookup, operand in _members(given)]
        relation = next((each for each in layer.relations if each.field == name), None)
        if relation is None:
            return ()
        return [
            self._counted(layer, relation, inner)
            if quantifier == COUNT.name
            else self._related(layer, relation, quantifier, inner)
            for quantifier, inner in _members(given)
            if quantifier in _QUANTIFIERS or quantifier == COUNT.name
        ]

    def _all_of(self, layer: Layer, items: Sequence[Work]) -> Work:
        """All hold: the best index leads to the rows, and all else is looked at in each of them."""
        rows = self.rows(layer)
        if not items:
            return Work(rows, rows, sure=True)
        serving = [item for item in items if item.serves]
        each = sum(item.each for item in items)
        leads = min(serving, key=lambda item: item.rows, default=None)
        return Work(
            leads.rows if leads else rows,
            expected(items, leads, rows),
            each,
            each - leads.each + leads.driven if leads else each,
            sum(item.once for item in items),
            nearby(items),
            tuple(join for item in items for join in item.joins),
            serves=leads is not None,
            sure=all(item.sure for item in items),
            worst=max(item.worst for item in items),
        )

    def _one_of(self, layer: Layer, items: Sequence[Work]) -> Work:
        """One holds: indexes lead to the rows where each item has one."""
        serves = bool(items) and all(item.serves for item in items)
        rows = self.rows(layer)
        sure = sum(item.kept for item in items if item.sure)
        each = sum(item.each for item in items)
        return Work(
            min(rows, sum(item.rows for item in items)) if serves else rows,
            min(rows, sure or sum(item.kept for item in items)),
            each,
            each,
            sum(item.once + sum(once for _, once in item.joins) for item in items),
            nearby(items),
            serves=serves,
            sure=sure > 0.0,
            worst=max((item.worst for item in items), default=(0.0, "", "")),
        )

    def _not(self, layer: Layer, item: Work) -> Work:
        rows, once = self.rows(layer), item.once + sum(once for _, once in item.joins)
        sure = (item.sure or item.serves) and 0 < rows - item.kept < rows
        kept = rows - item.kept if sure else rows
        return Work(rows, kept, item.each, item.each, once, item.near, sure=sure, worst=item.worst)

    def _related(self, layer: Layer, relation: Relation, quantifier: str, given: object) -> Work:
        """Rows of which some, every or none of the related rows match: each level multiplies the one below."""
        other = self.layers[relation.target]
        inner, rows = self.work(other, given), self.rows(layer)
        near, back = self.near(layer, other), self.near(other, layer)
        pair, finding = self.pair(layer, relation), self.finding(relation)
        looked = finding + inner.each + sum(one for one, _ in inner.near)
        if relation.kind is RelationKind.BORDER and not self.kept(relation):
            looked += weights.TOUCH
        joins = tuple((near * join, once) for join, once in inner.joins)
        if quantifier == Quantifier.SOME:
            each = weights.PROBE + near * (looked + pair)
            turned = inner.time() + inner.kept * (weights.PROBE + back * (finding + pair))
            whole = (each + sum(join for join, _ in joins), turned)
            return Work(rows, min(rows, inner.kept * back), joins=(whole,), worst=(each, relation.field, quantifier))
        part = inner.kept / max(self.rows(other), 1.0) if inner.sure or inner.serves else 1.0
        matching = near * (part if quantifier == Quantifier.NONE or part == 1.0 else 1.0 - part)
        # The filter is looked at first, and the first row that is related and is found ends it.
        each = weights.PROBE + near * looked + min(matching, weights.TRIED + weights.APART * matching) * pair
        once, worst = inner.once, (each, relation.field, quantifier)
        if quantifier == Quantifier.EVERY:  # what must not fail is no join, but asked of all rows once
            once, joins = once + sum(all_rows for _, all_rows in joins), ()
        return Work(rows, rows, each, each, once, joins=joins, worst=worst)

    def _counted(self, layer: Layer, relation: Relation, given: object) -> Work:
        """Rows with so many related ones: they are counted for each row, once for each lookup."""
        touched = relation.kind is RelationKind.BORDER and not self.kept(relation)
        looked = self.finding(relation) + (weights.TOUCH if touched else 0.0)
        near, rows = self.near(layer, self.layers[relation.target]), self.rows(layer)
        counts = sum(2 if lookup == "range" else 1 for lookup, _ in _members(given))
        each = counts * (weights.PROBE + near * (looked + self.pair(layer, relation)))
        return Work(rows, rows, each, each, worst=(each, relation.field, COUNT.name))

    def near(self, layer: Layer, other: Layer) -> float:
        """How many rows of `other` have boxes that meet that of a row."""
        table, target_table = self.table(layer), self.table(other)
        rows = target_table.around(table.width, table.height)
        return rows * (1 + target_table.revisions / max(target_table.rows, 1.0)) if self._past else rows

    def kept(self, relation: Relation) -> bool:
        """Whether a relation is read from pairs."""
        return relation.pairs in self._statistics.kept and not self._past

    def counted(self, layer: Layer) -> bool:
        """Whether it is kept how many rows lie where."""
        return overview_of(layer.model.__tablename__, layer) in self._statistics.kept and not self._past

    def finding(self, relation: Relation) -> float:
        """Microseconds to find a row that may be related to another."""
        return weights.KEPT if self.kept(relation) else weights.NEAR

    def pair(self, layer: Layer, relation: Relation) -> float:
        """Microseconds to test whether two rows whose boxes meet are related; of pairs that are kept it is known."""
        if self.kept(relation):
            return 0.0
        vertices = self.table(layer).vertices + self.table(self.layers[relation.target]).vertices
        weight = weights.OVERLAP if relation.kind is RelationKind.OVERLAP else weights.BORDER
        return weight.base + weight.vertex * vertices

    def computed(self, layer: Layer, field: LayerField) -> float:
        """Microseconds to make the value of a field of one row."""
        weight = weights.COMPUTED.get(field.name)
        return 0.0 if weight is None else weight.base + weight.vertex * self.table(layer).vertices

    def _lookup(self, layer: Layer, field: LayerField, lookup: str, operand: object) -> Work:
        if field.kind is Kind.GEOMETRY:
            return self._spatial(layer, field, lookup, operand)
        table, rows = self.table(layer), self.rows(layer)
        column = table.column(field.attribute)
        each = _weight(field.kind, lookup) + self.computed(layer, field) + argument(field, lookup, operand)
        if field.kind in {Kind.TEXT, Kind.JSON}:
            each += weights.STORED * column.size
        worst = (each, field.name, lookup)
        if field.computed or field.kind is Kind.JSON:
            served = lookup in _SORTED and f"btree {field.attribute}" in table.indexes
            return Work(rows, rows, each, 0.1 if served else each, serves=served, worst=worst)
        key = field.attribute in {"id", layer.natural_key} and lookup in _EQUAL
        part = self._of_keys(layer, lookup, operand) if key else share(column, lookup, operand)
        kept = rows * part if part > 0 else rows
        if key or (lookup in _SORTED and f"btree {field.attribute}" in table.indexes):
            return Work(kept, kept, each, 0.1, serves=True, sure=True, worst=worst)
        serves = lookup in LIKE and f"trigram {field.attribute}" in table.indexes
        once = weights.PLANNED * len(operand) if lookup in LIKE and isinstance(operand, str) else 0.0
        return Work(rows, kept, each, each, once, serves=serves, sure=part > 0, worst=worst)

    def _searched(self, layer: Layer, text: object) -> Work:
        """Rows that a text finds, by an index of each field or by making each value ready."""
        rows, length = self.rows(layer), len(text) if isinstance(text, str) else 0
        each = weights.FOLDED_VALUE * len(layer.searched)
        once = weights.LETTER * length * len(layer.searched)
        serves = "search" in self.table(layer).indexes and not self._past
        kept = rows * (weights.WIDE[length] if length < len(weights.WIDE) else weights.NARROW)
        met = kept if serves else rows
        return Work(met, kept, each, weights.MATCHED, once, serves=serves, sure=True, worst=(each, "search", "match"))

    def search(self, text: object, layers: Iterable[Layer]) -> float:
        """Microseconds to find and score rows of layers by a text."""
        each = ((layer, self._searched(layer, text)) for layer in layers)
        return sum(work.time() + min(work.kept, weights.MOST_SCORED) * weights.SCORED for _, work in each)

    def _of_keys(self, layer: Layer, lookup: str, operand: object) -> float:
        """The share of the rows that have one of these keys: one row each, whether or not statistics say so."""
        values = len(_listed(operand)) if lookup == "inList" else 1
        return min(1.0, values / max(self.table(layer).rows, 1.0))

    def _spatial(self, layer: Layer, field: LayerField, lookup: str, operand: object) -> Work:
        table, rows = self.table(layer), self.rows(layer)
        weight = weights.SPATIAL.get(lookup, weights.PLAIN)
        size = SPOT if lookup == "isValid" else self.size(operand, lookup)
        vertices = size.vertices
        exact = weight.base + weight.row * table.vertices + vertices * (weight.argument + weight.square * vertices)
        each = weights.BOXES.base + self.computed(layer, field)
        once, worst = weight.once * vertices, (exact, field.name, lookup)
        if not _boxed(lookup, operand):
            return Work(rows, rows, each + exact, each + exact, once, worst=worst)
        box = size.box
        if box is not None and lookup in _HOLDS:
            box = (box[0], box[1], box[0], box[1])
        near = table.within(box) if box is not None else table.around(size.width, size.height)
        near = near * rows / table.rows if self._past and table.rows else near
        metres = lookup == "dwithin" or size.circle
        index = "gist geography" if metres else "gist geom"
        exactly = () if weight is weights.BOXES else ((exact, (rows if metres else near) * exact),)
        if field.name != "geometry" or index not in table.indexes or lookup == "disjoint":
            kept = rows - near if lookup == "disjoint" else near
            sure = field.name == "geometry" and kept > 0
            return Work(rows, kept if sure else rows, each, each, once, exactly, sure=sure, worst=worst)
        kept = near if lookup == "bbOverlaps" else near * weights.MET
        sure = lookup in {"bbOverlaps", "intersects", "within", "coveredBy", "dwithin"}
        return Work(near, kept if sure else near, each, each, once, exactly, serves=True, sure=sure, worst=worst)

    def boxed(self, layer: Layer, lookup: str) -> Callable[[object], Work] | None:
        """The work of a spatial lookup that is given a box, as a function of the box; None where no index serves it.

        It is `work` of most filters of maps, with all but the box estimated before.
        """
        estimated = self._spatial(layer, layer.fields["geometry"], lookup, {"bbox": (0.0, 0.0, 0.0, 0.0)})
        if not estimated.serves or self._past or lookup in _HOLDS or lookup not in _PLAIN_BOX:
            return None
        within = self.table(layer).within
        looked, kept, each, driven, once, near, joins, serves, sure, worst = estimated
        part = kept / looked if looked else 1.0
        exact = near[0][0] if near else 0.0

        def work(box: Any) -> Work:
            try:
                rows = within(box)
            except (TypeError, ValueError, LookupError):
                return estimated  # it will be refused
            exactly = ((exact, rows * exact),) if exact else ()
            return Work(rows, rows * part, each, driven, once, exactly, joins, serves, sure, worst)

        return work


def _boxed(lookup: str, operand: object) -> bool:
    """Whether an index of boxes leaves few rows for the lookup."""
    if lookup == "relate":
        pattern = str(operand.get("pattern", "")) if isinstance(operand, Mapping) else ""
        return any(pattern[place : place + 1] in set("T012") for place in (0, 1, 3, 4))
    return lookup != "isValid"


def _members(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, Mapping) else ()


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)
