"""Settings of the HTTP door, and of the map that it shows to browsers."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from gateway.settings.environment import InProduction
from gateway.settings.values import Networks, Words, config, origin

SPARE_FILES = 256  # open files of a worker for all that is no connection of a client
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def _own_hosts(http: "HttpSettings") -> tuple[str, ...]:
    host = urlsplit(http.public_url or "").netloc.rpartition("@")[2]
    return ((re.sub(r":\d+$", "", host),) if host else ()) + THIS_MACHINE


class HttpSettings(BaseSettings):
    """The HTTP door (`GATEWAY_HTTP_*`)."""

    model_config = config("GATEWAY_HTTP_")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on.")
    workers: int = Field(1, ge=1, description="Worker processes.")
    allowed_hosts: Annotated[
        Words, InProduction(_own_hosts, "the host of GATEWAY_HTTP_PUBLIC_URL, and names of this machine")
    ] = Field(
        ("*",),
        description="Host names that are served, comma separated; *.example.org and * are wildcards. /healthz and "
        "/readyz answer under any name.",
    )
    cors_origins: Annotated[Words, InProduction((), "none")] = Field(
        ("*",), description="Origins that browsers may call from, comma separated; * means any, without credentials."
    )
    public_url: Annotated[str | None, AfterValidator(origin)] = Field(
        None,
        description="Where clients find this server, for URLs in answers, with its path if it has one, for example "
        "https://maps.example.org/gis; by default as they asked for it.",
    )
    trusted_proxies: Networks = Field(
        ("127.0.0.0/8", "::1"),
        description="Addresses and networks of proxies in front, comma separated. Of them X-Forwarded-For is believed, "
        "which tells clients apart, and X-Forwarded-Proto; from others both are ignored.",
    )
    cors_max_age: int = Field(600, ge=0, description="Seconds a browser may remember a preflight answer.")
    document_max_age: int = Field(
        0,
        ge=0,
        description="Seconds that a CDN may keep an answer to an anonymous GET of a document by its hash; with 0 it "
        "keeps it and asks each time whether it is still right.",
    )
    compress: bool = Field(
        default=True,
        description="Compress answers with zstd or gzip for clients that accept one of them; of equals "
        "browsers get zstd, others gzip.",
    )
    compress_bytes: int = Field(1024, ge=0, description="Least size of a whole answer that is compressed, in bytes.")
    connections: int = Field(2_000, ge=1, description="Most connections of a worker; others are answered 503 at once.")
    client_connections: int = Field(
        200,
        ge=1,
        description="Most connections that one address has with a worker; trusted proxies have no such limit.",
    )
    keep_alive_seconds: float = Field(5.0, gt=0, description="Seconds that a connection without a request is kept.")
    least_rate: int = Field(
        1_024, ge=1, description="Bytes a second that a client must read of an answer, or send of a bulk load."
    )
    least_rate_seconds: float = Field(
        15.0, gt=0, description="Seconds that a client may stop to read or send; twice that if it was faster before."
    )
    unsent_bytes: int = Field(
        100_663_296,
        ge=1,
        description="Most bytes of answers that a worker keeps because nobody reads them; the slowest readers are cut "
        "off first.",
    )
    client_unsent_bytes: int = Field(33_554_432, ge=1, description="Most of these bytes of one client.")
    bodies_bytes: int = Field(
        268_435_456, ge=1, description="Most bytes of request bodies that a worker has under way, but bulk loads."
    )
    client_bodies_bytes: int = Field(33_554_432, ge=1, description="Most of these bytes of one client.")
    large_bodies: int = Field(
        8, ge=1, description="Most bodies above 64 kB that a worker has in memory; others wait on the disk."
    )
    drain_seconds: float = Field(
        1.0, ge=0, description="Seconds between SIGTERM, when /readyz turns 503, and the end of accepting requests."
    )
    graceful_seconds: int = Field(30, ge=0, description="Seconds that requests in flight may take at shutdown.")
    graphiql: Annotated[bool, InProduction(default=False)] = Field(
        default=True, description="Serve the GraphiQL explorer to browsers at /graphql."
    )
    introspection: Annotated[bool, InProduction(default=False)] = Field(
        default=True, description="Answer introspection queries."
    )
    explain: Annotated[Literal["anyone", "admin", "nobody"], InProduction("nobody")] = Field(
        "anyone",
        description="Who may ask with the header X-Explain: 1 for SQL and its plans: anyone, who has the scope admin, "
        "or nobody.",
    )
    suggestions: Annotated[bool, InProduction(default=False)] = Field(
        default=True, description="Let errors suggest names of fields: 'Did you mean ...?', 'There are ...'"
    )


class MetricsSettings(BaseSettings):
    """Metrics for Prometheus (`GATEWAY_METRICS_*`)."""

    model_config = config("GATEWAY_METRICS_")

    host: str = Field("127.0.0.1", description="Address on which /metrics has a port of its own.")
    port: Annotated[int, InProduction(9464)] = Field(
        0, ge=0, le=65_535, description="Port of /metrics; 0 leaves it on the port of everything else."
    )


class MapSettings(BaseSettings):
    """The map at `/` (`GATEWAY_MAP_*`)."""

    model_config = config("GATEWAY_MAP_")

    enabled: bool = Field(default=True, description="Serve the map to browsers at /.")
    basemap: str | None = Field(
        None,
        pattern=r"^(https?://[^/{}\s;,]+)?/[^\s;,]*$",
        description="Raster tiles to draw under the map, for example https://tile.example.org/{z}/{x}/{y}.png. Without "
        "one no request leaves the gateway; with one browsers tell its server where they look.",
    )
    units: Literal["metric", "imperial"] = Field(
        "metric", description="What the map tells lengths and areas in, until its reader chooses: metres or feet."
    )
    attribution: str = Field("", description="Who is to be named for the basemap, as plain text.")
