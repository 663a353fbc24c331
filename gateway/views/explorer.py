"""Floor 5. The page that browsers get at `/graphql`; its scripts and styles come from our own origin alone."""

from pathlib import Path

from gateway.answers import Receive, Scope, Send, answer

STATIC = Path(__file__).parent.parent / "static"
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Explorer:
    """Answer with the page, under a policy that lets no inline script run and no request leave the origin."""

    def __init__(self) -> None:
        self._page = (STATIC / "explorer" / "index.html").read_bytes()

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        headers = ((b"content-security-policy", _POLICY), (b"vary", b"Accept"), (b"cache-control", b"no-cache"))
        await answer(send, 200, self._page, content_type=b"text/html; charset=utf-8", headers=headers)
