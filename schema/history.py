"""The history of a feature, derived from layers; enters a layer, leaves its types and fields.

A revision is one change of a row: who made it, when, and the row before it. Changes come newest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from strawberry.types.field import StrawberryField

from gateway.execution.context import Context
from gateway.execution.values import LayerRow
from gateway.identity.principal import Scope
from gateway.layers import Layer
from gateway.query import ids
from gateway.query.revisions import cursor_of, parse_revisions
from schema.annotations import Argument, Fields, Resolver, Types, make_enum, make_type, resolved
from schema.connections import PageInfo
from schema.info import Info

AUTHORS: Final = Scope.WRITE  # shows who made a change: names of clerks and clients are no business of every reader


class Operation(Enum):
    """What a change did."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class Revision(Protocol):
    """A row of the history: the change, and the row before it."""

    id: int
    version: int
    operation: str
    principal: str | None
    request_id: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Revisions:
    """What the fields of a history resolve from: the changes of a page, and whether others come after and before it."""

    rows: Sequence[Revision]
    has_next: bool
    has_previous: bool


def state_name(layer: Layer) -> str:
    """`ParcelState`."""
    return f"{layer.type_name}State"


def revision_name(layer: Layer) -> str:
    """`ParcelRevision`, of whose `...Connection` and `...Edge`."""
    return f"{layer.type_name}Revision"


def add_operation(types: Types) -> None:
    """Make `ChangeOperation`."""
    texts = {"CREATE": "The row was made.", "UPDATE": "The row was changed.", "DELETE": "The row was deleted."}
    make_enum(types, "ChangeOperation", "What a change did.", Operation, texts)


def add_history_types(types: Types, layer: Layer) -> None:
    """Make the revision of a layer, its edge and its connection."""
    name, one = revision_name(layer), layer.verbose_name
    make_type(types, name, f"One change of a {one}.", _revision_fields(types, layer))
    edge = {
        "cursor": resolved(types, _cursor(layer), "String", "Opaque place of the change in the history, for `after`."),
        "node": resolved(types, lambda root: root, name, "The change itself."),
    }
    make_type(types, f"{name}Edge", f"One of the changes of a {one}, with its cursor.", edge)
    connection = {
        "edges": resolved(types, _rows, f"list[{name}Edge]", "The changes of the page, each with its cursor."),
        "nodes": resolved(types, _rows, f"list[{name}]", "The changes of the page, without cursors."),
        "page_info": resolved(types, _page_info(layer), "PageInfo", "Whether there are older and newer changes."),
    }
    make_type(types, f"{name}Connection", f"A page of the changes of a {one} (Relay), newest first.", connection)


def _revision_fields(types: Types, layer: Layer) -> Fields:
    one = layer.verbose_name
    return {
        "version": resolved(
            types,
            lambda root: root.version + 1,
            "Int",
            "The version that the change made; of a deletion, one after all.",
        ),
        "operation": resolved(types, lambda root: Operation(root.operation), "ChangeOperation", "What the change did."),
        "principal": resolved(
            types,
            _principal,
            "String | None",
            "Who made it: the principal of a request, or ingest; null where that is not known. Private: null, with the "
            "reason in `extensions.withheld`, for those who may not see it.",
        ),
        "request_id": resolved(
            types,
            lambda root: root.request_id,
            "String | None",
            "Id of the request that made it (X-Request-ID), if any.",
        ),
        "changed_at": resolved(
            types, lambda root: root.changed_at, "DateTime", "When: until then the row was as `before`."
        ),
        "before": resolved(
            types, _before, f"{state_name(layer)} | None", f"The {one} before the change; null where it was made."
        ),
    }


def history_field(types: Types, layer: Layer) -> StrawberryField:
    """`history` of a row."""

    async def resolve(root: LayerRow, info: Info, first: int | None = None, after: str | None = None) -> Revisions:
        return await _load(info.context.of(root), layer, root.id, first, after)

    description = f"The changes of the {layer.verbose_name}, newest first, as far back as they are kept."
    return resolved(types, resolve, f"{revision_name(layer)}Connection", description, **_arguments())


def root_history_field(types: Types, layer: Layer) -> StrawberryField:
    """The history of a row by its id, also where the row is deleted."""

    async def resolve(root: None, info: Info, id: str, first: int | None = None, after: str | None = None) -> Revisions:  # noqa: A002, ARG001
        return await _load(info.context, layer, ids.decode_as(info.context.layers, layer, id), first, after)

    one = layer.verbose_name
    description = f"The changes of a {one}, newest first, also of a deleted one; empty where there never was one."
    by = Argument("ID", f"The global id of the {one}.")
    return resolved(types, resolve, f"{revision_name(layer)}Connection", description, id=by, **_arguments())


def _arguments() -> Mapping[str, Argument]:
    return {
        "first": Argument("Int | None", "Take at most this many changes; without it, the server's page size."),
        "after": Argument("String | None", "Take changes older than the one with this cursor."),
    }


async def _load(context: Context, layer: Layer, number: int, first: int | None, after: str | None) -> Revisions:
    page = parse_revisions(layer, context.limits, context.parser.codec, first, after)
    rows = await context.loaders.revisions_by_id(layer, page).load(number)
    return Revisions(rows[: page.size], len(rows) > page.size, page.after is not None)


def _rows(root: Revisions) -> Sequence[Revision]:
    return root.rows


def _before(root: Revision) -> Revision | None:
    return None if root.operation == Operation.CREATE.value else root


def _principal(root: Revision, info: Info) -> str | None:
    return root.principal if info.context.principal.may(AUTHORS) else None


def _cursor(layer: Layer) -> Resolver:
    def resolve(root: Revision, info: Info) -> str:
        return cursor_of(layer, info.context.parser.codec, root.changed_at)

    return resolve


def _page_info(layer: Layer) -> Resolver:
    def resolve(root: Revisions, info: Info) -> PageInfo:
        codec = info.context.parser.codec
        ends = [cursor_of(layer, codec, row.changed_at) for row in (*root.rows[:1], *root.rows[-1:])]
        return PageInfo(
            has_next_page=root.has_next,
            has_previous_page=root.has_previous,
            start_cursor=ends[0] if ends else None,
            end_cursor=ends[-1] if ends else None,
        )

    return resolve
