"""The trigger that keeps the natural key of a layer unique across partitions by list; enters names, leaves statements.

A unique index of a partitioned table has the column by which it is divided, so that it knows keys of one partition
alone. Statements that write the same key wait for each other by an advisory lock, and then see what the other wrote.
One that writes many keys waits for all others instead: the server has room for a few thousand locks.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import TextClause

from gateway.sql.triggers import plain

NAMES: Final = ("one_key_of_inserts", "one_key_of_updates")
_FEW: Final = 64  # keys of a statement that are locked one by one

_FUNCTION = """
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        twice text;
    BEGIN
        IF (SELECT count(*) FROM (SELECT FROM new_rows LIMIT {few} + 1) first) > {few} THEN
            PERFORM pg_advisory_xact_lock(TG_RELID::int, 0);
        ELSE
            PERFORM pg_advisory_xact_lock_shared(TG_RELID::int, 0);
            PERFORM pg_advisory_xact_lock(TG_RELID::int, each.number) FROM (
                SELECT DISTINCT greatest(abs(hashtext({key}::text) % 2147483647), 1) AS number FROM new_rows ORDER BY 1
            ) each;
        END IF;
        SELECT t.{key}::text INTO twice FROM (SELECT DISTINCT {key} FROM new_rows) n
        JOIN {table} t ON t.{key} = n.{key} GROUP BY t.{key} HAVING count(*) > 1 LIMIT 1;
        IF FOUND THEN
            RAISE unique_violation USING
                MESSAGE = 'duplicate key value violates unique constraint "{constraint}"',
                DETAIL = format('Key ({key})=(%s) already exists.', twice),
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = '{constraint}';
        END IF;
        RETURN NULL;
    END $$
"""


def function(table: str, plain_name: str) -> str:
    """The name of the function, in the schema of the table; `table` is quoted."""
    schema, _, _ = table.rpartition(".")
    return f'{schema}."one_key_of_{plain_name}"'


def made(table: str, plain_name: str, key: str, constraint: str) -> Iterator[TextClause]:
    """Have `key`, a column, be unique in all of `table`; errors name `constraint`. Names are quoted, but the plain."""
    name = function(table, plain_name)
    yield plain(_FUNCTION.format(function=name, table=table, key=key, constraint=constraint, few=_FEW))
    for trigger, event in zip(NAMES, ("INSERT", "UPDATE"), strict=True):
        yield plain(
            f"CREATE TRIGGER {trigger} AFTER {event} ON {table} REFERENCING NEW TABLE AS new_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
