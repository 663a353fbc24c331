"""Part: every work on every contestant, on 200,000 parcels. Leaves `{work: {contestant: figures}}`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from rich.table import Table

from benchmarks.answers import compare
from benchmarks.contestants import PEERS, Contestant, contestant, names, versions
from benchmarks.county import County, county, places
from benchmarks.keeping import kept
from benchmarks.rounds import Figures, Round, figures, frugality, ratio
from benchmarks.run import Part, Run
from benchmarks.works import WORKS, Work

SIZE = 200_000
_FIRST = "gateway"
_COMPARED = 12  # answers of each work


def measure(run: Run) -> Mapping[str, Any]:
    """Compare the answers, then measure the works in turn."""
    works = [work for work in WORKS if run.only(work.name)]
    found: dict[str, Mapping[str, Figures]] = {}
    columns = ("work", *(name for name in names() if name != _FIRST))
    rates = _table("The gateway's requests a second, in times those of", columns)
    frugal = _table("The gateway's requests for a second of CPU, in times those of", columns)
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        asyncio.run(prepare(ground))
        if run.kept:
            stack.enter_context(kept(ground))
        where = asyncio.run(places(ground))
        peers = asyncio.run(versions(ground))
        run.console.print(", ".join(f"{name} {version}" for name, version in peers.items()))
        runs = {name: (stack.enter_context(contestant(name, ground)), ground.postmaster) for name in names()}
        for work in works:
            compare([each for each, _ in _able(runs, work).values()], work, work.variables(where)[:_COMPARED])
        run.console.print(f"{len(works)} works, {_COMPARED} answers of each: all contestants answer alike.")
        for work in works:
            if unable := runs.keys() - _able(runs, work).keys():
                run.console.print(f"{work.name} is left out by what cannot answer it: {', '.join(unable)}.")
            asked = dict.fromkeys(runs, work.variables(where))
            rounds = run.rounds.measure(_able(runs, work), work, asked, run.scratch)
            found[work.name] = {name: figures(each) for name, each in rounds.items()}
            run.console.print(_figures(work, found[work.name]))
            rates.add_row(work.name, *_ratios(work, rounds, ratio))
            frugal.add_row(work.name, *_ratios(work, rounds, frugality))
    run.console.print(rates, frugal)
    measured = {work: {name: asdict(each) for name, each in given.items()} for work, given in found.items()}
    return {"peers": peers, **measured}


def _able(runs: Mapping[str, tuple[Contestant, int]], work: Work) -> Mapping[str, tuple[Contestant, int]]:
    """Those who can answer a work."""
    return {name: (each, postmaster) for name, (each, postmaster) in runs.items() if each.answers(work)}


async def prepare(ground: County) -> None:
    """Make what PostGraphile serves besides the tables."""
    connection = await ground.connect()
    await connection.execute((PEERS / "functions.sql").read_text())
    await connection.close()


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _figures(work: Work, found: Mapping[str, Figures]) -> Table:
    columns = ("", "requests/s", "p50 ms", "p99 ms", "server CPU", "PostgreSQL CPU", "bytes")
    table = _table(f"{work.name}: {work.title} (CPU: seconds for 1,000 requests)", columns)
    for name, each in found.items():
        latencies = (f"{each.p50_ms:.1f}", f"{each.p99_ms:.1f}")
        cpu = (f"{each.server_cpu_s:.2f}", f"{each.postgres_cpu_s:.2f}")
        table.add_row(name, f"{each.rps:.0f}", *latencies, *cpu, f"{each.bytes:,}")
    return table


def _ratios(
    work: Work, rounds: Mapping[str, Sequence[Round]], compared: Callable[[Sequence[Round], Sequence[Round]], float]
) -> Sequence[str]:
    cells = []
    for name in names():
        if name not in rounds:
            cells.append("")
        elif name != _FIRST:
            seen, target = compared(rounds[_FIRST], rounds[name]), work.targets.get(name)
            colour = "" if target is None else "[green]" if seen >= target else "[red]"
            cells.append(f"{colour}{seen:.2f}" + ("" if target is None else f" (target {target:g})"))
    return cells


PART = Part("reads", tuple(work.name for work in WORKS), measure)
