"""What a layer's table has besides columns, as operations of Alembic: triggers that notify of changes and keep history.

    op.follow_changes("buildings", history="building_history")
    op.unfollow_changes("buildings", history="building_history")

The history itself is a table as others, which `op.create_table` makes; `gateway.sql.triggers` says what the triggers
do. `manage.py makemigrations` writes these where a table of the models lacks its triggers.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult

from gateway.models import Base, Feature, Tracked
from gateway.sql import following, triggers

_AHEAD = 3  # months that a new history has partitions for; `manage.py partitions` makes those after

_COLUMNS = sa.text("""
    SELECT quote_ident(a.attname) FROM pg_attribute a
    JOIN pg_attribute b ON b.attname = a.attname AND b.attrelid = CAST(:history AS regclass) AND NOT b.attisdropped
    WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
""")
_PARTITIONS = sa.text("SELECT count(*) FROM pg_inherits WHERE inhparent = CAST(:history AS regclass)")
_TRIGGERS = sa.text("SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal")


class FollowChanges(MigrateOperation):
    """Have a table tell of its changes and, with a history, keep the rows before them."""

    def __init__(self, table: str, history: str | None = None) -> None:
        self.table = table
        self.history = history

    @classmethod
    def follow_changes(cls, operations: Operations, table: str, history: str | None = None) -> None:
        operations.invoke(cls(table, history))

    def reverse(self) -> "UnfollowChanges":
        return UnfollowChanges(self.table, self.history)

    def to_diff_tuple(self) -> tuple[str, str, str | None]:
        return ("follow_changes", self.table, self.history)


class UnfollowChanges(FollowChanges):
    """Take the triggers away; the history stays, until its table is dropped."""

    @classmethod
    def unfollow_changes(cls, operations: Operations, table: str, history: str | None = None) -> None:
        operations.invoke(cls(table, history))


Operations.register_operation("follow_changes")(FollowChanges)
Operations.register_operation("unfollow_changes")(UnfollowChanges)


@Operations.implementation_for(FollowChanges)
def _follow(operations: Operations, wanted: FollowChanges) -> None:
    connection, (table, history) = operations.get_bind(), _quoted(operations, wanted)
    # Statement triggers: an ingest of a million rows tells once a transaction, since PostgreSQL sends equal
    # notifications of one transaction once. They fire always, also in sessions that load what others have checked
    # (session_replication_role).
    operations.execute(
        f"CREATE OR REPLACE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION gateway_tell_change()"
    )
    operations.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_change")
    if connection.scalar(following.NOTED):  # else the migration that begins to note changes does it
        connection.execute(following.BEGIN, {"table": wanted.table})
    if wanted.history is None:
        return
    if not connection.scalar(_PARTITIONS, {"history": history}):
        quote = connection.dialect.identifier_preparer.quote
        operations.execute(f"CREATE TABLE {quote(f'{wanted.history}_default')} PARTITION OF {history} DEFAULT")
        for low, high in _months(datetime.now(UTC)):
            bounds = f"FOR VALUES FROM ('{low.isoformat()}') TO ('{high.isoformat()}')"
            name = quote(f"{wanted.history}_{low:%Y_%m}")
            operations.execute(f"CREATE TABLE {name} PARTITION OF {history} {bounds}")
    columns = connection.scalars(_COLUMNS, {"table": table, "history": history}).all()
    for statement in triggers.keep(table, history, columns):
        operations.execute(statement)


@Operations.implementation_for(UnfollowChanges)
def _unfollow(operations: Operations, wanted: UnfollowChanges) -> None:
    table, history = _quoted(operations, wanted)
    for name in ("tell_change", *(triggers.KEEPING if wanted.history else ())):
        operations.execute(f"DROP TRIGGER {name} ON {table}")
    if wanted.history:
        operations.execute(f"DROP FUNCTION {triggers.keeper(history)}()")


def _quoted(operations: Operations, wanted: FollowChanges) -> tuple[str, str]:
    quote = operations.get_bind().dialect.identifier_preparer.quote
    return quote(wanted.table), quote(wanted.history or "")


@renderers.dispatch_for(FollowChanges)
def _render_follow(_: AutogenContext, wanted: FollowChanges) -> str:
    return f"op.follow_changes({_arguments(wanted)})"


@renderers.dispatch_for(UnfollowChanges)
def _render_unfollow(_: AutogenContext, wanted: UnfollowChanges) -> str:
    return f"op.unfollow_changes({_arguments(wanted)})"


def _arguments(wanted: FollowChanges) -> str:
    return repr(wanted.table) + (f", history={wanted.history!r}" if wanted.history else "")


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)  # after the tables
def _compare(context: AutogenContext, upgrade: UpgradeOps, _: object) -> PriorityDispatchResult:
    """Ask for the triggers that tables of layers lack; those that are not needed any more do no harm."""
    assert context.connection is not None
    assert isinstance(context.metadata, sa.MetaData)
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Feature) or context.metadata.tables.get(model.__tablename__) is not model.__table__:
            continue
        history = model.history.name if issubclass(model, Tracked) else None
        there = set(context.connection.scalars(_TRIGGERS, {"table": f'"{model.__tablename__}"'}))
        wanted = {"tell_change", *(triggers.KEEPING if history else ())}
        if model.__layer__.managed and not wanted <= there:
            upgrade.ops.append(FollowChanges(model.__tablename__, history))
    return PriorityDispatchResult.CONTINUE


def renew(connection: sa.Connection) -> None:
    """Have the triggers keep every column that a table and its history have, as they are after a migration.

    `migrations/env.py` calls it after each one, so that none can forget it.
    """
    for row in connection.execute(triggers.KEPT).all():
        if row.body != triggers.body(row.layer, row.history, row.columns):
            connection.execute(triggers.function(row.layer, row.history, row.columns))


def _months(now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """From now to the end of the month, and the months ahead."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [first]
    for _ in range(_AHEAD + 1):
        last = starts[-1]
        starts.append(last.replace(year=last.year + last.month // 12, month=last.month % 12 + 1))
    return [(now, starts[1]), *pairwise(starts[1:])]
