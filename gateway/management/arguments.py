"""Arguments of commands; enters what Typer reads of the command line, leaves layers and values of many options."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import cast

import typer

from gateway.layers import LAYERS, Layer

LAYER_NAMES = ", ".join(LAYERS.by_name)
Command = Callable[..., None]


def layer_named(name: str) -> Layer:
    """The layer of this name; an error of usage where there is none."""
    if name not in LAYERS.by_name:
        raise typer.BadParameter(f"there is no layer {name}; there are {LAYER_NAMES}")
    return LAYERS[name]


def with_options(command: Command) -> Command:
    """A command whose last parameter is a dataclass: each field of it is an option of the command line."""
    *own, last = inspect.signature(command, eval_str=True).parameters.values()
    kind = cast("type[object]", last.annotation)

    @wraps(command)
    def run(**given: object) -> None:
        arguments = {each.name: given.pop(each.name) for each in own}
        command(**arguments, **{last.name: kind(**given)})

    setattr(run, "__signature__", inspect.Signature([*own, *_keywords(kind)]))  # noqa: B010 - Typer reads it
    return run


def _keywords(kind: type[object]) -> Iterable[inspect.Parameter]:
    return inspect.signature(kind, eval_str=True).parameters.values()
