"""Defaults that are others in production; enters groups of settings, leaves them settled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import AfterValidator, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings


@dataclass(frozen=True, slots=True)
class InProduction:
    """Marks a field whose default is another one in production; `text` is how its documentation names that."""

    default: Any | Callable[[Any], Any]  # a function makes it of the other settings of the group
    text: str = ""


Group = TypeVar("Group", bound=BaseSettings)


def in_production(field: FieldInfo) -> InProduction | None:
    return next((mark for mark in field.metadata if isinstance(mark, InProduction)), None)


def production_defaults(group: BaseSettings) -> Mapping[str, Any]:
    """The defaults of `group` that are others in production, by the names of their fields."""
    marks = {name: in_production(field) for name, field in type(group).model_fields.items()}
    return {
        name: mark.default(group) if callable(mark.default) else mark.default for name, mark in marks.items() if mark
    }


def _settled(group: Group, info: ValidationInfo) -> Group:
    if info.data.get("environment") != "production":
        return group
    unset = {name: value for name, value in production_defaults(group).items() if name not in group.model_fields_set}
    return group.model_copy(update=unset)


# Put on each group of Settings, after `environment`: what reads a setting then sees one value, whatever it comes of.
ByEnvironment = AfterValidator(_settled)
