"""`manage.py advise`; enters a database and maybe operations, leaves what to do for speed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

import schema
from gateway.db.reader import Reader
from gateway.db.sessions import Database
from gateway.execution.context import contexts
from gateway.execution.operation import Operation, OperationResult
from gateway.identity.keys import signing_key
from gateway.identity.principal import Principal, Scope
from gateway.layers import LAYERS
from gateway.management.advice import operations, statements, upkeep
from gateway.management.advice.advice import Advice
from gateway.management.output import out, print_json, print_table
from gateway.management.running import access_of, with_database
from gateway.settings import Settings
from schema.operations import Operations

_ADVISER = Principal("manage.py advise", frozenset({Scope.ADMIN}))
_QUERY = 100  # characters of a statement that fit in the table


@dataclass
class Findings:
    """The costliest statements, and advice."""

    hotspots: Sequence[statements.Hotspot] = ()
    advice: list[Advice] = field(default_factory=list)


async def run(database: Database, settings: Settings, place: Path | None) -> Findings:
    """Look at statements, operations, indexes and upkeep."""
    findings = Findings()
    async with database.session() as session:
        findings.hotspots, advice = await statements.hotspots(session)
        findings.advice += advice
        if place is not None:
            runs = _runs(settings)
            for about, operation in operations.operations(place):
                findings.advice += await operations.advise(session, about, operation, runs)
        findings.advice += await upkeep.stored(session, settings, LAYERS)
    findings.advice += await upkeep.checked(database, settings, LAYERS)
    return findings


def _runs(settings: Settings) -> operations.Runs:
    access = access_of(settings)
    surface = Operations(schema.build_schema(access.layers), settings, access.layers)
    context = contexts(access, settings, signing_key(settings))

    async def run_one(operation: Operation, reader: Reader) -> OperationResult:
        return await surface.run(operation, context(reader, _ADVISER, ""))

    return run_one


def show(findings: Findings) -> None:
    """Print the statements, then the advice, then what to do on lines that can be copied whole."""
    if findings.hotspots:
        _show_hotspots(findings.hotspots)
    if findings.advice:
        table = Table("", "Topic", "Object", "Seen", box=box.SIMPLE_HEAD)
        for number, advice in enumerate(findings.advice, start=1):
            table.add_row(str(number), advice.topic, Text(advice.about), Text(advice.text))
        print_table(table)
    for number, advice in enumerate(findings.advice, start=1):
        for todo in advice.todo:
            out.print(Text(f"{number}: {todo}"))
    count = len(findings.advice)
    out.print(f"{count or 'No'} piece{'' if count == 1 else 's'} of advice.")


def _show_hotspots(hotspots: Sequence[statements.Hotspot]) -> None:
    table = Table("", "Calls", "Mean ms", "Total s", "Share", "Cached", "Statement", box=box.SIMPLE_HEAD)
    for number, hotspot in enumerate(hotspots, start=1):
        cached = "" if hotspot.cached is None else f"{hotspot.cached:.0%}"
        cost = (f"{hotspot.mean_ms:.1f}", f"{hotspot.total_ms / 1000:.1f}", f"{hotspot.share:.0%}")
        table.add_row(str(number), str(hotspot.calls), *cost, cached, Text(hotspot.query[:_QUERY]))
    print_table(table)


def command(
    *,
    operations: Annotated[
        Path | None, typer.Option(help="A file *.graphql, or a folder of them, to run and look at.", exists=True)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Show which spatial statements cost the most, which indexes are missing or idle, and what to do."""
    settings = Settings()
    findings = with_database(settings, lambda database: run(database, settings, operations))
    if json:
        hotspots = [hotspot.as_json for hotspot in findings.hotspots]
        print_json({"hotspots": hotspots, "advice": [advice.as_json for advice in findings.advice]})
    else:
        show(findings)
