"""A batch of a source as rows of a layer; enters Arrow columns, leaves text for COPY and the rest's fate.

No database here: what a feature becomes is known but for its key, which may be in the table already.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from gateway.geo import measure
from gateway.ingest import attributes, columns, geometry, payload, repairs
from gateway.ingest.geometry import Fault, GeometryTarget, Shaped
from gateway.ingest.mapping import FilledColumn, MappingPlan
from gateway.ingest.options import IngestOptions
from gateway.ingest.repair import Repairer
from gateway.ingest.report import Action, AreaChange, FeatureOutcome, Reason
from gateway.models.base import KEY_BYTES
from gateway.models.kinds import Kind
from gateway.sources.batches import Remark, SourceBatch
from gateway.sources.members import BAD_TEXT


@dataclass(frozen=True)
class PreparedBatch:
    """Rows ready to be written, and the outcome of those that are not.

    `lines` are rows in COPY's text: the plan's columns, attributes and geom. Of each, `keys` has its key, `indexes` its
    index in the source, and `ranks` 1 for the first row of a key in the chunk, 2 for the next. `marked` are rows that
    are not written as they were.
    """

    first: int
    read: int
    lines: pa.Array
    keys: Sequence[str]
    indexes: NDArray[np.int64]
    ranks: NDArray[np.int64]
    left_out: tuple[FeatureOutcome, ...]
    marked: tuple[FeatureOutcome, ...]
    notes: Counter[str]

    @property
    def copy(self) -> pa.Buffer:
        """The lines as one text."""
        return payload.text(self.lines)

    @property
    def staged(self) -> pa.Buffer:
        """The same with index and rank before the columns."""
        return payload.text(payload.labelled((self.indexes, self.ranks), self.lines))


@dataclass
class Values:
    """The columns of a batch, and what is wrong with single values."""

    columns: dict[str, pa.Array] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    moved: dict[int, dict[str, object]] = field(default_factory=lambda: defaultdict(dict))
    remarks: dict[int, list[tuple[Reason, str]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Preparer:
    """Turns batches into rows for one layer."""

    plan: MappingPlan
    target: GeometryTarget
    to_wgs84: Transformer | None
    options: IngestOptions
    repairer: Repairer

    def batch(self, batch: SourceBatch, seen: Counter[str]) -> PreparedBatch:
        """Prepare one batch; `seen` counts the keys of the chunk so far."""
        shaped = geometry.shape(batch.wkb, self.target, self.to_wgs84)
        for row, why in batch.unread.items():
            shaped.give_up(row, Fault(Action.REJECTED, Reason.BAD_GEOMETRY, why))
        repaired = repairs.settle(shaped, self.target, self.options, self.repairer)
        cleaned = columns.clean(batch.fields, batch.json)
        values = self._values(cleaned, batch.remarks, self.plan.targets)
        faults = values.faults | shaped.faults
        kept = np.setdiff1d(np.arange(batch.rows), np.fromiter(faults, dtype=np.int64, count=len(faults)))
        keys = values.columns[self.plan.key].to_pylist()
        objects = attributes.objects(cleaned, self.plan.rest, values.moved, self.plan.base)
        rows, own = pa.array(kept), [keys[row] for row in kept]
        lines = payload.lines(
            [
                *(values.columns[column].take(rows) for column in self.plan.columns),
                pa.array(objects, pa.large_string()).take(rows),
                payload.geometry(shaped.shapes[kept]),
            ]
        )
        return PreparedBatch(
            batch.first,
            batch.rows,
            lines,
            own,
            kept + batch.first,
            _ranks(own, seen),
            tuple(
                _outcome(batch.first + row, keys[row], fault, shaped.shapes[row])
                for row, fault in sorted(faults.items())
            ),
            tuple(self._marks(batch.first, keys, shaped, repaired, values)),
            shaped.notes,
        )

    def key_of_each(self, batch: SourceBatch) -> Sequence[str | None]:
        """The key of each feature of a batch, also of those that can't be rows; None where there is none."""
        target = next(target for target in self.plan.targets if target.column == self.plan.key)
        json = batch.json & {target.field}
        cleaned = columns.clean({target.field: batch.fields[target.field]}, json)
        keys: Sequence[str | None] = columns.convert(
            cleaned.fields[target.field], target.kind, json=bool(json)
        ).text.to_pylist()
        return keys

    def keys(self, batch: SourceBatch) -> tuple[bytes, int]:
        """The keys of a batch as text for COPY, a line each, and how many features have none that can be one."""
        targets = [target for target in self.plan.targets if target.column == self.plan.key]
        fields = {target.field: batch.fields[target.field] for target in targets}
        values = self._values(columns.clean(fields, batch.json & fields.keys()), batch.remarks, targets)
        without = len(values.faults)
        kept = np.setdiff1d(np.arange(batch.rows), np.fromiter(values.faults, dtype=np.int64, count=without))
        return payload.text(payload.lines([values.columns[self.plan.key].take(pa.array(kept))])).to_pybytes(), without

    def _values(
        self, cleaned: columns.Cleaned, remarks: Mapping[int, Sequence[Remark]], targets: Sequence[FilledColumn]
    ) -> Values:
        values = Values()
        for target in targets:
            source, json = cleaned.fields[target.field], target.field in cleaned.json
            column = columns.convert(source, target.kind, json=json)
            values.columns[target.column] = column.text
            for row in map(int, column.misfits):
                _misfit(values, row, target, source[row].as_py(), json=json)
            if not target.nullable and target.kind is Kind.TEXT and target.column != self.plan.key:
                _blank(values, target, column.text)
            elif not target.nullable:
                _require(values, target, column.text, blank=target.column == self.plan.key)
            if target.column == self.plan.key and target.kind is Kind.TEXT:
                _fit(values, target, column.text)
        key = next(target.field for target in self.plan.targets if target.column == self.plan.key)
        cleaned_text = {
            row: (Remark(names, f"{', '.join(names)} {BAD_TEXT}."),) for row, names in cleaned.changed.items()
        }
        for row, each in [*cleaned_text.items(), *remarks.items()]:
            for remark in each:
                if key in remark.fields:  # two keys that differ must not become one
                    why = f"The key can't be kept as it is: {remark.why}"
                    values.faults.setdefault(row, Fault(Action.REJECTED, Reason.BAD_VALUE, why))
                values.remarks[row].append((Reason.BAD_TEXT, remark.why))
        return values

    def _marks(
        self,
        first: int,
        keys: Sequence[str | None],
        shaped: Shaped,
        repaired: Mapping[int, repairs.Repair],
        values: Values,
    ) -> list[FeatureOutcome]:
        marks = []
        for row in sorted({*repaired, *values.remarks}):
            if row in shaped.faults or row in values.faults:
                continue
            repair = repaired.get(row)
            remarks = values.remarks.get(row, [])
            reasons = [(repair.fault.code, repair.fault.why)] if repair else []
            code, _ = (reasons + remarks)[0]
            why = " ".join(text for _, text in reasons + remarks)
            action = Action.REPAIRED if repair else Action.INSERTED
            where = repair.fault.where if repair else _inside(shaped.shapes[row])
            area, method = (repair.area, repair.method) if repair else (None, None)
            marks.append(FeatureOutcome(first + row, keys[row], action, code, why, where, area, method))
        return marks


