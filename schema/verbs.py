"""The kinds of writes and how each is done; enters arguments as plain values, leaves results."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway import errors
from gateway.execution.context import Context
from gateway.execution.values import Arguments
from gateway.execution.writing import Item, OnInvalid, RowResult
from gateway.execution.writing.drafts import Drafting
from gateway.execution.writing.writer import Written
from gateway.geo.positions import Path
from gateway.layers import Layer, Layers


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of write: its name, its argument for many, the input of one, and how it is done."""

    name: str
    argument: str
    suffix: str
    description: str

    def field(self, name: str) -> str:
        """The name of the field that writes what has the `name`."""
        return f"{self.name}{name[0].upper()}{name[1:]}"


VERBS: Mapping[str, Verb] = {
    "create": Verb("create", "inputs", "Input", "Make {}; a key that is there already fails."),
    "update": Verb("update", "changes", "Change", "Change {} by id: what a patch leaves out stays as it is."),
    "delete": Verb("delete", "removals", "Removal", "Delete {} by id."),
    "upsert": Verb("upsert", "inputs", "Input", "Make {}, or change what has the key already."),
}


def of_one_row(layers: Layers) -> Mapping[str, tuple[Layer, Verb]]:
    """The fields that write one row, by name."""
    return {verb.field(layer.singular): (layer, verb) for layer in layers.writable for verb in VERBS.values()}


_ROWS = 50  # that are read in a row, before others are served


async def write_one(context: Context, layer: Layer, verb: Verb, given: Arguments) -> RowResult:
    """Write the row that the arguments of a field give."""
    argument = verb.argument[:-1]
    results, _ = await _write(context, layer, verb, [((argument,), given[argument])], given)
    return results[0]


async def write_many(context: Context, layer: Layer, verb: Verb, given: Arguments) -> Written:
    """Write the rows that the arguments of a field give."""
    rows = [((verb.argument, number), row) for number, row in enumerate(given[verb.argument])]
    return await _write(context, layer, verb, rows, given)


async def _write(
    context: Context, layer: Layer, verb: Verb, rows: Sequence[tuple[Path, Arguments]], given: Arguments
) -> Written:
    on_invalid = OnInvalid(given.get("onInvalid", OnInvalid.REJECT))
    # A thread for each of many small rows would take longer than they do.
    drafting = Drafting(context.layers, context.limits, on_invalid, aside=context.large)
    seen = context.layers[layer.name]
    items = []
    for place in enumerate(rows):
        items.append(await _item(drafting, seen, verb, place))
        if len(items) % _ROWS == 0:
            await asyncio.sleep(0)  # others are served
    write = getattr(context.writer, verb.name)
    written: Written = await write(seen, items, atomic=given.get("atomic", True))
    context.renew()
    return written


async def _item(drafting: Drafting, layer: Layer, verb: Verb, place: tuple[int, tuple[Path, Arguments]]) -> Item:
    index, (path, given) = place
    try:
        if verb.suffix == "Input":
            return Item(index, path, draft=await drafting.draft(layer, given, path))
        target = drafting.target(layer, given, path)
        if verb.suffix == "Removal":
            return Item(index, path, target=target)
        return Item(index, path, await drafting.draft(layer, given["patch"], (*path, "patch")), target)
    except errors.ArgumentError as error:
        return Item(index, path, error=error)
