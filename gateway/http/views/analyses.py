"""Results of analyses over HTTP: `/tiles/analysis/{id}...` and `/export/analysis/{id}.{format}`.

They are for the owner of the job alone, or for whom a URL is signed that GraphQL gave its owner.
"""

from collections.abc import Mapping
from typing import Final

import orjson

from gateway import errors
from gateway.execution.analysis_jobs import AnalysisJob, AnalysisJobs
from gateway.feeds import analysis_results as results
from gateway.feeds.cache import Body, body
from gateway.feeds.formats import FORMATS
from gateway.feeds.request import FeedParser
from gateway.geo.tile_grid import parse_tile
from gateway.http.answers import JSON, Application, Headers, Scope, Send, answer, matches, unchanged
from gateway.http.origin import origin
from gateway.http.state import state_of
from gateway.http.views.export import FileBody
from gateway.http.views.read_only import read_only
from gateway.identity.principal import Principal
from gateway.query.links import ANALYSIS
from gateway.query.parameters import parameters
from gateway.settings import Settings

_TILES: Final = "/tiles/analysis/"
_FILES: Final = "/export/analysis/"
_MVT: Final = b"application/vnd.mapbox-vector-tile"
_SIGNED: Final = "signed"
_PRIVATE: Final = ((b"cache-control", b"private, no-cache"), (b"vary", b"Authorization"))
_NAME: Final = "results of analyses"


def views(parser: FeedParser, settings: Settings) -> Mapping[str, Application]:
    """The views by their paths."""
    made = _Views(parser, settings)
    return {
        f"{_TILES}{{id}}/{{z}}/{{x}}/{{y}}.mvt": read_only(made.tile, _NAME, _PRIVATE),
        f"{_TILES}{{id}}.json": read_only(made.tilejson, _NAME, _PRIVATE),
        f"{_FILES}{{file}}": read_only(made.file, _NAME, _PRIVATE),
    }


class _Views:
    def __init__(self, parser: FeedParser, settings: Settings) -> None:
        self._parser = parser
        self._settings = settings

    async def tile(self, scope: Scope, send: Send) -> None:
        """One tile."""
        path = scope["path_params"]
        tile = parse_tile(path["z"], path["x"], path["y"])
        job = await self._job(scope, path["id"])
        made = await results.draw(state_of(scope)["session"], job.id, tile, self._settings.tiles)
        await _send(scope, send, made, _MVT)

    async def tilejson(self, scope: Scope, send: Send) -> None:
        """What a map must know of the tiles."""
        job = await self._job(scope, scope["path_params"]["id"])
        query = scope["query_string"].decode()
        root = f"{origin(scope, self._settings.http)}{_TILES}{job.id}"
        url = f"{root}/{{z}}/{{x}}/{{y}}.mvt{'?' if query else ''}{query}"
        session, tiles = state_of(scope)["session"], self._settings.tiles
        document = await results.described(session, job.id, job.asked.method, url, tiles)
        await _send(scope, send, body(orjson.dumps(document)), JSON)

    async def file(self, scope: Scope, send: Send) -> None:
        """The whole result."""
        name, _, form = scope["path_params"]["file"].rpartition(".")
        if form not in results.FILES:
            raise errors.NotFound(f"A result is read as {' or '.join(results.FILES)}.")
        job = await self._job(scope, name)
        made = FileBody(scope, send, f"analysis.{form}", FORMATS[form].media_type)
        if scope["method"] == "HEAD":
            await made.begin()
        else:
            session, method = state_of(scope)["session"], job.asked.method
            await made.fill(lambda: results.stream(session, job.id, method, form, made.write))
        await made.end()

    async def _job(self, scope: Scope, job: str) -> AnalysisJob:
        """The job, for who asks or whom the URL speaks for. Raises NotFound, JobState and what refuses either."""
        state, parser = state_of(scope), self._parser
        given = parameters(scope["query_string"], {_SIGNED})
        principal = state["principal"]
        if (token := given.get(_SIGNED)) is not None:
            principal = await self._speaks_for(scope, token, job)
        layers, least = parser.seen_by(principal, frozenset()), self._settings.auth.least_group
        jobs = AnalysisJobs(state["session"], principal, layers, parser.limits, self._settings.analytics)
        return await jobs.result(job, least)

    async def _speaks_for(self, scope: Scope, token: str, job: str) -> Principal:
        """Whom a signed URL of this job speaks for."""
        parser = self._parser
        for layer in parser.layers:
            try:
                read = parser.codec.decode(layer, token, path=(_SIGNED,))
            except errors.BadFilterToken:
                continue
            if read.signed is not None and read.signed.form == ANALYSIS and read.filters == {ANALYSIS: job}:
                return await parser.confirm(read.signed.principal, state_of(scope)["database"])
        raise errors.NotSigned("The URL is signed for something else. Ask analysisJob for it.", path=(_SIGNED,))


async def _send(scope: Scope, send: Send, made: Body, media: bytes) -> None:
    headers: Headers = ((b"etag", made.etag), *_PRIVATE)
    if matches(scope, made.etag):
        await unchanged(send, headers)
        return
    await answer(send, 200, made.plain, content_type=media, headers=headers)
