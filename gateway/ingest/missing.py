"""Rows of a layer that a source lacks; enters the source, leaves them named, or deleted.

The source is read once more, for its keys alone: so those count that an earlier attempt of the run has loaded, and
those of features that were left out.
"""

import asyncio
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.rows import AnyRow
from gateway.errors import MissingRefused
from gateway.ingest import runs
from gateway.ingest.options import IngestOptions, OnMissing
from gateway.ingest.prepare import Preparer
from gateway.ingest.report import Action, FeatureOutcome, Reason
from gateway.ingest.write import copy_in, place
from gateway.layers import Layer
from gateway.sources.batches import Source
from gateway.sql.missing import Missing


async def settle(
    connection: AsyncConnection, layer: Layer, source: Source, preparer: Preparer, options: IngestOptions
) -> Sequence[FeatureOutcome]:
    """What becomes of each missing row, in the transaction of `connection`; by key.

    Raises MissingRefused where more are to be deleted than may be, or where a feature has no key.
    """
    statements = Missing(layer)
    await runs.hold_chunk(connection, layer, options.author)
    await connection.execute(statements.create())
    with TemporaryFile() as file:
        unknown = await asyncio.to_thread(_collect, source, preparer, options.chunk, file)
        if options.missing is OnMissing.DELETE and unknown:
            raise MissingRefused(
                f"{unknown:,} features have no key that can be read, so the rows that they stand for can't be told "
                "from missing ones. Nothing was deleted. Fix those keys, or run it with --missing report."
            )
        await copy_in(connection, statements.name, ["key"], file)
    if options.missing is OnMissing.DELETE:
        await _guard(connection, statements, layer, options.max_missing)
        return _outcomes((await connection.execute(statements.remove())).all(), Action.DELETED)
    return _outcomes((await connection.execute(statements.rows())).all(), Action.MISSING)


def _collect(source: Source, preparer: Preparer, most: int, file: IO[bytes]) -> int:
    """Write the keys as text for COPY; how many features have none."""
    unknown = 0
    for batch in source.batches(0, most, set()):
        text, without = preparer.keys(batch)
        file.write(text)
        unknown += without
    file.seek(0)
    return unknown


async def _guard(connection: AsyncConnection, statements: Missing, layer: Layer, most: float) -> None:
    rows, missing = (await connection.execute(statements.counts())).one()
    if missing * 100 > rows * most:
        share = 100 * missing / rows
        raise MissingRefused(
            f"The file lacks {missing:,} of the {rows:,} {layer.verbose_name_plural} ({share:.1f}%), and at most "
            f"{most:g}% may be deleted. Nothing was deleted; what the file has is loaded. Look whether it is the whole "
            f"layer, then run it again with --max-missing {min(int(share) + 1, 100)}."
        )


def _outcomes(rows: Sequence[AnyRow], action: Action) -> Sequence[FeatureOutcome]:
    why = "The key is not in the file." + (" The row was deleted." if action is Action.DELETED else "")
    outcomes = (FeatureOutcome(None, row.key, action, Reason.MISSING, why, place(row)) for row in rows)
    return sorted(outcomes, key=lambda outcome: str(outcome.key))
