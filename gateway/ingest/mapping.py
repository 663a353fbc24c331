"""Which field of a source fills which column of a layer; enters names, leaves a checked plan or BadMapping."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import BadMapping, LayerNotLoadable, PrivateField
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind

_ID = "id"  # of a row in exports that are tables
_ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class FilledColumn:
    """One column to fill, and the field of the source that fills it."""

    column: str
    field: str
    kind: Kind
    nullable: bool
    name: str  # as clients see it


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """Columns with a source, in the model's order, and the fields left for `attributes`.

    In an export of the layer, `kept` are fields that the database keeps or computes, and `base` is the one whose
    members are those of `attributes`.
    """

    targets: tuple[FilledColumn, ...]
    rest: tuple[str, ...]
    key: str
    kept: tuple[str, ...] = ()
    base: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report says of the fields."""
        if not self.kept:
            return ()
        return (f"{', '.join(self.kept)} of an export of this layer are kept by the database and were left out",)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(target.column for target in self.targets)


def check_loadable(layer: Layer) -> None:
    """Raises LayerNotLoadable for a layer that files are not loaded into."""
    if not (layer.managed and layer.extra):
        why = "has no attributes, which keep what a file has besides its columns" if layer.managed else "is read only"
        raise LayerNotLoadable(f"{layer.name} {why}. Change its rows where its table is kept.")


def writable(layer: Layer) -> Mapping[str, LayerField]:
    """The fields of `layer` that a source may fill, by column: all but those that every feature has."""
    return {
        field.attribute: field
        for field in layer.fields.values()
        if field.own and not field.computed and field.kind is not Kind.GEOMETRY
    }


def plan(
    layer: Layer,
    wanted: Mapping[str, str],
    fields: Sequence[str],
    fid: str | None = None,
    withheld: Collection[str] = (),
) -> MappingPlan:
    """Check `wanted` against both sides and complete it with fields of equal name (snake or camel, any case).

    Raises PrivateField where a field would fill a column that is withheld from the user who loads.
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
    _check_required(layer, columns, chosen, _listed(fields, fid))
    if private := [name for name in withheld if chosen.get(name) is not None]:
        raise PrivateField(
            f"The source fills {', '.join(private)}, which is private. Send credentials that may see it, or leave it "
            f"out with --exclude {chosen[private[0]]}."
        )
    targets = tuple(
        FilledColumn(column, filler, field.kind, field.nullable, field.name)
        for column, field in columns.items()
        if (filler := chosen[column]) is not None
    )
    return _with_rest(layer, targets, fields)


def _with_rest(layer: Layer, targets: tuple[FilledColumn, ...], fields: Sequence[str]) -> MappingPlan:
    """The plan of those columns and of the fields that fill none."""
    used = {target.field for target in targets}
    free = [name for name in fields if name not in used]
    kept, base = _of_export(layer, fields)
    return MappingPlan(
        targets,
        tuple(name for name in free if name not in {*kept, base}),
        layer.natural_key,
        tuple(name for name in kept if name in free),
        base if base in free else None,
    )


def _of_export(layer: Layer, fields: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """The fields that an export of the layer has beside its columns; none where `fields` are not of an export.

    It is known by the key under its name in GraphQL, as no source has it by chance that also has one of those.
    """
    own = {field.attribute: field for field in layer.fields.values()}
    if own[layer.natural_key].name not in fields:
        return (), None
    kept = {field.name for field in own.values() if field.computed or not field.own}
    kept -= {_ATTRIBUTES}
    left_out = [name for name in fields if name in kept]
    if left_out or all(name in {*layer.fields, _ID} for name in fields):
        left_out += [name for name in fields if name == _ID]
    return left_out, _ATTRIBUTES if _ATTRIBUTES in fields else None


def _field(name: str, fields: Sequence[str], fid: str | None) -> str:
    if name in fields or name == fid:
        return name
    if name == "fid" and fid is not None:
        return fid
    alike = [field for field in fields if field.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    raise BadMapping(f"The source has no field {name}. It has: {_listed(fields, fid)}.")


def _listed(fields: Sequence[str], fid: str | None) -> str:
    listed = ", ".join(fields) or "none"
    if fid is None:
        return listed
    return f"{listed}; {'fid' if 'fid' not in fields else fid} is the feature's own number"


def _same(column: str, field: LayerField, fields: Sequence[str]) -> str | None:
    """The field of a source that is named as the column, or as those who make such files name it."""
    if column in fields or field.name in fields:
        return column if column in fields else field.name
    by_name = {name.lower(): name for name in reversed(fields)}
    names = (column, field.name.lower(), *field.sources)
    return next((by_name[name] for name in names if name in by_name), None)


def _check_required(
    layer: Layer, columns: Mapping[str, LayerField], chosen: Mapping[str, str | None], listed: str
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
            f"The source has: {listed}."
        )
