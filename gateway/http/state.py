"""What the lifespan and the middleware put into `scope["state"]` of a request."""

from typing import Literal, TypedDict

from gateway.admission.claims import Claim
from gateway.db.replicas import Replicas
from gateway.db.sessions import Database, Opens, RequestSession
from gateway.feeds.drawing import Tiles
from gateway.http.answers import Scope
from gateway.identity.principal import Principal
from gateway.ingest.bulk.runner import Runner

Pool = Literal["reads", "exports"]  # those that sessions of requests are of


class RequestState(TypedDict, total=False):
    """The lifespan gives pools, tiles and runner; the rest is of one request, in the order of the middleware."""

    database: Database
    reads: Opens
    exports: Opens
    probes: Database
    replicas: Replicas
    tiles: Tiles
    runner: Runner
    left: bool
    client: str
    principal: Principal
    claim: Claim
    session: RequestSession


def state_of(scope: Scope) -> RequestState:
    """The state of a request."""
    state: RequestState = scope["state"]
    return state
