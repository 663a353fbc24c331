"""What the table of a layer may be divided by; enters a layer and what is wanted, leaves partitions or a refusal."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import errors
from gateway.checks.inspection import quote
from gateway.db.rows import AnyRow
from gateway.layers import Layer
from gateway.models.declaration import Method, Partitions
from gateway.sql import divided
from gateway.sql.divided import Division

_MOST: Final = 1_000  # partitions


async def table_of(connection: AsyncConnection, layer: Layer) -> Any:
    """The table of a layer as the catalogs have it; raises NotMigrated, and CannotPartition for one of others."""
    row = (await connection.execute(divided.DIVIDED, {"name": layer.model.__table__.name})).first()
    if row is None:
        raise errors.NotMigrated(f"There is no table {layer.name}. Run manage.py migrate first.")
    if not layer.managed or row.sequence is None:
        raise errors.CannotPartition(f"The table of {layer.name} is not the gateway's own, which changes no others.")
    if row.distributed:
        raise errors.CannotPartition(f"{layer.name} lies on a node of a Citus cluster. Divide those of plain schemas.")
    return row


async def refuse(connection: AsyncConnection, layer: Layer, before: AnyRow) -> None:
    """Raise CannotPartition where something stands on the table of a layer that would be lost with it."""
    found = (await connection.scalars(divided.OBSTACLES, {"table": before.oid})).all()
    if found:
        raise errors.CannotPartition(
            f"{layer.name} gets a new table, and what stands on the old one would be lost: {', '.join(found)}. "
            "Drop it before, and make it again after."
        )


async def division_of(connection: AsyncConnection, layer: Layer, wanted: Partitions, before: AnyRow) -> Division:
    """The partitions that a table is to have; raises CannotPartition where that can not be."""
    by = wanted.by
    columns = {row.plain_name: row for row in await connection.execute(divided.COLUMNS, {"table": before.oid})}
    if by not in columns:
        raise errors.CannotPartition(f"{layer.name} has no column {by}.")
    if wanted.method is Method.HASH:
        if by != layer.natural_key:
            raise errors.CannotPartition(
                f"A hash is one of the natural key, {layer.natural_key}: of {by} it would leave no index that keeps "
                f"{layer.natural_key} unique, and spare no read any partition."
            )
        return Division.by_hash(by, wanted.count)
    if layer.partitions is None or (layer.partitions.by, layer.partitions.method) != (by, Method.LIST):
        raise errors.CannotPartition(
            f"A list by {by} is declared in the model, since upserts name the key that goes with it: "
            f'partitions=Partitions(by="{by}", method=Method.LIST) in __layer__ of {layer.type_name}.'
        )
    if not columns[by].filled or by == layer.natural_key:
        raise errors.CannotPartition(f"A list is by a column that is never null, and not the key: {by} is neither.")
    literals = list((await connection.scalars(divided.values(before.name, quote(by)))).all())
    if len(literals) > _MOST:
        raise errors.CannotPartition(f"{by} has {len(literals):,} values; a list takes {_MOST:,}.")
    return Division.by_list(by, literals)
