"""Private members of `attributes`; enters patterns and names, leaves what tells them from the others.

A pattern is a name in which * stands for any text; neither case nor depth counts: a member is private wherever it
stands, in objects and lists within `attributes` too. Patterns and names become one regular expression, which Python and
PostgreSQL read alike, for a name as JSON writes it, in its quotes. So the text of a whole object can be asked whether
there is anything to look for in it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# What cadastres and assessors call people and ways to reach them.
PATTERNS: Final = (
    *(
        "*owner*",
        "own",
        "own1",
        "own2",
        "own_*",
        "*_own",
        "ownname*",
        "ownadd*",
        "ownadr*",
        "owncity*",
        "ownst*",
        "ownzip*",
    ),
    *("*mail*", "*phone*", "tel", "tel_*", "*_tel", "fax*", "*_fax", "*contact*", "*care_of*", "*careof*", "*in_care*"),
    *("*tax*payer*", "*tax*pyr*", "*tax*name*", "*grantee*", "*grantor*", "*buyer*", "*seller*", "*deed*holder*"),
    *(
        "*lessee*",
        "*tenant*",
        "*occupant*",
        "*resident_name*",
        "*birth*",
        "dob",
        "*_dob",
        "ssn",
        "*_ssn",
        "*applicant*",
    ),
    *("*propietario*", "*proprietario*", "*proprietaire*", "*propriétaire*", "*eigentuemer*", "*eigentümer*"),
    *("*eigenaar*", "*wlasciciel*", "*właściciel*", "*vlastnik*", "*vlastník*", "*titular*"),
)


@dataclass(frozen=True, slots=True)
class Members:
    """Members of the `attributes` of a layer that are withheld from a principal.

    `pattern` is the regular expression, empty for none. With `named` they are those, too, that the table
    `private_members` names when a statement runs: the pattern may know fewer of them.
    """

    layer: str
    pattern: str
    named: bool

    def first(self, value: object) -> str | None:
        """The first name in a JSON value, at any depth, that is withheld; None where none is."""
        if not self.pattern:
            return None
        matches = _compiled(self.pattern).search
        return next((name for name in _names(value) if matches(_written(name))), None)


def expression(patterns: Iterable[str]) -> str:
    """The regular expression of patterns; empty for none."""
    return "|".join(map(_expression, patterns))


def private_among(patterns: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that a pattern fits."""
    return matching(expression(patterns), names)


def matching(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that a regular expression of this module fits; none for an empty one."""
    return tuple(name for name in names if pattern and _compiled(pattern).search(_written(name)))


def exactly(name: str) -> str:
    """The regular expression of one name, in which * is a star."""
    return re.escape(_written(name))


def _expression(pattern: str) -> str:
    inner = r'[^"]*'.join(re.escape(_written(part)[1:-1]) for part in pattern.strip("*").split("*"))
    begin, end = ("" if pattern.startswith("*") else '"'), ("" if pattern.endswith("*") else '"')
    return f"{begin}{inner}{end}"


def _written(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _names(value: object) -> Iterator[str]:
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from item
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
