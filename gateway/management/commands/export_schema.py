"""`manage.py export_schema`; enters the layers, leaves the SDL in a file, or whether the file has it."""

from pathlib import Path
from typing import Annotated

import typer

import schema
from gateway import errors
from gateway.layers import LAYERS
from gateway.management.output import out

FILE = Path(schema.__file__).parent / "schema.graphql"


def sdl() -> str:
    """The schema in GraphQL's own language."""
    return schema.build_schema(LAYERS).as_str().rstrip() + "\n"


def command(
    path: Annotated[Path, typer.Argument(help="File to write; - is standard output.")] = FILE,
    *,
    check: Annotated[bool, typer.Option(help="Write nothing; exit 1 where the file differs.")] = False,
) -> None:
    """Write the GraphQL schema (SDL) to a file."""
    text = sdl()
    if str(path) == "-":
        out.file.write(text)
    elif check:
        if not path.exists() or path.read_text() != text:
            raise errors.SetupError(f"{path} is not the schema of this version: run manage.py export_schema.")
    else:
        path.write_text(text)
        out.print(str(path), markup=False)
