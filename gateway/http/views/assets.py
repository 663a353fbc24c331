"""Static files; enters a path under `/static`, leaves the file, compressed as the client takes it.

Vite names files of `assets/` by a hash of their content: browsers may keep those for ever.
"""

import os
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from gateway import errors
from gateway.http.answers import Receive, Scope, Send, qualities, refuse

_CODINGS = {"br": ".br", "gzip": ".gz"}  # the smallest first
_GLYPHS = "application/x-protobuf"  # which nothing guesses from .pbf
_HASHED = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Starlette's static files, with the gateway's refusals, caching, and the packed ones that the build leaves beside.

    They have a page's `policy`, for a worker is held to that of its own script, not to that of its page.
    """

    def __init__(self, directory: Path, policy: bytes) -> None:
        super().__init__(directory=directory)
        self._policy = policy.decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except HTTPException as error:
            if error.status_code == errors.MethodNotAllowed.status:
                await refuse(send, errors.MethodNotAllowed("Files are read with GET."))
            else:
                await refuse(send, errors.NotFound("There is no such file."))

    def file_response(
        self, full_path: os.PathLike[str] | str, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        path, headers = Path(full_path), Headers(scope=scope)
        response = _packed(path, headers.get("accept-encoding", ""), status_code) or FileResponse(
            path, status_code, stat_result=stat_result, media_type=_GLYPHS if path.suffix == ".pbf" else None
        )
        response.headers["content-security-policy"] = self._policy
        response.headers["vary"] = "accept-encoding"
        response.headers["cache-control"] = _HASHED if path.parent.name == "assets" else "no-cache"
        if self.is_not_modified(response.headers, headers):
            return NotModifiedResponse(response.headers)
        return response


def _packed(path: Path, accepted: str, status: int) -> FileResponse | None:
    """The smallest file beside `path` that holds the same in a coding that the client takes."""
    rated = qualities(accepted.encode())
    for coding, ending in _CODINGS.items():
        packed = path.with_name(path.name + ending)
        if rated.get(coding.encode(), 0) > 0 and packed.is_file():
            response = FileResponse(packed, status, media_type=guess_type(path)[0], stat_result=packed.stat())
            response.headers["content-encoding"] = coding
            return response
    return None
