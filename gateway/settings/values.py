"""How settings are read; enters texts of the environment, leaves values."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode, SettingsConfigDict


def config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix, env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )


def origin(url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        message = "must start with http:// or https://, for example https://maps.example.org/gateway"
        raise ValueError(message)
    return None if url is None else url.rstrip("/")


def words(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]


def networks(given: tuple[str, ...]) -> tuple[str, ...]:
    for each in given:
        ip_network(each)  # raises ValueError, which says what is wrong
    return given


Networks = Annotated[Words, AfterValidator(networks)]
