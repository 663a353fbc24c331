"""Values as parameters; enters a value, or the slot of one that comes later, leaves a bound parameter."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, TableValuedAlias, bindparam, column, func
from sqlalchemy.types import TypeEngine

from gateway.models.slots import Slot
from gateway.sql.types import SqlValue

Ids = Sequence[int] | Slot[Sequence[int]]
GIVEN = "given"  # in the names of parameters that hold what a client gave


def bound(value: object, sql_type: TypeEngine[Any]) -> SqlValue:
    """A parameter of a type: it holds `value`, or waits for that of its slot under the slot's name."""
    if isinstance(value, Slot):
        return bindparam(value.name, type_=sql_type)
    return bindparam(GIVEN, value, sql_type, unique=True)


def bound_ids(ids: Ids) -> SqlValue:
    """Many ids as one array parameter."""
    return bound(ids, ARRAY(BigInteger()))


def rows_of_ids(ids: Ids, name: str) -> TableValuedAlias:
    """Many ids as rows, each with its `id`."""
    return func.unnest(bound_ids(ids)).table_valued(column("id", BigInteger)).render_derived(name=name)
