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


def analysed(text: str) -> str:
    """The text that runs a statement with the same parameters and answers one row with the plan."""
    return f"EXPLAIN ({ExplainAnalyze.form}) {text}"


def is_explain(text: str) -> bool:
    """Whether a statement explains another one."""
    return text.startswith("EXPLAIN ")
