"""Settings of analyses."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from gateway.settings.database_url import normal
from gateway.settings.values import config


class AnalyticsSettings(BaseSettings):
    """Analyses and the engine that they run on (`GATEWAY_ANALYTICS_*`)."""

    model_config = config("GATEWAY_ANALYTICS_")

    url: Annotated[str | None, AfterValidator(normal)] = Field(
        None,
        description="PostgreSQL that analyses run on, such as a replica, as a URL; without one the database itself.",
    )
    concurrency: int = Field(
        2, ge=1, description="Analyses that one worker runs at a time, each on a connection of a pool of their own."
    )
    statement_timeout_ms: int = Field(20_000, ge=1, description="statement_timeout of an analysis, in milliseconds.")
    cost: int = Field(
        1_000_000, ge=1, description="Highest cost of an analysis, in units of 10 microseconds of the engine's time."
    )
    rows: int = Field(100_000, ge=1, description="Most rows of an analysis, or pairs of rows that it looks at.")
    vertices: int = Field(2_000_000, ge=4, description="Most vertices of the rows of an analysis.")
