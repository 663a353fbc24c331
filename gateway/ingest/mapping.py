"""Floor 3. Which field of a source fills which column of a layer; enters names, leaves a checked plan or BadMapping."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import BadMapping, PrivateField
from gateway.layers import Kind, Layer, LayerField
from gateway.models import Feature


@dataclass(frozen=True, slots=True)
class Target:
    """One column to fill, and the field of the source that fills it."""

    column: str
    field: str
    kind: Kind
    nullable: bool
    name: str  # as clients see it


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """Columns with a source, in the model's order, and the fields left for `attributes`."""

    targets: tuple[Target, ...]
    rest: tuple[str, ...]
    key: str

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(target.column for target in self.targets)


def writable(layer: Layer) -> Mapping[str, LayerField]:
    """The fields of `layer` that a source may fill, by column: all but those that every feature has."""
    return {
        field.attribute: field
        for field in layer.fields.values()
        if not field.computed and not hasattr(Feature, field.attribute) and field.kind is not Kind.GEOMETRY
    }


def plan(
    layer: Layer,
    wanted: Mapping[str, str],
    fields: Sequence[str],
    fid: str | None = None,
    withheld: Collection[str] = (),
) -> MappingPlan:
    """Check `wanted` against both sides and complete it with fields of equal name (snake or camel, any case).

    Raises PrivateField where a field would fill a column that is withheld from whoever loads.
    """
    columns = writable(layer)
    chosen: dict[str, str | None] = {}
    for name, source in wanted.items():
        column = next((key for key, field in columns.items() if name in {key, field.name}), None)
        if column is None:
            raise BadMapping(f"{layer.name} has no field {name} to map to. It has: {', '.join(columns)}.")
        chosen[column] = _field(source, fields, fid) if source else None
    for column, field in columns.items():
        if column not in chosen:
            chosen[column] = _same(column, field, fields)
    _check_required(layer, columns, chosen, fields)
    if private := [name for name in withheld if chosen.get(name) is not None]:
        raise PrivateField(
            f"The source fills {', '.join(private)}, which is private. Send credentials that may see it, or leave it "
            f"out with --map {private[0]}= : what the source has of it then stands in attributes."
        )
    targets = tuple(
        Target(column, filler, field.kind, field.nullable, field.name)
        for column, field in columns.items()
        if (filler := chosen[column]) is not None
    )
    used = {target.field for target in targets}
    return MappingPlan(targets, tuple(name for name in fields if name not in used), layer.natural_key)


def _field(name: str, fields: Sequence[str], fid: str | None) -> str:
    if name in fields or name == fid:
        return name
    alike = [field for field in fields if field.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    raise BadMapping(f"The source has no field {name}. It has: {', '.join(fields) or 'none'}.")


def _same(column: str, field: LayerField, fields: Sequence[str]) -> str | None:
    names = {column.lower(), field.name.lower()}
    exact = [name for name in fields if name in {column, field.name}]
    return next(iter(exact or [name for name in fields if name.lower() in names]), None)


def _check_required(
    layer: Layer, columns: Mapping[str, LayerField], chosen: Mapping[str, str | None], fields: Sequence[str]
) -> None:
    table = layer.model.__table__
    missing = [
        column
        for column, field in columns.items()
        if chosen[column] is None and not field.nullable and table.c[column].server_default is None
    ]
    if missing:
        flags = " ".join(f"--map {column}=FIELD" for column in missing)
        raise BadMapping(
            f"{layer.name} needs {', '.join(missing)}, which no field of the source fills. Add {flags}. "
            f"The source has: {', '.join(fields) or 'no fields'}."
        )
