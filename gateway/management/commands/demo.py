"""`manage.py demo`, which `make run` calls; enters nothing, leaves a gateway with rows to ask for."""

from typing import Annotated

import typer
from rich.markup import escape
from sqlalchemy import exists, or_, select

from gateway import errors
from gateway.db.embedded import database_url
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management.commands import migrate, sample, serve
from gateway.management.development import DAYS, development_key
from gateway.management.output import err, out
from gateway.management.running import with_database
from gateway.management.sample import county
from gateway.settings import Settings

SEED = 7
_QUERY = (
    "{ parcels(first: 2) { edges { node { parcelId geometry zoningDistricts { edges { node { zoneCode } } } } } } }"
)
_READY = """
[bold]The gateway serves {url}[/] - Ctrl-C stops it and its database.

  Map      {url}/
  GraphQL  {url}/graphql  (in a browser: GraphiQL with a map)
  Health   {url}/healthz, {url}/readyz

A first query, to paste into another terminal:

  curl -s {url}/graphql -H 'content-type: application/json' \\
    -d '{{"query": "{query}"}}'
"""
_KEY = """
A key that may write, for {days} days of development: send it as 'Authorization: Bearer {key}'
"""


async def run(database: Database) -> bool:
    """Migrate; return whether the layers are empty."""
    await migrate.run(database, "head")
    async with database.session() as session:
        rows = or_(*(exists(select(layer.model.id)) for layer in LAYERS))
        return not await session.scalar(select(rows))


def command(
    port: Annotated[int | None, typer.Option(help="Port to listen on [GATEWAY_HTTP_PORT].")] = None,
    parcels: Annotated[int, typer.Option(help="Parcels of the sample county that an empty database gets.")] = 5000,
) -> None:
    """Migrate, fill an empty database with the sample county, and serve."""
    settings = Settings()
    if settings.environment == "production":
        raise errors.SetupError(
            "demo is for development: it fills the database with a sample and prints a key that may write. "
            "In production, run manage.py migrate and manage.py serve."
        )
    config = serve.configure(settings, host=settings.http.host, port=settings.http.port if port is None else port)
    serve.require_free(config.host, config.port)
    with database_url(settings):  # held from here on, so that the server starts once
        if with_database(settings, run, make=True):
            err.print(f"Filling the empty database with a sample county of {parcels:,} parcels.")
            sample.run(county(parcels, SEED), None, replace=False)
        ready = _READY.format(url=serve.address(config), query=escape(_QUERY))
        if settings.database.url is None:
            key = with_database(settings, lambda database: development_key(database, settings))
            ready += _KEY.format(days=DAYS, key=key)
        serve.run(config, lambda: out.print(ready))
