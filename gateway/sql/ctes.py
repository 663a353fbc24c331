"""Rows of a statement that are read once; enters what gives them, leaves a common table expression."""

from sqlalchemy import CTE, SelectBase


def materialized(rows: SelectBase, name: str | None = None) -> CTE:
    """Rows that PostgreSQL reads before what uses them, instead of making one plan of both."""
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")
