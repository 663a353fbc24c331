"""Every setting of the gateway, read once; enters the environment (`GATEWAY_*`, `.env`), leaves frozen groups.

Each field's description is its documentation: docs/settings.md is generated from it.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from gateway.settings.analytics import AnalyticsSettings
from gateway.settings.answers import AnswerSettings
from gateway.settings.auth import AuthSettings
from gateway.settings.budgets import BudgetSettings
from gateway.settings.bulk import BulkSettings
from gateway.settings.database import DatabaseSettings
from gateway.settings.environment import ByEnvironment
from gateway.settings.feeds import ExportSettings, TileSettings
from gateway.settings.files import FileSettings
from gateway.settings.http import HttpSettings, MapSettings, MetricsSettings
from gateway.settings.jurisdictions import Checked
from gateway.settings.limits import LimitSettings
from gateway.settings.replicas import ReplicaSettings
from gateway.settings.values import Words, config


class LogSettings(BaseSettings):
    """Logs (`GATEWAY_LOG_*`)."""

    model_config = config("GATEWAY_LOG_")

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="console for people, json for machines; auto is console on a terminal, json elsewhere."
    )


class TracingSettings(BaseSettings):
    """Traces for OpenTelemetry (`GATEWAY_TRACING_*`)."""

    model_config = config("GATEWAY_TRACING_")

    export: Literal["off", "otlp"] = Field(
        "off",
        description="otlp: send a trace of each request to a collector, as OTEL_EXPORTER_OTLP_ENDPOINT, "
        "OTEL_TRACES_SAMPLER and the other variables of OpenTelemetry say. Needs the extra tracing.",
    )


class Settings(BaseSettings):
    """All settings (`GATEWAY_*`); frozen, read once in asgi.py and manage.py and passed on."""

    model_config = config("GATEWAY_")

    environment: Literal["development", "production"] = Field(
        "development", description="production turns off what only developers need: the defaults that say so."
    )
    data_dir: Path = Field(Path(".data"), description="Where the private PostGIS and local state live.")
    secret_key: SecretStr | None = Field(
        None, description="Signs cursors; without one a key is made and kept in data_dir. Share it between hosts."
    )
    silenced_checks: Words = Field(
        (), description="Ids of system checks that are not shown, comma separated, for example gateway.W202."
    )
    documents: Literal["any", "trusted"] = Field(
        "any",
        description="any: clients may send every document. trusted: only those of manage.py trust, and those of the "
        "map, by hash or text; the scope admin may send any.",
    )
    planner: Literal["on", "off"] = Field(
        "on", description="on: reads are prepared as SQL once and bound; off: every field goes through its resolver."
    )
    jurisdictions: Checked | None = Field(
        None,
        description="Limits of requests and budgets of clients that a jurisdiction has in place of the server's, and "
        "columns and members that are private there besides, as JSON: "
        '{"alpha": {"limits": {"cost": 50000}, "budget": {"anonymous": 400000}, '
        '"auth": {"private": {"parcels.address": "write"}, "private_members": {"*tenant*": "admin"}}, '
        '"database": {"url": "postgresql://..."}}}. A client then has a budget there apart; one with a database is not '
        "a schema of the other.",
    )
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    replica: ReplicaSettings = Field(default_factory=ReplicaSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    http: Annotated[HttpSettings, ByEnvironment] = Field(default_factory=HttpSettings, validate_default=True)
    metrics: Annotated[MetricsSettings, ByEnvironment] = Field(default_factory=MetricsSettings, validate_default=True)
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    tiles: TileSettings = Field(default_factory=TileSettings)
    export: ExportSettings = Field(default_factory=ExportSettings)
    analytics: AnalyticsSettings = Field(default_factory=AnalyticsSettings)
    answers: AnswerSettings = Field(default_factory=AnswerSettings)
    bulk: BulkSettings = Field(default_factory=BulkSettings)
    files: FileSettings = Field(default_factory=FileSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    map: MapSettings = Field(default_factory=MapSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    tracing: TracingSettings = Field(default_factory=TracingSettings)
