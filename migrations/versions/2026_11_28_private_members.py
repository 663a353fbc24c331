"""Private members of `attributes`: names that ingest was told to hide, and functions that leave them out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e2a94f6c17d0"
down_revision: str | Sequence[str] | None = "c81f3d0b6a92"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# A regular expression (gateway/models/members.py) is of a name as JSON writes it, so a whole text is asked first.
_PUBLIC = r"""
    CREATE FUNCTION gateway_public(value jsonb, hidden text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE names text[];
    BEGIN
        IF value IS NULL OR hidden IS NULL OR hidden = '' OR value::text !~* hidden THEN
            RETURN value;
        ELSIF jsonb_typeof(value) = 'array' THEN
            RETURN (SELECT jsonb_agg(gateway_public(item, hidden) ORDER BY place)
                    FROM jsonb_array_elements(value) WITH ORDINALITY AS each(item, place));
        ELSIF jsonb_typeof(value) <> 'object' THEN
            RETURN value;
        END IF;
        SELECT array_agg(name) INTO names FROM jsonb_object_keys(value) AS name WHERE to_json(name)::text ~* hidden;
        value := value - coalesce(names, '{}');
        IF value @? 'strict $.* ? (@.type() == "object" || @.type() == "array")' THEN
            RETURN (SELECT jsonb_object_agg(each.key, gateway_public(each.value, hidden))
                    FROM jsonb_each(value) AS each);
        END IF;
        RETURN value;
    END $$
"""
_RESTORED = r"""
    CREATE FUNCTION gateway_restored(fresh jsonb, old jsonb, hidden text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
        IF hidden IS NULL OR hidden = '' OR old::text !~* hidden THEN
            RETURN fresh;
        ELSIF gateway_public(old, hidden) = fresh THEN
            RETURN old;
        ELSIF jsonb_typeof(old) <> 'object' OR jsonb_typeof(fresh) <> 'object' THEN
            RETURN fresh;
        END IF;
        RETURN fresh || coalesce((
            SELECT jsonb_object_agg(key, CASE WHEN to_json(key)::text ~* hidden THEN value
                                              ELSE gateway_restored(fresh -> key, value, hidden) END)
            FROM jsonb_each(old)
            WHERE to_json(key)::text ~* hidden OR (fresh ? key AND jsonb_typeof(value) IN ('object', 'array'))), '{}');
    END $$
"""
_HIDDEN = r"""
    CREATE FUNCTION gateway_hidden(layer_name text, pattern text) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT concat_ws('|', nullif(pattern, ''),
                         string_agg(regexp_replace(to_json(name)::text, '([][\\.*+?^$(){}|])', '\\\1', 'g'), '|'))
        FROM private_members WHERE layer = layer_name
    $$
"""
# What is kept of a layer is as it was with other members hidden.
_TELL = """
    CREATE FUNCTION gateway_tell_members() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('gateway_changes', coalesce(NEW.layer, OLD.layer));
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "private_members",
        sa.Column("layer", sa.Text(), nullable=False, comment="Name of the layer."),
        sa.Column("name", sa.Text(), nullable=False, comment="Name of a member of attributes, in any case."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was made private.",
        ),
        sa.PrimaryKeyConstraint("layer", "name", name="pk_private_members"),
    )
    for function in (_PUBLIC, _RESTORED, _HIDDEN, _TELL):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON private_members "
        "FOR EACH ROW EXECUTE FUNCTION gateway_tell_members()"
    )


def downgrade() -> None:
    op.drop_table("private_members")
    op.execute("DROP FUNCTION gateway_tell_members()")
    op.execute("DROP FUNCTION gateway_hidden(text, text)")
    op.execute("DROP FUNCTION gateway_restored(jsonb, jsonb, text)")
    op.execute("DROP FUNCTION gateway_public(jsonb, text)")
