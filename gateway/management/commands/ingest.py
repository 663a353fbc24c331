"""`manage.py ingest`; enters a file and a mapping, leaves rows, a table of counts and a report of JSON lines.

Exit codes: 0 done, 1 stopped by an error, 2 wrong usage, 3 done but some features were rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gateway.db.embedded import require, served_elsewhere
from gateway.db.sessions import Database
from gateway.ingest import FileSource, IngestOptions, OnDuplicate, OnInvalid, OnMissing, Report, Start, ingest
from gateway.ingest.options import MOST_SECONDS
from gateway.layers import Layer
from gateway.management import samples
from gateway.management.arguments import LAYER_NAMES, layer_named, with_options
from gateway.management.ingest_progress import Watch, show
from gateway.management.output import err
from gateway.management.running import access_of, placed, with_database
from gateway.settings import Settings

_REJECTED = 3


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command line."""

    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", "-m", help="FIELD=SOURCE_FIELD; fields of equal name need none, FIELD= leaves one out."),
    ] = None
    only: Annotated[
        list[str] | None, typer.Option(help="Of the fields without a column, keep these alone in attributes.")
    ] = None
    exclude: Annotated[list[str] | None, typer.Option(help="A field that is not read at all.")] = None
    private: Annotated[
        list[str] | None,
        typer.Option(help="A field without a column that readers are not shown: see docs/howto/control-access.md."),
    ] = None
    source_layer: Annotated[str | None, typer.Option("--layer", help="Layer of a file that has several.")] = None
    driver: Annotated[
        str | None,
        typer.Option(
            help="Read a format that is not offered, such as GPX or OGR_VRT; it may open what the file names."
        ),
    ] = None
    srid: Annotated[int | None, typer.Option(help="EPSG code of the file's coordinates, if it is silent or wrong.")] = (
        None
    )
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file's text, if it is silent or wrong: utf-8, windows-1252, ...")
    ] = None
    on_invalid: Annotated[OnInvalid, typer.Option(help="For a geometry that is not valid.")] = OnInvalid.REPAIR
    on_duplicate: Annotated[
        OnDuplicate, typer.Option(help="For a key that is in the table, or came before in the file.")
    ] = OnDuplicate.ERROR
    missing: Annotated[
        OnMissing,
        typer.Option(help="For a row of the layer whose key the file lacks; the file is the whole layer, then."),
    ] = OnMissing.KEEP
    max_missing: Annotated[
        float,
        typer.Option(min=0, max=100, help="Delete nothing where more than this percentage of the rows is missing."),
    ] = IngestOptions.max_missing
    repair_seconds: Annotated[
        float, typer.Option(min=0.001, max=MOST_SECONDS, help="Give up a repair that takes longer.")
    ] = IngestOptions.repair_seconds
    repair_tolerance: Annotated[
        float,
        typer.Option(min=0, max=100, help="Reject where rings can be read in two ways, with areas further apart: %."),
    ] = IngestOptions.repair_tolerance
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but commit.")] = False
    chunk: Annotated[int, typer.Option(min=1, max=50_000, help="Features to commit at a time.")] = 10_000
    report: Annotated[
        Path | None, typer.Option(help="File for a line of JSON for each feature not inserted as it was.")
    ] = None
    resume: Annotated[
        bool | None,
        typer.Option(
            "--resume/--restart", help="Go on with an interrupted ingest, or start again; by default as fits."
        ),
    ] = None
    replace_sample: Annotated[
        bool | None,
        typer.Option("--replace-sample/--keep-sample", help="Delete the sample county first, or load beside it."),
    ] = None

    def of_ingest(self) -> IngestOptions:
        """Those that say how the file becomes rows."""
        return IngestOptions(
            mapping=_pairs(self.mapping or ()),
            only=tuple(self.only or ()),
            exclude=tuple(self.exclude or ()),
            private=tuple(self.private or ()),
            srid=self.srid,
            encoding=self.encoding,
            on_invalid=self.on_invalid,
            on_duplicate=self.on_duplicate,
            missing=self.missing,
            max_missing=self.max_missing,
            repair_seconds=self.repair_seconds,
            repair_tolerance=self.repair_tolerance,
            dry_run=self.dry_run,
            chunk=self.chunk,
            start={None: Start.AUTO, True: Start.RESUME, False: Start.RESTART}[self.resume],
        )


async def run(
    database: Database,
    layer: Layer,
    source: FileSource,
    options: IngestOptions,
    watch: Watch,
    *,
    replace_sample: bool = False,
) -> Report:
    """Ingest, and watch it."""
    if replace_sample:
        watch.first = lambda: samples.replace(database)
    return await ingest(database.engine, layer, source, options, watch)


@with_options
def command(
    layer: Annotated[str, typer.Argument(help=f"Layer to load into: {LAYER_NAMES}.")],
    file: Annotated[
        Path, typer.Argument(help="GeoPackage, Shapefile, GeoJSON, GeoParquet, FlatGeobuf, CSV, ...; also in a zip.")
    ],
    options: Options,
) -> None:
    """Load a file into a layer. An interrupted ingest goes on where it stopped when it is called again."""
    chosen, settings = options.of_ingest(), Settings()
    target = access_of(settings).layers[layer_named(layer).name]
    watch = Watch(options.report)
    source = FileSource(
        file, layer=options.source_layer, driver=options.driver, encoding=options.encoding, settings=settings.files
    )
    _name_others(placed(settings))
    replacing = not options.dry_run and samples.replaces(settings, target, options.replace_sample)
    with watch:
        done = with_database(
            settings, lambda database: run(database, target, source, chosen, watch, replace_sample=replacing)
        )
    show(done)
    raise typer.Exit(_REJECTED if done.counts.rejected else 0)


def _name_others(settings: Settings) -> None:
    """Say so where a gateway serves another private database than the one that is loaded into."""
    require(settings)
    for other in served_elsewhere(settings):
        err.print(
            f"This loads into the private database of {settings.data_dir}, which nobody serves now; "
            f"one that is served: GATEWAY_DATA_DIR={other}",
            markup=False,
        )


def _pairs(given: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in given:
        field, equals, source = pair.partition("=")
        if not field or not equals:
            raise typer.BadParameter(f"--map takes FIELD=SOURCE_FIELD, not {pair}")
        if field in mapping:
            raise typer.BadParameter(f"--map names {field} twice")
        mapping[field] = source
    return mapping
