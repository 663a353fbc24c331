"""The application; enters settings and layers, leaves what an ASGI server runs.

    uvicorn --factory gateway.asgi:application

Nothing here connects before the lifespan starts, which it does in the process that serves: the application may be made
before a fork. A child of a serving process forgets the connections that it inherits.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Protocol
from weakref import WeakSet

from gateway import telemetry
from gateway.admission.budgets import Budgets
from gateway.admission.claims import Lane
from gateway.db import migrations
from gateway.db.changes import Changes
from gateway.db.embedded import database_url
from gateway.db.outages import Outage
from gateway.db.reader import Reader
from gateway.db.sessions import Database
from gateway.execution.analysis_runner import AnalysisRunner
from gateway.execution.analyzing import Analyst
from gateway.execution.context import Workers, contexts
from gateway.execution.operation import Runs
from gateway.execution.trusted import Trusted
from gateway.feeds.drawing import Tiles
from gateway.feeds.request import FeedParser
from gateway.feeds.tile_sets import TileSets
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
from gateway.http.middleware.prefix import Prefix
from gateway.http.middleware.request_log import RequestLog
from gateway.http.middleware.session import Session
from gateway.http.middleware.tracing import Tracing, traced
from gateway.http.middleware.turn import Turn
from gateway.http.origin import public_prefix
from gateway.http.urls import router
from gateway.http.views import analyses, bulk, export, jobs, maps, notices
from gateway.http.views.assets import Assets
from gateway.http.views.description import describe
from gateway.http.views.documents import map_documents
from gateway.http.views.graphql import GraphQLView
from gateway.http.views.health import Ready
from gateway.http.views.metrics import counted, metrics
from gateway.http.views.pages import STATIC, Page, policy
from gateway.identity import Access, Backends
from gateway.identity.keys import signing_key
from gateway.identity.principal import Principal
from gateway.ingest.bulk.runner import Runner
from gateway.layers import LAYERS, Layers
from gateway.query.tokens import FilterCodec
from gateway.server import interpreter
from gateway.server.connections import Connections
from gateway.server.drain import Drain
from gateway.server.learning import learning
from gateway.server.pools import pools
from gateway.server.reading import replicas_of, routes
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

_databases: WeakSet[Database] = WeakSet()


class _Background(Protocol):
    """What works on pools of its own, beside requests, from the start of a server to its end."""

    def open(self, databases: Mapping[str, Database], draining: Callable[[], bool]) -> None: ...

    async def close(self) -> None: ...


def create_app(
    settings: Settings, *, layers: Layers = LAYERS, types: Sequence[type[FeatureType]] = TYPES
) -> Application:
    """Make the gateway that serves `layers`, each of which one of `types` describes."""
    access = Access(settings.auth, layers)
    layers = access.layers
    known = Trusted(map_documents(layers) if settings.map.enabled else ())
    operations = Operations(build_schema(layers, types), settings, layers, trusted=known)
    key = signing_key(settings)
    backends, codec = Backends(settings.auth), FilterCodec(key, settings.limits)
    limits, suggestions = settings.limits, settings.http.suggestions
    parser = FeedParser(layers, access.seen_by, backends.confirm, limits, codec, operations.estimates, suggestions)
    feeds: Mapping[str, Application] = {
        **maps.views(TileSets(parser), settings),
        f"{export.PREFIX}{{file}}": export.export_view(parser),
        **notices.views(parser, access),
        **analyses.views(parser, settings),
        f"{bulk.PREFIX}{{layer}}": bulk.BulkView(access.seen_by, settings.bulk, settings.http),
        f"{jobs.PREFIX}{{id}}": jobs.jobs_view,
        f"{jobs.PREFIX}{{id}}/{{part:path}}": jobs.jobs_view,
    }
    runner = Runner(layers, settings)
    analyst = Analyst(settings.analytics)
    analysis_runner = AnalysisRunner(access, backends, settings)
    workers = Workers(runner, analyst, analysis_runner)
    made = contexts(access, settings, key, operations.estimates, workers)
    runners: Mapping[str, _Background] = {"bulk": runner, "analysis": analyst, "analysis jobs": analysis_runner}
    return assemble(settings, operations, made, feeds, layers, runners=runners, access=access, backends=backends)


def application() -> Application:
    """The gateway as the environment sets it: the factory that servers are given, once in each process that serves."""
    app = create_app(Settings())
    interpreter.settle()
    return app


def assemble(
    settings: Settings,
    operations: Runs,
    context: Callable[[Reader, Principal, str], Any],
    feeds: Mapping[str, Application] = MappingProxyType({}),
    layers: Layers = LAYERS,
    *,
    runners: Mapping[str, _Background] | None = None,
    access: Access | None = None,
    backends: Backends | None = None,
) -> Application:
    """Put the door before whatever runs operations; `context` makes the context of one request, `feeds` are by path.

    `runners` are by what they run.
    """
    drain, budgets = Drain(settings.http.drain_seconds), Budgets(settings.budget)
    knows, strict = describe(layers, settings), policy(settings.map.basemap)
    graphiql = Page("graphiql", knows, policy(settings.map.basemap, editor=True)) if settings.http.graphiql else None
    tokens = ConsistencyCodec(signing_key(settings), settings.replica.lag) if settings.replica.urls else None
    graphql = GraphQLView(operations, context, settings.limits, settings.http, explorer=graphiql, consistency=tokens)
    viewer = Page("map", knows, strict, knows["drawn"]["styles"])
    pages: Mapping[str, Application] = {"/": viewer} if settings.map.enabled else {}
    ready, assets = Ready(migrations.heads(), draining=drain.begun), Assets(STATIC, strict)
    access, runners = access or Access(settings.auth, layers), runners or {"bulk": Runner(layers, settings)}
    lifespan = _lifespan(settings, drain, access, runners, budgets, operations=operations)
    views, lifespan = {**pages, **feeds}, traced(counted(lifespan, settings.metrics), settings.tracing)
    if not settings.metrics.port:
        views["/metrics"] = metrics
    app = router(graphql, ready, assets, lifespan, views=views)
    return _door(app, settings, drain, backends or Backends(settings.auth), budgets, tokens=tokens)


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
    settings: Settings,
    drain: Drain,
    access: Access,
    runners: Mapping[str, _Background],
    budgets: Budgets,
    *,
    operations: Runs,
) -> Any:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[Mapping[str, Any]]:
        telemetry.configure_logging(settings.log.level, settings.log.format)
        outage = Outage(settings.database)
        with database_url(settings) as url, drain.watch(outage.give_up):
            databases, replicas = pools(settings, url, outage), replicas_of(settings, url)
            reads, changes = routes(databases, replicas), Changes(settings.database, url)
            tiles = Tiles(access.layers, settings, reads["reads"], changes, operations.estimates)
            _databases.update([*databases.values(), *replicas.databases])
            for runner in runners.values():
                runner.open(databases, drain.begun)
            await replicas.open()
            try:
                state = {**databases, **reads, "replicas": replicas, "tiles": tiles, "runner": runners["bulk"]}
                async with learning(settings, access, operations, databases["bulk"]):
                    yield {**state, "connections": Connections(settings.http, settings.limits)}
            finally:
                for runner in runners.values():
                    await runner.close()
                await replicas.close()
                await changes.close()
                await budgets.close()
                for database in databases.values():
                    await database.dispose()

    return lifespan


def _forget_connections() -> None:
    for database in _databases:
        database.forget()


os.register_at_fork(after_in_child=_forget_connections)
