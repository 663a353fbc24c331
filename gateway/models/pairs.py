"""The table of the pairs of rows that a kept relation relates; enters the layer's table, leaves the table of its pairs.

Triggers write it (`op.keep_pairs`) for every client, in the transaction that changes a row of either side.
"""

import re

from sqlalchemy import BigInteger, Column, Float, Index, Table

from gateway.models.declaration import Relation


def pairs_name(type_name: str, relation: str) -> str:
    """`Parcel`, `neighbors` -> `parcel_neighbors`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower() + f"_{relation}"


def pairs_table(layer: Table, name: str, relation: Relation) -> Table:
    """The pairs of `relation`; of rows of one layer each pair stands there twice, once from either side."""
    within = relation.target == layer.name
    return Table(
        name,
        layer.metadata,
        Column("source_id", BigInteger, primary_key=True, autoincrement=False, comment="Id of the row that relates."),
        Column("target_id", BigInteger, primary_key=True, autoincrement=False, comment="Id of what it is related to."),
        Column("shared", Float, nullable=False, comment="Square metres or metres that both have in common."),
        Column("coverage", Float, comment="Share of the part that the whole covers, 0 to 1."),
        *(() if within else (Index(f"ix_{name}_target", "target_id", "source_id"),)),
        comment=f"Rows of {layer.name} and {relation.target} that are related, kept by triggers.",
    )
