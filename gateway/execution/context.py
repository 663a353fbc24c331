"""What one request carries; enters its session, leaves the loaders and parsers that resolvers call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final, NamedTuple, TypeVar

from graphql import ExecutionResult
from sqlalchemy import Row, inspect

from gateway.admission.claims import Claim
from gateway.db.reader import Reader
from gateway.db.transactions import Author
from gateway.execution import noticing, searching
from gateway.execution.analysis_jobs import AnalysisJob, AnalysisJobs
from gateway.execution.analysis_runner import AnalysisRunner
from gateway.execution.analyzing import Analyst
from gateway.execution.answers import AnswerCache, Answers
from gateway.execution.listing import Jurisdictions
from gateway.execution.loaders import Loaders
from gateway.execution.reading import Reading, Resolving
from gateway.execution.searching import Hit
from gateway.execution.values import LayerRow, Plain
from gateway.execution.writing import Once, RowWriter
from gateway.feeds.moments import check_moment
from gateway.feeds.notices import NoticeList
from gateway.identity import Access
from gateway.identity.principal import OWN, Principal
from gateway.ingest.bulk.jobs import Jobs
from gateway.ingest.bulk.runner import Runner
from gateway.layers import Layer, Layers
from gateway.planner.later import Later
from gateway.planner.prepared import Bound
from gateway.query.analysis import Analysed
from gateway.query.analysis_asked import Asked
from gateway.query.connection import QueryParser
from gateway.query.links import Links
from gateway.query.page import CursorCodec
from gateway.query.search import Search
from gateway.query.statistics import Estimates
from gateway.query.tokens import FilterCodec
from gateway.query.values import Expression
from gateway.settings import LimitSettings, Settings
from gateway.settings.jurisdictions import apart_of
from gateway.telemetry import request_id

T = TypeVar("T")

_ORIGINS: Final = 64


class Workers(NamedTuple):
    """What works for requests of one server on pools of its own."""

    bulk: Runner
    analyst: Analyst
    analyses: AnalysisRunner


class Context:
    """The context value of GraphQL resolvers."""

    workers: "Workers | None" = None  # a server has them
    answers: Answers | None = None  # that were made before
    code = OWN  # of the jurisdiction whose rows are read
    apart: Sequence[str] = ()  # the codes of those that have a database of their own
    large = False  # whether the request is so large that reading its arguments takes long

    def __init__(self, session: Reader, principal: Principal, parser: QueryParser, access: Access) -> None:
        self._session = session
        self.principal = principal
        self.parser = parser
        self.access = access
        self.present: Context | None = None  # of a context of the past; with itself each request would be a cycle
        self._moments: dict[datetime, Context] = {}
        self.analysed: list[float] = []  # seconds of each analysis

    @cached_property
    def loaders(self) -> Loaders:
        """What reads for resolvers."""
        return Loaders(self._session, self.layers)

    @cached_property
    def writer(self) -> RowWriter:
        """What writes rows."""
        return RowWriter(self._session.writing)

    @property
    def claim(self) -> Claim:
        """What the request claims of the database, where its work is priced."""
        return self._session.claim

    async def aside(self, work: Callable[[], T]) -> T:
        """The result of work on arguments; of a large request it is done in a thread, while others are served."""
        if not self.large:
            return work()
        async with self.claim.aside():
            return await asyncio.to_thread(work)

    @property
    def busy(self) -> float:
        """Seconds that the request's statements took so far."""
        return self._session.busy

    def renew(self) -> None:
        """Forget what was read: it was changed."""
        self._moments = {}
        self.loaders = Loaders(self._session, self.layers)

    def compute(self) -> None:
        """Read no relation from pairs from here on."""
        if not self.layers.kept:
            return
        self.parser = replace(self.parser, layers=self.layers.computing())
        self.renew()

    async def as_of(self, layer: Layer, given: datetime | None) -> "Context":
        """The context of reads as of a moment that a client gave, None for now; raises BadMoment."""
        return self if given is None else self.at(await check_moment(self._session, self.layers[layer.name], given))

    def at(self, moment: datetime | None) -> "Context":
        """The same request, reading as of a moment, None for now."""
        if moment is None:
            return self.present or self
        if moment not in self._moments:
            made = self._moments[moment] = copy(self)
            made.present = self.present or self
            made.parser = replace(self.parser, layers=self.layers.as_of(moment))
            made.loaders = Loaders(self._session, made.layers)
        return self._moments[moment]

    def of(self, row: LayerRow) -> "Context":
        """The same request as of the moment that a row was read as of: what belongs to the row is of that moment."""
        return self.at(None if isinstance(row, Row) else inspect(row).identity_key[2])

    def transaction(self, isolation: str, timeout_ms: int, *, alone: bool) -> AbstractAsyncContextManager[None]:
        """Make what the writer does in the block one transaction; `alone` is one of a single write."""
        self.renew()
        self.writer = RowWriter(self._session.writing, alone=alone)
        return self._session.writing.transaction(isolation, timeout_ms=timeout_ms, author=self.author)

    def returning(self, later: Later) -> None:
        """Write one new row by a statement that reads it, too; it is a transaction of its own."""
        inserting = partial(later.create, author=self.author.settings)
        self.writer = RowWriter(self._session.writing, alone=True, inserting=inserting)

    @property
    def author(self) -> Author:
        """Who writes, for the history."""
        return Author(self.principal.name, request_id())

    def committed(self) -> None:
        """Begin what waited for the end of the transaction."""
        if self.workers is not None:
            self.jobs.committed()
            self.workers.analyses.wake()

    def once(self, key: str, asked: Sequence[object]) -> Once | None:
        """The write of an operation that is done once; None for requests without credentials, which share no name."""
        if self.principal.anonymous:
            return None
        seconds = self.limits.idempotency_seconds
        return Once.of(self._session.writing, self.principal, key, asked, seconds=seconds)

    def value(self, layer: Layer, wanted: Expression, row: LayerRow) -> Awaitable[Plain]:
        """A value computed of a row, as of the moment that the row was read as of, or before a change of it."""
        if isinstance(row, Row):  # of the history
            return self.loaders.value_by_revision(layer, wanted).load((row.id, row.changed_at))
        return self.of(row).loaders.value_by_id(layer, wanted).load(row.id)

    def read(self, bound: Bound, resolving: Resolving, path: Sequence[str | int] = ()) -> Awaitable[ExecutionResult]:
        """Run a prepared operation on the request's session; `path` is that of the object whose fields are read."""
        return Reading(self._session, self.parser.codec, bound, resolving, self.answers).run(path)

    async def search(self, wanted: Search) -> Sequence[Hit]:
        """The rows that a text finds, the best first."""
        return await searching.search(self._session, self.layers, wanted)

    async def notice_list(self, given: Mapping[str, Plain]) -> NoticeList:
        """The notice list that the arguments of `noticeList` ask for."""
        return await noticing.read_notice(self._session, self.layers, self.limits, given)

    async def analyse(self, of: Analysed, name: str, given: Mapping[str, Plain]) -> Sequence[Any]:
        """What a method makes of the rows that are analysed.

        Analyses of a request run one after the other: else those of one large request would wait for a connection
        longer than anyone may, and only for each other.
        """
        assert self.workers is not None
        async with (self.present or self).analysing:
            rows, seconds = await self.workers.analyst.run(of.parse(name, given), name, given, self.claim)
        self.analysed.append(seconds)
        return rows

    @cached_property
    def analysing(self) -> asyncio.Lock:
        """Held by the analysis of the request that runs."""
        return asyncio.Lock()

    @cached_property
    def jurisdictions(self) -> Jurisdictions:
        """Those that the principal may see."""
        return Jurisdictions(self._session, self.principal, self.code, self.parser.links.origin, self.apart)

    @cached_property
    def jobs(self) -> Jobs:
        """The bulk loads that the principal may see."""
        assert self.workers is not None
        return Jobs(self._session, self.principal, self.workers.bulk)

    @cached_property
    def analyses(self) -> AnalysisJobs:
        """The analyses as jobs that the principal may see."""
        assert self.workers is not None
        settings = self.workers.analyst.limits
        return AnalysisJobs(self._session, self.principal, self.layers, self.limits, settings)

    async def start_analysis(self, asked: Asked) -> AnalysisJob:
        """Queue an analysis once it is counted."""
        assert self.workers is not None
        return await self.analyses.start(asked, self.parser.least_group, self.workers.analyst, self.claim)

    @property
    def layers(self) -> Layers:
        """The layers as the principal may see them."""
        return self.parser.layers

    @property
    def limits(self) -> LimitSettings:
        """What one request may ask for."""
        return self.parser.limits


