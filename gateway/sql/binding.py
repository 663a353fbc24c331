"""Values as parameters; enters a value, or the slot of one that comes later, leaves a bound parameter."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.types import TypeEngine

from gateway.query.slots import Slot

GIVEN = "given"  # in the names of parameters that hold what a client gave


def bound(value: Any, sql_type: TypeEngine[Any]) -> ColumnElement[Any]:
    """A parameter of a type: it holds `value`, or waits for that of its slot under the slot's name."""
    if isinstance(value, Slot):
        return bindparam(value.name, type_=sql_type)
    return bindparam(GIVEN, value, sql_type, unique=True)
