"""Settings of what one request may ask for."""

from pydantic import Field
from pydantic_settings import BaseSettings

from gateway.settings.values import config


class LimitSettings(BaseSettings):
    """What one request may ask for (`GATEWAY_LIMITS_*`)."""

    model_config = config("GATEWAY_LIMITS_")

    body_bytes: int = Field(1_048_576, ge=1, description="Largest request body, in bytes.")
    head_bytes: int = Field(65_536, ge=1024, description="Largest head of a request: path and headers, in bytes.")
    json_depth: int = Field(64, ge=1, description="Deepest nesting of a JSON body.")
    tokens: int = Field(2_000, ge=1, description="Most tokens in a GraphQL document.")
    depth: int = Field(12, ge=1, description="Deepest selection of an operation, fragments followed.")
    aliases: int = Field(30, ge=0, description="Most aliases in an operation.")
    root_fields: int = Field(20, ge=1, description="Most root fields in an operation.")
    directives: int = Field(50, ge=0, description="Most directives in an operation.")
    cost: int = Field(
        200_000,
        ge=1,
        description="Highest cost of an operation, in units of 10 microseconds of the database's time.",
    )
    page_default: int = Field(100, ge=1, description="Rows of a page when neither first nor last is given.")
    page: int = Field(1_000, ge=1, description="Most rows of one page.")
    count_cap: int = Field(10_000, ge=1, description="Where totalCount(mode: CAPPED) stops counting.")
    vertices: int = Field(10_000, ge=4, description="Most vertices of an input geometry.")
    geometry_depth: int = Field(4, ge=1, description="Deepest nesting of an input GeometryCollection.")
    predicates: int = Field(256, ge=1, description="Most lookups in one filters argument.")
    filter_depth: int = Field(10, ge=1, description="Deepest nesting of and, or, not and relations in filters.")
    list_items: int = Field(1_000, ge=1, description="Most items of a list argument.")
    notice_parcels: int = Field(
        10_000, ge=1, description="Most parcels within the distance of a notice list; a list is whole or refused."
    )
    text_length: int = Field(
        10_000, ge=1, description="Longest text argument, in characters; WKT has its own, tenfold."
    )
    search_length: int = Field(100, ge=1, description="Longest text to search for, in characters.")
    url_filter_bytes: int = Field(
        16_384, ge=256, description="Longest filter in the URL of tiles or an export, as JSON or token, in bytes."
    )
    radius_m: float = Field(20_037_508.0, gt=0, description="Longest radius, in metres; half the Earth.")
    buffer_m: float = Field(10_000.0, gt=0, description="Widest buffer, in metres.")
    prepared: int = Field(1_000, ge=0, description="Most documents that a worker keeps prepared.")
    prepared_bytes: int = Field(
        67_108_864,
        ge=0,
        description="Most bytes of documents, plans and statements that a worker keeps prepared.",
    )
    refused_bytes: int = Field(
        4_194_304, ge=0, description="Most bytes of refusals of documents that a worker remembers."
    )
    registered_bytes: int = Field(
        8_388_608, ge=0, description="Most bytes of documents that clients register by hash (APQ) with a worker."
    )
    errors: int = Field(5, ge=1, description="Most errors in one response.")
    request_seconds: float = Field(30.0, gt=0, description="Deadline of a request, from accept to the last byte.")
    body_seconds: float = Field(
        10.0, gt=0, description="Seconds a client may take to send the head of a request, and again for its body."
    )
    idempotency_seconds: float = Field(
        86_400.0, gt=0, description="Seconds that an Idempotency-Key stands for the write that it came with."
    )
