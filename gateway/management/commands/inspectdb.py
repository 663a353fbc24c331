"""`manage.py inspectdb`; enters names of tables that someone else made, leaves their declarations as Python."""

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway import errors
from gateway.db.closing import close
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management.arguments import LAYER_NAMES, layer_named
from gateway.management.declaring import models, tables, writing
from gateway.management.declaring.tables import Choices, FoundTable
from gateway.management.output import err
from gateway.management.running import with_database
from gateway.settings import Settings


async def run(database: Database, names: Sequence[str], choices: Choices) -> Sequence[FoundTable]:
    """The tables of these names, or all of the schema that no layer has."""
    session = database.session()
    try:
        served = {layer.model.__table__.fullname for layer in LAYERS}
        inspected = await tables.inspect(session, names, choices)
        return [each for each in inspected if names or each.full_name.removeprefix("public.") not in served]
    finally:
        await close(session)


def text(described: Sequence[FoundTable], related: Sequence[str]) -> str:
    """The module that declares the tables."""
    taken = models.taken()
    first = len(LAYERS.layers)
    made = [models.declared(each, taken, LAYERS, related, first + place) for place, each in enumerate(described)]
    named = ", ".join(each.full_name for each in described)
    return writing.module(f"The table of {named}, as inspectdb found it.", made)


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Tables or views; without any, all of the schema.")
    ] = None,
    *,
    schema: Annotated[str, typer.Option(help="Where the tables are.")] = "public",
    relate: Annotated[
        list[str] | None,
        typer.Option(help=f"A layer to relate the new ones to, once for each: {LAYER_NAMES}."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Column that identifies a row, where the database knows no key.")
    ] = None,
    geometry: Annotated[str | None, typer.Option(help="Geometry column to serve, of a table that has several.")] = None,
    srid: Annotated[int | None, typer.Option(help="EPSG code of coordinates that do not say it.")] = None,
) -> None:
    """Print the declarations of tables that someone else made; they are read, and never written."""
    related = [layer_named(name).name for name in relate or ()]
    choices = Choices(schema, key, geometry, srid)
    described = with_database(Settings(), lambda database: run(database, names or [], choices))
    if not described:
        raise errors.SetupError(f"Schema {schema} has no table or view with a geometry that is no layer yet.")
    typer.echo(text(described, related), nl=False)
    err.print(
        "Write it to gateway/models/, and name its class in LAYERS of gateway/layers.py. Then: manage.py migrate."
    )
