"""Kept relations as operations of Alembic: the triggers that keep a table of pairs.

    op.keep_pairs("parcel_neighbors", source="parcels", target="parcels", kind="border")
    op.release_pairs("parcel_neighbors", source="parcels", target="parcels", kind="border")

The table itself is one as others, which `op.create_table` makes; `gateway.sql.keeping` says what the triggers do. They
are switched off until `manage.py relations --keep`; those that are there get the functions of this version and stay on
or off. `manage.py makemigrations` writes this where a relation is declared `kept` and has no triggers, or others than
this version makes.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult

from gateway.models import Base, Feature
from gateway.models.declaration import RelationKind, Side
from gateway.models.pairs import pairs_name
from gateway.sql.keeping import KeptPairs
from gateway.sql.triggers import EVENTS

_TYPE = sa.text("""
    SELECT upper(postgis_typmod_type(atttypmod)) FROM pg_attribute
    WHERE attrelid = CAST(:table AS regclass) AND attname = 'geom'
""")
_BODIES = sa.text("""
    SELECT prosrc FROM pg_proc WHERE proname IN (:remake, :relate) AND pg_function_is_visible(oid) ORDER BY proname DESC
""")
_TRIGGERS = sa.text("SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal")


@dataclass(frozen=True)
class Pairs:
    """What a kept relation relates."""

    name: str
    source: str
    target: str
    kind: str
    part: str = Side.SOURCE.value

    def known(self, connection: sa.Connection) -> KeptPairs:
        quote = connection.dialect.identifier_preparer.quote
        source, target = quote(self.source), quote(self.target)
        kinds = [connection.scalar(_TYPE, {"table": table}) for table in (source, target)]
        return KeptPairs(
            self.name, source, target, RelationKind(self.kind), Side(self.part), (str(kinds[0]), str(kinds[1]))
        )

    def __str__(self) -> str:
        given = asdict(self)
        if self.part == Side.SOURCE:
            del given["part"]
        return ", ".join([repr(given.pop("name")), *(f"{key}={value!r}" for key, value in given.items())])


class KeepPairs(MigrateOperation):
    """Have the pairs of a relation kept by triggers, or by those of this version."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    @classmethod
    def keep_pairs(cls, operations: Operations, name: str, **about: str) -> None:
        operations.invoke(cls(Pairs(name, **about)))

    def reverse(self) -> "ReleasePairs":
        return ReleasePairs(self.pairs)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("keep_pairs", self.pairs.name)


class ReleasePairs(KeepPairs):
    """Take the triggers away; the pairs stay, until their table is dropped."""

    @classmethod
    def release_pairs(cls, operations: Operations, name: str, **about: str) -> None:
        operations.invoke(cls(Pairs(name, **about)))


Operations.register_operation("keep_pairs")(KeepPairs)
Operations.register_operation("release_pairs")(ReleasePairs)


@Operations.implementation_for(KeepPairs)
def _keep(operations: Operations, wanted: KeepPairs) -> None:
    connection = operations.get_bind()
    known = wanted.pairs.known(connection)
    made = known.remade() if _triggered(connection, known) else (*known.statements(), *known.switched(on=False))
    for statement in made:
        operations.execute(statement)


@Operations.implementation_for(ReleasePairs)
def _release(operations: Operations, wanted: ReleasePairs) -> None:
    for statement in wanted.pairs.known(operations.get_bind()).dropped():
        operations.execute(statement)


@renderers.dispatch_for(KeepPairs)
def _render_keep(_: AutogenContext, wanted: KeepPairs) -> str:
    return f"op.keep_pairs({wanted.pairs})"


@renderers.dispatch_for(ReleasePairs)
def _render_release(_: AutogenContext, wanted: ReleasePairs) -> str:
    return f"op.release_pairs({wanted.pairs})"


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)  # after the tables
def _compare(context: AutogenContext, upgrade: UpgradeOps, _: object) -> PriorityDispatchResult:
    assert context.connection is not None
    assert isinstance(context.metadata, sa.MetaData)
    for pairs in declared(context.metadata):
        if not _stands(context.connection, pairs):
            upgrade.ops.append(KeepPairs(pairs))
    return PriorityDispatchResult.CONTINUE


def declared(metadata: sa.MetaData) -> Iterator[Pairs]:
    """The kept relations of the models of `metadata`."""
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Feature) or metadata.tables.get(model.__tablename__) is not model.__table__:
            continue
        for relation in model.__layer__.relations:
            if relation.kept:
                name = pairs_name(model.__name__, relation.name)
                part = relation.part.value
                yield Pairs(name, model.__tablename__, relation.target, relation.kind.value, part)


def _stands(connection: sa.Connection, pairs: Pairs) -> bool:
    """Whether the triggers are there, with the functions that this version makes."""
    if not set(sa.inspect(connection).get_table_names()) >= {pairs.source, pairs.target}:
        return False
    known = pairs.known(connection)
    if not _triggered(connection, known):
        return False
    bodies = connection.scalars(_BODIES, {"remake": f"remake_{pairs.name}", "relate": f"relate_{pairs.name}"}).all()
    return [function.split("$$")[1] for function in known.functions] == list(bodies)


def _triggered(connection: sa.Connection, known: KeptPairs) -> bool:
    """Whether the triggers are there; they may be switched off."""
    for side, table in known.sides.items():
        there = set(connection.scalars(_TRIGGERS, {"table": table}))
        if not {known.trigger(side, event) for event in EVENTS} <= there:
            return False
    return True
