"""The rows of the sample county in a database: counting them, deleting them, and asking before a city is loaded."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import typer
from sqlalchemy import func, select

from gateway.db.sessions import Database
from gateway.db.transactions import Author
from gateway.errors import SamplePresent
from gateway.ingest.options import INGEST
from gateway.layers import LAYERS, Layer
from gateway.management.output import err
from gateway.management.running import with_database
from gateway.settings import Settings
from gateway.sql import samples


@dataclass(frozen=True, slots=True)
class SampleRows:
    """What a layer holds: so many rows of the sample, and maybe others."""

    layer: Layer
    made: int
    others: bool

    def __str__(self) -> str:
        name = self.layer.verbose_name if self.made == 1 else self.layer.verbose_name_plural
        return f"{self.made:,} {name}"


async def held(database: Database, layers: Iterable[Layer] = LAYERS.writable) -> list[SampleRows]:
    """What each of `layers` holds; raises NotMigrated where a table is missing."""
    async with database.session() as session:
        counts = [(layer, (await session.rows(samples.rows(layer)))[0]) for layer in layers]
    return [SampleRows(layer, row.made, row.others) for layer, row in counts]


async def remove(database: Database, author: Author = INGEST) -> str:
    """Delete the sample's rows of every layer, all or none; how many they were, in words. History names `author`."""
    made = [each for each in await held(database) if each.made]
    async with database.engine.begin() as connection:
        await connection.execute(select(*(func.set_config(*item, True) for item in author.settings.items())))
        for layer in LAYERS.writable:
            await connection.execute(samples.remove(layer))
            await connection.execute(samples.forget(layer))
    return in_words(made)


async def replace(database: Database) -> None:
    """Delete the sample before the first row of a city comes, and say so."""
    if deleted := await remove(database):
        err.print(f"Deleted the sample county: {deleted}.", markup=False)


def replaces(settings: Settings, layer: Layer, chosen: bool | None) -> bool:  # noqa: FBT001 - what the flag says
    """Whether the sample goes before the first rows of a city come into `layer`; asks where `chosen` does not say.

    Raises SamplePresent where it does not say and no terminal can be asked. A layer with other rows was
    decided on.
    """
    if chosen is not None:
        return chosen
    rows = with_database(settings, lambda database: held(database, dict.fromkeys((layer, *LAYERS.writable))))
    made = [each for each in rows if each.made]
    if not made or rows[0].others:
        return False
    there = f"The database holds a sample county ({in_words(made)})."
    if not sys.stdin.isatty():
        raise SamplePresent(
            f"{there} A map of both shows neither. Add --replace-sample to delete it first, or --keep-sample."
        )
    return typer.confirm(f"{there} Delete it first? No loads beside it.", default=True, err=True)


def in_words(rows: Sequence[SampleRows]) -> str:
    """`5,000 parcels and 10 zoning districts`."""
    return " and ".join(map(str, rows))
