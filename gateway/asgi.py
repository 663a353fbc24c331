"""The application; enters settings and layers, leaves what an ASGI server runs.

    uvicorn --factory gateway.asgi:application

Nothing here connects before the lifespan starts, which it does in the process that serves: the application may be made
before a fork. A child of a serving process forgets the connections that it inherits.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from gateway import telemetry
from gateway.admission.budgets import Budgets
from gateway.admission.claims import Lane
from gateway.db import migrations
from gateway.db.embedded import database_url
from gateway.db.reader import Reader
from gateway.execution.jurisdictions import Known
from gateway.execution.operation import Runs
from gateway.execution.trusted import Trusted
from gateway.feeds.drawing import Tiles
from gateway.http.answers import Application
from gateway.http.consistency import ConsistencyCodec
from gateway.http.middleware.admission import Admission
from gateway.http.middleware.bodies import Bodies
from gateway.http.middleware.body import BodyLimit
from gateway.http.middleware.client import Client
from gateway.http.middleware.compression import Compression
from gateway.http.middleware.consistency import Consistency
from gateway.http.middleware.cors import Cors
from gateway.http.middleware.deadline import Deadline
from gateway.http.middleware.disconnect import DisconnectWatcher
from gateway.http.middleware.head import HeadLimit
from gateway.http.middleware.hosts import AllowedHosts
from gateway.http.middleware.identity import Identity
from gateway.http.middleware.jurisdiction import Jurisdiction, Picked
from gateway.http.middleware.prefix import Prefix
from gateway.http.middleware.request_log import RequestLog
from gateway.http.middleware.session import Session
from gateway.http.middleware.tracing import Tracing, traced
from gateway.http.middleware.turn import Turn
from gateway.http.origin import public_prefix
from gateway.http.urls import Lifespan, router
from gateway.http.views import bulk, export, jobs
from gateway.http.views.assets import Assets
from gateway.http.views.description import describe
from gateway.http.views.documents import map_documents
from gateway.http.views.graphql import GraphQLView
from gateway.http.views.health import Ready
from gateway.http.views.identity import IdentityView
from gateway.http.views.metrics import counted, metrics
from gateway.http.views.pages import STATIC, Page, policy
from gateway.identity import Access, Backends
from gateway.identity.keys import signing_key
from gateway.identity.principal import OWN, Principal, Scope
from gateway.ingest.bulk.runner import Runner
from gateway.layers import LAYERS, Layers
from gateway.models.jurisdiction import ALL
from gateway.server import interpreter
from gateway.server.connections import Connections
from gateway.server.drain import Drain
from gateway.server.jurisdictions import Jurisdictions
from gateway.server.learning import learning
from gateway.server.places import Place, place
from gateway.server.reading import routes
from gateway.server.serving import Serving, Shares, serving
from gateway.settings import Settings
from schema import TYPES, build_schema
from schema.features import FeatureType
from schema.operations import Operations

# What scripts of another origin may read besides the few headers that browsers always show.
_EXPOSED = (
    *("X-Request-ID", "Retry-After", "ETag", "Content-Disposition", "Content-Encoding", "Vary", "Allow"),
    *("Idempotency-Replayed", "Location", "Preference-Applied", "Consistency-Token", "RateLimit", "RateLimit-Policy"),
)
# By the first part of a path.
_LANES = {
    "graphql": Lane.GRAPHQL,
    "tiles": Lane.TILES,
    "styles": Lane.TILES,
    "export": Lane.EXPORTS,
    "notice": Lane.GRAPHQL,
    "bulk": Lane.BULK,
    "jobs": Lane.BULK,
}


def create_app(
    settings: Settings, *, layers: Layers = LAYERS, types: Sequence[type[FeatureType]] = TYPES
) -> Application:
    """Make the gateway that serves `layers`, each of which one of `types` describes."""
    shares = Shares(settings)
    every = Access.of(settings, layers, ALL).layers  # what is private anywhere may be null
    schema = build_schema(every, types)

    def serve(code: str, together: Sequence[str] = ()) -> Serving:
        def operate(own: Settings, access: Access) -> Operations:
            seen = access.layers
            known = Trusted(map_documents(seen, access.views(Scope.WRITE)) if own.map.enabled else ())
            return Operations(schema, own, seen, trusted=known)

        return serving(settings, layers, operate, shares, code=code, together=together)

    return _around(settings, serve(OWN), serve)


def application() -> Application:
    """The gateway as the environment sets it: the factory that servers are given, once in each process that serves."""
    app = create_app(Settings())
    interpreter.settle()
    return app


def assemble(settings: Settings, operations: Runs, context: Callable[[Reader, Principal, str], Any]) -> Application:
    """Put the door before whatever runs operations; `context` makes the context of one request."""
    access, runner = Access(settings.auth, LAYERS), Runner(LAYERS, settings)
    own = Serving(settings, access, Backends(settings.auth), operations, context, {}, {"bulk": runner})
    return _around(settings, own)


def _around(
    settings: Settings, own: Serving, serve: Callable[[str, Sequence[str]], Serving] | None = None
) -> Application:
    """The door, and what serves the schema of the URL behind it; `serve` makes what serves another jurisdiction."""
    drain, budgets = Drain(settings.http.drain_seconds), own.budgets or Budgets(settings.budget)
    heads = migrations.heads()
    ready, assets = Ready(heads, draining=drain.begun), Assets(STATIC, policy(settings.map.basemap))
    tokens = ConsistencyCodec(signing_key(settings), settings.replica.lag) if settings.replica.urls else None

    def routes_of(each: Serving, ready: Ready, lifespan: Any = None) -> Application:
        graphql, views = _pages(each, tokens)
        if not settings.metrics.port:
            views["/metrics"] = metrics
        return router(graphql, ready, assets, lifespan, views={**views, **each.feeds})

    def made(known: Known) -> tuple[Serving, Application]:
        assert serve is not None
        each = serve(known.code, [code for code, _ in known.parts])
        return each, routes_of(each, Ready(heads, draining=drain.begun) if known.apart else ready)

    others = Jurisdictions(settings, made, heads) if serve is not None and settings.database.pooler == "none" else None
    lifespan = _lifespan(settings, drain, own, budgets, others)
    app = Picked(routes_of(own, ready, traced(counted(lifespan, settings.metrics), settings.tracing)))
    return _door(app, settings, drain, own.backends, budgets, tokens=tokens)


def _pages(each: Serving, tokens: ConsistencyCodec | None) -> tuple[Application, dict[str, Application]]:
    """GraphQL with its page, and the page of the map, by their paths."""
    settings = each.settings
    basemap, knows = settings.map.basemap, describe(each.access.layers, settings)
    graphiql = Page("graphiql", knows, policy(basemap, editor=True)) if settings.http.graphiql else None
    viewer = Page("map", knows, policy(basemap), knows["drawn"]["styles"])
    limits, http = settings.limits, settings.http
    view = GraphQLView(each.operations, each.context, limits, http, explorer=graphiql, consistency=tokens)
    pages: dict[str, Application] = {"/": viewer} if settings.map.enabled else {}
    return view, {**pages, "/identity": IdentityView(each.access.seen_by)}


def _door(
    app: Application,
    settings: Settings,
    drain: Drain,
    backends: Backends,
    budgets: Budgets,
    *,
    tokens: ConsistencyCodec | None,
) -> Application:
    """The middleware, in the order in which a request meets it."""
    limits, http = settings.limits, settings.http
    layers: tuple[tuple[Any, Mapping[str, Any]], ...] = (
        (Prefix, {"public": public_prefix(http)}),
        *([(Tracing, {"trusted": http.trusted_proxies})] if settings.tracing.export != "off" else []),
        (RequestLog, {}),
        (Client, {"trusted": http.trusted_proxies}),
        (HeadLimit, {"limit": limits.head_bytes}),
        (AllowedHosts, {"allowed": http.allowed_hosts}),
        (Cors, _cors(settings)),
        *([(Compression, {"floor": http.compress_bytes})] if http.compress else []),
        (Jurisdiction, {}),
        (Deadline, {"seconds": limits.request_seconds, "others": _deadlines(settings)}),
        (Identity, {"backends": backends, "budgets": budgets, "most_wrong": settings.auth.wrong_per_minute}),
        (Admission, {"budgets": budgets, "lanes": _LANES}),
        (BodyLimit, _bodies(settings)),
        (DisconnectWatcher, {"draining": drain.begun}),
        (Turn, {"turns": budgets.turns}),
        *([(Consistency, {"codec": tokens})] if tokens else []),
        (Session, {"pools": {export.PREFIX: "exports"}}),
    )
    for layer, options in reversed(layers):
        app = layer(app, **options)
    return app


def _bodies(settings: Settings) -> Mapping[str, Any]:
    limits, bodies = settings.limits, Bodies(settings.http, settings.data_dir / "tmp" / "bodies")
    return {
        "limit": limits.body_bytes,
        "seconds": limits.body_seconds,
        "bodies": bodies,
        "streamed": (bulk.PREFIX,),
    }


def _deadlines(settings: Settings) -> Mapping[str, float]:
    """Seconds of what takes longer than other requests, by the beginning of a path."""
    loading = settings.bulk.upload_seconds + settings.bulk.wait_seconds + settings.limits.request_seconds
    return {export.PREFIX: settings.export.seconds, jobs.PREFIX: settings.export.seconds, bulk.PREFIX: loading}


def _cors(settings: Settings) -> Mapping[str, object]:
    return {
        "allow_origins": settings.http.cors_origins,
        "allow_methods": ("GET", "HEAD", "POST"),
        "allow_headers": ("*",),
        "expose_headers": _EXPOSED,
        "max_age": settings.http.cors_max_age,
    }


def _lifespan(
    settings: Settings, drain: Drain, own: Serving, budgets: Budgets, others: Jurisdictions | None
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[Mapping[str, Any]]:
        telemetry.configure_logging(settings.log.level, settings.log.format)
        with database_url(settings) as url:
            async with place(settings, url) as here:
                try:
                    with drain.watch(lambda: _give_up(here, others)):
                        async with _serving(settings, drain, own, here, others) as state:
                            yield state
                finally:
                    await budgets.close()

    return lifespan


@asynccontextmanager
async def _serving(
    settings: Settings, drain: Drain, own: Serving, here: Place, others: Jurisdictions | None
) -> AsyncIterator[Mapping[str, Any]]:
    """The state of requests, while what works beside them runs."""
    databases, reads = here.databases, routes(here.databases, here.replicas)
    tiles = Tiles(own.access.layers, settings, reads["reads"], here.changes, own.operations.estimates)
    for runner in own.runners.values():
        runner.open(databases, drain.begun)
    found: dict[str, Any] = {}
    if others is not None:
        others.open(here, drain.begun)
        found["jurisdictions"] = others
    try:
        state = {**databases, **reads, **found, "replicas": here.replicas, "tiles": tiles}
        async with learning(settings, own.access, own.operations, databases["bulk"]):
            runner, connections = own.runners["bulk"], Connections(settings.http, settings.limits)
            yield {**state, "runner": runner, "connections": connections}
    finally:
        if others is not None:
            await others.close()
        for runner in own.runners.values():
            await runner.close()


def _give_up(here: Place, others: Jurisdictions | None) -> None:
    here.outage.give_up()
    if others is not None:
        others.give_up()
