"""The rows of the sample county in a database; enters layers, leaves how many they are, or takes them out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from gateway.db.sessions import Database
from gateway.db.transactions import Author
from gateway.layers import Layer
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


async def held(database: Database, layers: Iterable[Layer]) -> list[SampleRows]:
    """What each of `layers` holds; raises NotMigrated where a table is missing."""
    async with database.session() as session:
        found = [(layer, (await session.rows(samples.rows(layer)))[0]) for layer in layers]
    return [SampleRows(layer, row.made, row.others) for layer, row in found]


async def remove(database: Database, layers: Iterable[Layer], author: Author) -> None:
    """Delete the sample's rows of `layers`, all or none; their history says that `author` did it."""
    async with database.engine.begin() as connection:
        await connection.execute(select(*(func.set_config(*item, True) for item in author.settings.items())))
        for layer in layers:
            await connection.execute(samples.remove(layer))
            await connection.execute(samples.forget(layer))
