"""One job at work; enters its row and its file, leaves rows of its layer, or the reason why not."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Final

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import errors
from gateway.db.rows import AnyRow
from gateway.db.transactions import Author
from gateway.ingest import FeatureOutcome, FileSource, IngestOptions, Report, Start, ingest
from gateway.ingest.bulk.formats import FORMATS
from gateway.ingest.bulk.options import restored
from gateway.layers import Layer
from gateway.settings import FileSettings
from gateway.sql import jobs
from gateway.telemetry import tracing

Send = Callable[[Executable], Awaitable[object]]

_PAUSE: Final = 0.5  # seconds between two looks while features are counted
_OPTION = re.compile(r"--([a-z-]+)(?: ([a-z]+|\d+)\b(?!=))?")


class Cancelled(Exception):
    """Someone asked for the end of the job."""


class Stopped(Exception):
    """The server is on its way out; the job goes on when it is back."""


class Watch:
    """Keeps how far a job has come, and stops it after a chunk where it is to."""

    def __init__(self, job: str, send: Send, stopping: Callable[[], bool]) -> None:
        self._job = job
        self._send = send
        self._stopping = stopping

    async def begun(self, report: Report, total: int | None) -> None:
        await self._note(run_id=report.run_id, total=total)

    async def chunk(self, report: Report, outcomes: Iterable[FeatureOutcome]) -> None:
        del outcomes
        if report.counts.read > report.resumed_at:  # not one of an earlier attempt
            await self._note(attempts=0)

    async def look(self) -> None:
        """Raise Cancelled or Stopped where that is asked for."""
        self._heed(await self._send(jobs.stopped(self._job)))

    async def _note(self, **values: object) -> None:
        self._heed(await self._send(jobs.note(self._job, **values)))

    def _heed(self, cancelled: object) -> None:
        if cancelled:
            raise Cancelled
        if self._stopping():
            raise Stopped


async def work(
    engine: AsyncEngine, layer: Layer, row: AnyRow, file: Path, watch: Watch, *, settings: FileSettings
) -> None:
    """Load the file of the job `row`; all that a user can fix is raised as a GatewayError.

    Raises Cancelled or Stopped where the watch says so.
    """
    if row.run_state == "complete":
        return  # the process ended between the end of the run and that of the job
    source = await asyncio.to_thread(_source, row, file, settings)
    try:
        with tracing.span("count"):
            await _described(source, watch)
        with tracing.span("load"):
            await ingest(engine, layer, source, _options(row), watch)
    finally:
        source.close()


async def _described(source: FileSource, watch: Watch) -> None:
    """Have the features counted, in a thread of its own: who stops waiting ends the process that reads."""
    loop, counted = asyncio.get_running_loop(), asyncio.Event()

    def count() -> None:
        with suppress(Exception):  # raised again when the description is asked for
            source.description  # noqa: B018 - a property that is kept
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(counted.set)

    Thread(target=count, name="count", daemon=True).start()
    while not counted.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await counted.wait()
        await watch.look()


def _source(row: AnyRow, file: Path, settings: FileSettings) -> FileSource:
    if not file.exists() or file.stat().st_size != row.bytes:
        raise errors.SpoolGone(
            "The body of this job is not on this server any more. Send it again with the same options: it goes on "
            "after the chunks that are committed."
        )
    return FileSource(
        file,
        form=FORMATS[row.format].form,
        digest=bytes.fromhex(row.digest),
        encoding=row.options.get("encoding"),
        settings=settings,
    )


def _options(row: AnyRow) -> IngestOptions:
    options = replace(restored(row.options), author=Author(row.principal, row.request_id))
    return options if row.run_id is None else replace(options, start=Start.AUTO)  # it has begun as it was to


def message_of(error: errors.GatewayError) -> str:
    """The message of an error of ingest, with options as parameters: `--on-duplicate skip` as `on-duplicate=skip`."""
    return _OPTION.sub(lambda match: f"{match[1]}={match[2]}" if match[2] else match[1], error.message)
