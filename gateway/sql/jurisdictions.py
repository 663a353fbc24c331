"""Statements about jurisdictions; enters codes and numbers, leaves what is known, and schemas that are of their own.

A jurisdiction's schema is made by the migrations of all others, which name no schema. What they can't know is made
right here after them: which ids are its own, and what its triggers find and tell, whatever the path of who writes.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ARRAY, Executable, Text, TextClause, bindparam, text

from gateway.models.jurisdiction import BITS, SPAN

KNOWN: Final = text(
    "SELECT number, code, name, created_at, outline IS NOT NULL AS outlined FROM jurisdictions ORDER BY code"
)

THERE: Final = text("SELECT to_regclass('jurisdictions') IS NOT NULL")

ONE: Final = text("SELECT number, code, name FROM jurisdictions WHERE code = :code")

ADD: Final = text("""
    INSERT INTO jurisdictions (code, name, outline)
    VALUES (:code, :name, ST_Multi(ST_SetSRID(CAST(:outline AS geometry), 4326))) RETURNING number
""")

FORGET: Final = text("DELETE FROM jurisdictions WHERE code = :code")

# A schema that is called as a role comes first in that role's usual path, "$user", and would hide the tables of public.
TAKEN: Final = text("""
    SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = :code) THEN 'schema'
                WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = :code) THEN 'role' END
""")

APPLIED: Final = text("SELECT version_num FROM alembic_version")

EXTENSIONS: Final = text("""
    SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname <> 'pg_catalog'
""")
"""Where the functions of PostGIS are."""

MIGRATIONS: Final = text(
    "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)"
)
"""Made before the first migration, which would find that of another schema."""

USED: Final = text("""
    SELECT v.oid::regclass::text AS name FROM pg_depend d
    JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass JOIN pg_class v ON v.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = :code AND v.relnamespace <> n.oid
    UNION SELECT c.conrelid::regclass::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.confrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = :code AND c.connamespace <> n.oid
    ORDER BY 1
""")
"""What stands in other schemas and would be dropped with this one: views, and tables whose keys refer to it."""


LISTED: Final = "jurisdictions"
"""Their table where the path is that of the schema of the URL, or of several."""

LISTED_OF_ALL: Final = f"{SPAN}.jurisdictions"
"""The same where the path is that of one."""


def seen(table: str | None, codes: Sequence[str] | None, first: int, after: str, apart: Sequence[str]) -> Executable:
    """`code` and `name` of those with these codes, of all for None.

    They are those of the table, and those `apart`, whose names are their codes.
    """
    listed = f"SELECT code, name FROM {table} WHERE code <> ALL (:apart) UNION ALL " if table else ""  # noqa: S608
    made = text(f"""
        SELECT code, name FROM ({listed} SELECT each, each FROM unnest(:apart) each) every (code, name)
        WHERE (CAST(:codes AS text[]) IS NULL OR code = ANY (CAST(:codes AS text[]))) AND code > :after
        ORDER BY code LIMIT :first
    """)  # noqa: S608 - names of our own
    made = made.bindparams(bindparam("apart", list(apart), type_=ARRAY(Text)))
    return made.bindparams(codes=codes, first=first, after=after)


def outlines(table: str, codes: Sequence[str]) -> Executable:
    """`code` and `outline` as GeoJSON of those with these codes that have one."""
    made = text(f"""
        SELECT code, ST_AsGeoJSON(ST_ForcePolygonCCW(outline), 7) AS outline
        FROM {table} WHERE code = ANY (CAST(:codes AS text[])) AND outline IS NOT NULL
    """)  # noqa: S608 - names of our own
    return made.bindparams(codes=codes)


_SETTLE = """
    DO $settle$
    DECLARE here regnamespace := current_schema()::regnamespace; each record;
    BEGIN
        FOR each IN
            SELECT c.oid::regclass AS layer FROM pg_class c
            JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'tell_change'
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' AND a.attidentity <> ''
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
            JOIN pg_sequence s ON s.seqrelid = d.objid
            WHERE c.relnamespace = here AND s.seqmin <> {first}
        LOOP
            -- Citus gives ids on the coordinator, and takes no such change to other nodes.
            PERFORM set_config('citus.enable_ddl_propagation', 'off', true);
            EXECUTE format('ALTER TABLE %s ALTER id SET START {first} SET MINVALUE {first} SET MAXVALUE {last} RESTART',
                           each.layer);
            PERFORM set_config('citus.enable_ddl_propagation', 'on', true);
        END LOOP;
        FOR each IN
            SELECT proname AS name, replace(prosrc, '''gateway_changes'', ', '{told}') AS body
            FROM pg_proc WHERE pronamespace = here AND proname IN ('gateway_tell_change', 'gateway_tell_members')
            AND strpos(prosrc, 'TG_TABLE_SCHEMA') = 0
        LOOP
            EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS %L',
                           each.name, each.body);
        END LOOP;
        FOR each IN
            SELECT oid::regprocedure AS name FROM pg_proc
            WHERE pronamespace = here AND prorettype = 'trigger'::regtype
        LOOP
            EXECUTE format('ALTER FUNCTION %s SET search_path = %s', each.name, current_setting('search_path'));
        END LOOP;
    END $settle$
"""
_TOLD = "''gateway_changes'', TG_TABLE_SCHEMA || ''.'' || "


def first_id(number: int) -> int:
    """The first id of a row of a jurisdiction; those of the schema of the URL, which has no number, begin at 1."""
    return (number << BITS) + 1


def settle(number: int) -> TextClause:
    """Give the schema that comes first in the path ids of its own, and triggers that know it."""
    first = first_id(number)
    made = _SETTLE.format(first=first, last=first + 2**BITS - 2, told=_TOLD)
    return text(made.replace(":", r"\:"))


def create(code: str) -> TextClause:
    """Make the schema."""
    return text(f"CREATE SCHEMA {_quoted(code)}")


def drop(code: str) -> TextClause:
    """Drop the schema with all that is in it."""
    return text(f"DROP SCHEMA {_quoted(code)} CASCADE")


def path_of(code: str, extensions: str) -> str:
    """The search_path of a jurisdiction; `extensions` is what EXTENSIONS says."""
    return f"{_quoted(code)}, {extensions}"


def _quoted(code: str) -> str:
    return '"' + code.replace('"', '""') + '"'
