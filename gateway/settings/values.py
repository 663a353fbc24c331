"""Floor 0. How settings are read; enters texts of the environment, leaves values."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode, SettingsConfigDict


def config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", frozen=True)


def driver(url: str | None) -> str | None:
    """Accept the URL as libpq users write it and name the one driver that the gateway speaks."""
    if url is None or "+asyncpg" in url.split("://", 1)[0]:
        return url
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgis"}:
        message = "must start with postgresql://, for example postgresql://user:password@host:5432/database"
        raise ValueError(message)
    return f"postgresql+asyncpg://{rest}"


def origin(url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        message = "must start with http:// or https://, for example https://maps.example.org/gateway"
        raise ValueError(message)
    return None if url is None else url.rstrip("/")


def words(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]
