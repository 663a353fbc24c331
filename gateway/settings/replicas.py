"""Settings of replicas."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode
from sqlalchemy import make_url

from gateway.settings.database_url import hosts_of, normal
from gateway.settings.values import config

_MOST = 16  # each has a label in metrics
_NEXT = re.compile(r"[\s,]+(?=post(?:gres|gis))")  # a list of hosts has commas, too


def _split(value: object) -> object:
    return tuple(filter(None, _NEXT.split(value.strip()))) if isinstance(value, str) else value


def _each(given: tuple[str, ...]) -> tuple[str, ...]:
    urls = tuple(str(normal(url)) for url in given)
    if any(len(hosts_of(make_url(url))) > 1 for url in urls):
        message = "has a URL of several servers: write one URL for each replica, separated by spaces"
        raise ValueError(message)
    if len(set(urls)) < len(urls) or len(urls) > _MOST:
        message = f"names a replica twice, or more than {_MOST}"
        raise ValueError(message)
    return urls


class ReplicaSettings(BaseSettings):
    """Replicas that reads go to (`GATEWAY_REPLICA_*`)."""

    model_config = config("GATEWAY_REPLICA_")

    urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_each)] = Field(
        (),
        description="Streaming replicas of the database, each as a URL, separated by spaces: queries, tiles and "
        "exports are read there. Without any, all is read from the database itself.",
    )
    lag: float = Field(
        5.0,
        gt=0,
        le=300,
        description="Seconds that a replica may be behind and still be read from, as looked at five times a second.",
    )
    wait_ms: int = Field(
        50,
        ge=0,
        le=5_000,
        description="Milliseconds that a read which must see an earlier write waits for a replica that has it, before "
        "it goes to the database itself.",
    )