def contexts(
    access: Access,
    settings: Settings,
    secret: bytes,
    estimates: Estimates | None = None,
    workers: Workers | None = None,
    *,
    code: str = OWN,
    answers: AnswerCache | None = None,
) -> Callable[[Reader, Principal, str], Context]:
    """How to make the context of each request of its session, principal and origin; `secret` signs cursors and URLs.

    `estimates` know which relations are read from pairs; `code` is of the jurisdiction whose rows are read.
    """
    limits, estimates, apart = settings.limits, estimates or Estimates(), apart_of(settings)
    codec, filters, seconds = CursorCodec(secret), FilterCodec(secret, limits), settings.auth.url_seconds

    def parser(layers: Layers, origin: str, principal: Principal | None) -> QueryParser:
        links = Links(filters, origin, principal, seconds)
        return QueryParser(layers, limits, codec, links, settings.auth.least_group)

    kept = None if answers is None else Answers(answers, estimates, code)
    public: dict[str, QueryParser] = {}  # of clients without credentials, by origin

    def public_parser(layers: Layers, origin: str) -> QueryParser:
        known = public.get(origin)
        if known is None or known.layers is not layers:
            if len(public) >= _ORIGINS:
                public.clear()
            known = public[origin] = parser(layers, origin, None)
        return known

    def make(session: Reader, principal: Principal, origin: str) -> Context:
        layers = access.seen_by(principal, estimates.now.kept)
        known = public_parser(layers, origin) if principal.anonymous else parser(layers, origin, principal)
        made = Context(session, principal, known, access)
        made.workers, made.code, made.answers, made.apart = workers, code, kept, apart
        return made

    return make
