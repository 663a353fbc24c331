"""`manage.py sample`; enters a size and a seed, leaves the sample county in the database or in a file."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.management.asking import Yes, confirm
from gateway.management.output import out, progress
from gateway.management.running import with_database
from gateway.management.sample import County, county
from gateway.management.samples import held, in_words
from gateway.management.storing import files, load, write
from gateway.settings import Settings


def run(made: County, output: Path | None, *, replace: bool) -> None:
    """Make the county and put it into `output`, or without one into the database."""
    with progress() as bar:
        task = bar.add_task("laying out", total=made.size + made.district_count)

        def advance(stage: str, rows: int) -> None:
            bar.update(task, description=stage, advance=rows)

        if output is None:
            with_database(Settings(), lambda database: load(database, made, replace=replace, advance=advance))
        else:
            write(made, output, replace=replace, advance=advance)


def command(
    parcels: Annotated[int, typer.Option(help="How many parcels, up to 10,000,000.")] = 5000,
    seed: Annotated[
        int, typer.Option(help="Another seed is another county; the same one is the same to the byte.")
    ] = 7,
    districts: Annotated[
        int | None, typer.Option(help="How many zoning districts; by default one for 500 parcels.")
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the sample that the database, or the files, hold before.")
    ] = False,
    yes: Yes = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Write FILE.gpkg, or FILE.geojsonl and FILE.zoning_districts.geojsonl, not the database."),
    ] = None,
) -> None:
    """Fill the database with a made-up county of parcels and zoning districts. Rows of others are never touched."""
    made = county(parcels, seed, districts)
    if replace and output is None:
        _confirm(yes=yes)
    run(made, output, replace=replace)
    where = "the database" if output is None else " and ".join(map(str, dict.fromkeys(files(output))))
    parts = (_number(made.size, "parcel"), _number(made.district_count, "zoning district"))
    out.print(f"{' and '.join(parts)} are in {where}.", markup=False)


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _confirm(*, yes: bool) -> None:
    if not yes and (before := [each for each in with_database(Settings(), held) if each.made]):
        confirm(f"Delete {in_words(before)} of the sample?", yes=False)
