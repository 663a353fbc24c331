"""`/notice/labels.html`, `/notice/recipients.csv` and `/notice/parcels.csv`: a notice list as a file.

`notice` holds the arguments of `noticeList` as JSON, or is the token that GraphQL gave.
"""

from collections.abc import Mapping

from gateway import errors
from gateway.execution.noticing import check_recipients, read_notice
from gateway.feeds.notice_files import FILES, POLICY
from gateway.feeds.request import FeedParser
from gateway.http.answers import NOT_STORED, Application, Scope, Send, answer
from gateway.http.state import state_of
from gateway.http.views.read_only import read_only
from gateway.identity import Access
from gateway.identity.principal import Scope as Granted
from gateway.query.costs import FilterCosts
from gateway.query.links import NOTICE
from gateway.query.notice_costs import NoticeCost
from gateway.query.notices import has_recipients, notified
from gateway.query.parameters import parameters

PREFIX = "/notice/"


def views(parser: FeedParser, access: Access) -> Mapping[str, Application]:
    """The view by its path, where a layer has recipients."""
    view = read_only(_NoticeView(parser, access), "notice lists", NOT_STORED)
    return {f"{PREFIX}{{file}}": view} if has_recipients(parser.layers) else {}


class _NoticeView:
    """Answers with a notice list in the form that the path names."""

    def __init__(self, parser: FeedParser, access: Access) -> None:
        self._parser = parser
        self._access = access

    async def __call__(self, scope: Scope, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX)
        body = await self._read(scope, name)
        place = "inline" if name.endswith("html") else "attachment"
        headers = (
            *NOT_STORED,
            (b"content-disposition", f'{place}; filename="{name}"'.encode()),
            (b"content-security-policy", POLICY),
        )
        await answer(send, 200, body, content_type=FILES[name].media_type, headers=headers)

    async def _read(self, scope: Scope, name: str) -> bytes:
        if name not in FILES:
            raise errors.NotFound(f"No notice list is here. There are {', '.join(FILES)}.")
        state, parser = state_of(scope), self._parser
        given = parameters(scope["query_string"], {"notice"}).get("notice", "{}")
        layer, _ = notified(parser.layers)
        token = parser.codec.decode(layer, given, path=("notice",))
        principal = state["principal"]
        if token.signed is not None:
            if token.signed.form != NOTICE:
                raise errors.NotSigned("The URL is signed for something else. Ask noticeList for it.", path=("notice",))
            principal = await parser.confirm(token.signed.principal, state["database"])
        principal.require(Granted.READ, "To read")
        layers, limits = parser.seen_by(principal, frozenset()), parser.limits
        check_recipients(layers, principal, self._access)
        cost = NoticeCost.of(FilterCosts(layers, parser.estimates.now, past="asOf" in token.filters), token.filters)
        cost.check(limits)
        state["claim"].price(cost.units)
        return FILES[name].write(await read_notice(state["session"], layers, limits, token.filters))
