"""Types of SQL expressions; enters nothing, leaves names for those whose parameters say nothing here.

Which columns the rows of a layer have is known when a server starts: Python cannot check their types.
"""

from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, SQLColumnExpression
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate

from gateway.models import Feature

SqlValue: TypeAlias = ColumnElement[Any]  # one value of a row
SqlRows: TypeAlias = Select[*tuple[Any, ...]]
Inserted: TypeAlias = ReturningInsert[Any]
Updated: TypeAlias = ReturningUpdate[Any]
Deleted: TypeAlias = ReturningDelete[Any]
Geom: TypeAlias = SQLColumnExpression[object]  # a geometry
Entity: TypeAlias = type[Feature]  # the rows of a layer, mostly under an alias
