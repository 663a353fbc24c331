"""`manage.py diffsettings`; enters the settings in effect, leaves those that are not the default."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from sqlalchemy import make_url

from gateway.management.output import out, print_json
from gateway.settings import Settings
from gateway.settings.environment import in_production, production_defaults

_INTRODUCTION = """
Environment variables, or lines of a `.env` file; read once at start. `manage.py diffsettings` shows which of yours are
not the default. This page is generated: `make bless`.
""".strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting."""

    name: str
    group: str
    value: object
    default: object
    description: str

    @property
    def differs(self) -> bool:
        return bool(self.value != self.default)


def shown(kind: type[BaseSettings], settings: BaseSettings | None = None) -> Iterator[Shown]:
    """Every setting of `kind` under its name in the environment; without `settings`, each at its default."""
    return _shown(kind, settings, production=getattr(settings, "environment", None) == "production")


def _shown(kind: type[BaseSettings], settings: BaseSettings | None, *, production: bool) -> Iterator[Shown]:
    groups = []
    title = (kind.__doc__ or "").splitlines()[0]
    others = production_defaults(settings) if settings and production else {}
    for name, field in kind.model_fields.items():
        default = others.get(name, field.default)
        value = default if settings is None else getattr(settings, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings):
            groups.append((field.annotation, None if settings is None else value))
            continue
        variable = f"{kind.model_config['env_prefix']}{name.upper()}"
        yield Shown(variable, title, _plain(value), _plain(default), _described(field))
    for group, values in groups:
        yield from _shown(group, values, production=production)


def _described(field: FieldInfo) -> str:
    text = field.description or ""
    if mark := in_production(field):
        text += f" In production, by default: {mark.text or f'`{_plain(mark.default)}`'}."
    return text


def _plain(value: object) -> object:
    """`value` as the environment would have it, secrets masked."""
    match value:
        case SecretStr():
            return "***"
        case str() if "://" in value and "@" in value:
            return make_url(value).render_as_string()
        case Path():
            return str(value)
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case tuple():
            return ",".join(str(_plain(each)) for each in value)
    return value


def markdown() -> str:
    """docs/settings.md: every setting with its default and meaning."""
    lines = ["# Settings", "", _INTRODUCTION]
    group = None
    for setting in shown(Settings):
        if setting.group != group:
            group = setting.group
            lines += [
                "",
                f"## {group.split(' (')[0].rstrip('.')}",
                "",
                "| setting | default | meaning |",
                "|---|---|---|",
            ]
        default = "" if setting.default in {None, ""} else f"`{setting.default}`"
        lines.append(f"| `{setting.name}` | {default} | {setting.description} |")
    return "\n".join(lines) + "\n"


def command(
    *,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show every setting, ### before those at their default.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/settings.md.")] = False,
) -> None:
    """Show the settings that differ from their defaults."""
    if as_markdown:
        out.file.write(markdown())
        return
    settings = Settings()
    chosen: Sequence[Shown] = [setting for setting in shown(Settings, settings) if show_all or setting.differs]
    if json:
        print_json({setting.name: setting.value for setting in chosen})
        return
    for setting in chosen:
        mark = "" if setting.differs else "### "
        out.print(f"{mark}{setting.name} = {setting.value}", markup=False)
