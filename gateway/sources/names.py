"""Names of fields, each once; enters the names of a source, leaves names that differ, and what was renamed."""

from collections.abc import Iterable, Sequence
from typing import Final

FID: Final = "fid"
NUMBERS: Final = frozenset({FID, "ogc_fid"})  # what GDAL itself calls the number of a feature


def distinct(names: Iterable[str]) -> Sequence[str]:
    """The names in order; the second `NAME` becomes `NAME_2`, or the next number that no other field has."""
    given = list(names)
    taken: set[str] = set(given)
    seen: set[str] = set()
    kept = []
    for name in given:
        number = 1
        mine = name
        while mine in seen or (number > 1 and mine in taken):
            number += 1
            mine = f"{name}_{number}"
        seen.add(mine)
        kept.append(mine)
    return kept


def fid_name(fields: Sequence[str], own: str | None = None) -> str:
    """What the number of a feature is called: `own` where the format names it, else a name that no field has."""
    if own and own.lower() not in NUMBERS:
        return own
    return f"_{FID}" if FID in fields else FID


def renamed(before: Sequence[str], after: Sequence[str]) -> Sequence[str]:
    """A sentence for each field that has another name now."""
    return [
        f"another field is named {old} too; it is kept as {new}"
        for old, new in zip(before, after, strict=True)
        if old != new
    ]
