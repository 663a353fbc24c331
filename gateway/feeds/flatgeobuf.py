"""FlatGeobuf, which a worker writes; enters rows as CSV, leaves the bytes of a file while rows still come.

GDAL writes the format, and GDAL is not let into the process that serves: see docs/adr/0008-flatgeobuf-in-a-worker.md.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson

from gateway import errors
from gateway.geo.geojson import NAMES
from gateway.models.kinds import Kind
from gateway.sources.spreadsheets import ID, WKT
from gateway.sql.exports import Rows

Write = Callable[[bytes], Awaitable[None]]

_SCRIPT = Path(__file__).with_name("flatgeobuf_worker.py")
_CHUNK = 256 * 1024


@asynccontextmanager
async def packing(rows: Rows, write: Write) -> AsyncIterator[Write]:
    """Yield what takes the CSV of `rows`; what the worker makes of it goes to `write`, all of it before the block ends.

    Raises Internal where the worker fails.
    """
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the script's folder is no place to import from
        str(_SCRIPT),
        orjson.dumps(_description(rows)),
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

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass(worker.stdout, write))
            yield pack
            stdin.close()
        if await worker.wait():
            raise errors.Internal("FlatGeobuf could not be written. Take geojsonl.")
    except BaseExceptionGroup as failed:
        cause = failed.exceptions[0]
        if isinstance(cause, ConnectionError):  # the worker ended while rows still came
            raise errors.Internal("FlatGeobuf could not be written. Take geojsonl.") from cause
        raise cause from None
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


async def _pass(stdout: asyncio.StreamReader, write: Write) -> None:
    while data := await stdout.read(_CHUNK):
        await write(data)


def _description(rows: Rows) -> dict[str, object]:
    """What the worker must know of the rows: columns in their order, and where they are on Earth."""
    columns = [(ID, Kind.BIGINT), *((field.name, field.kind) for field in rows.fields), (WKT, Kind.GEOMETRY)]
    return {
        "layer": rows.layer.name,
        "crs": f"EPSG:{rows.srid}",
        "geometry": NAMES.get(str(rows.layer.fields["geometry"].geometry_type).upper(), "Unknown"),
        "columns": columns,
    }
