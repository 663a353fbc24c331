"""Overviews as operations of Alembic: the triggers that keep how many rows of a layer lie in each cell of the map.

    op.keep_overview("parcels_overview", table="parcels", summed=["assessed_value"], minzoom=12)
    op.release_overview("parcels_overview", table="parcels", summed=["assessed_value"], minzoom=12)

The table itself is one as others, which `op.create_table` makes; `gateway.sql.counting` says what the triggers do.
`manage.py makemigrations` writes this where a layer has no triggers, or others than this version makes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult

from gateway.models import Base, Feature
from gateway.models.overview import overview_of
from gateway.sql.counting import KeptOverview
from gateway.sql.triggers import EVENTS

_BODY = sa.text("SELECT prosrc FROM pg_proc WHERE proname = :name AND pg_function_is_visible(oid)")
_TRIGGERS = sa.text("SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal")


class KeepOverview(MigrateOperation):
    """Have the overview of a table kept by triggers, or by those of this version."""

    def __init__(self, name: str, table: str, summed: Sequence[str], minzoom: int) -> None:
        self.about: dict[str, Any] = {"table": table, "summed": list(summed), "minzoom": minzoom}
        self.kept = KeptOverview(name, f'"{table}"', tuple(summed), minzoom)

    @classmethod
    def keep_overview(cls, operations: Operations, name: str, **about: Any) -> None:
        operations.invoke(cls(name, **about))

    def reverse(self) -> "ReleaseOverview":
        return ReleaseOverview(self.kept.name, **self.about)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("keep_overview", self.kept.name)

    def __str__(self) -> str:
        return ", ".join([repr(self.kept.name), *(f"{name}={value!r}" for name, value in self.about.items())])


class ReleaseOverview(KeepOverview):
    """Take the triggers away; the numbers stay, until their table is dropped."""

    @classmethod
    def release_overview(cls, operations: Operations, name: str, **about: Any) -> None:
        operations.invoke(cls(name, **about))


Operations.register_operation("keep_overview")(KeepOverview)
Operations.register_operation("release_overview")(ReleaseOverview)


@Operations.implementation_for(KeepOverview)
def _keep(operations: Operations, wanted: KeepOverview) -> None:
    for statement in wanted.kept.statements():
        operations.execute(statement)


@Operations.implementation_for(ReleaseOverview)
def _release(operations: Operations, wanted: ReleaseOverview) -> None:
    for statement in wanted.kept.dropped():
        operations.execute(statement)


@renderers.dispatch_for(KeepOverview)
def _render_keep(_: AutogenContext, wanted: KeepOverview) -> str:
    return f"op.keep_overview({wanted})"


@renderers.dispatch_for(ReleaseOverview)
def _render_release(_: AutogenContext, wanted: ReleaseOverview) -> str:
    return f"op.release_overview({wanted})"


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)  # after the tables
def _compare(context: AutogenContext, upgrade: UpgradeOps, _: object) -> PriorityDispatchResult:
    assert context.connection is not None
    assert isinstance(context.metadata, sa.MetaData)
    upgrade.ops += [each for each in _declared(context.metadata) if not _stands(context.connection, each.kept)]
    return PriorityDispatchResult.CONTINUE


def _declared(metadata: sa.MetaData) -> Iterator[KeepOverview]:
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Feature) or metadata.tables.get(model.__tablename__) is not model.__table__:
            continue
        name, declared = overview_of(model.__tablename__, model.__layer__), model.__layer__
        if name is not None:
            yield KeepOverview(name, model.__tablename__, declared.summed, declared.minzoom)


def _stands(connection: sa.Connection, kept: KeptOverview) -> bool:
    """Whether the triggers are there, with the function that this version makes."""
    there = set(connection.scalars(_TRIGGERS, {"table": kept.table}))
    bodies = connection.scalars(_BODY, {"name": f"count_{kept.name}"}).all()
    return {kept.trigger(event) for event in EVENTS} <= there and bodies == [kept.function.split("$$")[1]]
