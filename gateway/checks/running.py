"""Runs the chosen checks; enters settings, layers, tags and a database, leaves a report."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from gateway.checks import rules, structure
from gateway.checks.inspection import Bounds, Inspection
from gateway.checks.messages import Level, Message
from gateway.checks.registry import CHECKS, Tag
from gateway.db import faults, pooling
from gateway.db.sessions import Database
from gateway.errors import GatewayError, Locked, NotMigrated, Timeout
from gateway.layers import Layers
from gateway.settings import Settings
from gateway.sql import catalog


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks said, the gravest first, and how many messages GATEWAY_SILENCED_CHECKS took away."""

    messages: tuple[Message, ...]
    silenced: int

    @classmethod
    def of(cls, messages: Iterable[Message], silenced: Collection[str]) -> "Report":
        ordered = sorted(messages, key=lambda message: (-message.rule.level, message.rule.id, message.about))
        kept = tuple(message for message in ordered if message.rule.id not in silenced)
        return cls(kept, len(ordered) - len(kept))

    @property
    def issues(self) -> tuple[Message, ...]:
        """Errors and warnings; what is only told for information is no issue."""
        return tuple(message for message in self.messages if message.rule.level >= Level.WARNING)

    def fails(self, level: Level) -> bool:
        return any(message.rule.level >= level for message in self.messages)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the checks under `tags`."""

    settings: Settings
    layers: Layers
    tags: frozenset[Tag]
    bounds: Bounds = field(default_factory=Bounds)

    def static(self) -> Iterator[Message]:
        """The checks that need no connection."""
        for tag, check in CHECKS.settings:
            if tag in self.tags:
                yield from check(self.settings)
        for tag, declared in CHECKS.layers:
            if tag in self.tags:
                yield from declared(self.layers)

    async def stored(self, database: Database) -> list[Message]:
        """The checks of `database`; one that cannot be used is one error."""
        try:
            async with database.session() as reading:
                inspection = Inspection(self.settings, self.layers, reading, self.bounds)
                await inspection.row(catalog.VERSIONS)
                pooled = [message async for message in self._pooled(database)]
                return [*pooled, *[message async for message in self._inspect(inspection)]]
        except (DBAPIError, PostgresError, GatewayError, OSError) as error:
            return [unusable(error)]

    async def _pooled(self, database: Database) -> AsyncIterator[Message]:
        """Whether the pooler is the one that the settings name."""
        if Tag.SERVER not in self.tags:
            return
        found = await pooling.problem(database)
        if found == "shares connections":
            yield rules.POOLER_UNSET(
                "Two connections share one of the server: statements that one prepares fail on the other, and settings "
                "of a session are lost.",
                hint="Set GATEWAY_DATABASE_POOLER=pgbouncer, or GATEWAY_DATABASE_URL to PostgreSQL itself.",
                about="GATEWAY_DATABASE_POOLER",
            )
        if found == "keeps no statements":
            yield rules.POOLER_FORGETS(
                "What a connection prepares, others of the pooler do not find.",
                hint="Set GATEWAY_DATABASE_POOLER=pgbouncer, or take PgBouncer 1.21 or newer with "
                "max_prepared_statements above 0.",
                about="GATEWAY_DATABASE_POOLER",
            )

    async def _inspect(self, at: Inspection) -> AsyncIterator[Message]:
        for tag, check in CHECKS.server:
            if tag in self.tags:
                async for message in _guarded(check(at), check.__name__):
                    yield message
        for layer in self.layers:
            table = await at.stored(layer)
            if table is None:
                yield structure.missing(layer)
                continue
            for tag, inspect in CHECKS.tables if layer.managed else CHECKS.unmanaged:
                if tag in self.tags:
                    async for message in _guarded(inspect(at, table), f"{inspect.__name__} of {layer.name}"):
                        yield message


async def _guarded(messages: AsyncIterator[Message], name: str) -> AsyncIterator[Message]:
    """Let one check fail, for want of a privilege or of time, without losing the others."""
    try:
        async for message in messages:
            yield message
    except (DBAPIError, Timeout, Locked, NotMigrated) as error:
        yield rules.CHECK_FAILED(
            f"{name}: {_said(error)}",
            hint="The role of the gateway must own the tables or be granted SELECT on them; "
            "GATEWAY_DATABASE_MAINTENANCE_TIMEOUT_MS=0 takes the limit of time away.",
            about=name,
        )


def _said(error: BaseException) -> str:
    """What PostgreSQL or the system said, for its operator: the first line without the statement."""
    if isinstance(error, GatewayError):
        return error.message
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin).split(">: ")[-1].partition("\n")[0]


def unusable(error: Exception) -> Message:
    """The message for a database that is not there, or refuses us; what nobody foresaw is raised."""
    known = error if isinstance(error, GatewayError) else faults.classify(error)
    cause = error.__cause__ if isinstance(error, GatewayError) else error
    state = None if cause is None else faults.sqlstate(cause)
    if known is None and state is None:
        raise error
    told = [_said(each) for each in (known, cause) if each is not None]
    hint = "Look at GATEWAY_DATABASE_URL, at the log of the server, and try manage.py dbshell."
    if state in faults.POOLED:
        hint = "If this is PgBouncer or another pooler in transaction mode: GATEWAY_DATABASE_POOLER=pgbouncer."
    return rules.UNREACHABLE(" ".join(dict.fromkeys(told)), hint=hint, about="GATEWAY_DATABASE_URL")
