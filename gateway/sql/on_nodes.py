"""Functions of a distributed schema as its node runs them; enters their text and shards, leaves statements.

A trigger of a distributed table fires on the node, of the shard that holds the rows (`parcels_102008`). What it says of
`parcel_history` Citus would plan anew, as a table of the cluster, and that plan knows no transition table. So functions
of triggers, and those that they call, name the shards; these keep their names when the schema moves. Functions that
commands call, too, stay as they are, and triggers call copies of them. A session of a node has no search_path of a
jurisdiction, so functions that statements call name the schema of what they use.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sqlalchemy import text

SCHEMA: Final = text("SELECT quote_ident(current_schema())")

SHARDS: Final = text("""
    SELECT c.relname AS name, s.shardid AS number FROM pg_class c
    JOIN pg_dist_partition p ON p.logicalrelid = c.oid JOIN pg_dist_shard s ON s.logicalrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace
""")
"""The tables of the schema that comes first in the path, and the number of the one shard that each has."""

FUNCTIONS: Final = text("""
    SELECT p.proname AS name, l.lanname AS language, p.prorettype = 'trigger'::regtype AS triggers, p.prosrc AS body,
           pg_get_functiondef(p.oid) AS definition
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = current_schema()::regnamespace AND l.lanname IN ('plpgsql', 'sql') ORDER BY 1
""")

_COPY: Final = "_on_node"
_SIMPLE: Final = re.compile(r"[a-z_][a-z0-9_]*")
# The shard has no identity: Citus gives those ids on the coordinator, and this row begins on the node.
_MARKED: Final = re.compile(r"INSERT INTO relation_marks \(relation, place\)\s+SELECT ")
_NUMBERED: Final = "INSERT INTO relation_marks (id, relation, place) SELECT nextval('relation_marks_id_seq'), "
# What commits on several nodes at once may not notify, and nobody listens on a node.
_NOTIFIED: Final = re.compile(r"PERFORM pg_notify\([^;]*\);")
_HERE: Final = "IF to_regclass('"
# Shards have no triggers of TRUNCATE before they are moved: that of the table does its work, and theirs nothing. What
# comes before the rows are gone is a history: it is kept of rows that are deleted, by the node.
_TABLE, _SHARD = "-- of the table", "-- of the shard"
_BOTH: Final = """
    BEGIN
        IF TG_OP = 'TRUNCATE' AND TG_WHEN = 'BEFORE' AND TG_TABLE_NAME !~ '_[0-9]{{6,}}$' THEN
            EXECUTE format('DELETE FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
            RETURN NULL;
        ELSIF TG_TABLE_NAME !~ '_[0-9]{{6,}}$' THEN -- of the table{own}; -- of the shard
        ELSIF TG_OP = 'TRUNCATE' THEN
            RETURN NULL;
        END IF;
{placed};
    END """
_EITHER: Final = """
    BEGIN
        IF to_regclass('{shard}') IS NULL THEN -- on the coordinator
            RETURN ({own});
        END IF;
        RETURN ({placed});
    END """


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the schema: its language, whether it is a trigger's, its body, and the statement that makes it."""

    name: str
    language: str
    triggers: bool
    body: str
    definition: str

    def having(self, body: str, language: str) -> str:
        """The statement that makes it with another body."""
        made = self.definition.replace(self.body, body)
        return made.replace(f"LANGUAGE {self.language}", f"LANGUAGE {language}", 1)


@dataclass(frozen=True)
class OnNodes:
    """The functions of a schema, which is quoted where it needs it, and the number of the shard of each table."""

    schema: str
    functions: Sequence[Function]
    shards: Mapping[str, int]

    def statements(self) -> Iterator[str]:
        """What makes each function that differs from what the node needs."""
        there = {each.name: each.body for each in self.functions}
        for each in self._own:
            if each.name in self._copied:
                body = self._calling(self._placed(each.body), self._copied)
                if there.get(each.name + _COPY) != body:
                    yield each.having(body, each.language).replace(f".{each.name}(", f".{each.name}{_COPY}(", 1)
            body, language = self._body(each)
            if body != each.body:
                yield each.having(body, language)

    @cached_property
    def _own(self) -> Sequence[Function]:
        return [each for each in self.functions if not each.name.endswith(_COPY)]

    @cached_property
    def _copied(self) -> Sequence[str]:
        """Those that triggers call, and that use tables."""
        called = (each for each in self._own if not each.triggers and each.language == "plpgsql")
        return [each.name for each in called if self._tables.search(each.body) and _HERE not in each.body]

    @cached_property
    def _tables(self) -> re.Pattern[str]:
        names = "|".join(sorted(filter(_SIMPLE.fullmatch, self.shards), key=len, reverse=True))
        return re.compile(rf"(?<!['\"\w.])(?:{re.escape(self.schema)}\.)?({names})(?:_[0-9]{{6,}})?(?!['\"\w])")

    def _body(self, each: Function) -> tuple[str, str]:
        """What a function is to be made of, and in which language."""
        if each.triggers:
            return self._triggered(_NOTIFIED.sub("NULL;", _own(each.body))), each.language
        body = self._calling(each.body)
        found = self._tables.search(body)
        if each.language == "plpgsql" or not found:
            return body, each.language
        shard = self._shard(found[1])
        return _EITHER.format(shard=shard, own=body, placed=self._placed(body)), "plpgsql"

    def _triggered(self, own: str) -> str:
        """What a trigger does, of a table on the coordinator and of a shard on the node."""
        own = self._calling(own)
        if not self._tables.search(own):
            return own
        placed = self._calling(self._placed(_MARKED.sub(_NUMBERED, own)), self._copied)
        return _BOTH.format(own=own.rstrip(), placed=placed.rstrip())

    def _shard(self, table: str) -> str:
        return f"{self.schema}.{table}_{self.shards[table]}"

    def _placed(self, body: str) -> str:
        """A body that names shards in place of tables; texts in it stay."""
        return self._tables.sub(lambda match: self._shard(match[1]), body)

    def _calling(self, body: str, copied: Iterable[str] = ()) -> str:
        """A body that calls functions by their schema, and the copies of some."""
        names = "|".join(re.escape(each.name) for each in self._own if not each.triggers)
        if not names:
            return body
        calls = re.compile(rf"(?<!['\"\w.])(?:{re.escape(self.schema)}\.)?({names})(?:{_COPY})?\(")
        return calls.sub(lambda match: f"{self.schema}.{match[1]}{_COPY if match[1] in copied else ''}(", body)


def _own(body: str) -> str:
    """What a trigger did before it was made for a node."""
    before, _, rest = body.partition(_TABLE)
    return f"{rest.partition(f'; {_SHARD}')[0]} " if rest else before
