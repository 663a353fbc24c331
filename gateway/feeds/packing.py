"""Binary formats, which a worker writes; enters rows as CSV, leaves the bytes of a file while rows still come.

GDAL and Arrow write them, and neither is let into the process that serves: see
docs/adr/0008-flatgeobuf-in-a-worker.md and docs/adr/0038-geoparquet-and-arrow.md.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import orjson

from gateway import errors
from gateway.geo.crs import projjson
from gateway.geo.geojson import NAMES
from gateway.layers import LayerField
from gateway.models.kinds import Kind
from gateway.query.values import EdgeValue
from gateway.sources.spreadsheets import ID
from gateway.sql.exports import Rows, decimal_digits
from gateway.sql.related_rows import RelatedRows

Write = Callable[[bytes], Awaitable[None]]
# A kind, the digits of a decimal, or the columns of related rows.
Type: TypeAlias = "str | tuple[int, int] | Mapping[str, Type]"

_SCRIPT = Path(__file__).with_name("packing_worker.py")
_CHUNK = 256 * 1024


@asynccontextmanager
async def packing(form: str, described: bytes, write: Write) -> AsyncIterator[Write]:
    """Yield what takes the CSV of rows; what the worker makes of it goes to `write`, all of it before the block ends.

    Raises Internal where the worker fails.
    """
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the script's folder is no place to import from
        str(_SCRIPT),
        described,  # by `description`
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    stdin = worker.stdin

    async def pack(data: bytes) -> None:
        stdin.write(data)
        await stdin.drain()

    failure = errors.Internal(f"The {form} file could not be written. Take geojsonl.")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass(worker.stdout, write))
            yield pack
            stdin.close()
        if await worker.wait():
            raise failure
    except BaseExceptionGroup as failed:
        cause = failed.exceptions[0]
        if isinstance(cause, ConnectionError):  # the worker ended while rows still came
            raise failure from cause
        raise cause from None
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


async def _pass(stdout: asyncio.StreamReader, write: Write) -> None:
    while data := await stdout.read(_CHUNK):
        await write(data)


def of_rows(form: str, rows: Rows) -> bytes:
    """What the worker must know of rows of a layer."""
    columns = {**_columns(rows.fields), **{each.relation.field: _row(each) for each in rows.related}}
    geometry = NAMES.get(str(rows.layer.fields["geometry"].geometry_type).upper(), "Unknown")
    return description(form, rows.layer.name, columns, srid=rows.srid, geometry=geometry)


def description(form: str, name: str, columns: Mapping[str, Type], *, srid: int, geometry: str) -> bytes:
    """What the worker must know of rows: columns after the id in their order, and where they are on Earth."""
    described = {
        "format": form,
        "layer": name,
        "crs": f"EPSG:{srid}",
        "projjson": projjson(srid),
        "geometry": geometry,
        "columns": {ID: Kind.BIGINT, **columns},
    }
    return orjson.dumps(described)


def _row(related: RelatedRows) -> Type:
    edge = {name: Kind.BOOLEAN if value is EdgeValue.IS_PRIMARY else Kind.FLOAT for name, value in related.edges}
    return {**edge, "node": {ID: Kind.BIGINT, **_columns(related.fields)}}


def _columns(fields: Iterable[LayerField]) -> Mapping[str, Type]:
    return {field.name: decimal_digits(field) if field.kind is Kind.DECIMAL else field.kind for field in fields}
