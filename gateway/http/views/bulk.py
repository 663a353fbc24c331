"""`POST /bulk/{layer}`: a file into a layer; enters a body of any size, leaves a job to watch.

The body goes to the disk as it comes. What ends early is thrown away: no part of a file is ever loaded for the whole.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from gateway import errors
from gateway.admission.budgets import received
from gateway.http.answers import NOT_STORED, Message, Receive, Scope, Send, header, refuse
from gateway.http.origin import prefix
from gateway.http.state import state_of
from gateway.http.views.jobs import show
from gateway.identity.principal import Principal
from gateway.identity.principal import Scope as Right
from gateway.ingest import OnMissing
from gateway.ingest.bulk import options
from gateway.ingest.bulk.coding import decoder
from gateway.ingest.bulk.formats import choose
from gateway.ingest.bulk.jobs import Jobs
from gateway.ingest.bulk.runner import Runner
from gateway.ingest.bulk.spool import Upload
from gateway.layers import Layers
from gateway.settings import BulkSettings, HttpSettings

PREFIX: Final = "/bulk/"
_CLOSE = ((b"connection", b"close"),)  # what is left of the body is not read
_WAIT = re.compile(rb"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?=[,;]|$)", re.IGNORECASE)


async def only_reads(_: Scope, __: Receive, send: Send) -> None:
    """Refuse a load, and whatever is asked of one, where all jurisdictions are read together."""
    message = "All jurisdictions together are only read. Load into one of them: /j/{code}/bulk/{layer}."
    await refuse(send, errors.SpanningReadsOnly(message), headers=(*NOT_STORED, *_CLOSE))


class BulkView:
    """Takes bodies."""

    def __init__(self, seen_by: Callable[[Principal], Layers], settings: BulkSettings, http: HttpSettings) -> None:
        self._seen_by = seen_by
        self._least = http.least_rate * settings.idle_seconds  # bytes that must come between two pauses
        self._settings = settings
        self._suggestions = http.suggestions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        runner = state_of(scope)["runner"]
        jobs = Jobs(state_of(scope)["session"], state_of(scope)["principal"], runner)
        try:
            with runner.receiving():
                job = await self._accept(scope, receive, runner, jobs)
            await self._tell(scope, send, job, jobs)
        except errors.GatewayError as error:
            if not self._suggestions:
                error.without_names()
            await refuse(send, error, headers=(*NOT_STORED, *_CLOSE))

    async def _tell(self, scope: Scope, send: Send, job: str, jobs: Jobs) -> None:
        state, seconds = state_of(scope), self._wait(scope)
        headers = [(b"location", f"{prefix(scope)}/jobs/{job}".encode())]
        if seconds:
            await state["session"].release()
            await state["runner"].wait(job, seconds)
            headers.append((b"preference-applied", f"wait={seconds}".encode()))
        current = await jobs.require(job)
        await show(send, current, status=200 if current.finished_at else 202, headers=headers)

    async def _accept(self, scope: Scope, receive: Receive, runner: Runner, jobs: Jobs) -> str:
        if scope["method"] != "POST":
            raise errors.MethodNotAllowed("Send files with POST.", allow=b"POST")
        principal = state_of(scope)["principal"]
        principal.require(Right.BULK, "A bulk load")
        layers = self._seen_by(principal)
        name = scope["path"].removeprefix(PREFIX)
        if name not in layers.by_name:
            raise errors.NotFound(f"There is no layer here. There are {', '.join(layers.by_name)}.")
        chosen, wanted = options.parse(layers[name], scope["query_string"])
        if chosen.missing is OnMissing.DELETE:
            principal.require(Right.WRITE, "To delete rows that a file lacks")
        form, coding = choose(header(scope, b"content-type"), wanted), decoder(header(scope, b"content-encoding"))
        announced = self._announced(scope)
        spool = await runner.spool()
        async with spool.receive(name, form, coding) as (job, upload):
            try:
                await self._receive(receive, upload, announced)
            finally:
                received(state_of(scope)["claim"], upload.bytes)
            await jobs.add(job, upload, name, form, chosen)
        return job

    def _announced(self, scope: Scope) -> int | None:
        text = header(scope, b"content-length")
        if text is None or not text.isdigit():
            return None
        size, limit = int(text[:20]), self._settings.upload_bytes
        if size > limit:
            message = f"The body is larger than {limit} bytes, the limit. Send the file in several bodies."
            raise errors.BodyTooLarge(message, limit=limit)
        return size

    async def _receive(self, receive: Receive, upload: Upload, announced: int | None) -> None:
        size, loop = 0, asyncio.get_running_loop()
        marked, before = loop.time(), 0
        try:
            async with asyncio.timeout(self._settings.upload_seconds):
                while True:
                    message = await self._next(receive)
                    data = message.get("body", b"")
                    size += len(data)
                    await upload.write(data)
                    if loop.time() - marked > self._settings.idle_seconds:
                        if size - before < self._least:
                            raise TimeoutError
                        marked, before = loop.time(), size
                    if not message.get("more_body", False):
                        break
        except TimeoutError as error:
            seconds = f"{self._settings.idle_seconds:g} s, or took longer than {self._settings.upload_seconds:g} s"
            raise errors.BodyTimeout(f"The body all but paused for {seconds} in all. Nothing is kept.") from error
        if announced is not None and size != announced:
            raise errors.BadBody(f"The body ended after {size} of {announced} bytes. Send the whole file.")
        await upload.end()

    async def _next(self, receive: Receive) -> Message:
        async with asyncio.timeout(self._settings.idle_seconds):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise errors.BadBody("The client left before the end of the body. Send the whole file.")
        return message

    def _wait(self, scope: Scope) -> int:
        """Seconds that the client would wait for the end of the job (RFC 7240, 4.3)."""
        values = b",".join(value for name, value in scope["headers"] if name == b"prefer")
        match = _WAIT.search(values)
        return min(int(match[1]), self._settings.wait_seconds) if match else 0
