"""`manage.py export`; enters a layer and what to keep of it, leaves a file that is whole or not there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from gateway import errors
from gateway.db.sessions import Database
from gateway.feeds.exports import Advance, Export, count, parse_export, plain_fields, stream
from gateway.feeds.formats import FORMATS
from gateway.feeds.request import Asked, FeedParser
from gateway.identity import Backends
from gateway.identity.keys import signing_key
from gateway.identity.principal import Scope, anonymous
from gateway.management.archiving import Archiving
from gateway.management.arguments import LAYER_NAMES, layer_named, with_options
from gateway.management.output import draft, out, progress
from gateway.management.running import access_of, with_database
from gateway.query.tokens import FilterCodec
from gateway.settings import Settings

PMTILES = "pmtiles"
ENDINGS = (*FORMATS, PMTILES)
_ANYONE = anonymous(frozenset({Scope.READ}))  # a file is passed on: nothing private is in it


async def run(database: Database, read: Callable[[Database], Awaitable[Export]], file: Path, bar: Progress) -> int:
    """Write the file; returns the number of rows."""
    export = await read(database)
    async with database.session() as session:
        total = await count(session, export)
        task = bar.add_task(export.file_name, total=total)
        advance: Advance = lambda rows: bar.update(task, advance=rows)  # noqa: E731
        with draft(file) as path, path.open("xb") as output:

            async def write(data: bytes) -> None:
                output.write(data)

            await stream(session, export, write, advance)
    return total


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command line."""

    filters: Annotated[
        str | None, typer.Option("--filter", help="JSON of GraphQL's filters argument, or a token of an export's URL.")
    ] = None
    bbox: Annotated[str | None, typer.Option(help="west,south,east,north in degrees.")] = None
    properties: Annotated[
        str | None, typer.Option(help="Names of fields, comma separated; by default every plain column.")
    ] = None
    crs: Annotated[str | None, typer.Option(help="Not for GeoJSON; for example EPSG:2249.")] = None
    precision: Annotated[
        str | None, typer.Option(help="Decimals of coordinates, 0 to 15; by default every digit that is stored.")
    ] = None
    relations: Annotated[
        str | None, typer.Option(help="Relations, comma separated, whose rows come with each row; one for csv.")
    ] = None
    raw: Annotated[
        bool, typer.Option("--raw", help="For csv: texts as they are, also those that spreadsheets take for formulas.")
    ] = False
    format: Annotated[
        str | None, typer.Option(help=f"Where the ending of the file doesn't say it: {', '.join(ENDINGS)}.")
    ] = None
    minzoom: Annotated[int | None, typer.Option(help="For pmtiles: the first zoom; by default that of tiles.")] = None
    maxzoom: Annotated[int | None, typer.Option(help="For pmtiles: the last zoom; by default that of tiles.")] = None
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False

    @property
    def texts(self) -> Mapping[str, str]:
        """The parameters that the URL of such an export has."""
        names = ("filters", "bbox", "properties", "crs", "precision", "relations")
        given = {name: getattr(self, name) for name in names} | {"raw": "true" if self.raw else None}
        return {name: text for name, text in given.items() if text is not None}


@with_options
def command(
    layer: Annotated[str, typer.Argument(help=f"Layer to export: {LAYER_NAMES}.")],
    file: Annotated[Path, typer.Argument(help=f"File to write; its ending says the format: {', '.join(ENDINGS)}.")],
    options: Options,
) -> None:
    """Write a layer, or what a filter keeps of it, to a file."""
    settings = Settings()
    form = options.format or file.suffix.removeprefix(".")
    if form not in ENDINGS:
        raise typer.BadParameter(f"the file must end in one of {', '.join(ENDINGS)}, or --format say which it is")
    plural = layer_named(layer).verbose_name_plural
    if file.exists() and not options.replace:
        raise errors.OutputError(f"{file} is there already. Give --replace to write over it.")
    access, codec = access_of(settings), FilterCodec(signing_key(settings), settings.limits)
    parser = FeedParser(access.layers, access.seen_by, Backends(settings.auth).confirm, settings.limits, codec)

    async def read(database: Database) -> Export:
        asked = Asked(_ANYONE, form, options.texts)
        return parse_export(FORMATS[form], await parser.parse(layer, asked, database, default=plain_fields))

    archiving = Archiving(settings, parser, _ANYONE, options.minzoom, options.maxzoom)
    with progress() as bar:
        if form == PMTILES:
            total = with_database(settings, lambda database: archiving.run(database, layer, options.texts, file, bar))
        else:
            total = with_database(settings, lambda database: run(database, read, file, bar))
    out.print(f"{file}: {total:,} {'tiles' if form == PMTILES else plural}.", markup=False)
