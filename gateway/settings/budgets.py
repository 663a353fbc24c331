"""Settings of how much each client may ask for, and of how work is let in."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from gateway.settings.values import config

_UNITS = "Cost that a client {} may spend in a window: a unit is 10 microseconds of the database; 0 sets no limit."
_REQUESTS = "Requests that a client {} may have under way; 0 sets no limit."
_SCHEMES = ("redis://", "rediss://", "valkey://", "valkeys://")
_KINDS = {
    "anonymous": "without credentials, told by its address,",
    "read": "with the scope read",
    "write": "with the scope write",
    "bulk": "with the scope bulk",
    "admin": "with the scope admin",
}


def _store(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(_SCHEMES):
        message = "must start with redis://, rediss://, valkey:// or valkeys://"
        raise ValueError(message)
    return url


class BudgetSettings(BaseSettings):
    """The share of each client (`GATEWAY_BUDGET_*`)."""

    model_config = config("GATEWAY_BUDGET_")

    enabled: bool = Field(default=True, description="Refuse clients that are over their budgets (429, RATE_LIMITED).")
    window_seconds: int = Field(60, ge=1, description="Seconds in which a client's budget is full again.")
    anonymous: int = Field(4_000_000, ge=0, description=_UNITS.format(_KINDS["anonymous"]))
    anonymous_requests: int = Field(200, ge=0, description=_REQUESTS.format(_KINDS["anonymous"]))
    read: int = Field(8_000_000, ge=0, description=_UNITS.format(_KINDS["read"]))
    read_requests: int = Field(200, ge=0, description=_REQUESTS.format(_KINDS["read"]))
    write: int = Field(8_000_000, ge=0, description=_UNITS.format(_KINDS["write"]))
    write_requests: int = Field(200, ge=0, description=_REQUESTS.format(_KINDS["write"]))
    bulk: int = Field(12_000_000, ge=0, description=_UNITS.format(_KINDS["bulk"]))
    bulk_requests: int = Field(200, ge=0, description=_REQUESTS.format(_KINDS["bulk"]))
    admin: int = Field(0, ge=0, description=_UNITS.format(_KINDS["admin"]))
    admin_requests: int = Field(0, ge=0, description=_REQUESTS.format(_KINDS["admin"]))
    store: Annotated[SecretStr | None, AfterValidator(_store)] = Field(
        None,
        description="Where workers and hosts count together: redis://host:6379/0, valkey:// or, with TLS, rediss://. "
        "Without it each worker counts for itself, and a client that reaches several has a budget at each.",
    )
    heavy_cost: int = Field(10_000, ge=1, description="Cost above which work is heavy: a tenth of a second.")
    heavy: int | None = Field(
        None,
        ge=1,
        description="Heavy work that one worker does at a time: half of the database's cores, of all workers. "
        "By default half of the cores of this machine.",
    )
    waiting: int = Field(
        1_000, ge=1, description="Requests of one worker that may wait for a connection; beyond, OVERLOADED."
    )
