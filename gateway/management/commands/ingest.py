"""`manage.py ingest`; enters a file and a mapping, leaves rows, a table of counts and a report of JSON lines.

Exit codes: 0 done, 1 stopped by an error, 2 wrong usage, 3 done but some features were rejected.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self, TextIO

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway import errors
from gateway.db.embedded import require, served_elsewhere
from gateway.db.sessions import Database
from gateway.identity import Access
from gateway.ingest import (
    Action,
    FileSource,
    IngestOptions,
    OnDuplicate,
    OnInvalid,
    OnMissing,
    Outcome,
    Reason,
    Report,
    Start,
    ingest,
)
from gateway.ingest.options import MOST_SECONDS
from gateway.layers import LAYERS, Layer
from gateway.management import samples
from gateway.management.output import err, out, print_table
from gateway.management.running import with_database
from gateway.settings import Settings

_REJECTED = 3


class Watch:
    """Shows progress on standard error, and writes the report file chunk by chunk.

    `first` is done before the first row is written, once it is known that the source can be read.
    """

    def __init__(self, path: Path | None) -> None:
        self.first: Callable[[], Awaitable[None]] | None = None
        self._path = path
        self._file: TextIO | None = None
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=err, transient=True)
        self._task = self._progress.add_task("ingest", total=None)

    async def begun(self, report: Report, total: int | None) -> None:
        if self.first is not None:
            await self.first()
        self._progress.update(self._task, description=f"{report.source} -> {report.layer}", total=total)
        for line in report.about:
            err.print(f"{report.source}: {line}", markup=False, soft_wrap=True)
        for warning in report.warnings:
            err.print(f"Warning: {warning}.", markup=False, soft_wrap=True)
        if report.resumed_at:
            err.print(f"Run {report.run_id} goes on after {report.resumed_at:,} features.")

    async def chunk(self, report: Report, outcomes: Iterable[Outcome]) -> None:
        self._progress.update(self._task, completed=report.counts.read)
        if self._file is not None:
            try:
                self._file.writelines(orjson.dumps(outcome.as_json()).decode() + "\n" for outcome in outcomes)
                self._file.flush()
            except OSError as error:
                raise _unwritable(self._path, error) from error

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8")
            except OSError as error:
                raise _unwritable(self._path, error) from error
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._file is not None:
            self._file.close()


def _unwritable(path: Path | None, error: OSError) -> errors.SetupError:
    return errors.SetupError(f"The report cannot be written to {path}: {error.strerror}.")


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


def command(  # noqa: PLR0913 - one parameter an option, as Typer reads them
    layer: Annotated[str, typer.Argument(help=f"Layer to load into: {', '.join(item.name for item in LAYERS)}.")],
    file: Annotated[
        Path, typer.Argument(help="GeoPackage, Shapefile, GeoJSON, GeoParquet, FlatGeobuf, CSV, ...; also in a zip.")
    ],
    *,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", "-m", help="FIELD=SOURCE_FIELD; fields of equal name need none, FIELD= leaves one out."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Of the fields without a column, keep these alone in attributes.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A field that is not read at all.")] = None,
    private: Annotated[
        list[str] | None,
        typer.Option(help="A field without a column that readers are not shown: see docs/howto/control-access.md."),
    ] = None,
    source_layer: Annotated[str | None, typer.Option("--layer", help="Layer of a file that has several.")] = None,
    driver: Annotated[
        str | None,
        typer.Option(
            help="Read a format that is not offered, such as GPX or OGR_VRT; it may open what the file names."
        ),
    ] = None,
    srid: Annotated[
        int | None, typer.Option(help="EPSG code of the file's coordinates, if it is silent or wrong.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file's text, if it is silent or wrong: utf-8, windows-1252, ...")
    ] = None,
    on_invalid: Annotated[OnInvalid, typer.Option(help="For a geometry that is not valid.")] = OnInvalid.REPAIR,
    on_duplicate: Annotated[
        OnDuplicate, typer.Option(help="For a key that is in the table, or came before in the file.")
    ] = OnDuplicate.ERROR,
    missing: Annotated[
        OnMissing,
        typer.Option(help="For a row of the layer whose key the file lacks; the file is the whole layer, then."),
    ] = OnMissing.KEEP,
    max_missing: Annotated[
        float,
        typer.Option(min=0, max=100, help="Delete nothing where more than this percentage of the rows is missing."),
    ] = IngestOptions.max_missing,
    repair_seconds: Annotated[
        float, typer.Option(min=0.001, max=MOST_SECONDS, help="Give up a repair that takes longer.")
    ] = IngestOptions.repair_seconds,
    repair_tolerance: Annotated[
        float,
        typer.Option(min=0, max=100, help="Reject where rings can be read in two ways, with areas further apart: %."),
    ] = IngestOptions.repair_tolerance,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but commit.")] = False,
    chunk: Annotated[int, typer.Option(min=1, max=50_000, help="Features to commit at a time.")] = 10_000,
    report: Annotated[
        Path | None, typer.Option(help="File for a line of JSON for each feature not inserted as it was.")
    ] = None,
    resume: Annotated[
        bool | None,
        typer.Option("--resume/--restart", help="Go on with an interrupted ingest, or begin anew; by default as fits."),
    ] = None,
    replace_sample: Annotated[
        bool | None,
        typer.Option("--replace-sample/--keep-sample", help="Delete the sample county first, or load beside it."),
    ] = None,
) -> None:
    """Load a file into a layer. An interrupted ingest goes on where it stopped when it is called again."""
    options = IngestOptions(
        mapping=_pairs(mapping or ()),
        only=tuple(only or ()),
        exclude=tuple(exclude or ()),
        private=tuple(private or ()),
        srid=srid,
        encoding=encoding,
        on_invalid=on_invalid,
        on_duplicate=on_duplicate,
        missing=missing,
        max_missing=max_missing,
        repair_seconds=repair_seconds,
        repair_tolerance=repair_tolerance,
        dry_run=dry_run,
        chunk=chunk,
        start={None: Start.AUTO, True: Start.RESUME, False: Start.RESTART}[resume],
    )
    settings = Settings()
    target = Access(settings.auth, LAYERS).layers[_layer(layer).name]
    watch = Watch(report)
    source = FileSource(file, layer=source_layer, driver=driver, encoding=encoding, settings=settings.files)
    _tell_of_others(settings)
    replacing = not dry_run and samples.replaces(settings, target, replace_sample)
    with watch:
        done = with_database(
            settings, lambda database: run(database, target, source, options, watch, replace_sample=replacing)
        )
    show(done)
    raise typer.Exit(_REJECTED if done.counts.rejected else 0)


def _tell_of_others(settings: Settings) -> None:
    """Say so where a gateway serves another private database than the one that is loaded into."""
    require(settings)
    for other in served_elsewhere(settings):
        err.print(
            f"This loads into the private database of {settings.data_dir}, which nobody serves now; "
            f"one that is served: GATEWAY_DATA_DIR={other}",
            markup=False,
        )


def _layer(name: str) -> Layer:
    if name not in LAYERS.by_name:
        raise typer.BadParameter(f"there is no layer {name}; there are {', '.join(LAYERS.by_name)}")
    return LAYERS[name]


def _pairs(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        field, equals, source = pair.partition("=")
        if not field or not equals:
            raise typer.BadParameter(f"--map takes FIELD=SOURCE_FIELD, not {pair}")
        if field in found:
            raise typer.BadParameter(f"--map names {field} twice")
        found[field] = source
    return found


def show(report: Report) -> None:
    """Print the account: counts, their reasons and notes."""
    title = f"{report.source} -> {report.layer}" + (" (dry run: nothing was kept)" if report.dry_run else "")
    out.print(title, markup=False)
    table = Table("features", "count", "why")
    table.columns[1].justify = "right"
    for name, count in report.counts.as_json().items():
        reasons = sorted((code, number) for (action, code), number in report.reasons.items() if action == name)
        why = ", ".join(f"{code} {number:,}" for code, number in reasons)
        table.add_row(name, f"{count:,}", why, end_section=name == "read")
    print_table(table)
    for action, told in ((Action.MISSING, "are not in the file"), (Action.DELETED, "were not in the file: deleted")):
        if number := report.reasons[action, Reason.MISSING]:
            out.print(f"{number:,} {LAYERS[report.layer].verbose_name_plural} {told}.", markup=False)
    if report.lost_sqm:
        out.print(f"Left out: {report.lost_sqm:,.0f} m² of features that were skipped or rejected.", markup=False)
    for note, number in sorted(report.notes.items()):
        out.print(f"Note: {note} ({number:,})." if number > 1 else f"Note: {note}.", markup=False)
    rate = (report.counts.read - report.resumed_at) / report.seconds if report.seconds else 0
    run_id = "" if report.run_id is None else f"Run {report.run_id}, "
    out.print(f"{run_id}{report.seconds:.1f} s, {rate:,.0f} features/s.", markup=False)
