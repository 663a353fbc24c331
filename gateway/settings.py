"""Floor 0. Every setting of the gateway, read once; enters the environment (`GATEWAY_*`, `.env`), leaves frozen groups.

Each field's description is its documentation: docs/settings.md is generated from it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", frozen=True)


def _driver(url: str | None) -> str | None:
    """Accept the URL as libpq users write it and name the one driver that the gateway speaks."""
    if url is None or "+asyncpg" in url.split("://", 1)[0]:
        return url
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgis"}:
        message = "must start with postgresql://, for example postgresql://user:password@host:5432/database"
        raise ValueError(message)
    return f"postgresql+asyncpg://{rest}"


def _origin(url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        message = "must start with http:// or https://, for example https://maps.example.org/gateway"
        raise ValueError(message)
    return None if url is None else url.rstrip("/")


def _words(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class DatabaseSettings(BaseSettings):
    """The connection to PostgreSQL and the pool (`GATEWAY_DATABASE_*`)."""

    model_config = _config("GATEWAY_DATABASE_")

    url: Annotated[str | None, AfterValidator(_driver)] = Field(
        None, description="PostgreSQL to use, as a URL; without one the gateway runs its own private PostGIS."
    )
    pool_size: int = Field(10, ge=1, description="Connections that one worker keeps open.")
    max_overflow: int = Field(5, ge=0, description="Connections that one worker may open above pool_size under load.")
    pool_timeout: float = Field(
        1.0, gt=0, description="Seconds a request waits for a connection before it is answered OVERLOADED."
    )
    pool_recycle: int = Field(1800, ge=-1, description="Seconds after which a connection is replaced; -1 keeps it.")
    pool_pre_ping: bool = Field(default=True, description="Test a connection that lay idle when it leaves the pool.")
    pool_ping_idle: float = Field(
        1.0, ge=0, description="Seconds that a connection may lie idle before it is tested; 0 tests it every time."
    )
    pooler: Literal["none", "pgbouncer"] = Field(
        "none", description="Set to pgbouncer behind a pooler in transaction mode: no prepared statements, no own pool."
    )
    connect_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a new connection.")
    read_timeout_ms: int = Field(10_000, ge=1, description="statement_timeout of reads, in milliseconds.")
    write_timeout_ms: int = Field(30_000, ge=1, description="statement_timeout of writes, in milliseconds.")
    maintenance_timeout_ms: int = Field(
        0, ge=0, description="statement_timeout of ingest, migrate and check, in milliseconds; 0 sets none."
    )
    lock_timeout_ms: int = Field(5_000, ge=0, description="lock_timeout of a session, in milliseconds.")
    idle_in_transaction_timeout_ms: int = Field(
        30_000, ge=0, description="idle_in_transaction_session_timeout, in milliseconds."
    )
    client_check_interval_ms: int = Field(
        1_000, ge=0, description="How often the server looks whether the client of a running statement is still there."
    )
    work_mem: str = Field("64MB", description="Memory for one sort or hash of a session.")
    random_page_cost: float = Field(1.1, gt=0, description="The planner's cost of a random page; 1.1 suits SSDs.")
    effective_cache_size: str = Field("4GB", description="The planner's estimate of the memory that caches files.")
    application_name: str = Field("spatial-gateway", description="Name shown in pg_stat_activity.")


class LimitSettings(BaseSettings):
    """What one request may ask for (`GATEWAY_LIMITS_*`)."""

    model_config = _config("GATEWAY_LIMITS_")

    body_bytes: int = Field(1_048_576, ge=1, description="Largest request body, in bytes.")
    head_bytes: int = Field(65_536, ge=1024, description="Largest head of a request: path and headers, in bytes.")
    json_depth: int = Field(64, ge=1, description="Deepest nesting of a JSON body.")
    tokens: int = Field(2_000, ge=1, description="Most tokens in a GraphQL document.")
    depth: int = Field(12, ge=1, description="Deepest selection of an operation, fragments followed.")
    aliases: int = Field(30, ge=0, description="Most aliases in an operation.")
    root_fields: int = Field(20, ge=1, description="Most root fields in an operation.")
    directives: int = Field(50, ge=0, description="Most directives in an operation.")
    cost: int = Field(
        200_000, ge=1, description="Highest cost of an operation: rows x fields x weight of spatial work."
    )
    page_default: int = Field(100, ge=1, description="Rows of a page when neither first nor last is given.")
    page: int = Field(1_000, ge=1, description="Most rows of one page.")
    count_cap: int = Field(10_000, ge=1, description="Where totalCount(mode: CAPPED) stops counting.")
    vertices: int = Field(10_000, ge=4, description="Most vertices of an input geometry.")
    geometry_depth: int = Field(4, ge=1, description="Deepest nesting of an input GeometryCollection.")
    predicates: int = Field(256, ge=1, description="Most lookups in one filters argument.")
    filter_depth: int = Field(10, ge=1, description="Deepest nesting of and, or, not and relations in filters.")
    list_items: int = Field(1_000, ge=1, description="Most items of a list argument.")
    text_length: int = Field(
        10_000, ge=1, description="Longest text argument, in characters; WKT has its own, tenfold."
    )
    url_filter_bytes: int = Field(
        16_384, ge=256, description="Longest filter in the URL of tiles or an export, as JSON or token, in bytes."
    )
    radius_m: float = Field(20_037_508.0, gt=0, description="Longest radius, in metres; half the Earth.")
    buffer_m: float = Field(10_000.0, gt=0, description="Widest buffer, in metres.")
    prepared: int = Field(1_000, ge=0, description="Most documents that a worker keeps prepared.")
    prepared_bytes: int = Field(
        4_194_304, ge=0, description="Most bytes of text of the documents that a worker keeps prepared."
    )
    errors: int = Field(5, ge=1, description="Most errors in one response.")
    request_seconds: float = Field(30.0, gt=0, description="Deadline of a request, from accept to the last byte.")
    body_seconds: float = Field(
        10.0, gt=0, description="Seconds a client may take to send the head of a request, and again for its body."
    )


class ExportSettings(BaseSettings):
    """Streaming exports (`GATEWAY_EXPORT_*`)."""

    model_config = _config("GATEWAY_EXPORT_")

    concurrency: int = Field(
        4, ge=1, description="Exports that one worker runs at a time, each on a connection of a pool of their own."
    )
    statement_timeout_ms: int = Field(
        600_000, ge=0, description="statement_timeout of exports, in milliseconds; 0 sets none."
    )
    seconds: float = Field(900.0, gt=0, description="Deadline of an export, from accept to the last byte.")


class HttpSettings(BaseSettings):
    """The HTTP door (`GATEWAY_HTTP_*`)."""

    model_config = _config("GATEWAY_HTTP_")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on.")
    workers: int = Field(1, ge=1, description="Worker processes.")
    allowed_hosts: Words = Field(
        ("*",), description="Host names that are served, comma separated; *.example.org and * are wildcards."
    )
    cors_origins: Words = Field(
        ("*",), description="Origins that browsers may call from, comma separated; * means any, without credentials."
    )
    public_url: Annotated[str | None, AfterValidator(_origin)] = Field(
        None, description="Where clients find this server, for URLs in answers; by default as they asked for it."
    )
    cors_max_age: int = Field(600, ge=0, description="Seconds a browser may remember a preflight answer.")
    compress: bool = Field(
        default=True, description="Compress answers with zstd or gzip for clients that accept one of them."
    )
    compress_bytes: int = Field(1024, ge=0, description="Least size of a whole answer that is compressed, in bytes.")
    drain_seconds: float = Field(
        1.0, ge=0, description="Seconds between SIGTERM, when /readyz turns 503, and the end of accepting requests."
    )
    graceful_seconds: int = Field(30, ge=0, description="Seconds that requests in flight may take at shutdown.")
    graphiql: bool = Field(default=True, description="Serve the GraphiQL explorer to browsers at /graphql.")
    introspection: bool = Field(default=True, description="Answer introspection queries.")
    explain: Literal["anyone", "admin", "nobody"] | None = Field(
        None,
        description="Who may ask with the header X-Explain: 1 for SQL and its plans: anyone, who has the scope admin, "
        "or nobody; where it is not set, anyone in development and admin in production.",
    )
    suggestions: bool = Field(default=True, description="Let validation errors suggest names: 'Did you mean ...?'")


class TileSettings(BaseSettings):
    """Vector tiles (`GATEWAY_TILES_*`)."""

    model_config = _config("GATEWAY_TILES_")

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


class AuthSettings(BaseSettings):
    """Who may do what (`GATEWAY_AUTH_*`)."""

    model_config = _config("GATEWAY_AUTH_")

    backends: Words = Field(
        ("gateway.identity.api_keys.ApiKeys", "gateway.identity.tokens.JsonWebTokens"),
        description="Classes that tell who bears a credential, comma separated, asked in order.",
    )
    anonymous: Words = Field(
        ("read",), description="Scopes of requests without credentials: read, write, bulk, admin; empty allows nothing."
    )
    private: Mapping[str, str] | None = Field(
        None,
        description='Private columns and the scope that shows each, as JSON: {"parcels.owner_name": "write"}. '
        "Without it, the private columns of each layer, for the scope write; {} hides nothing.",
    )
    key_seconds: float = Field(
        5.0, ge=0, description="Seconds that a worker remembers an API key; a revoked one may work as long."
    )
    url_seconds: float = Field(
        3600.0, gt=0, description="Seconds that a URL of tiles or an export speaks for whoever asked GraphQL for it."
    )
    jwt_secret: SecretStr | None = Field(
        None, min_length=32, description="Secret of tokens signed with HS256, at least 32 characters."
    )
    jwt_public_key: str | None = Field(
        None, description="Public key of tokens signed with RS256 or EdDSA: PEM text, or the path of a PEM file."
    )
    jwt_key_set: str | None = Field(
        None, description="JSON Web Key Set of tokens signed with RS256 or EdDSA: an https URL, or the path of a file."
    )
    jwt_key_set_seconds: float = Field(300.0, gt=0, description="Seconds after which a key set is read again.")
    jwt_issuer: str | None = Field(None, description="Issuer (iss) that a token must have.")
    jwt_audience: Words = Field((), description="Audiences (aud), comma separated, of which a token must have one.")
    jwt_leeway: float = Field(10.0, ge=0, description="Seconds that the clock of the issuer may be off.")
    jwt_scope_claim: str = Field(
        "scope", description="Claim that holds the scopes: text with spaces (RFC 8693) or a list."
    )


class MapSettings(BaseSettings):
    """The map at `/` (`GATEWAY_MAP_*`)."""

    model_config = _config("GATEWAY_MAP_")

    enabled: bool = Field(default=True, description="Serve the map to browsers at /.")
    basemap: str | None = Field(
        None,
        pattern=r"^(https?://[^/{}\s;,]+)?/[^\s;,]*$",
        description="Raster tiles to draw under the map, for example https://tile.example.org/{z}/{x}/{y}.png. Without "
        "one no request leaves the gateway; with one browsers tell its server where they look.",
    )
    attribution: str = Field("", description="Who is to be named for the basemap, as plain text.")


class LogSettings(BaseSettings):
    """Logs (`GATEWAY_LOG_*`)."""

    model_config = _config("GATEWAY_LOG_")

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    format: Literal["console", "json"] = Field("console", description="console for people, json for machines.")


class Settings(BaseSettings):
    """All settings (`GATEWAY_*`); frozen, read once in asgi.py and manage.py and passed on."""

    model_config = _config("GATEWAY_")

    environment: Literal["development", "production"] = Field(
        "development", description="production turns developer's comforts into findings of check --deploy."
    )
    data_dir: Path = Field(Path(".data"), description="Where the private PostGIS and local state live.")
    secret_key: SecretStr | None = Field(
        None, description="Signs cursors; without one a key is made and kept in data_dir. Share it between hosts."
    )
    silenced_checks: Words = Field(
        (), description="Ids of system checks that are not shown, comma separated, for example gateway.W202."
    )
    planner: Literal["on", "off"] = Field(
        "on", description="on: reads are prepared as SQL once and bound; off: every field goes through its resolver."
    )
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    tiles: TileSettings = Field(default_factory=TileSettings)
    export: ExportSettings = Field(default_factory=ExportSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    map: MapSettings = Field(default_factory=MapSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @property
    def explain(self) -> Literal["anyone", "admin", "nobody"]:
        """Who may see SQL and plans."""
        return self.http.explain or ("anyone" if self.environment == "development" else "admin")
