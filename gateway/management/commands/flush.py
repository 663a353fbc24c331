"""`manage.py flush`; enters the database, leaves its layers empty, or without the sample county."""

from typing import Annotated

import typer

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.ingest.runs import hold
from gateway.layers import LAYERS, Layers
from gateway.management import samples
from gateway.management.asking import Yes, confirm
from gateway.management.output import out
from gateway.management.running import with_database
from gateway.management.samples import SampleRows, in_words
from gateway.settings import Settings
from gateway.sql import catalog, emptying, partitions
from gateway.sql.partitions import Partition


async def held(database: Database) -> str:
    """What the layers hold, in words."""
    async with database.session() as session:
        counts = [
            SampleRows(layer, await session.scalar(emptying.rows(layer)), others=True) for layer in LAYERS.managed
        ]
    return in_words(counts)


async def run(database: Database, layers: Layers = LAYERS) -> None:
    """Empty the layers, their histories and the accounts of loads, all or none.

    Raises Locked while an ingest runs, or a request holds on to a table for longer than the lock timeout.
    """
    with faults.classified():
        async with database.engine.begin() as connection:
            for layer in layers.managed:
                await hold(connection, layer)
            await connection.execute(emptying.truncate(layers.managed))
            now = await connection.scalar(catalog.NOW)
            for layer in layers.writable:
                months = await connection.execute(partitions.partitions(layer.history.name))
                for statement in emptying.begin_history(layer, [Partition(*row) for row in months], now):
                    await connection.execute(statement)


def command(
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Delete the sample county, and nothing else.")] = False,
    yes: Yes = False,
) -> None:
    """Empty the database: all rows of every layer, their history, and the accounts of loads.

    Migrations and API keys stay, and ids go on from where they were.
    """
    settings = Settings()
    if sample:
        _flush_sample(settings, yes=yes)
        return
    rows = with_database(settings, held)
    confirm(f"Delete {rows}, with their history and the accounts of all loads?", yes=yes)
    with_database(settings, run)
    out.print(f"Deleted {rows}.", markup=False)


def _flush_sample(settings: Settings, *, yes: bool) -> None:
    made = [each for each in with_database(settings, samples.held) if each.made]
    if not made:
        out.print("The database holds no rows of a sample.")
        return
    confirm(f"Delete {in_words(made)} of the sample?", yes=yes)
    out.print(f"Deleted {with_database(settings, samples.remove)}.", markup=False)
