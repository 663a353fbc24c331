"""Tables of layers that are divided into partitions, as the catalogs have them; enters names and oids, leaves rows.

Names come back quoted and with their schema, so that they can stand in a statement as they are.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, TextClause, bindparam, text

from gateway.models.declaration import Method
from gateway.sql.catalog import of_table

DIVIDED: Final = text(
    """
    SELECT c.oid::bigint AS oid, format('%I.%I', n.nspname, c.relname) AS name, n.nspname AS schema,
           c.relname AS plain_name, pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid, 'pg_class') AS comment,
           p.partstrat IS NOT NULL AS divided, p.partstrat::text AS strategy, a.attname AS by,
           pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), 'id') AS sequence,
           array_to_string(coalesce(c.reloptions, (SELECT part.reloptions FROM pg_inherits i
               JOIN pg_class part ON part.oid = i.inhrelid WHERE i.inhparent = c.oid LIMIT 1)), ', ') AS options,
           EXISTS (SELECT FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
                   WHERE t.tgrelid = c.oid AND f.proname = 'citus_truncate_trigger') AS distributed
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
     WHERE c.oid = to_regclass(quote_ident(:name)) AND c.relkind IN ('r', 'p')
    """
).bindparams(bindparam("name", type_=Text))
"""One row or none: a table, and by what it is divided."""

PARTS: Final = of_table(
    """
    SELECT c.oid::bigint AS oid, format('%I.%I', n.nspname, c.relname) AS name, c.relname AS plain_name,
           pg_get_expr(c.relpartbound, c.oid) AS bounds, c.reltuples::bigint AS rows,
           pg_total_relation_size(c.oid) AS bytes,
           pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST(:table AS oid))
        OR (c.oid = CAST(:table AS oid) AND c.relkind = 'r')
     ORDER BY c.relname
    """
)
"""The partitions of a table, or the table itself where it has none."""

COLUMNS: Final = of_table(
    """
    SELECT attname AS plain_name, quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type,
           attnotnull AS filled
      FROM pg_attribute
     WHERE attrelid = CAST(:table AS oid) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
    """
)

KEYS: Final = of_table(
    """
    SELECT conname AS name, contype = 'p' AS main,
           ARRAY(SELECT a.attname::text FROM unnest(conkey) WITH ORDINALITY k(number, place)
                 JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.number ORDER BY k.place) AS columns
      FROM pg_constraint WHERE conrelid = CAST(:table AS oid) AND contype IN ('p', 'u') ORDER BY conname
    """
)
"""The primary key and the unique constraints."""

INDEXES: Final = of_table(
    """
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indexrelid::bigint AS oid,
           i.indisunique AS is_unique, i.indisvalid AS valid
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = CAST(:table AS oid) AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
     ORDER BY c.relname
    """
)
"""The indexes that no constraint has made."""

HAVING: Final = of_table(
    """
    SELECT i.indrelid::bigint AS part FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid
     WHERE h.inhparent = CAST(:table AS oid)
    """
)
"""The partitions that have their part of a partitioned index, which `table` is here."""

TRIGGERS: Final = of_table(
    """
    SELECT quote_ident(tgname) AS name, pg_get_triggerdef(oid) AS definition, tgenabled::text AS enabled
      FROM pg_trigger WHERE tgrelid = CAST(:table AS oid) AND NOT tgisinternal ORDER BY tgname
    """
)

GRANTS: Final = of_table(
    """
    SELECT privilege_type AS privilege, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS role,
           is_grantable AS passed_on
      FROM pg_class, aclexplode(relacl) WHERE oid = CAST(:table AS oid) AND grantee <> relowner
    """
)

OBSTACLES: Final = of_table(
    """
    SELECT 'the view ' || v.oid::regclass AS what FROM pg_depend d
      JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace
     WHERE d.refobjid = CAST(:table AS oid) AND v.oid <> d.refobjid AND n.nspname NOT LIKE 'gateway\\_%'
    UNION SELECT 'the foreign key ' || conname FROM pg_constraint
     WHERE contype = 'f' AND CAST(:table AS oid) IN (conrelid, confrelid)
    UNION SELECT 'the exclusion constraint ' || conname FROM pg_constraint
     WHERE contype = 'x' AND conrelid = CAST(:table AS oid)
    UNION SELECT 'the policy ' || polname FROM pg_policy WHERE polrelid = CAST(:table AS oid)
    UNION SELECT 'the publication ' || pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
     WHERE r.prrelid = CAST(:table AS oid)
    UNION SELECT 'a grant on the column ' || attname FROM pg_attribute
     WHERE attrelid = CAST(:table AS oid) AND attacl IS NOT NULL
    UNION SELECT 'a table that inherits from it' FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = CAST(:table AS oid) AND NOT c.relispartition
     ORDER BY 1
    """
)
"""What hangs on a table and would be lost with it."""

PLACE: Final = text("SELECT to_regclass(quote_ident(:name)) IS NULL").bindparams(bindparam("name", type_=Text))
"""Whether no relation has this name."""


def values(table: str, column: str) -> TextClause:
    """The values of a column, as literals, and how many rows have none; names are quoted."""
    return text(f"SELECT DISTINCT format('%L', {column}) AS value FROM {table} ORDER BY 1")  # noqa: S608 - quoted


def any_row(table: str) -> TextClause:
    """Whether a table has rows; its name is quoted."""
    return text(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608 - quoted


@dataclass(frozen=True, slots=True)
class Part:
    """A partition that is to be made: what its name ends in, and which rows it has."""

    suffix: str
    bounds: str


@dataclass(frozen=True, slots=True)
class Division:
    """By what a table is divided."""

    by: str
    method: Method
    parts: tuple[Part, ...]

    @classmethod
    def by_hash(cls, column: str, count: int) -> "Division":
        """So many partitions of about the same size."""
        width = len(str(count - 1))
        bounds = "FOR VALUES WITH (MODULUS {count}, REMAINDER {number})"
        parts = (Part(f"{at:0{width}}", bounds.format(count=count, number=at)) for at in range(count))
        return cls(column, Method.HASH, tuple(parts))

    @classmethod
    def by_list(cls, column: str, literals: list[str]) -> "Division":
        """A partition for each value, given as literals, and one for all others."""
        width = len(str(max(len(literals) - 1, 0)))
        parts = (Part(f"{at:0{width}}", f"FOR VALUES IN ({value})") for at, value in enumerate(literals))
        return cls(column, Method.LIST, (*parts, Part("default", "DEFAULT")))

    def key(self, columns: list[str]) -> list[str]:
        """The columns of a unique key: it has that by which rows are divided."""
        return columns if self.by in columns else [*columns, self.by]
