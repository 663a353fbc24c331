"""Names of a table's parts in Python and GraphQL; enters names as a database or file has them, leaves valid ones.

Each is lower snake case in ASCII, is no word of Python or SQLAlchemy, and differs from all others, also as GraphQL
writes it: `a_1` and `a1` are both `a1` there.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from keyword import iskeyword

from gateway.models import Base
from gateway.models.declaration import camel

# Of SQLAlchemy's, and what a declaration calls by its name.
_PYTHON = frozenset(dir(Base)) | {"bool", "datetime", "float", "int", "str", "mapped_column", "unmanaged"}
_PLURALS = (
    ("us", "us"),
    ("is", "is"),
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ss", "ss"),
    ("s", ""),
)


def snake(text: str) -> str:
    """`FLD_ZONE` as `fld_zone`, `Flood Zone!` as `flood_zone`; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    return f"n{name}" if name[:1].isdigit() else name


def singular(name: str) -> str:
    """`building_lots` -> `building_lot`; the ends of words that English has rules for."""
    one_of_them = next((name.removesuffix(end) + one for end, one in _PLURALS if name.endswith(end)), "")
    return one_of_them or name


def plural(name: str) -> str:
    """`building_lot` -> `building_lots`; names that are plural stay as they are."""
    if singular(name) != name:
        return name
    if name.endswith("y") and name[-2:-1] not in set("aeiou"):
        return f"{name.removesuffix('y')}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def words(type_name: str) -> str:
    """`BuildingLot` -> `building lot`."""
    return snake(type_name).replace("_", " ")


def type_name(name: str) -> str:
    """`building_lots` -> `BuildingLot`."""
    return "".join(word.capitalize() for word in singular(name).split("_"))


def attribute(text: str, other: str, taken: Collection[str]) -> str:
    """The attribute for a column or field; `other` stands in where nothing of its name is left.

    `taken` are names in GraphQL that others have.
    """
    name = snake(text) or other
    return next(
        each for each in _variants(name) if camel(each) not in taken and not iskeyword(each) and each not in _PYTHON
    )


def _variants(name: str) -> Iterable[str]:
    yield name
    yield f"source_{name}"
    number = 2
    while True:
        yield f"source_{name}_{number}"
        number += 1
