"""`manage.py jurisdiction add | list | move | drop`; enters a code, leaves a schema with all tables, or none."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from sqlalchemy import make_url

from gateway.db.sessions import Database
from gateway.errors import BadJurisdiction
from gateway.execution.jurisdictions import listed, within
from gateway.management import clusters, jurisdictions, outlines
from gateway.management.asking import Yes, confirm
from gateway.management.output import out, print_json, print_table
from gateway.management.running import with_database
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of, settings_of


class Action(StrEnum):
    """What is to be done."""

    ADD = "add"
    LIST = "list"
    MOVE = "move"
    DROP = "drop"


def command(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    code: Annotated[str, typer.Argument(help="What URLs and commands call it: cambridge, new-york.")] = "",
    node: Annotated[str, typer.Argument(help="Where it moves to: the host:port of a node of the cluster.")] = "",
    *,
    name: Annotated[str, typer.Option(help="What people call it; its code without one.")] = "",
    outline: Annotated[Path | None, typer.Option(help="File of the area that its rows lie in.")] = None,
    distributed: Annotated[bool, typer.Option(help="Have its tables on a node of a Citus cluster.")] = False,
    json: Annotated[bool, typer.Option("--json", help="List as JSON for machines.")] = False,
    yes: Yes = False,
) -> None:
    """Add a jurisdiction (a city or county with tables, keys and rights of its own), list, move or drop one.

    It is served under /j/CODE/, and other commands work on it with --jurisdiction CODE.
    """
    settings = Settings()
    if action is Action.LIST:
        _list(settings, json=json)
        return
    if code in apart_of(settings):
        message = "has a database of its own in GATEWAY_JURISDICTIONS: manage.py migrate makes its tables."
        raise BadJurisdiction(f"{code} {message}")
    if not code:
        raise typer.BadParameter(f"Name it: manage.py jurisdiction {action} CODE")
    if action is Action.ADD:
        shape = None if outline is None else outlines.read(outline, settings.files)
        with_database(
            settings,
            lambda database: jurisdictions.add(database, code, name or code, shape, distributed=distributed),
        )
        out.print(f"Added {code}. Load it: manage.py ingest LAYER FILE --jurisdiction {code}", markup=False)
        return
    if action is Action.MOVE:
        _move(settings, code, node)
        return
    _drop(settings, code, yes=yes)


def _move(settings: Settings, code: str, node: str) -> None:
    if not node:
        raise typer.BadParameter(f"Name where to: manage.py jurisdiction move {code} HOST:PORT")
    with_database(settings, lambda database: clusters.move(database, code, node))
    out.print(f"Moved {code} to {node}.", markup=False)


def _list(settings: Settings, *, json: bool) -> None:
    rows = with_database(settings, listed)
    places = with_database(settings, clusters.places)
    urls = {code: make_url(str(settings_of(settings, code).database.url)) for code in apart_of(settings)}
    apart = {code: url.render_as_string() for code, url in urls.items()}
    if json:
        told = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's name for what is public
        print_json(
            [
                *(row | {"node": places.get(row["code"])} for row in told),
                *({"code": code, "name": code, "database": url} for code, url in apart.items()),
            ]
        )
        return
    for code, url in apart.items():
        out.print(f"{code} has a database of its own: {url}", markup=False)
    if not rows and not apart:
        out.print(
            "There is one jurisdiction, that of GATEWAY_DATABASE_URL. Add others: manage.py jurisdiction add CODE"
        )
        return
    if not rows:
        return
    table = Table(Column("code", no_wrap=True), "name", "number", "outline", "added", *(["node"] if places else ()))
    for row in rows:
        outlined = "yes" if row.outlined else "no"
        nodes = [places.get(row.code, "")] if places else []
        table.add_row(row.code, row.name, str(row.number), outlined, f"{row.created_at:%Y-%m-%d %H:%M} UTC", *nodes)
    print_table(table)


def _drop(settings: Settings, code: str, *, yes: bool) -> None:
    async def held(database: Database) -> dict[str, int]:
        return await jurisdictions.rows(await within(database, code))

    rows = ", ".join(f"{count:,} {layer}" for layer, count in with_database(settings, held).items())
    confirm(f"Drop {code} with {rows}, their history, its keys, jobs and trusted documents?", yes=yes)
    with_database(settings, lambda database: jurisdictions.drop(database, code))
    out.print(f"Dropped {code} with {rows}.", markup=False)
