"""Settings of the process that reads files from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings

from gateway.settings.values import config


class FileSettings(BaseSettings):
    """Files from outside: of bulk loads and of manage.py ingest (`GATEWAY_FILES_*`)."""

    model_config = config("GATEWAY_FILES_")

    memory_bytes: int = Field(
        2_147_483_648, ge=2**28, description="Memory of the process that reads one file, in bytes (2 GB)."
    )
    seconds: int = Field(60, ge=1, description="Seconds of computing that a file may take to read, whatever its size.")
    seconds_per_mb: float = Field(
        1.0, ge=0, description="Seconds beyond that for each megabyte of the file; without an answer, twice as long."
    )
    ratio: int = Field(
        100,
        ge=1,
        description="How many bytes one byte of a compressed file may stand for, where that makes more than 64 MB.",
    )
    free_bytes: int = Field(
        1_073_741_824, ge=0, description="Space that unpacked files leave free on the disk, in bytes (1 GB)."
    )
