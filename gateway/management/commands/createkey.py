"""`manage.py createkey`; enters a name, scopes and a lifetime, leaves a new API key, shown this once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway.db.sessions import Database
from gateway.errors import SetupError
from gateway.execution.jurisdictions import within
from gateway.identity import api_keys
from gateway.identity.principal import EVERYWHERE, OWN, Scope
from gateway.management import running
from gateway.management.output import err, out
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of

_LIFETIME = re.compile(r"([1-9][0-9]{0,4})([hdwy])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}


def expiry(lifetime: str | None) -> datetime | None:
    """When a key made now ends; `30d` is 30 days. Raises SetupError for what is no lifetime."""
    if lifetime is None:
        return None
    match = _LIFETIME.fullmatch(lifetime)
    if match is None:
        raise SetupError(f"--expires takes a number and h, d, w or y, for example 30d, not {lifetime!r}.")
    return datetime.now(UTC) + int(match[1]) * _UNITS[match[2]]


def command(
    scope: Annotated[list[Scope], typer.Option(help="What the key allows; give it again for more.")],
    name: Annotated[str, typer.Option(help="Whose key it is; stands in logs and history.")] = "unnamed",
    expires: Annotated[
        str | None, typer.Option(help="Lifetime, for example 12h, 30d, 1y; without it, for ever.")
    ] = None,
    jurisdiction: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Of this jurisdiction; again for a key of several. * is all, public where no code is in the path.",
        ),
    ] = None,
) -> None:
    """Make an API key and show it, this once: only its digest is stored."""
    ends, codes = expiry(expires), list(dict.fromkeys(jurisdiction or ()))

    async def make(database: Database) -> str:
        if not codes or codes == [OWN]:
            return await api_keys.create(database, name, scope, ends)
        if codes != [EVERYWHERE]:
            parts = [await within(database, code) for code in codes if code != OWN]
            if len(codes) == 1:
                return await api_keys.create(parts[0], name, scope, ends)
        return await api_keys.create(database, name, scope, ends, jurisdictions=codes)

    settings = Settings()
    if apart := [code for code in codes if code in apart_of(settings)]:
        if len(codes) > 1:
            message = "has a database of its own, which has its keys, and a key is of one database. Make one for each."
            raise SetupError(f"{apart[0]} {message}")
        with running.about(codes.pop()):
            key = running.with_database(settings, make)
    else:
        key = running.with_database(settings, make)
    err.print(f"Keep this key: it can't be shown again. It allows {', '.join(scope)}; send it as a bearer token.")
    out.print(key, markup=False)
