"""Arguments of commands; enters what Typer reads of the command line, leaves layers and values of many options."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Annotated, cast

import typer

from gateway.layers import LAYERS, Layer
from gateway.management.running import about, jurisdiction

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


_CODE = Annotated[str | None, typer.Option(metavar="CODE", help="Of this jurisdiction; see manage.py jurisdiction.")]


def with_jurisdiction(command: Command) -> Command:
    """A command with the option `--jurisdiction`, whose schema is then what it works on."""
    name = jurisdiction.name

    @wraps(command)
    def run(**given: object) -> None:
        with about(cast("str | None", given.pop(name))):
            command(**given)

    signature = inspect.signature(command, eval_str=True)
    option = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_CODE)
    setattr(run, "__signature__", signature.replace(parameters=[*signature.parameters.values(), option]))  # noqa: B010
    return run


def _keywords(kind: type[object]) -> Iterable[inspect.Parameter]:
    return inspect.signature(kind, eval_str=True).parameters.values()
