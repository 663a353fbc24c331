"""Which fields of a source are taken, and who may read them; enters options, leaves a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.errors import BadMapping, PrivateField
from gateway.ingest import mapping
from gateway.ingest.mapping import MappingPlan
from gateway.ingest.options import IngestOptions, OnDuplicate
from gateway.layers import Layer
from gateway.models import PrivateMember
from gateway.models.kinds import Kind
from gateway.models.members import exactly, matching, private_among
from gateway.sources.batches import Description

_NAMES = PrivateMember.__table__


@dataclass(frozen=True, slots=True)
class Chosen:
    """The plan, and fields whose names are to be private in `attributes` from now on."""

    plan: MappingPlan
    hide: tuple[str, ...]


def choose(layer: Layer, description: Description, options: IngestOptions) -> Chosen:
    """What `options` take of a source.

    Raises BadMapping for a field that there is not, or that is asked for in two ways, and PrivateField where an update
    would show the values of members that the loader may not see.
    """
    fields = description.fields
    excluded, only, private = (
        _known(flag, names, fields)
        for flag, names in (("exclude", options.exclude), ("only", options.only), ("private", options.private))
    )
    left = [name for name in fields if name not in excluded]
    plan = mapping.plan(layer, options.mapping, left, description.fid, options.withheld)
    if options.only:
        plan = replace(plan, rest=tuple(name for name in plan.rest if name in only))
    if filling := [target for target in plan.targets if target.field in private]:
        name, field = filling[0].column, filling[0].field
        raise BadMapping(
            f"{field} fills the column {name}, which GATEWAY_AUTH_PRIVATE makes private. Leave --private {field} out."
        )
    if gone := private & excluded:
        raise BadMapping(f"{min(gone)} is excluded and private. Give one of --exclude and --private.")
    _check_seen(plan, options)
    return Chosen(plan, tuple(dict.fromkeys([*sorted(private), *_beside_private_columns(layer, plan)])))


def _known(flag: str, names: Sequence[str], fields: Sequence[str]) -> set[str]:
    """The fields of the source under their own names, though another case was written."""
    by_name = {field.lower(): field for field in fields} | {field: field for field in fields}
    for name in names:
        if name not in by_name and name.lower() not in by_name:
            listed = ", ".join(fields) or "none"
            raise BadMapping(f"The source has no field {name}, which --{flag} names. It has: {listed}.")
    return {by_name.get(name) or by_name[name.lower()] for name in names}


def _beside_private_columns(layer: Layer, plan: MappingPlan) -> Sequence[str]:
    """Fields that may bring to `attributes` what belongs in a private column.

    A value that does not fit its column goes there under the name of its field; so does a field of the same name that
    is not to fill the column.
    """
    moved = [each.field for each in plan.targets if each.column in layer.private and each.kind is not Kind.TEXT]
    names = {
        name.lower()
        for field in layer.fields.values()
        for name in (field.attribute, field.name, *field.sources)
        if field.attribute in layer.private
    }
    return [*moved, *(name for name in plan.rest if name.lower() in names)]


def _check_seen(plan: MappingPlan, options: IngestOptions) -> None:
    """An update shows by `UNCHANGED` whether a value is the one that is there."""
    if options.on_duplicate is not OnDuplicate.UPDATE:
        return
    if hidden := matching(options.hidden, plan.rest):
        raise PrivateField(
            f"Private of the source: {', '.join(hidden)}. Send credentials that may see that, or leave it out "
            f"with {' '.join(f'--exclude {name}' for name in hidden)}."
        )


async def disclosed(connection: AsyncConnection, layer: Layer, chosen: Chosen) -> tuple[str, ...]:
    """One line: which fields without a column become public, and which private; none without such fields."""
    if not chosen.plan.rest:
        return ()
    named = await connection.scalars(select(_NAMES.c.name).where(_NAMES.c.layer == layer.name))
    known = "|".join(map(exactly, [*named, *chosen.hide]))
    private = {*private_among(layer.private_members, chosen.plan.rest), *matching(known, chosen.plan.rest)}
    public = [name for name in chosen.plan.rest if name not in private]
    hidden = [name for name in chosen.plan.rest if name in private]
    return (f"attributes: public: {', '.join(public) or 'nothing'}; private: {', '.join(hidden) or 'nothing'}",)


async def hide(engine: AsyncEngine, layer: Layer, names: Sequence[str]) -> None:
    """Make members private by name; it holds before this returns."""
    if not names:
        return
    rows = [{"layer": layer.name, "name": name} for name in names]
    async with engine.begin() as connection:
        await connection.execute(insert(_NAMES).values(rows).on_conflict_do_nothing())
