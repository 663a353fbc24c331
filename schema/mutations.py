"""The root of writes, derived from layers: create, update, delete and upsert, of one row and of many.

All fields of an operation are one transaction, which `schema.operations` begins and ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import orjson
from strawberry.types.field import StrawberryField

from gateway.execution.writing import Affected, OnInvalid, RowResult, WriteOutcome
from gateway.execution.writing.drafts import required
from gateway.geo.kinds import AREAS
from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import camel
from gateway.models.kinds import Kind
from schema.analysis_jobs import analysis_job_mutations
from schema.annotations import Argument, Member, Resolver, Types, make_enum, make_input, make_type, plain, resolved
from schema.info import Info
from schema.inputs import SCALAR_OF
from schema.jobs import job_mutations
from schema.verbs import VERBS, Verb, write_many, write_one


class Isolation(Enum):
    """How a write stands apart from others at the same time."""

    READ_COMMITTED = "READ COMMITTED"
    SERIALIZABLE = "SERIALIZABLE"


@dataclass(frozen=True, slots=True)
class Written:
    """What the fields of a payload of many resolve from."""

    results: Sequence[RowResult]
    affected: Affected


_ATOMIC = Argument(
    "Boolean", "Whether one failure undoes the whole operation; else each row fails or stands alone.", True
)


def make_mutation(types: Types, layers: Layers) -> type:
    """Make the root type."""
    _add_shared(types)
    namespace: dict[str, StrawberryField] = {}
    for layer in layers.writable:
        _add_inputs(types, layer)
        _add_payloads(types, layer)
        for verb in VERBS.values():
            for many in (False, True):
                name = verb.field(layer.plural if many else layer.singular)
                namespace[name] = field = _field(types, layer, verb, many=many)
                field.graphql_name = name
    description = "Where every write begins. All fields of an operation are one transaction: an error undoes all of it."
    namespace |= {**job_mutations(types), **analysis_job_mutations(types)}
    return make_type(types, "Mutation", description, namespace)


def _add_shared(types: Types) -> None:
    on_invalid = {
        "REJECT": "It is refused, with the place.",
        "REPAIR": "It is repaired as ingest does; areaChange tells how much that changed what is drawn.",
    }
    make_enum(types, "OnInvalid", "What happens to a geometry that is not valid.", OnInvalid, on_invalid)
    isolation = {
        "READ_COMMITTED": "What others commit meanwhile is seen: for plain writes.",
        "SERIALIZABLE": "As if nothing else went on: for edits that depend on neighbours. Tried again a few times.",
    }
    make_enum(types, "Isolation", "How a write stands apart from others.", Isolation, isolation)
    outcomes = {
        "CREATED": "There is a new row.",
        "UPDATED": "The row changed.",
        "UNCHANGED": "The row was so already; its version is the same.",
        "DELETED": "The row is gone.",
        "FAILED": "Nothing was done; `error` says why.",
    }
    make_enum(types, "WriteOutcome", "What became of one row of a write.", WriteOutcome, outcomes)
    _add_affected(types)
    _add_error(types)


def _add_affected(types: Types) -> None:
    make_type(
        types,
        "Affected",
        "What a write changed.",
        {
            "count": resolved(types, lambda root: root.count, "Int", "How many rows changed."),
            "bbox": resolved(
                types,
                lambda root: root.bbox,
                "BBox | None",
                "Box around the changed rows as they were and as they are: what a map must draw again.",
            ),
        },
    )


def _add_error(types: Types) -> None:
    make_type(
        types,
        "WriteError",
        "Why a row was not written.",
        {
            "code": resolved(
                types, lambda root: root.error.code, "String", "Stable code, for programs: docs/errors.md."
            ),
            "message": resolved(
                types, lambda root: root.error.message, "String", "What is wrong and how to fix it, for people."
            ),
            "argument": resolved(
                types, lambda root: list(map(str, root.error.path)), "list[String]", "Path to the value at fault."
            ),
            "point": resolved(
                types,
                _point,
                "Point | None",
                "Where in the geometry the fault lies.",
            ),
            "differs": resolved(
                types,
                lambda root: root.error.details.get("differs"),
                "list[String] | None",
                "After a version conflict, the fields in which the stored row differs from what was sent.",
            ),
        },
    )


def _add_inputs(types: Types, layer: Layer) -> None:
    name = layer.type_name
    fields = layer.writable
    make_input(
        types,
        f"{name}Input",
        f"A whole {layer.verbose_name}.",
        {
            field.name: Member(_annotation(field), field.description, required=required(layer, field))
            for field in fields
        },
    )
    make_input(
        types,
        f"{name}Patch",
        f"Some values of a {layer.verbose_name}: what is left out stays as it is, null takes the value away.",
        {field.name: Member(_annotation(field), field.description) for field in fields},
    )
    row = {
        "id": Member("ID", f"The global id of the {layer.verbose_name}.", required=True),
        "expectedVersion": Member("Int", "The version that it must have, else nothing is done: VERSION_CONFLICT."),
    }
    make_input(types, f"{name}Removal", f"A {layer.verbose_name} to be deleted.", row)
    patch = {"patch": Member(f"{name}Patch", "What to change.", required=True)}
    make_input(types, f"{name}Change", f"A {layer.verbose_name} to be changed.", row | patch)


def _annotation(field: LayerField) -> str:
    return "GeometryInput" if field.kind is Kind.GEOMETRY else SCALAR_OF[field.kind]


def _add_payloads(types: Types, layer: Layer) -> None:
    name = layer.type_name
    one = {
        "index": resolved(types, lambda root: root.index, "Int", "Its place among the rows of the argument, from 0."),
        "outcome": resolved(types, lambda root: root.outcome, "WriteOutcome", "What became of it."),
        layer.singular: resolved(types, _row(layer), f"{name} | None", f"The {layer.verbose_name} as it is now."),
    }
    if AREAS in layer.dimensions:
        text = "Square metres by which a repair changed its area; null where nothing was repaired."
        one["area_change"] = resolved(types, lambda root: root.area_change, "Float | None", text)
    one["error"] = resolved(types, _told, "WriteError | None", "Why it failed, where it did.")
    make_type(types, f"{name}Write", f"What became of one {layer.verbose_name}.", one)
    many = {
        "results": resolved(
            types, lambda root: root.results, f"list[{name}Write]", "One for each row, in their order."
        ),
        "affected": resolved(types, lambda root: root.affected, "Affected", "What changed."),
    }
    make_type(types, f"{name}Writes", f"What became of {layer.verbose_name_plural}.", many)


def _told(root: RowResult) -> RowResult | None:
    """What the fields of an error resolve from: not the error itself, which graphql-core would take for a failure."""
    return root if root.error else None


def _point(root: RowResult) -> bytes | None:
    point = root.error.details.get("point") if root.error else None
    return None if point is None else orjson.dumps(point)


def _row(layer: Layer) -> Resolver:
    async def resolve(root: RowResult, info: Info) -> object:
        if root.id is None or root.outcome is WriteOutcome.DELETED:
            return None
        return await info.context.loaders.feature_by_id(layer).load(root.id)

    return resolve


def _field(types: Types, layer: Layer, verb: Verb, *, many: bool) -> StrawberryField:
    row = f"{layer.type_name}{verb.suffix}"
    argument = Argument(f"list[{row}]" if many else row, "What to write.")
    arguments = {verb.argument if many else verb.argument[:-1]: argument}
    if verb.name != "delete":
        arguments["on_invalid"] = Argument("OnInvalid", "What to do with invalid geometries.", OnInvalid.REJECT)
    if many:
        arguments["atomic"] = _ATOMIC
    arguments["isolation"] = Argument(
        "Isolation", "Of the whole operation; one SERIALIZABLE field makes it so.", Isolation.READ_COMMITTED
    )
    returns = f"{layer.type_name}Write" + ("s" if many else "")
    described = verb.description.format(layer.verbose_name_plural if many else f"a {layer.verbose_name}")
    return resolved(types, _write(layer, verb, many=many), returns, described, **arguments)


def _write(layer: Layer, verb: Verb, *, many: bool) -> Resolver:
    async def resolve(root: None, info: Info, **given: object) -> object:  # noqa: ARG001
        arguments = {camel(name): plain(value) for name, value in given.items()}
        if many:
            return Written(*await write_many(info.context, layer, verb, arguments))
        return await write_one(info.context, layer, verb, arguments)

    return resolve
