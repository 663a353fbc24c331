"""A timed ST_DWithin of each layer; enters an inspection and a table, leaves what its plan shows."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable, quote
from gateway.checks.messages import Message
from gateway.sql import probe
from gateway.sql.explain import ExplainAnalyze
from gateway.sql.scans import indexes, nodes


async def distance_probe(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    for column in table.geometries:
        place = await at.reading.scalar(probe.any_place(table.model, column))
        if place is not None:
            statement = probe.near(table.model, column, place, at.bounds.probe_metres)
            plan = await explained(at, ExplainAnalyze(statement))
            for message in judge(at, table, column, plan):
                yield message


async def explained(at: Inspection, statement: ExplainAnalyze) -> Mapping[str, object]:
    """The plan as PostgreSQL tells it: `Plan` and the times in milliseconds."""
    answer = await at.reading.scalar(statement)
    plans = json.loads(answer) if isinstance(answer, str) else answer
    plan: Mapping[str, Any] = plans[0]
    return plan


def judge(at: Inspection, table: StoredTable, column: str, plan: Mapping[str, Any]) -> Iterator[Message]:
    about = f"{table.name}.{column}"
    took = plan["Execution Time"]
    what = f"ST_DWithin({column}::geography, ..., {at.bounds.probe_metres:g})"
    read = rows_scanned(plan["Plan"])
    if read is None:
        yield rules.PROBED(
            f"{what} took {took:.1f} ms over {', '.join(sorted(indexes(plan['Plan'])))}.", hint="", about=about
        )
    elif read < at.bounds.planned_rows:
        yield rules.TOO_SMALL(
            f"{table.name} has {read} rows: reading them all may be as fast as an index.", hint="", about=about
        )
        return
    else:
        yield rules.SEQUENTIAL_SCAN(
            f"{what} read {read} rows one by one and took {took:.1f} ms.",
            hint=f"CREATE INDEX CONCURRENTLY ON {table.name} USING gist (({quote(column)}::geography)); "
            f"ANALYZE {table.name}; where the index is there, look at random_page_cost and enable_indexscan.",
            about=about,
        )
    if took > at.bounds.probe_ms:
        yield rules.SLOW_PROBE(
            f"{what} took {took:.1f} ms.",
            hint=f"VACUUM (ANALYZE) {table.name}; then look at shared_buffers and the disk.",
            about=about,
        )


def rows_scanned(plan: Mapping[str, object]) -> int | None:
    """How many rows sequential scans read, or None where the plan has none."""
    scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    if not scans:
        return None
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]) for node in scans
    )
