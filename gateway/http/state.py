"""What the lifespan and the middleware put into `scope["state"]` of a request."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Protocol, TypedDict

from gateway.admission.budgets import Budgets
from gateway.admission.claims import Claim
from gateway.db.replicas import Replicas
from gateway.db.sessions import Database, Opens, RequestSession
from gateway.feeds.drawing import Tiles
from gateway.http.answers import Application, Scope
from gateway.identity.backends import Backends
from gateway.identity.principal import Principal
from gateway.ingest.bulk.runner import Runner

Pool = Literal["reads", "exports"]  # those that sessions of requests are of


class Finds(Protocol):
    """Finds jurisdictions."""

    async def find(self, code: str) -> Mapping[str, Any]:
        """What the state of a request is to have that is about this one; raises UnknownJurisdiction."""

    async def some(self, codes: Collection[str]) -> Mapping[str, Any]:
        """The same of several."""


class RequestState(TypedDict, total=False):
    """The lifespan gives pools, tiles, runner and jurisdictions; the rest is of one request, as middleware puts it.

    A jurisdiction has pools, tiles and a runner of its own, and `app`, `backends`, its `code` and maybe `budgets`
    besides; several that are read together have the codes of these `parts`.
    """

    database: Database
    reads: Opens
    exports: Opens
    probes: Database
    replicas: Replicas
    tiles: Tiles
    runner: Runner
    jurisdictions: Finds
    app: Application
    backends: Backends
    budgets: Budgets
    code: str
    parts: Sequence[str]
    begun: bool  # whether the head of the answer was sent
    whole: bool  # whether the end of it was
    left: bool
    client: str
    principal: Principal
    claim: Claim
    session: RequestSession


def state_of(scope: Scope) -> RequestState:
    """The state of a request."""
    state: RequestState = scope["state"]
    return state