def _misfit(values: Values, row: int, target: FilledColumn, value: object, *, json: bool) -> None:
    shown = (str(value) if json else repr(value))[:80]
    if target.nullable:
        values.moved[row][target.field] = attributes.raw(str(value)) if json else attributes.jsonable(value)
        why = f"{target.name} can't hold {shown}; it went to attributes.{target.field}."
        values.remarks[row].append((Reason.VALUE_MOVED, why))
    else:
        why = f"{target.name} can't hold {shown} of {target.field}, and it is required."
        values.faults[row] = Fault(Action.REJECTED, Reason.BAD_VALUE, why)


def _blank(values: Values, target: FilledColumn, text: pa.Array) -> None:
    """Store what a required text lacks as an empty one: a district without a zone is a district all the same."""
    for row in map(int, np.flatnonzero(pc.is_null(text))):
        if row not in values.faults:
            values.moved[row][target.field] = None
            why = f"{target.name} is required, and {target.field} is null: it is empty, attributes.{target.field} null."
            values.remarks[row].append((Reason.VALUE_MOVED, why))
    values.columns[target.column] = pc.fill_null(text, "")


def _require(values: Values, target: FilledColumn, text: pa.Array, *, blank: bool) -> None:
    missing = pc.is_null(text)
    if blank:
        missing = pc.or_(missing, pc.equal(pc.utf8_trim_whitespace(pc.fill_null(text, "")), ""))
    for row in map(int, np.flatnonzero(missing)):
        why = f"{target.name} is required, and {target.field} is empty."
        values.faults.setdefault(row, Fault(Action.REJECTED, Reason.MISSING_VALUE, why))


def _fit(values: Values, target: FilledColumn, keys: pa.Array) -> None:
    sizes = pc.binary_length(keys)
    for row in map(int, np.flatnonzero(pc.fill_null(pc.greater(sizes, KEY_BYTES), False))):
        why = f"{target.name} has {sizes[row].as_py()} bytes; at most {KEY_BYTES} fit into the index of the key."
        values.faults.setdefault(row, Fault(Action.REJECTED, Reason.BAD_VALUE, why))


def _ranks(keys: Sequence[str], seen: Counter[str]) -> NDArray[np.int64]:
    """The rank of each row among those of its key, from 1 on; `seen` counts the keys before, and then these."""
    ranks = np.ones(len(keys), dtype=np.int64)
    if len(fresh := set(keys)) == len(keys) and seen.keys().isdisjoint(fresh):
        seen.update(keys)
        return ranks
    for place, key in enumerate(keys):
        seen[key] += 1
        ranks[place] = seen[key]
    return ranks


def _outcome(index: int, key: str | None, fault: Fault, shape: BaseGeometry | None) -> FeatureOutcome:
    where = fault.where or (None if shape is None else _inside(shape))
    lost = fault.lost_sqm if shape is None else measure.area_sqm(shapely.to_wkb(shape))
    return FeatureOutcome(
        index, key, fault.action, fault.code, fault.why, where, AreaChange(lost, 0.0) if lost else None
    )


def _inside(shape: BaseGeometry) -> tuple[float, float] | None:
    return geometry.position(shapely.point_on_surface(shape))
