"""`manage.py ogrinspect`; enters a file, leaves the declaration of a layer for it as Python."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.ingest import FileSource
from gateway.layers import LAYERS
from gateway.management.declaring import files, models, writing
from gateway.management.output import err
from gateway.settings import Settings


def text(file: Path, name: str | None = None, layer: str | None = None, encoding: str | None = None) -> str:
    """The module that declares a layer for the file."""
    source = FileSource(file, layer=layer, encoding=encoding, settings=Settings().files)
    options = [
        part for flag, given in (("--layer", layer), ("--encoding", encoding)) if given for part in (flag, given)
    ]
    try:
        table = name or source.description.layer or file.name.partition(".")[0]
        command = ("manage.py", "ingest", str(file), *options)
        made = files.declared(source, table, models.taken(), command, len(LAYERS.layers))
    finally:
        source.close()
    return writing.module(f"The table of {made.table.replace('_', ' ')}, as ogrinspect found {file.name}.", [made])


def command(
    file: Annotated[Path, typer.Argument(help="A file that manage.py ingest reads; also in a zip.")],
    *,
    name: Annotated[str | None, typer.Option(help="What the rows are called, in the plural: flood_zones.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a file that has several.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the file's text, if it is silent or wrong.")] = None,
) -> None:
    """Print the declaration of a layer for a file, and how to load it."""
    typer.echo(text(file, name, layer, encoding), nl=False)
    err.print(
        "Write it to gateway/models/, and name its class in LAYERS of gateway/layers.py. "
        "Then: manage.py makemigrations, manage.py migrate, and the command at its end."
    )
