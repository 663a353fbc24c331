"""Python of declarations; enters parts of models, leaves the text of a module."""

import ast
import json
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.management.tidying import tidied

_WIDTH: Final = 88  # of one piece of a text
_IMPORTS: Final[Mapping[str, str]] = {
    "datetime": "datetime",
    "Decimal": "decimal",
    "Any": "typing",
    "UUID": "uuid",
    **dict.fromkeys(("Geometry", "WKBElement"), "geoalchemy2"),
    **dict.fromkeys(("BigInteger", "DateTime", "Numeric", "Text"), "sqlalchemy"),
    "JSONB": "sqlalchemy.dialects.postgresql",
    **dict.fromkeys(("Mapped", "mapped_column"), "sqlalchemy.orm"),
    "unmanaged": "gateway.models",
    **dict.fromkeys(("Extra", "Feature", "Tracked", "geometry_column"), "gateway.models.base"),
    **dict.fromkeys(("Meta", "Relation", "RelationKind", "Reverse", "Side"), "gateway.models.declaration"),
}
NAMES: Final = frozenset(_IMPORTS)  # no model has one of these


@dataclass(frozen=True, slots=True)
class Member:
    """One attribute of a model: the type in its annotation, if any, and its value; without a name, remarks alone."""

    name: str = ""
    python: str = ""
    value: str = ""
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One declaration; `bases` are what it takes besides Feature, `remarks` are lines after it."""

    name: str
    description: str
    table: str
    meta: Mapping[str, str]
    members: Sequence[Member]
    bases: Sequence[str] = ()
    schema: str | None = None
    remarks: Sequence[str] = ()


def module(title: str, models: Sequence[Model]) -> str:
    """The text of a module with these models."""
    body = "\n\n\n".join("\n".join(_model(each)) for each in models)
    return tidied("\n".join([_docstring(title), *_imports(body), "", "", body, ""]))


def quoted(value: str) -> str:
    """A text as a literal; a long one in pieces."""
    pieces = textwrap.wrap(value, _WIDTH, drop_whitespace=False, replace_whitespace=False, expand_tabs=False)
    return " ".join(json.dumps(piece, ensure_ascii=False) for piece in pieces) or '""'


def call(name: str, *arguments: str | None, **named: str | None) -> str:
    """A call; arguments that are None are left out."""
    given = [*arguments, *(value and f"{key}={value}" for key, value in named.items())]
    return f"{name}({', '.join(each for each in given if each is not None)})"


def _model(model: Model) -> Iterator[str]:
    yield f"class {model.name}({', '.join(['Feature', *model.bases])}):"
    yield f"    {_docstring(model.description)}"
    yield ""
    yield f"    __tablename__ = {quoted(model.table)}"
    if model.schema is not None:
        yield f'    __table_args__ = {{"schema": {quoted(model.schema)}}}'
    yield f"    __layer__ = {call('Meta', **model.meta)}"
    yield ""
    for member in model.members:
        yield from (f"    # {line}" for remark in member.remarks for line in _wrapped(remark))
        if member.name:
            annotation = f": Mapped[{member.python}]" if member.python else ""
            yield f"    {member.name}{annotation} = {member.value}"
    if model.remarks:
        yield from ("", "", *(f"# {line}" for line in model.remarks))


def _wrapped(value: str) -> Sequence[str]:
    return textwrap.wrap(value, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _docstring(value: str) -> str:
    words = " ".join(value.split()).replace("\\", r"\\").replace('"""', r"\"\"\"")
    if words.endswith('"'):
        words = f'{words[:-1]}\\"'
    lines = _wrapped(words)
    return '"""' + "\n    ".join(lines) + ('"""' if len(lines) == 1 else '\n    """')


def _imports(body: str) -> Iterator[str]:
    """What the names in the text need, a group for each origin as the linter has them."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    by_origin: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(used & NAMES):
        by_origin[_IMPORTS[name]].append(name)
    yield ""
    yield from (f"from {origin} import {', '.join(names)}" for origin, names in sorted(by_origin.items()))
