"""Floor 3. Names of fields, each once; enters the names of a source, leaves names that tell and what was renamed."""

from collections.abc import Iterable, Sequence


def distinct(names: Iterable[str]) -> Sequence[str]:
    """The names in order; the second `NAME` becomes `NAME_2`, or the next number that no other field has."""
    given = list(names)
    taken: set[str] = set(given)
    seen: set[str] = set()
    told = []
    for name in given:
        number = 1
        mine = name
        while mine in seen or (number > 1 and mine in taken):
            number += 1
            mine = f"{name}_{number}"
        seen.add(mine)
        told.append(mine)
    return told


def renamed(before: Sequence[str], after: Sequence[str]) -> Sequence[str]:
    """A sentence for each field that has another name now."""
    return [
        f"another field is named {old} too; it is kept as {new}"
        for old, new in zip(before, after, strict=True)
        if old != new
    ]
