"""The table that keeps the rows of a layer before each change; enters the layer's table, leaves its history.

An entry is the row as it was, and what was done to it, by whom, in which request, and when. The entry of a row that was
made has its id alone: there was no row before. Triggers write it (`op.follow_changes`) for every client.
"""

import re

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Column, DateTime, Index, Table, Text, text
from sqlalchemy.types import TypeEngine


def history_name(type_name: str) -> str:
    """`ZoningDistrict` -> `zoning_district_history`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower() + "_history"


def history_table(layer: Table, name: str) -> Table:
    """The history of the rows of `layer`, in partitions by month of `changed_at`."""
    row = [
        Column(column.name, _type(column), nullable=column.name not in {"id", "version"}, comment=column.comment)
        for column in layer.columns
    ]
    entry = (
        Column("operation", Text, nullable=False, comment="What was done: CREATE, UPDATE or DELETE."),
        Column("principal", Text, comment="Who did it, where that is known."),
        Column("request_id", Text, comment="Id of the request that did it, where it came by one."),
        Column("changed_at", DateTime(timezone=True), nullable=False, comment="When: until then the row was so."),
    )
    keys = [column.name for column in layer.columns if column.unique]
    there = text("geom IS NOT NULL")
    return Table(
        name,
        layer.metadata,
        *row,
        *entry,
        CheckConstraint("operation IN ('CREATE', 'UPDATE', 'DELETE')", name="operation"),
        Index(f"ix_{name}_id", "id", "changed_at"),
        *(Index(f"ix_{name}_{key}", key, "changed_at", postgresql_where=there) for key in keys),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist", postgresql_where=there),
        Index(f"ix_{name}_geog", text("(geom::geography)"), postgresql_using="gist", postgresql_where=there),
        postgresql_partition_by="RANGE (changed_at)",
        comment=f"Rows of {layer.name} before each change.",
    )


def _type(column: Column[object]) -> TypeEngine[object]:
    """The column's type; that of a geometry would carry on that it is never null."""
    kind = column.type
    if isinstance(kind, Geometry):
        return Geometry(kind.geometry_type, srid=kind.srid, spatial_index=False)
    return kind
