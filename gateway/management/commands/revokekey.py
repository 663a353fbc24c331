"""`manage.py revokekey`; enters the id of an API key, leaves the key without effect."""

from typing import Annotated

import typer

from gateway.identity import api_keys
from gateway.management.output import out
from gateway.management.running import with_database
from gateway.settings import Settings


def command(key_id: Annotated[str, typer.Argument(help="Id of the key, as `listkeys` shows it.")]) -> None:
    """End an API key."""
    settings = Settings()
    with_database(settings, lambda database: api_keys.revoke(database, key_id))
    out.print(f"{key_id} is revoked. Workers that just saw it forget it within {settings.auth.key_seconds:g} s.")
