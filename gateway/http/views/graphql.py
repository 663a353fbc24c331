"""GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/); enters a request, leaves bytes.

POST reads and writes; GET only reads. The view is ours because Strawberry's answers neither the media type
`application/graphql-response+json` nor hostile bodies as it should.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from gateway import errors
from gateway.admission.budgets import refused
from gateway.db.reader import Reader
from gateway.db.sessions import RequestSession
from gateway.execution.explaining import Explaining
from gateway.execution.operation import Operation, OperationResult, Runs
from gateway.http.answers import (
    Application,
    Headers,
    Receive,
    Scope,
    Send,
    answer,
    challenge,
    header,
    headers_of,
    matches,
    refuse,
    retry_headers,
    unchanged,
)
from gateway.http.consistency import ConsistencyCodec
from gateway.http.origin import origin
from gateway.http.state import state_of
from gateway.http.views.idempotency import idempotency_key
from gateway.http.views.json_body import read_object, read_parameter
from gateway.http.views.negotiation import HTML, JSON, check_content_type, choose
from gateway.identity.principal import Principal
from gateway.identity.principal import Scope as Granted
from gateway.query.parameters import pairs
from gateway.settings import HttpSettings, LimitSettings
from gateway.telemetry import tracing

_CHARSET = b"; charset=utf-8"
_METHODS = b"GET, HEAD, POST"
_PREFLIGHT = (b"x-requested-with", b"apollo-require-preflight", b"graphql-require-preflight")
_VARY = (b"vary", b"Accept, Accept-Encoding")
# What an anonymous client reads by a hash is for all that send no credentials.
_VARY_BY_CLIENT = (b"vary", b"Accept, Accept-Encoding, Authorization, X-Explain")
_HEADERS = ((b"cache-control", b"no-store"), _VARY)
_REPLAYED = (b"idempotency-replayed", b"true")
# A browser may keep what it read with GET, and asks each time whether that is still the answer.
_KEPT = ((b"cache-control", b"private, no-cache"), _VARY)


class GraphQLView:
    """`/graphql`: operations for clients, and `explorer` for browsers, if there is one."""

    def __init__(
        self,
        operations: Runs,
        context: Callable[[Reader, Principal, str], Any],
        limits: LimitSettings,
        http: HttpSettings,
        *,
        explorer: Application | None,
        consistency: ConsistencyCodec | None = None,
    ) -> None:
        """`consistency` reads tokens of writes, where reads go to replicas."""
        self._operations = operations
        self._context = context
        self._limits = limits
        self._http = http
        self._explorer = explorer
        age = f"max-age={http.document_max_age}" if http.document_max_age else "no-cache"
        self._public = ((b"cache-control", f"public, {age}".encode()), _VARY_BY_CLIENT)
        self._explain = http.explain
        self._consistency = consistency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        media, asked = JSON, headers_of(scope)
        try:
            method = scope["method"]
            if method not in {"GET", "HEAD", "POST"}:
                raise errors.MethodNotAllowed("Send GraphQL with POST, or with GET to read.", _METHODS)
            media = choose(asked.get(b"accept"), html=method != "POST" and self._explorer is not None)
            if media == HTML and self._explorer is not None:
                await self._explorer(scope, receive, send)
                return
            operation = await self._read_post(scope, receive) if method == "POST" else self._read_get(scope)
            if operation.consistency is not None:
                self._follow(scope, operation.consistency)
        except errors.GatewayError as error:
            refused(state_of(scope)["claim"], self._size(scope))
            await refuse(send, error, content_type=media + _CHARSET, headers=_HEADERS)
            return
        state = state_of(scope)
        session, asker = state["session"], (state["principal"], origin(scope, self._http))
        if asked.get(b"x-explain") == b"1" and self._may_explain(state["principal"]):
            operation = replace(operation, explain=True)
            outcome = await self._explained(operation, session, asker)
        else:
            outcome = await self._operations.run(operation, self._context(session, *asker))
        if self._consistency is not None and method == "POST" and (committed := session.committed):
            outcome = replace(outcome, consistency=self._consistency.encode(committed))
        private = operation.document_id is None or operation.explain or not state["principal"].anonymous
        await _send(scope, send, outcome, media, _KEPT if private else self._public)

    def _follow(self, scope: Scope, token: object) -> None:
        """Read what has been written by `extensions.consistency`."""
        if self._consistency is None:
            return  # all reads are
        if not isinstance(token, str):
            raise errors.BadJson('"extensions.consistency" must be the text that the answer of a write had there.')
        claim = state_of(scope)["claim"]
        claim.after = max(claim.after, self._consistency.decode(token, path=("extensions", "consistency")))

    def _may_explain(self, principal: Principal) -> bool:
        return self._explain == "anyone" or (self._explain == "admin" and principal.may(Granted.ADMIN))

    def _size(self, scope: Scope) -> int:
        """Bytes of a request that could not be read."""
        announced = (header(scope, b"content-length") or b"")[:9]
        return int(announced) if announced.isdigit() else len(scope["query_string"])

    async def _explained(
        self, operation: Operation, session: RequestSession, asker: tuple[Principal, str]
    ) -> OperationResult:
        """Run an operation, then tell each statement that it took."""
        explaining = Explaining(session)
        outcome = await self._operations.run(operation, self._context(explaining, *asker))
        if outcome.replayed:
            return outcome
        statements = {"statements": await explaining.statements()}
        explained = {"explain": outcome.extensions.get("explain", {}) | statements}
        return replace(outcome, extensions={**outcome.extensions, **explained}, content=None)

    async def _read_post(self, scope: Scope, receive: Receive) -> Operation:
        asked = headers_of(scope)
        check_content_type(asked.get(b"content-type"), asked.get(b"content-encoding"))
        message = await receive()  # whole: the body limit has collected it
        body = message.get("body", b"")
        given = read_object(body, self._limits)
        return _operation(given, size=len(body), read_only=False, key=idempotency_key(scope))

    def _read_get(self, scope: Scope) -> Operation:
        _check_site(scope)
        given = pairs(scope["query_string"])
        parameters: dict[str, Any] = dict(given)
        if len(parameters) != len(given):
            raise errors.BadJson("A query parameter is given twice. Give each once.")
        for name in ("variables", "extensions"):
            text = parameters.get(name)
            parameters[name] = read_parameter(name, text, self._limits) if text else None
        return _operation(parameters, size=len(scope["query_string"]), read_only=True)


def _check_site(scope: Scope) -> None:
    """Refuse a GET that a page of another site makes a browser send blindly, as by an image or a form.

    Such a page can't read the answer, but it can make the server work. Browsers mark these requests (Fetch Metadata)
    and can't be made to add a header to them; a fetch that CORS governs, and clients that are no browsers, pass.
    """
    if header(scope, b"sec-fetch-site") not in {b"cross-site", b"same-site"}:
        return
    if header(scope, b"sec-fetch-mode") == b"cors" or any(header(scope, name) for name in _PREFLIGHT):
        return
    names = "X-Requested-With, Apollo-Require-Preflight or GraphQL-Require-Preflight"
    raise errors.CsrfRequired(f"A page of another site may read with GET only by fetch, or with a header {names}.")


def _operation(parameters: Mapping[str, object], *, size: int, read_only: bool, key: str | None = None) -> Operation:
    document, name = parameters.get("query"), parameters.get("operationName")
    variables, extensions = parameters.get("variables"), parameters.get("extensions")
    wanted = None
    if extensions is not None or "documentId" in parameters:
        wanted = _document_id(parameters.get("documentId"), extensions)
    if document is None and wanted is not None:
        document = ""
    elif not isinstance(document, str) or not document:
        raise errors.BadJson('"query" must be the text of a GraphQL document.')
    if not isinstance(name, str | None):
        raise errors.BadJson('"operationName" must be text or null.')
    if not isinstance(variables, dict | None):
        raise errors.BadJson('"variables" must be an object or null.')
    if not isinstance(extensions, dict | None):
        raise errors.BadJson('"extensions" must be an object or null.')
    token = extensions.get("consistency") if extensions else None
    return Operation(
        document, name or None, variables or {}, read_only, key=key, size=size, document_id=wanted, consistency=token
    )


def _document_id(given: object, extensions: object) -> str | None:
    """What names the document: `documentId` of GraphQL over HTTP, or `persistedQuery` of Apollo."""
    if given is not None:
        if not isinstance(given, str) or not given:
            raise errors.BadJson('"documentId" must be a text such as "sha256:" and 64 hexadecimal digits.')
        return given.removeprefix("sha256:")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if persisted is None:
        return None
    if (
        not isinstance(persisted, dict)
        or not isinstance(persisted.get("sha256Hash"), str)
        or persisted.get("version", 1) != 1
    ):
        raise errors.BadJson('"extensions.persistedQuery" must be {"version": 1, "sha256Hash": "..."}.')
    wanted: str = persisted["sha256Hash"]
    return wanted


def _status(outcome: OperationResult, media: bytes) -> int:
    """The status for the media type: legacy application/json answers 200 for all that is the document's fault."""
    legacy = media == JSON and outcome.status == errors.DocumentError.status
    return 200 if legacy else outcome.status


def _asking(status: int) -> Headers:
    """Headers of answers that ask for another request."""
    allow = ((b"allow", _METHODS),) if status == errors.MethodNotAllowed.status else ()
    return (*retry_headers(status), *challenge(status), *allow)


async def _send(scope: Scope, send: Send, outcome: OperationResult, media: bytes, kept: Headers) -> None:
    status = _status(outcome, media)
    headers: Headers = _HEADERS if status == 200 else (*_HEADERS, *_asking(status))
    if outcome.replayed:
        headers = (*headers, _REPLAYED)
    with tracing.span("encode"):
        content = outcome.body()
    if scope["method"] != "POST" and outcome.ran and not outcome.errors:
        etag = b'W/"%s"' % blake2b(content, digest_size=12).hexdigest().encode()
        headers = (*kept, (b"etag", etag))
        if matches(scope, etag):
            await unchanged(send, headers)
            return
    await answer(send, status, content, content_type=media + _CHARSET, headers=headers)
