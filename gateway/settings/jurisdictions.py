"""Settings that are a jurisdiction's own; enters those of the server, leaves them as one jurisdiction has them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, ValidationError

from gateway.settings.auth import AuthSettings
from gateway.settings.budgets import BudgetSettings
from gateway.settings.database import DatabaseSettings
from gateway.settings.limits import LimitSettings

if TYPE_CHECKING:
    from gateway.settings import Settings

Private = Mapping[str, str]  # columns, or patterns of members, and the scope that shows each
# By code and group: what differs there from what the server sets.
Own = Mapping[str, Mapping[str, Mapping[str, int | float | str | Private]]]

_GROUPS: Final[Mapping[str, Any]] = {
    "limits": LimitSettings,
    "budget": BudgetSettings,
    "auth": AuthSettings,
    "database": DatabaseSettings,
}
# Not what is there before it is known whose rows a request is about, or is of the whole process.
_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "limits": sorted(
        LimitSettings.model_fields.keys()
        - {"body_bytes", "body_seconds", "head_bytes", "request_seconds", "idempotency_seconds"}
    ),
    "budget": sorted(BudgetSettings.model_fields.keys() - {"enabled", "store", "heavy_cost", "heavy", "waiting"}),
    "auth": ("private", "private_members"),
    "database": ("url",),
}


def _checked(given: Own) -> Own:
    if "all" in given:
        raise ValueError("all together have those of the server: GATEWAY_LIMITS_* and GATEWAY_BUDGET_*")
    return {
        code: {group: _read(code, group, values) for group, values in groups.items()} for code, groups in given.items()
    }


def _read(code: str, group: str, values: Mapping[str, int | float | str | Private]) -> Mapping[str, Any]:
    """The values as their group has them; raises ValueError, which says what is wrong."""
    if group not in _GROUPS:
        raise ValueError(f"{code} has {group!r}, which is none of {', '.join(_GROUPS)}")
    for name in values:
        if name not in _NAMES[group]:
            raise ValueError(f"{code}.{group} has {name!r}, which is none of {', '.join(_NAMES[group])}")
    try:
        read = _GROUPS[group](**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{code}.{group}.{first['loc'][0]}: {first['msg']}") from None
    return {name: getattr(read, name) for name in values}


Checked = Annotated[Own, AfterValidator(_checked)]


def own_of(settings: "Settings", code: str) -> Mapping[str, Mapping[str, Any]]:
    """What a jurisdiction has of its own, by group."""
    return (settings.jurisdictions or {}).get(code, {})


def private_of(settings: "Settings", codes: Sequence[str]) -> Sequence[Mapping[str, Private]]:
    """What is private in each of some jurisdictions: `private` and `private_members`, where the server's differ."""
    return [own_of(settings, code).get("auth", {}) for code in codes]


def apart_of(settings: "Settings") -> Sequence[str]:
    """The codes of jurisdictions that have a database of their own, in order."""
    return sorted(
        code for code in settings.jurisdictions or () if own_of(settings, code).get("database", {}).get("url")
    )


def settings_of(settings: "Settings", code: str) -> "Settings":
    """The settings as the jurisdiction `code` has them, but for what is private there: see `private_of`.

    What the server has beside its database (replicas, an engine for analyses) is not beside another one.
    """
    own = {group: values for group, values in own_of(settings, code).items() if group != "auth"}
    made: dict[str, Any] = {name: getattr(settings, name).model_copy(update=own[name]) for name in own}
    if code in apart_of(settings):
        made["database"] = made["database"].model_copy(update={"direct_url": None})
        made["replica"] = settings.replica.model_copy(update={"urls": ()})
        made["analytics"] = settings.analytics.model_copy(update={"url": None})
    return settings.model_copy(update=made)
