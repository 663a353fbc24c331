"""Whether a client may be served now, by its budget; enters who asks, leaves a claim, or 429.

Paths without a lane, such as probes and pages, cost next to nothing and are always served.
"""

from collections.abc import Mapping

from gateway.admission.budgets import Budgets
from gateway.admission.claims import Claim, Lane
from gateway.errors import RateLimited
from gateway.http.answers import NOT_STORED, Application, Receive, Scope, Send, refuse
from gateway.http.state import state_of


class Admission:
    """Put the claim at `scope["state"]["claim"]`; `lanes` are by the first part of a path."""

    def __init__(self, app: Application, *, budgets: Budgets, lanes: Mapping[str, Lane]) -> None:
        self._app = app
        self._budgets = budgets
        self._lanes = lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = None if scope["type"] != "http" else self._lanes.get(scope["path"][1:].partition("/")[0])
        if lane is None:
            await self._app(scope, receive, send)
            return
        state = state_of(scope)
        principal = state["principal"]
        client, budgets, key = state["client"], self._budgets, state["client"]
        if "budgets" in state:  # of a jurisdiction, where the client spends apart
            budgets, key = state["budgets"], f"{client} in {state['code']}"
        account = budgets.account(key, principal.scopes, anonymous=principal.anonymous)
        try:
            if not budgets.passes(account):
                await budgets.check(account, lane)
        except RateLimited as error:
            await refuse(send, error, headers=NOT_STORED)
            return
        claim = state["claim"] = Claim(client, lane, account, turns=self._budgets.turns)
        account.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            account.running -= 1
            claim.settle()
