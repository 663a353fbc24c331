"""The sample county before the rows of a city; enters what the user chose, leaves whether it is to go."""

import sys
from collections.abc import Sequence

import typer

from gateway.db.sessions import Database
from gateway.errors import SamplePresent
from gateway.ingest.options import INGEST
from gateway.layers import LAYERS, Layer
from gateway.management.output import err
from gateway.management.running import with_database
from gateway.management.sample import rows
from gateway.management.sample.rows import SampleRows
from gateway.settings import Settings


def replaces(settings: Settings, layer: Layer, chosen: bool | None) -> bool:  # noqa: FBT001 - what the flag says
    """Whether the sample goes before the first rows of a city come into `layer`; asks where `chosen` does not say.

    Raises SamplePresent where it does not say and no terminal can be asked. A layer with other rows was
    decided on.
    """
    if chosen is not None:
        return chosen
    found = with_database(settings, lambda database: rows.held(database, dict.fromkeys((layer, *LAYERS))))
    held = [each for each in found if each.made]
    if not held or found[0].others:
        return False
    told = f"The database holds a sample county ({told_of(held)})."
    if not sys.stdin.isatty():
        raise SamplePresent(
            f"{told} A map of both shows neither. Add --replace-sample to delete it first, or --keep-sample."
        )
    return typer.confirm(f"{told} Delete it first? No loads beside it.", default=True, err=True)


async def remove(database: Database) -> None:
    """Delete the sample from every layer, and say how much that was."""
    held = [each for each in await rows.held(database, LAYERS) if each.made]
    await rows.remove(database, LAYERS.writable, INGEST)
    if held:
        err.print(f"Deleted the sample county: {told_of(held)}.", markup=False)


def told_of(held: Sequence[SampleRows]) -> str:
    """`5,000 parcels and 10 zoning districts`."""
    return " and ".join(map(str, held))
