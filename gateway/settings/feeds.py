"""Settings of tiles and exports."""

from pydantic import Field
from pydantic_settings import BaseSettings

from gateway.settings.values import config


class TileSettings(BaseSettings):
    """Vector tiles (`GATEWAY_TILES_*`)."""

    model_config = config("GATEWAY_TILES_")

    features: int = Field(10_000, ge=1, description="Most features of one layer in a tile; the largest are kept.")
    vertices: int = Field(
        200_000,
        ge=4,
        description="Most vertices of one layer in a tile, before it is cut to size; the largest are kept.",
    )
    max_zoom: int = Field(
        16, ge=0, le=24, description="Deepest zoom that TileJSON names: maps enlarge its tiles, which are finer."
    )
    buffer: int = Field(
        64, ge=0, le=4096, description="How far features are drawn beyond a tile's edge, in 4096ths of its side."
    )
    concurrency: int = Field(4, ge=1, description="Tiles that one worker computes at a time; others wait.")
    cache_bytes: int = Field(
        67_108_864,
        ge=0,
        description="Memory for tiles of one worker, in bytes; what a change touches leaves; 0 is none.",
    )
    cache_control: str = Field(
        "public, no-cache",
        description="Cache-Control of tiles: by default clients ask each time whether theirs is still good.",
    )
    gzip_level: int = Field(5, ge=0, le=9, description="How hard tiles are compressed; 0 leaves it to a proxy.")
    attribution: str = Field("", description="Whom a map must name for the data, as text or HTML, in TileJSON.")


class ExportSettings(BaseSettings):
    """Streaming exports (`GATEWAY_EXPORT_*`)."""

    model_config = config("GATEWAY_EXPORT_")

    concurrency: int = Field(
        4, ge=1, description="Exports that one worker runs at a time, each on a connection of a pool of their own."
    )
    statement_timeout_ms: int = Field(
        600_000, ge=0, description="statement_timeout of exports, in milliseconds; 0 sets none."
    )
    seconds: float = Field(900.0, gt=0, description="Deadline of an export, from accept to the last byte.")
