"""Floor 2. EXPLAIN as a statement of its own; enters a select, leaves the statement that measures its plan."""

from typing import Any

from sqlalchemy import Executable, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement


class ExplainAnalyze(Executable, ClauseElement):
    """EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) of `statement`: runs it and answers one row with the plan."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(ExplainAnalyze)
def _compile(element: ExplainAnalyze, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiler.process(element.statement, **kw)}"
