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
    job_concurrency: int = Field(
        1, ge=1, description="Analyses as jobs that one worker runs at a time, on connections of their own."
    )
    job_waiting: int = Field(
        8, ge=1, description="Most analyses as jobs of one principal that wait or run; more are told to come again."
    )
    job_seconds: float = Field(900.0, gt=0, description="Seconds that an analysis as a job may take.")
    job_cost: int = Field(
        60_000_000, ge=1, description="Highest cost of an analysis as a job, in units of 10 microseconds of the engine."
    )
    job_rows: int = Field(1_000_000, ge=1, description="Most rows of an analysis as a job, or pairs of rows.")
    job_vertices: int = Field(20_000_000, ge=4, description="Most vertices of the rows of an analysis as a job.")
    keep_seconds: float = Field(
        86_400.0, gt=0, description="Seconds that an analysis as a job is kept after its end, with its result."
    )
    keep_results: int = Field(
        20,
        ge=1,
        description="Most analyses as jobs that are kept of one principal; a new one replaces the oldest.",
    )

    @property
    def of_jobs(self) -> "AnalyticsSettings":
        """The same settings with the limits of jobs."""
        limits = {"cost": self.job_cost, "rows": self.job_rows, "vertices": self.job_vertices}
        return self.model_copy(update=limits)
