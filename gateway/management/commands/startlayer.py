"""`manage.py startlayer`; enters the name of a layer, leaves its model."""

import re
from collections.abc import Iterable, Iterator, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Final

import typer

import gateway
from gateway import errors
from gateway.layers import LAYERS
from gateway.management.declaring import models, names, writing
from gateway.management.declaring.columns import KINDS
from gateway.management.declaring.tracked import GEOMETRIES, NewColumn, NewLayer
from gateway.management.output import out
from gateway.management.tidying import tidy
from gateway.models import Base
from gateway.models.declaration import camel
from gateway.models.history import history_name

ROOT: Final = Path(gateway.__file__).parent.parent
KEYS: Final = ("text", "integer", "bigint", "uuid")
# Where lines are added, and what is put in the place of the match.
_EDITS: Final = (
    (r"^from gateway\.models import .*\n", r"\g<0>from gateway.models.{module} import {type}\n"),
    (r"^LAYERS = Layers\.of\((?P<all>.*)\)$", r"LAYERS = Layers.of(\g<all>, {type})"),
)


def run(layer: NewLayer, root: Path = ROOT) -> Sequence[Path]:
    """Write the layer into the checkout at `root`; answers the files, the new ones first.

    Raises SetupError, and writes nothing, where a file is there already or has no place for the new lines.
    """
    module = names.snake(layer.type_name)
    model, registry = root / "gateway" / "models" / f"{module}.py", root / "gateway" / "layers.py"
    if model.exists():
        raise errors.SetupError(f"{model.relative_to(root)} is there already, and nothing was written.")
    edited = _edited(registry, module, layer.type_name)
    title = f"The table of {layer.table.replace('_', ' ')}."
    model.write_text(writing.module(title, [layer.model()]), encoding="utf-8")
    registry.write_text(edited, encoding="utf-8")
    files = [model, registry]
    tidy(files)
    return files


def _edited(path: Path, module: str, type_name: str) -> str:
    """The registry with the layer."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise errors.SetupError(
            f"{path.name} cannot be read: startlayer writes into a checkout of the gateway."
        ) from error
    for place, line in _EDITS:
        text, times = re.subn(place, line.format(module=module, type=type_name), text, count=1, flags=re.MULTILINE)
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
    layer = _layer(name, type_name or names.type_name(name), geometry.upper(), key, column or ())
    for path in run(layer):
        out.print(f"Wrote {path.relative_to(ROOT)}", markup=False)
    out.print(f'Look through them, then run manage.py makemigrations -m "Add {name}", and manage.py migrate.')


def _layer(name: str, type_name: str, geometry: str, key: str | None, columns: Iterable[str]) -> NewLayer:
    module, taken = names.snake(type_name), models.taken()
    if names.snake(name) != name or iskeyword(name):
        raise typer.BadParameter(f"{name!r} is no name of a table: use small letters, digits and single _.")
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", type_name) or iskeyword(type_name):
        raise typer.BadParameter(f"{type_name!r} is no name of a type: use Building, for example.")
    if module == name:
        raise typer.BadParameter(f"{name!r} is no plural that the singular follows from: give it with --type.")
    if used := {*Base.metadata.tables, *taken.types, *writing.NAMES} & {name, type_name, history_name(type_name)}:
        raise typer.BadParameter(f"there is a {min(used)} already")
    if geometry not in GEOMETRIES:
        raise typer.BadParameter(f"{geometry!r} is none of {', '.join(GEOMETRIES)}")
    key = key or f"{module}_id"
    key = f"{key if ':' in key else f'{key}:text'}:Key of the {names.words(type_name)} in the source."
    parsed = [_column("--key", key, KEYS), *(_column("--column", each, KINDS) for each in columns)]
    return NewLayer(name, type_name, geometry, list(_distinct(parsed, taken.fields | models.TIMES)), len(LAYERS.layers))


def _column(option: str, given: str, kinds: Iterable[str]) -> NewColumn:
    name, _, rest = given.partition(":")
    kind, _, comment = rest.partition(":")
    if kind not in kinds:
        raise typer.BadParameter(f"{option} takes NAME:KIND with KIND one of {', '.join(kinds)}, not {name}:{kind}")
    if names.snake(name) != name or iskeyword(name):
        raise typer.BadParameter(f"{name!r} is no name of a column: use small letters, digits and single _.")
    return NewColumn(name, KINDS[kind], comment or f"{name.replace('_', ' ').capitalize()}.")


def _distinct(columns: Iterable[NewColumn], fields: frozenset[str]) -> Iterator[NewColumn]:
    """The columns, each of a name that no other has; `fields` are names in GraphQL that every layer has."""
    taken = set(fields)
    for column in columns:
        if names.attribute(column.name, "", taken) != column.name:
            raise typer.BadParameter(f"the layer has a {column.name} already")
        taken.add(camel(column.name))
        yield column
