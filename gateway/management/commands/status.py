"""`manage.py status`; enters the database and its replicas, leaves one screen of what all of them do now."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from asyncpg import PostgresError
from rich.console import Group
from rich.live import Live
from rich.table import Table
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from gateway import errors
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management.output import out, print_json
from gateway.management.running import with_database
from gateway.settings import Settings
from gateway.sql import rebuilding, status

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_DEAD: Final = 0.2  # share of rows that VACUUM has yet to remove from which it is worth a look

Report = Mapping[str, Any]


async def report(settings: Settings, database: Database) -> Report:
    """All that is shown, as JSON has it: bytes, seconds, times in UTC."""
    async with database.session() as session:
        primary = (await session.rows(status.NODE))[0]
        found = {name: await session.rows(text) for name, text in _parts().items()}
    kept = {row.relation for row in found["kept"]}
    replicas = await asyncio.gather(
        *(_replica(settings, number, url, primary) for number, url in enumerate(settings.replica.urls, 1))
    )
    return {
        "nodes": [_node("database", make_url(database.engine.url), primary, primary), *replicas],
        "database": found["database"][0]._asdict(),
        "behind": [row._asdict() for row in found["behind"] if row.relation in kept],
        **{name: [row._asdict() for row in found[name]] for name in ("layers", "jurisdictions", "jobs")},
    }


def _parts() -> Mapping[str, Any]:
    names = [layer.model.__tablename__ for layer in LAYERS]
    return {
        "database": status.SIZE,
        "layers": status.LAYERS.bindparams(names=names),
        "jurisdictions": status.JURISDICTIONS.bindparams(names=names),
        "kept": rebuilding.KEPT,
        "behind": rebuilding.BEHIND,
        "jobs": status.JOBS,
    }


async def _replica(settings: Settings, number: int, url: str, primary: AnyRow) -> Report:
    name = f"replica {number}"
    database = Database(settings.database, url)
    try:
        async with database.session() as session:
            (row,) = await session.rows(status.NODE)
    except (DBAPIError, PostgresError, errors.GatewayError, OSError) as error:
        why = error.message if isinstance(error, errors.GatewayError) else type(error).__name__
        return {"node": name, "host": _host(make_url(url)), "role": "away", "why": why}
    finally:
        await database.dispose()
    return _node(name, make_url(url), row, primary)


def _node(node: str, url: Any, row: AnyRow, primary: AnyRow) -> Report:
    values = row._asdict()
    system, position, recovery = values.pop("system"), values.pop("position"), values.pop("recovery")
    role = ("standby" if recovery else "primary") if system == primary.system else "of another cluster"
    behind = max(0, primary.position - (position or 0)) if role == "standby" else None
    return {"node": node, "host": _host(url), "role": role, "behind": behind, **values}


def _host(url: Any) -> str:
    host = url.host or url.query.get("host", "local")
    return ", ".join(host) if isinstance(host, tuple) else str(host)


def command(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    watch: Annotated[float | None, typer.Option(help="Show it again every so many seconds.", min=0.2)] = None,
) -> None:
    """Show what the database, its replicas, the layers, the jurisdictions and the jobs do now."""
    settings = Settings()

    def now() -> Report:
        return with_database(settings, lambda database: report(settings, database))

    if json:
        print_json(now())
    elif watch is None:
        out.print(screen(now()), soft_wrap=False)
    else:
        with Live(screen(now()), console=out, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(watch)
                live.update(screen(now()), refresh=True)


def screen(found: Report) -> Group:
    """The tables of a report."""
    parts = [_nodes(found["nodes"]), _layers(found["database"], found["layers"])]
    if found["jurisdictions"]:
        columns = {"code": str, "rows": _count, "bytes": _size, "scans": _count, "changes": _count}
        parts.append(_table("jurisdictions, the most read first", found["jurisdictions"], columns))
    if found["behind"]:
        parts.append(_table("relations behind", found["behind"], {"relation": str, "marks": _count, "since": _ago}))
    if found["jobs"]:
        parts.append(_table("jobs", found["jobs"], {"kind": str, "state": str, "jobs": _count, "since": _ago}))
    return Group(*parts)


def _nodes(nodes: Sequence[Report]) -> Table:
    """A column for each, since there are more facts than nodes."""
    shown = [_shown(node) for node in nodes]
    table = Table("", *(node["node"] for node in nodes))
    for name in dict.fromkeys(name for each in shown for name in each):
        table.add_row(name, *(each.get(name, "") for each in shown))
    return table


def _shown(node: Report) -> Mapping[str, str]:
    if node["role"] == "away":
        return {"host": node["host"], "role": f"[red]away[/]: {node['why']}"}
    idle = f"[yellow]{node['idle']}, longest {_span(node['idle_for'])}[/]" if node["idle"] else "0"
    return {
        "host": node["host"],
        "role": node["role"],
        "PostgreSQL": node["version"].split()[0],
        "up": _ago(node["started"]),
        "timeline": str(node["timeline"]),
        "behind": "" if node["behind"] is None else _size(node["behind"]),
        "connections": f"{node['sessions']} of {node['connections']}",
        "active": f"{node['active']}, longest {_span(node['longest'])}" if node["active"] else "0",
        "waiting for locks": f"[yellow]{node['locked']}[/]" if node["locked"] else "0",
        "idle in transaction": idle,
    }


def _layers(database: Report, layers: Sequence[Report]) -> Table:
    title = f"{database['name']}: {_size(database['bytes'])}"
    table = Table(
        "layer",
        "rows, about",
        "size with indexes",
        "to be vacuumed",
        "vacuumed, ago",
        title=title,
        title_justify="left",
    )
    for each in layers:
        share = each["dead"] / max(1, each["live"] + each["dead"])
        dead = f"{share:.0%}" if share < _DEAD else f"[yellow]{share:.0%}[/]"
        rows = _count(each["rows"]) if each["rows"] >= 0 else "not known"  # before the first ANALYZE
        table.add_row(each["layer"], rows, _size(each["bytes"]), dead, _ago(each["vacuumed"]))
    return table


def _table(title: str, rows: Sequence[Report], columns: Mapping[str, Any]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(shown(row[name]) for name, shown in columns.items()))
    return table


def _count(number: int) -> str:
    return f"{number:,}"


def _size(number: float) -> str:
    unit = 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 10 else f"{number:.1f} {_UNITS[unit]}"


def _ago(when: datetime | None) -> str:
    return "never" if when is None else _span((datetime.now(UTC) - when).total_seconds())


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
