"""EXPLAIN as a statement of its own; enters a select or SQL text, leaves what gives its plan."""

from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from gateway.sql.types import SqlRows


class Explain(Executable, ClauseElement):
    """EXPLAIN (FORMAT JSON) of `statement`: plans it, does not run it, and answers one row with the plan."""

    inherit_cache = False
    form = "FORMAT JSON"

    def __init__(self, statement: SqlRows) -> None:
        self.statement = statement


class ExplainAnalyze(Explain):
    """EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) of `statement`: runs it and answers one row with the plan."""

    inherit_cache = False
    form = "ANALYZE, BUFFERS, FORMAT JSON"


@compiles(Explain)
def _compile(element: Explain, compiler: SQLCompiler, **kw: Any) -> str:
    text = f"EXPLAIN ({element.form}) {compiler.process(element.statement, **kw)}"
    # The one column that comes back is the plan: it must not be read as the statement's own columns would be.
    compiler._result_columns.clear()  # noqa: SLF001 - SQLAlchemy has no public name for it
    return text


def rows_planned(plan: Any) -> int:
    """How many rows a plan expects; of a statement that Citus leaves to a node, what its plan there does."""
    rows: int = uppermost(plan)["Plan Rows"]
    return rows


def uppermost(plan: Any) -> Any:
    """The uppermost node of a plan in JSON, where the statement is really run."""
    node = plan[0]["Plan"]
    tasks = node.get("Distributed Query", {}).get("Job", {}).get("Tasks", ())
    return uppermost(tasks[0]["Remote Plan"][0]) if len(tasks) == 1 and "Remote Plan" in tasks[0] else node


def analysed(text: str) -> str:
    """The text that runs a statement with the same parameters and answers one row with the plan."""
    return f"EXPLAIN ({ExplainAnalyze.form}) {text}"


def is_explain(text: str) -> bool:
    """Whether a statement explains another one."""
    return text.startswith("EXPLAIN ")
