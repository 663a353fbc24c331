"""`manage.py listkeys`; enters the database, leaves a table of API keys, without the keys themselves."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Column, Table

from gateway.identity import api_keys
from gateway.management.output import print_json, print_table
from gateway.management.running import with_database
from gateway.models import ApiKey
from gateway.settings import Settings

_COLUMNS = ("id", "name", "scopes", "of", "created", "expires", "state")


def shown(key: ApiKey) -> Mapping[str, object]:
    """What may be shown of a key."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "jurisdictions": key.jurisdictions or [],
        "created": key.created_at,
        "expires": key.expires_at,
        "state": _state(key),
    }


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= datetime.now(UTC) else "holds"


def command(*, json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False) -> None:
    """List API keys: whose they are, what they allow and whether they hold."""
    keys = [shown(key) for key in with_database(Settings(), api_keys.listed)]
    if json:
        print_json(keys)
        return
    table = Table(Column("id", no_wrap=True), *_COLUMNS[1:])  # an id is copied as one word
    for key in keys:
        table.add_row(*map(_cell, key.values()))
    print_table(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value or "never")
