"""Settings of bulk loads."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from gateway.settings.values import config


class BulkSettings(BaseSettings):
    """Bulk loads (`GATEWAY_BULK_*`)."""

    model_config = config("GATEWAY_BULK_")

    directory: Path | None = Field(
        None,
        description="Where bodies lie until they are loaded, each database's apart; by default tmp/bulk of data_dir.",
    )
    upload_bytes: int = Field(
        17_179_869_184, ge=1, description="Largest body of a bulk load, decoded, in bytes (16 GB)."
    )
    free_bytes: int = Field(
        1_073_741_824, ge=0, description="Space on the disk that bodies leave free, in bytes (1 GB)."
    )
    waiting: int = Field(
        16, ge=1, description="Most bodies under way and jobs not yet ended of one worker; more are told to come again."
    )
    concurrency: int = Field(
        2, ge=1, description="Jobs that one worker runs at a time, on a pool of their own; one for each layer."
    )
    idle_seconds: float = Field(30.0, gt=0, description="Longest pause of a client that sends a body, in seconds.")
    upload_seconds: float = Field(3600.0, gt=0, description="Seconds within which a whole body must be there.")
    wait_seconds: int = Field(60, ge=0, description="Longest wait that a client may ask for with Prefer: wait=N.")
    keep_seconds: float = Field(
        86_400.0, ge=0, description="Seconds that the body of a failed or cancelled job is kept, to go on with it."
    )
