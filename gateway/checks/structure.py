"""Tables, columns, types and constraints of the layers against their models; leaves messages."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from geoalchemy2 import Geometry
from sqlalchemy.schema import CreateColumn

from gateway.checks import rules
from gateway.checks.inspection import DIALECT, Inspection, StoredTable, declared_checks, normal, quote
from gateway.checks.messages import Message
from gateway.db.changes import TELLING
from gateway.db.rows import AnyRow
from gateway.layers import Layer
from gateway.sql import catalog


def missing(layer: Layer) -> Message:
    return rules.TABLE_MISSING(
        f"Layer {layer.name} has no table.",
        hint="Run manage.py migrate; for a new layer run manage.py makemigrations first."
        if layer.managed
        else "Make it, or take the layer out of LAYERS in gateway/layers.py.",
        about=layer.name,
    )


async def columns(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    stored = {row.name: row.type for row in await at.rows(catalog.COLUMNS, table=table.oid)}
    for column in table.model.columns:
        about = f"{table.name}.{column.name}"
        if column.name not in stored:
            declared = " ".join(str(CreateColumn(column).compile(dialect=DIALECT)).split())
            yield rules.COLUMN_MISSING(
                f"Column {column.name} does not exist.",
                hint=f"Run manage.py migrate, or: ALTER TABLE {table.name} ADD COLUMN {declared};",
                about=about,
            )
        elif isinstance(column.type, Geometry):
            wanted = f"geometry({column.type.geometry_type},{column.type.srid})"
            if normal(stored[column.name]) != normal(wanted):
                yield rules.COLUMN_TYPE(
                    f"{column.name} is {stored[column.name]}, not {wanted}.",
                    hint=f"ALTER TABLE {table.name} ALTER COLUMN {quote(column.name)} TYPE {wanted} "
                    f"USING ST_Transform({quote(column.name)}, {column.type.srid}); (rewrites the table)",
                    about=about,
                )


async def constraints(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    stored = await stored_checks(at, table)
    for name, condition in declared_checks(table.model):
        constraint = stored.find(name, condition)
        if constraint is None:
            yield rules.CONSTRAINT_MISSING(
                f"No constraint holds that {condition}.",
                hint=f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID; "
                f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {quote(name)};",
                about=f"{table.name}.{name}",
            )
        elif not constraint.validated:
            yield rules.CONSTRAINT_NOT_VALIDATED(
                f"Rows older than the constraint may break it: {condition}.",
                hint=f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {constraint.name};",
                about=f"{table.name}.{constraint.name}",
            )


@dataclass(frozen=True, slots=True)
class StoredChecks:
    """The CHECK constraints of a table in the database."""

    rows: Sequence[AnyRow]

    def find(self, name: str, condition: str) -> AnyRow | None:
        """The constraint that holds `condition`, or None.

        Spatial conditions are known by what they say, since another tool may have named them. PostgreSQL rewrites
        others (IN, BETWEEN, casts), so for those the name is enough.
        """
        wanted = normal(condition)
        for row in self.rows:
            says = normal(row.definition).removeprefix("check").removesuffix("notvalid")
            if says == wanted or ("st_" not in wanted and row.plain_name == name):
                return row
        return None

    def holds(self, name: str, condition: str) -> bool:
        """Whether a validated constraint vouches for every row."""
        constraint = self.find(name, condition)
        return constraint is not None and bool(constraint.validated)


async def stored_checks(at: Inspection, table: StoredTable) -> StoredChecks:
    return StoredChecks(await at.rows(catalog.CONSTRAINTS, table=table.oid))


async def storage_options(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    stored = {row.option for row in await at.rows(catalog.OPTIONS, table=table.oid)}
    of = "each of its partitions" if table.parts else table.name
    wanted: Mapping[str, str] = table.model.dialect_options["postgresql"]["with"] or {}
    for name, value in wanted.items():
        if f"{name}={value}" not in stored:
            yield rules.STORAGE_OPTION(
                f"{name} is not {value}.",
                hint=f"ALTER TABLE {of} SET ({name} = {value});",
                about=table.name,
            )


async def telling(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    there = {row.name for row in await at.rows(catalog.TRIGGERS, table=table.oid)}
    if TELLING not in there:
        yield rules.NOT_TOLD(
            f"It has no trigger {TELLING}, or it is switched off: each tile is made again.",
            hint=f"DROP TRIGGER IF EXISTS {TELLING} ON {table.name}; CREATE TRIGGER {TELLING} "
            f"AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION gateway_tell_change(); "
            f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {TELLING};",
            about=table.name,
        )
