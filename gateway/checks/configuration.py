"""Settings that contradict each other or cannot work; enters settings, leaves messages."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.checks import rules
from gateway.checks.messages import Message
from gateway.settings import Settings

SECRET_LENGTH = 32
_SIZE = re.compile(r"\d+(\.\d+)?\s*(B|kB|MB|GB|TB)?")


def page_default(settings: Settings) -> Iterator[Message]:
    limits = settings.limits
    if limits.page_default > limits.page:
        yield rules.PAGE_DEFAULT(
            f"A page has {limits.page_default} rows by default, but {limits.page} at most.",
            hint=f"Set GATEWAY_LIMITS_PAGE_DEFAULT to {limits.page} or less.",
            about="GATEWAY_LIMITS_PAGE_DEFAULT",
        )


def pooler(settings: Settings) -> Iterator[Message]:
    if settings.database.pooler != "none" and settings.database.url is None:
        yield rules.POOLER_WITHOUT_URL(
            f"GATEWAY_DATABASE_POOLER is {settings.database.pooler}, but GATEWAY_DATABASE_URL is not set.",
            hint="Set GATEWAY_DATABASE_URL to the pooler's address, or GATEWAY_DATABASE_POOLER=none.",
            about="GATEWAY_DATABASE_POOLER",
        )


def sizes(settings: Settings) -> Iterator[Message]:
    for name in ("work_mem", "effective_cache_size"):
        value = getattr(settings.database, name)
        if not _SIZE.fullmatch(value):
            yield rules.BAD_SIZE(
                f"{value!r} is not a size.",
                hint="Write a number and one of B, kB, MB, GB, TB, for example 64MB.",
                about=f"GATEWAY_DATABASE_{name.upper()}",
            )


def data_dir(settings: Settings) -> Iterator[Message]:
    if settings.database.url is not None:
        return
    place = settings.data_dir.absolute()
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield rules.DATA_DIR(
            f"{existing} is not a directory that this user can write.",
            hint="Set GATEWAY_DATA_DIR to a directory that can be written, or GATEWAY_DATABASE_URL to your database.",
            about="GATEWAY_DATA_DIR",
        )


def hosts(settings: Settings) -> Iterator[Message]:
    if not settings.http.allowed_hosts:
        yield rules.NO_HOSTS(
            "The list of allowed hosts is empty.",
            hint="Set GATEWAY_HTTP_ALLOWED_HOSTS to the names you serve, for example gis.example.org,localhost.",
            about="GATEWAY_HTTP_ALLOWED_HOSTS",
        )


def statement_deadlines(settings: Settings) -> Iterator[Message]:
    deadline = settings.limits.request_seconds
    for name in ("read_timeout_ms", "write_timeout_ms"):
        timeout = getattr(settings.database, name) / 1000
        if timeout > deadline:
            yield rules.STATEMENT_OUTLIVES(
                f"A statement may take {timeout:g} s, but its request ends after {deadline:g} s.",
                hint=f"Lower it to {deadline * 1000:.0f}, or raise GATEWAY_LIMITS_REQUEST_SECONDS.",
                about=f"GATEWAY_DATABASE_{name.upper()}",
            )


def pool_deadline(settings: Settings) -> Iterator[Message]:
    if settings.database.pool_timeout >= settings.limits.request_seconds:
        yield rules.POOL_OUTLIVES(
            f"A request waits {settings.database.pool_timeout:g} s for a connection, "
            f"but ends after {settings.limits.request_seconds:g} s.",
            hint="Set GATEWAY_DATABASE_POOL_TIMEOUT to about 5, so that an overloaded server answers soon.",
            about="GATEWAY_DATABASE_POOL_TIMEOUT",
        )


def secret_length(settings: Settings) -> Iterator[Message]:
    if settings.secret_key is not None and len(settings.secret_key.get_secret_value()) < SECRET_LENGTH:
        yield rules.SHORT_SECRET(
            f"The secret key has fewer than {SECRET_LENGTH} characters.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            about="GATEWAY_SECRET_KEY",
        )


def origins(settings: Settings) -> Iterator[Message]:
    for origin in settings.http.cors_origins:
        parts = urlsplit(origin)
        whole = parts.scheme in {"http", "https"} and parts.netloc and origin == f"{parts.scheme}://{parts.netloc}"
        if origin not in {"*", "null"} and not whole:
            yield rules.BAD_ORIGIN(
                f"{origin!r} is not an origin.",
                hint="Write scheme, host and port only, without a path or a slash: https://map.example.org",
                about="GATEWAY_HTTP_CORS_ORIGINS",
            )


def silenced(settings: Settings) -> Iterator[Message]:
    for name in settings.silenced_checks:
        if name not in rules.RULES:
            yield rules.UNKNOWN_SILENCED(
                f"There is no check {name!r}.",
                hint="Take the id from docs/checks.md, for example gateway.W202.",
                about="GATEWAY_SILENCED_CHECKS",
            )
