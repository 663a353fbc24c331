"""What serves the rows of one schema; enters settings, layers and what runs operations, leaves views and runners.

What is known and kept of rows (estimates, private members, tiles, documents, jobs) is of one schema and no other's: so
of one jurisdiction nothing is found in another.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Protocol

from gateway.admission.budgets import Budgets
from gateway.db.reader import Reader
from gateway.db.sessions import Database
from gateway.execution.analysis_runner import AnalysisRunner
from gateway.execution.analyzing import Analyst
from gateway.execution.answers import AnswerCache
from gateway.execution.context import Workers, contexts
from gateway.execution.operation import Runs
from gateway.feeds.request import FeedParser
from gateway.feeds.tile_sets import TileSets
from gateway.http.answers import Application
from gateway.http.views import analyses, bulk, export, jobs, maps, notices
from gateway.identity import Access, Backends
from gateway.identity.keys import signing_key
from gateway.identity.principal import OWN, Principal
from gateway.ingest.bulk.runner import Runner
from gateway.layers import Layers
from gateway.query.together import together as of_all
from gateway.query.tokens import FilterCodec
from gateway.settings import Settings
from gateway.settings.jurisdictions import own_of, settings_of

_PURPOSE: Final = b"jurisdiction"
_WRITTEN: Final = (f"{bulk.PREFIX}{{layer}}", f"{jobs.PREFIX}{{id}}", f"{jobs.PREFIX}{{id}}/{{part:path}}")


class Background(Protocol):
    """What works on pools of its own, beside requests, from the start of a server to its end."""

    def open(self, databases: Mapping[str, Database], draining: Callable[[], bool]) -> None: ...

    async def close(self) -> None: ...


class Shares:
    """What all jurisdictions of a server share: connections of jobs, which are those of one pool, and kept answers."""

    def __init__(self, settings: Settings) -> None:
        self.loads = asyncio.Semaphore(settings.bulk.concurrency)
        self.analyses: list[AnalysisRunner] = []
        self.answers = AnswerCache(settings.answers)


@dataclass(frozen=True)
class Serving:
    """What serves one schema."""

    settings: Settings
    access: Access
    backends: Backends
    operations: Runs
    context: Callable[[Reader, Principal, str], Any]
    feeds: Mapping[str, Application] = field(default_factory=dict)
    runners: Mapping[str, Background] = field(default_factory=dict)
    budgets: Budgets | None = None  # its own


def serving(
    settings: Settings,
    layers: Layers,
    operate: Callable[[Settings, Access], Runs],
    shares: Shares,
    *,
    code: str = OWN,
    together: Sequence[str] = (),
) -> Serving:
    """What serves the jurisdiction `code`; what it signs no other one takes. `operate` makes what runs operations.

    `together` are the codes of those that are read as one, where it is no jurisdiction but all of them.
    """
    settings, key = _own(settings, code), _own_key(signing_key(settings), code)
    layers = of_all(layers) if together else layers
    access, backends = Access.of(settings, layers, code, together), Backends(settings.auth, *(together or (code,)))
    layers = access.layers
    operations, limits, codec = operate(settings, access), settings.limits, FilterCodec(key, settings.limits)
    suggestions = settings.http.suggestions
    parser = FeedParser(layers, access.seen_by, backends.confirm, limits, codec, operations.estimates, suggestions)
    runner = Runner(layers, settings, shares.loads)
    analyst = Analyst(settings.analytics)
    analysis_runner = AnalysisRunner(access, backends, settings, shares.analyses)
    workers = Workers(runner, analyst, analysis_runner)
    made = contexts(access, settings, key, operations.estimates, workers, code=code, answers=shares.answers)
    runners: Mapping[str, Background] = {"bulk": runner, "analysis": analyst, "analysis jobs": analysis_runner}
    feeds = _feeds(parser, access, settings)
    if together:  # no job is made, and none is done
        feeds, runners = {**feeds, **dict.fromkeys(_WRITTEN, bulk.only_reads)}, {"analysis": analyst}
    budgets = Budgets(settings.budget) if own_of(settings, code).get("budget") else None
    return Serving(settings, access, backends, operations, made, feeds, runners, budgets)


def _feeds(parser: FeedParser, access: Access, settings: Settings) -> Mapping[str, Application]:
    return {
        **maps.views(TileSets(parser), settings),
        f"{export.PREFIX}{{file}}": export.export_view(parser),
        **notices.views(parser, access),
        **analyses.views(parser, settings),
        f"{bulk.PREFIX}{{layer}}": bulk.BulkView(access.seen_by, settings.bulk, settings.http),
        f"{jobs.PREFIX}{{id}}": jobs.jobs_view,
        f"{jobs.PREFIX}{{id}}/{{part:path}}": jobs.jobs_view,
    }


def _own(settings: Settings, code: str) -> Settings:
    """The settings of a jurisdiction, whose URLs begin with its path."""
    settings, url = settings_of(settings, code), settings.http.public_url
    if code == OWN or url is None:
        return settings
    return settings.model_copy(update={"http": settings.http.model_copy(update={"public_url": f"{url}/j/{code}"})})


def _own_key(key: bytes, code: str) -> bytes:
    return key if code == OWN else blake2b(code.encode(), key=key[:64], person=_PURPOSE).digest()
