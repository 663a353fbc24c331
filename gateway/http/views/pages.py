"""The pages for browsers, built from web/ by Vite; enters what a page must know, leaves HTML under a policy.

A page reads its knowledge of the gateway from one `<meta>` element, so that no script stands in the page. Where nothing
is built, a plain page says how to build it.
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import orjson

from gateway import errors
from gateway.http.answers import Receive, Scope, Send, answer, refuse
from gateway.http.origin import prefix

STATIC: Final = Path(__file__).parent.parent / "static"
BUILT: Final = STATIC / "app"
_PLACE = b'<meta name="gateway" content="" />'
_FILES = b'"./'  # how the build names its own files: what is beside them, not beside the page


def policy(basemap: str | None = None, *, editor: bool = False) -> bytes:
    """A Content-Security-Policy under which scripts, workers and data come from this origin alone.

    `basemap` is the URL of tiles of another origin, which may then be fetched. GraphiQL's `editor` (Monaco) writes its
    styles at run time and has its fonts in its style sheet; scripts never run inline.
    """
    tiles = urlsplit(basemap) if basemap else None
    origin = f" {tiles.scheme}://{tiles.netloc}" if tiles and tiles.netloc else ""
    styles, fonts = (" 'unsafe-inline'", " data:") if editor else ("", "")
    return (
        f"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'{styles}; font-src 'self'{fonts}; "
        f"img-src 'self' data: blob:{origin}; connect-src 'self'{origin}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ).encode()


def _early(styles: Mapping[str, str], prefix: str) -> str:
    """Elements by which a browser fetches the style of its theme while it loads the script that will ask for it."""
    return "".join(
        f'<link rel="preload" as="fetch" crossorigin href="{escape(prefix + url)}" '
        f'media="(prefers-color-scheme: {theme})">'
        for theme, url in styles.items()
    )


class Page:
    """`GET` answers with the page `name`; `knows` is JSON that it finds in its `<meta name="gateway">`.

    The paths in it are the gateway's own; those of the page's files and of `styles` begin as its clients see them.
    """

    def __init__(
        self, name: str, knows: Mapping[str, object], policy: bytes, styles: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._file = BUILT / f"{name}.html"
        self._knows = escape(orjson.dumps(knows).decode())
        self._styles = styles
        self._headers = (
            (b"content-security-policy", policy),
            (b"vary", b"Accept"),
            (b"cache-control", b"no-cache"),
        )

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            await refuse(send, errors.MethodNotAllowed("The page is read with GET."))
            return
        page = self._read(prefix(scope))
        await answer(send, 200, page, content_type=b"text/html; charset=utf-8", headers=self._headers)

    def _read(self, prefix: str) -> bytes:
        """The page as it is built now: a build while the gateway serves needs no restart."""
        try:
            built = self._file.read_bytes()
        except FileNotFoundError:
            return (STATIC / "plain.html").read_bytes()
        head = f'<meta name="gateway" content="{self._knows}" data-prefix="{escape(prefix)}">'
        head += _early(self._styles, prefix)
        return built.replace(_PLACE, head.encode(), 1).replace(_FILES, f'"{escape(prefix)}/static/app/'.encode())
