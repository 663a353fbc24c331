"""What a plan of PostgreSQL reads, and what would spare it; enters EXPLAIN's JSON, leaves scans and indexes.

Plans that were run (ANALYZE) say how many rows were read; of others it is estimated from the sizes of tables. An index
is proposed where a scan of a table of some size kept few of its rows, or sorted all of them for a page.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SMALL = 1_000  # rows; below, reading them all may be as fast as an index
FEW = 0.3  # share of the rows that a condition keeps, above which reading them all is faster

_LITERAL = re.compile(r"'(?:[^']|'')*'(?:::[a-z_ ]+(?:\[\])?)?")
_ALIAS = re.compile(r'\b(\w+|"[^"]+")\.(?=[a-z_"])')
_INDEXED = re.compile(
    r"&&|\bst_(intersects|within|contains|covers|coveredby|touches|crosses|overlaps|equals)\(", re.IGNORECASE
)

Plan = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scan:
    """One table read from end to end, maybe along an `index`: how many rows, and how many were kept.

    `condition` is what rows were tested for, `order` what they were sorted by for a page; as PostgreSQL writes them.
    """

    table: str
    index: str | None
    read: int
    kept: int
    loops: int
    condition: str
    order: tuple[str, ...]

    @property
    def wasteful(self) -> bool:
        """Whether an index could have spared most of it."""
        if self.read / self.loops < SMALL:
            return False
        return bool(self.order) or (bool(self.condition) and self.kept < FEW * self.read)


def nodes(plan: Plan) -> Iterator[Plan]:
    """Every node of a plan, the top one first."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def indexes(plan: Plan) -> set[str]:
    """Names of the indexes that a plan reads."""
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def scans(plan: Plan, sizes: Mapping[str, float] | None = None) -> list[Scan]:
    """What a plan reads from end to end: sequential scans, and indexes that are only walked along.

    `sizes` are the rows of tables, of a plan that was not run.
    """
    return list(_scans(plan, "", (), limited=False, sizes=sizes or {}))


def tables(plan: Plan) -> set[str]:
    """Names of the tables that a plan reads."""
    return {node["Relation Name"] for node in nodes(plan) if "Relation Name" in node}


def _scans(
    node: Plan, joined: str, order: Sequence[str], *, limited: bool, sizes: Mapping[str, float]
) -> Iterator[Scan]:
    kind = node["Node Type"]
    if kind == "Seq Scan" or (kind in _WALKS and node.keys().isdisjoint({"Index Cond", "Order By"})):
        yield _scan(node, joined, order, sizes)
    if kind == "Sort":
        order = node["Sort Key"] if limited else ()
    elif kind not in _PASSING:
        order = ()
    for below in node.get("Plans", ()):
        yield from _scans(below, node.get("Join Filter", ""), order, limited=limited or kind == "Limit", sizes=sizes)


_WALKS = frozenset({"Index Scan", "Index Only Scan"})
_PASSING = frozenset({"Gather", "Gather Merge", "Subquery Scan", "Result"})


def _scan(node: Plan, joined: str, order: Sequence[str], sizes: Mapping[str, float]) -> Scan:
    table, index = node["Relation Name"], node.get("Index Name")
    loops = max(node.get("Actual Loops", 1), 1)
    kept = round(node.get("Actual Rows", node["Plan Rows"]) * loops)
    read = kept + round(node.get("Rows Removed by Filter", 0) * loops)
    if "Actual Rows" not in node:
        read = max(round(sizes.get(table, 0)), kept)
    condition = node.get("Filter", "") or joined
    return Scan(table, index, read, 0 if joined else kept, loops, condition, tuple(order))


def cures(scan: Scan, table: str, columns: Mapping[str, str], present: Sequence[Sequence[str]] = ()) -> list[str]:
    """Statements that make the indexes which would spare a scan.

    `columns` are the table's types by name, `table` its quoted name, and `present` the keys of each index that it has:
    where one of them would do, PostgreSQL has chosen the scan.
    """
    wanted = [_sorting(scan.order)] if scan.order else []
    condition = _without_presence(scan)
    wanted += [_condition(name, kind, condition) for name, kind in _named(condition, columns)]
    known = {_bare(",".join(keys[:count])) for keys in present for count in range(1, len(keys) + 1)}
    new = [index for index in dict.fromkeys(wanted) if index and _bare(index) not in known]
    return [f"CREATE INDEX CONCURRENTLY ON {table} {index};" for index in new]


def _without_presence(scan: Scan) -> str:
    """The condition but for whether rows have the value that they are sorted by: the index of the order has it."""
    if not scan.order:
        return scan.condition
    return re.sub(rf"\b{re.escape(_bare(_plain(scan.order[0])))} IS (?:NOT )?NULL", "", scan.condition)


def _bare(keys: str) -> str:
    """Keys without what may differ where they are the same: method, direction, operator class, parentheses."""
    plain = re.sub(r"USING \w+|\b(DESC|ASC|NULLS FIRST|NULLS LAST|gin_trgm_ops)\b", "", keys)
    return re.sub(r'[\s()"]', "", plain.lower())


def _named(condition: str, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    words = re.findall(r"\w+", _LITERAL.sub("", condition))
    yield from ((name, columns[name]) for name in dict.fromkeys(words) if name in columns)


def _sorting(order: Sequence[str]) -> str:
    """An index in the order of a sort; none where the order is by a value of the request, such as a distance."""
    keys = [_plain(key) for key in order]
    if any(_LITERAL.search(key) or "SubPlan" in key or "$" in key for key in keys):
        return ""
    return f"({', '.join(keys)})"


def _plain(expression: str) -> str:
    """An expression without what EXPLAIN adds: the alias of the table, and arguments that are the default."""
    return _ALIAS.sub("", expression).replace("::geography, true)", "::geography)")


def _condition(name: str, kind: str, condition: str) -> str:
    bare = _plain(condition)
    if kind.startswith("geometry"):
        return _geometry(name, bare)
    if kind == "jsonb":
        return f"USING gin ({name})"
    if kind == "text" and re.search(rf"\b{name}\)? !?~~?\*? ", bare):
        return f"USING gin ({name} gin_trgm_ops)"
    return f"({name})"


def _geometry(name: str, condition: str) -> str:
    measured = re.search(rf"\b(st_area|st_perimeter|st_length)\(\(?{name}\)?::geography\)", condition)
    if measured:
        return f"(({measured[1]}({name}::geography)))"
    if "st_dwithin(" in condition:
        return f"USING gist (({name}::geography))"
    return f"USING gist ({name})" if _INDEXED.search(condition) else ""
