"""`/jobs/{id}`: a bulk load to watch, to cancel and to go on with; enters a path, leaves JSON."""

from collections.abc import Iterable
from typing import Final

import orjson

from gateway import errors
from gateway.http.answers import NOT_STORED, Headers, Receive, Scope, Send, answer, refuse
from gateway.http.state import state_of
from gateway.ingest.bulk.jobs import Job, Jobs

PREFIX: Final = "/jobs/"
_LINES = b"application/x-ndjson; charset=utf-8"
_CHANGES: Final = ("cancel", "resume")


async def show(send: Send, job: Job, *, status: int = 200, headers: Headers = ()) -> None:
    """Send a job."""
    body = orjson.dumps(job.as_json(), option=orjson.OPT_UTC_Z)
    await answer(send, status, body, headers=(*NOT_STORED, *headers))


async def jobs_view(scope: Scope, _: Receive, send: Send) -> None:
    """`GET /jobs/{id}`, `GET /jobs/{id}/report`, `POST /jobs/{id}/cancel` and `POST /jobs/{id}/resume`."""
    state = state_of(scope)
    jobs = Jobs(state["session"], state["principal"], state["runner"])
    job, _slash, part = scope["path"].removeprefix(PREFIX).partition("/")
    lines = _Lines(send)
    try:
        _check(scope["method"], part)
        if part in _CHANGES:
            async with state["session"].transaction():
                changed = await getattr(jobs, part)(job)
            jobs.committed()
            await show(send, changed)
        elif part == "report":
            async for chunk in jobs.report(await jobs.require(job)):
                await lines.write(chunk)
            await lines.write(more=False)
        else:
            await show(send, await jobs.require(job))
    except errors.GatewayError as error:
        if lines.begun:
            raise  # nothing can be said any more: the connection breaks off
        await refuse(send, error, headers=NOT_STORED)


def _check(method: str, part: str) -> None:
    if part not in {"", "report", *_CHANGES}:
        raise errors.NotFound("Of a job there are /jobs/{id}, and behind that /report, /cancel and /resume.")
    if part in _CHANGES and method != "POST":
        raise errors.MethodNotAllowed("Send this with POST.", allow=b"POST")
    if part not in _CHANGES and method not in {"GET", "HEAD"}:
        raise errors.MethodNotAllowed("Read this with GET.")


class _Lines:
    """The answer of a report, which begins with its first lines or its end."""

    def __init__(self, send: Send) -> None:
        self.begun = False
        self._send = send

    async def write(self, outcomes: Iterable[object] = (), *, more: bool = True) -> None:
        if not self.begun:
            self.begun = True
            headers = [(b"content-type", _LINES), *NOT_STORED]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        body = b"".join(orjson.dumps(outcome, option=orjson.OPT_APPEND_NEWLINE) for outcome in outcomes)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
