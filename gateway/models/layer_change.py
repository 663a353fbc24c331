"""Which transactions changed which layer."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from gateway.models.base import Base

LAYER_CHANGES: Final = Table(
    "layer_changes",
    Base.metadata,
    Column("layer", Text, nullable=False, comment="Table of the layer."),
    Column("xid", BigInteger, nullable=False, comment="Number of the transaction that changed rows of it (xid8)."),
    Index("ix_layer_changes_layer_xid", "layer", "xid"),
    comment="Which transactions changed which layer, the last few thousand of each; triggers write it.",
)
"""Rows are added by the trigger `tell_change`, and read by `gateway.sql.following`."""
