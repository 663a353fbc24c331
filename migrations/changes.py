"""The trigger by which a layer's table tells of its changes, for migrations; `gateway.db.changes` listens.

Statement triggers: an ingest of a million rows tells once a transaction, since PostgreSQL sends equal notifications of
one transaction once. They fire always, also in sessions that load what others have checked (session_replication_role).
"""

from alembic import op

_FUNCTION = """
    CREATE OR REPLACE FUNCTION gateway_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('gateway_changes', TG_TABLE_NAME);
        RETURN NULL;
    END $$
"""


def tell_changes(table: str) -> None:
    """Make `table` notify the channel `gateway_changes` with its name when a transaction that changed it commits."""
    op.execute(_FUNCTION)
    op.execute(f"DROP TRIGGER IF EXISTS tell_change ON {table}")
    op.execute(
        f"CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION gateway_tell_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_change")


def forget_telling(*tables: str) -> None:
    """Take the trigger from `tables`, and with it the function."""
    for table in tables:
        op.execute(f"DROP TRIGGER tell_change ON {table}")
    op.execute("DROP FUNCTION gateway_tell_change()")
