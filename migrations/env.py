"""What Alembic runs: the connection comes from manage.py (`config.attributes["connection"]`), never from a URL here."""

from alembic import context
from alembic.runtime.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection
from sqlalchemy.sql.schema import SchemaItem

import gateway.layers  # noqa: F401 - the models of all layers
import migrations.keeping
import migrations.overviews  # noqa: F401 - its operations
from gateway.models import Base, Feature
from gateway.models.declaration import Method
from migrations.operations import renew


def include_object(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None) -> bool:  # noqa: FBT001
    """Leave PostGIS's own tables and whatever else lives in the database alone; compare what the models manage."""
    if kind == "table" and (other is None if reflected else item.info.get("managed") is False):
        return False
    if kind == "unique_constraint" and name is not None and name in _of_lists():
        return False
    return bool(alembic_helpers.include_object(item, name, kind, reflected, other))  # type: ignore[no-untyped-call]


def _of_lists() -> set[str]:
    """The natural keys that have one column more where `manage.py partitions make` divided their table by a list."""
    models = (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Feature))
    declared = ((model.__tablename__, model.__layer__) for model in models)
    return {
        f"uq_{table}_{layer.natural_key}"
        for table, layer in declared
        if layer.partitions is not None and layer.partitions.method is Method.LIST
    }


def renew_triggers(ctx: MigrationContext, step: object, heads: object, run_args: object) -> None:
    """Have the history keep what the migration added, and ask for nothing that it took away."""
    del step, heads, run_args
    assert ctx.connection is not None
    renew(ctx.connection)


def run(connection: Connection) -> None:
    """Migrate on `connection`, in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata", Base.metadata),
        include_object=include_object,
        render_item=alembic_helpers.render_item,
        compare_type=True,
        compare_server_default=True,
        on_version_apply=renew_triggers,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
