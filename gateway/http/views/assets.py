"""Static files; enters a path under `/static`, leaves the file, compressed where the client takes it.

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
from gateway.http.answers import Receive, Scope, Send, refuse

_HASHED = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Starlette's static files, with the gateway's refusals, caching, and the `.gz` that the build leaves beside.

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
        packed = path.with_name(f"{path.name}.gz")
        if "gzip" in headers.get("accept-encoding", "") and packed.is_file():
            response = FileResponse(packed, status_code, media_type=guess_type(path)[0], stat_result=packed.stat())
            response.headers["content-encoding"] = "gzip"
        else:
            response = FileResponse(path, status_code, stat_result=stat_result)
        response.headers["content-security-policy"] = self._policy
        response.headers["vary"] = "accept-encoding"
        response.headers["cache-control"] = _HASHED if path.parent.name == "assets" else "no-cache"
        if self.is_not_modified(response.headers, headers):
            return NotModifiedResponse(response.headers)
        return response
