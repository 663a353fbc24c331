"""The list of every check in the order in which they run; enters nothing, leaves what running.py runs."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from gateway.checks import (
    cluster,
    configuration,
    contents,
    declarations,
    deployment,
    history,
    indexes,
    kept,
    lacking,
    migrated,
    partitions,
    plans,
    replicas,
    server,
    session,
    structure,
    upkeep,
)
from gateway.checks.inspection import Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.layers import Layers
from gateway.settings import Settings


class Tag(StrEnum):
    """What `check --tag` chooses by."""

    SETTINGS = "settings"
    LAYERS = "layers"
    DEPLOY = "deploy"
    SERVER = "server"
    SESSION = "session"
    MIGRATIONS = "migrations"
    TABLES = "tables"
    INDEXES = "indexes"
    ROWS = "rows"
    UPKEEP = "upkeep"
    PLANS = "plans"


DEPLOY_TAGS = frozenset({Tag.DEPLOY})
DATABASE_TAGS = frozenset(Tag) - {Tag.SETTINGS, Tag.LAYERS, Tag.DEPLOY}

SettingsCheck: TypeAlias = Callable[[Settings], Iterator[Message]]
LayersCheck: TypeAlias = Callable[[Layers], Iterator[Message]]
ServerCheck: TypeAlias = Callable[[Inspection], AsyncIterator[Message]]
TableCheck: TypeAlias = Callable[[Inspection, StoredTable], AsyncIterator[Message]]


@dataclass(frozen=True, slots=True)
class Registry:
    """Checks by what they are given."""

    settings: tuple[tuple[Tag, SettingsCheck], ...]
    layers: tuple[tuple[Tag, LayersCheck], ...]
    server: tuple[tuple[Tag, ServerCheck], ...]
    tables: tuple[tuple[Tag, TableCheck], ...]
    unmanaged: tuple[tuple[Tag, TableCheck], ...]  # of tables that someone else made


CHECKS = Registry(
    settings=(
        (Tag.SETTINGS, configuration.page_default),
        (Tag.SETTINGS, configuration.pooler),
        (Tag.SETTINGS, configuration.sizes),
        (Tag.SETTINGS, configuration.data_dir),
        (Tag.SETTINGS, configuration.hosts),
        (Tag.SETTINGS, configuration.statement_deadlines),
        (Tag.SETTINGS, configuration.pool_deadline),
        (Tag.SETTINGS, configuration.secret_length),
        (Tag.SETTINGS, configuration.origins),
        (Tag.SETTINGS, configuration.silenced),
        (Tag.SETTINGS, replicas.needs_url),
        (Tag.DEPLOY, deployment.environment),
        (Tag.DEPLOY, deployment.secret),
        (Tag.DEPLOY, deployment.comforts),
        (Tag.DEPLOY, deployment.origins),
        (Tag.DEPLOY, deployment.hosts),
        (Tag.DEPLOY, deployment.public_url),
        (Tag.DEPLOY, deployment.audience),
        (Tag.DEPLOY, deployment.anonymous),
        (Tag.DEPLOY, deployment.metrics),
        (Tag.DEPLOY, deployment.files),
        (Tag.DEPLOY, deployment.timeouts),
        (Tag.DEPLOY, deployment.pool),
        (Tag.DEPLOY, deployment.pooler_role),
        (Tag.DEPLOY, deployment.logs),
        (Tag.DEPLOY, deployment.database),
        (Tag.DEPLOY, deployment.jail),
    ),
    layers=(
        (Tag.LAYERS, declarations.natural_keys),
        (Tag.LAYERS, declarations.private_columns),
        (Tag.LAYERS, declarations.named_columns),
        (Tag.LAYERS, declarations.relation_targets),
        (Tag.LAYERS, declarations.geometries),
        (Tag.LAYERS, declarations.relation_kinds),
    ),
    server=(
        (Tag.SERVER, server.versions),
        (Tag.SERVER, server.connections),
        (Tag.SERVER, server.powers),
        (Tag.SERVER, server.idle_in_transaction),
        (Tag.SERVER, server.autovacuum),
        (Tag.SERVER, server.statements),
        (Tag.SERVER, server.codes),
        (Tag.SERVER, replicas.replicas),
        (Tag.SERVER, cluster.nodes),
        (Tag.SESSION, session.settings_in_effect),
        (Tag.MIGRATIONS, migrated.pending),
        (Tag.UPKEEP, upkeep.pgstattuple),
        (Tag.UPKEEP, upkeep.expired_keys),
        (Tag.UPKEEP, kept.behind),
    ),
    tables=(
        (Tag.TABLES, structure.columns),
        (Tag.TABLES, structure.constraints),
        (Tag.TABLES, structure.storage_options),
        (Tag.TABLES, history.keeping),
        (Tag.TABLES, kept.triggers),
        (Tag.TABLES, structure.telling),
        (Tag.TABLES, partitions.declared),
        (Tag.TABLES, partitions.strays),
        (Tag.INDEXES, indexes.spatial),
        (Tag.INDEXES, indexes.natural_key),
        (Tag.INDEXES, partitions.one_key_of_all),
        (Tag.INDEXES, indexes.declared),
        (Tag.INDEXES, indexes.invalid),
        (Tag.INDEXES, indexes.entries),
        (Tag.INDEXES, indexes.duplicate),
        (Tag.ROWS, contents.invalid),
        (Tag.ROWS, contents.broken_constraints),
        (Tag.ROWS, contents.srid_mix),
        (Tag.UPKEEP, upkeep.statistics),
        (Tag.UPKEEP, upkeep.dead_rows),
        (Tag.UPKEEP, upkeep.dead_space),
        (Tag.UPKEEP, history.months),
        (Tag.PLANS, plans.distance_probe),
    ),
    unmanaged=(
        (Tag.TABLES, structure.columns),
        (Tag.INDEXES, lacking.unmanaged_indexes),
        (Tag.UPKEEP, upkeep.statistics),
    ),
)
