"""`manage.py startlayer`; enters the name of a layer, leaves its model."""

import re
from collections.abc import Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Final

import typer

import gateway
from gateway import errors
from gateway.layers import LAYERS
from gateway.management.declaring import names
from gateway.management.layer_files import GEOMETRIES, KEYS, KINDS, NewColumn, NewLayer, snake
from gateway.management.output import out
from gateway.management.tidying import tidy
from gateway.models import Base, Extra, Feature, Tracked

ROOT: Final = Path(gateway.__file__).parent.parent
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*")
# Where lines are added, and what is put in the place of the match.
_EDITS: Final = (
    (r"^from gateway\.models import .*\n", r"\g<0>from gateway.models.{module} import {type}\n"),
    (r"^LAYERS = Layers\.of\((?P<all>.*)\)$", r"LAYERS = Layers.of(\g<all>, {type})"),
)


def run(layer: NewLayer, root: Path = ROOT) -> Sequence[Path]:
    """Write the layer into the checkout at `root`; answers the files, the new ones first.

    Raises SetupError, and writes nothing, where a file is there already or has no place for the new lines.
    """
    model, registry = root / "gateway" / "models" / f"{layer.module}.py", root / "gateway" / "layers.py"
    if model.exists():
        raise errors.SetupError(f"{model.relative_to(root)} is there already, and nothing was written.")
    edited = _edited(registry, layer)
    model.write_text(layer.model(), encoding="utf-8")
    registry.write_text(edited, encoding="utf-8")
    files = [model, registry]
    tidy(files)
    return files


def _edited(path: Path, layer: NewLayer) -> str:
    """The registry with the layer."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise errors.SetupError(
            f"{path.name} cannot be read: startlayer writes into a checkout of the gateway."
        ) from error
    for place, line in _EDITS:
        text, times = re.subn(
            place, line.format(module=layer.module, type=layer.type_name), text, count=1, flags=re.MULTILINE
        )
        if not times:
            raise errors.SetupError(
                f"gateway/layers.py has no line that begins as {place.lstrip('^')} does, and nothing was written. "
                "Add the layer by hand: docs/howto/add-a-layer.md shows how."
            )
    return text


def command(
    name: Annotated[str, typer.Argument(help="Name of the table, plural and in snake case: buildings.")],
    geometry: Annotated[str, typer.Option(help=f"{', '.join(GEOMETRIES)}.")] = "MULTIPOLYGON",
    key: Annotated[
        str | None,
        typer.Option(
            help="Column that identifies a row in your files, by default building_id: NAME, or NAME:KIND with "
            f"KIND one of {', '.join(KEYS)}."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help=f"NAME:KIND or NAME:KIND:DESCRIPTION, once for each; KIND is {', '.join(KINDS)}."),
    ] = None,
    type_name: Annotated[
        str | None, typer.Option("--type", help="Name of the GraphQL type, singular: Building.")
    ] = None,
) -> None:
    """Write the model of a new layer, and name it among those that are served."""
    layer = _layer(name, type_name, key, geometry.upper(), [_column(each) for each in column or ()])
    for path in run(layer):
        out.print(f"Wrote {path.relative_to(ROOT)}", markup=False)
    out.print(f'Look through them, then run manage.py makemigrations -m "Add {layer.many}", and manage.py migrate.')


def _layer(name: str, type_name: str | None, key: str | None, geometry: str, columns: Sequence[NewColumn]) -> NewLayer:
    singular = type_name or names.type_name(name)
    module = snake(singular)
    key_name, _, kind = (key or f"{module}_id").partition(":")
    comment = f"Key of the {module.replace('_', ' ')} in the source."
    layer = NewLayer(
        name, singular, NewColumn(key_name, kind or "text", comment), geometry, columns, len(LAYERS.layers)
    )
    taken = {*Base.metadata.tables, *(each.type_name for each in LAYERS)}
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise typer.BadParameter(f"{name!r} is no name of a table: use small letters, digits and single _.")
    if not _TYPE.fullmatch(singular) or iskeyword(singular):
        raise typer.BadParameter(f"{singular!r} is no name of a type: use Building, for example.")
    if layer.module == name:
        raise typer.BadParameter(f"{name!r} is no plural that the singular follows from: give it with --type.")
    if used := taken & {name, singular, f"{layer.module}_history"}:
        raise typer.BadParameter(f"there is a {min(used)} already")
    if geometry not in GEOMETRIES:
        raise typer.BadParameter(f"{geometry!r} is none of {', '.join(GEOMETRIES)}")
    if layer.key.kind not in KEYS:
        raise typer.BadParameter(f"--key takes NAME:KIND with KIND one of {', '.join(KEYS)}, not {key}")
    _check_columns([layer.key.name, *(each.name for each in columns)])
    return layer


def _check_columns(names: Sequence[str]) -> None:
    own = {name for mixin in (Feature, Tracked, Extra) for name in dir(mixin)} | {"geom", "geometry", "feature_id"}
    for place, name in enumerate(names):
        if not _NAME.fullmatch(name) or iskeyword(name):
            raise typer.BadParameter(f"{name!r} is no name of a column: use small letters, digits and single _.")
        if name in own or name in names[:place]:
            raise typer.BadParameter(f"the layer has a {name} already")


def _column(given: str) -> NewColumn:
    name, _, rest = given.partition(":")
    kind, _, comment = rest.partition(":")
    if kind not in KINDS:
        raise typer.BadParameter(f"--column takes NAME:KIND with KIND one of {', '.join(KINDS)}, not {given}")
    words = f"{name.replace('_', ' ').capitalize()}."
    return NewColumn(name, kind, (comment or words).replace("\\", "\\\\").replace('"', '\\"'))
