"""Search over all layers: the root field `search` and what it answers; enters layers, leaves types and a field."""

from collections.abc import Mapping, Sequence
from enum import Enum

from gateway.execution.searching import Hit
from gateway.execution.values import Plain
from gateway.query import search
from schema.annotations import Argument, Fields, Types, make_enum, make_type, plain, resolved
from schema.info import Info

_DESCRIPTION = (
    "Rows of all layers that a typed text finds, the best first: by words in any order, the last one maybe only begun; "
    "abbreviated (St, N, LLC), without accents or punctuation, and with an error in each. A row is found by one of its "
    "columns, in which all words must be; only where no row has all of them, by all but one. Private columns find "
    "nothing for those who may not see them."
)


def add_search_types(types: Types) -> None:
    """Make the types of hits, where a layer can be searched."""
    if not types.layers.searchable:
        return
    members = {layer.name.upper(): layer for layer in types.layers.searchable}
    made = Enum("SearchLayer", {name: layer.name for name, layer in members.items()})  # type: ignore[misc]
    texts = {name: f"{layer.verbose_name_plural.capitalize()}." for name, layer in members.items()}
    make_enum(types, "SearchLayer", "A layer that `search` looks in.", made, texts)
    part = {
        "text": resolved(types, lambda root: root[0], "String", "A piece of the value."),
        "matched": resolved(types, lambda root: root[1], "Boolean", "Whether the text asked for it."),
    }
    make_type(types, "SearchPart", "A piece of the value by which a row was found.", part)
    hit = {
        "node": resolved(types, _node, "Node", "The row."),
        "layer": resolved(types, lambda root: made(root.layer.name), "SearchLayer", "The layer of the row."),
        "score": resolved(
            types,
            lambda root: root.score,
            "Float",
            "How well it was found, up to 1; with `near` a quarter is for nearness.",
        ),
        "matched": resolved(types, lambda root: root.field.name, "String", "The field by which it was found."),
        "parts": resolved(
            types,
            lambda root: root.parts,
            "list[SearchPart]",
            "The value of that field; together its parts are all of it.",
        ),
    }
    make_type(types, "SearchHit", "A row that `search` found.", hit)


def search_query(types: Types) -> Fields:
    """The field `search`, where a layer can be searched."""
    if not types.layers.searchable:
        return {}
    arguments = {
        "text": Argument(
            "String", "What was typed: any part of an address, a key, a name or what else layers declare."
        ),
        "layers": Argument("list[SearchLayer] | None", "Where to look; without it in all layers that can be searched."),
        "near": Argument("GeometryInput | None", "Rows near it come first among those that are found equally well."),
        "within": Argument("GeometryInput | None", "Only rows that share a point with it."),
        "first": Argument("Int | None", f"At most this many rows, {search.MOST} at most; by default {search.FIRST}."),
    }
    return {"search": resolved(types, _search, "list[SearchHit]", _DESCRIPTION, **arguments)}


async def _search(root: None, info: Info, text: str, **given: object) -> Sequence[Hit]:  # noqa: ARG001
    named: Mapping[str, Plain] = {name: plain(value) for name, value in given.items()}
    among = named.get("layers")
    places = {name: named.get(name) for name in ("near", "within", "first")}
    wanted = search.parse_search(info.context.layers, info.context.limits, text, among=among, **places)
    return await info.context.search(wanted)


async def _node(root: Hit, info: Info) -> object:
    return await info.context.loaders.feature_by_id(root.layer).load(root.id)
