"""Options of a bulk load; enters the query string of its URL, leaves those of ingest, and texts for a job.

They have the names that they have on the command line of `manage.py ingest`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

from gateway import errors
from gateway.geo.crs import parse_crs
from gateway.geo.positions import JsonObject
from gateway.ingest import IngestOptions, OnDuplicate, OnInvalid, OnMissing, Start
from gateway.ingest.mapping import check_loadable, writable
from gateway.layers import Layer
from gateway.query.parameters import pairs
from gateway.sources.encodings import known

PARAMETERS: Final = (
    "map",
    "srid",
    "on-invalid",
    "on-duplicate",
    "missing",
    "max-missing",
    "repair-seconds",
    "repair-tolerance",
    "dry-run",
    "chunk",
    "resume",
    "restart",
    "format",
    "encoding",
    "only",
    "exclude",
    "private",
)
_REPEATED: Final = frozenset({"map", "only", "exclude", "private"})
_YES: Final = frozenset({"", "true", "1", "yes"})
_NO: Final = frozenset({"false", "0", "no"})
_DIGITS: Final = 6
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_MOST_SECONDS: Final = 60

Choice = TypeVar("Choice", bound=StrEnum)


def parse(layer: Layer, query: bytes) -> tuple[IngestOptions, str | None]:
    """The options in a query string, and the parameter `format`.

    Raises ArgumentError and its kin with the parameter at fault as path.
    """
    check_loadable(layer)
    given = _given(query)
    single = {name: values[0] for name, values in given.items()}
    options = IngestOptions(
        mapping=_mapping(layer, given.get("map", ())),
        srid=None if "srid" not in single else _srid(single["srid"]),
        on_invalid=_choice(OnInvalid, "on-invalid", single, OnInvalid.REPAIR),
        on_duplicate=_choice(OnDuplicate, "on-duplicate", single, OnDuplicate.ERROR),
        missing=_choice(OnMissing, "missing", single, OnMissing.KEEP),
        max_missing=_number("max-missing", single, int(IngestOptions.max_missing)),
        repair_seconds=_seconds(single),
        repair_tolerance=_decimal("repair-tolerance", single, IngestOptions.repair_tolerance),
        dry_run=_flag("dry-run", single),
        chunk=_number("chunk", single, IngestOptions.chunk),
        start=_start(single),
        account=True,
        encoding=known(single["encoding"]) if "encoding" in single else None,
        withheld=tuple(field.attribute for field in layer.fields.values() if field.withheld),
        only=tuple(given.get("only", ())),
        exclude=tuple(given.get("exclude", ())),
        private=tuple(given.get("private", ())),
        hidden="" if layer.members is None else layer.members.pattern,
    )
    return options, single.get("format")


def stored(options: IngestOptions) -> Mapping[str, object]:
    """The options as a job keeps them: all but who loads and that the account is kept, which a job says itself."""
    return {name: value for name, value in vars(options).items() if name not in {"author", "account"}}


def restored(kept: JsonObject) -> IngestOptions:
    """The options that a job kept."""
    kinds: Mapping[str, Callable[[Any], object]] = {
        "on_invalid": OnInvalid,
        "on_duplicate": OnDuplicate,
        "missing": OnMissing,
        "start": Start,
        **dict.fromkeys(("withheld", "only", "exclude", "private"), tuple),
    }
    values: JsonObject = {name: kinds[name](value) if name in kinds else value for name, value in kept.items()}
    return IngestOptions(**values, account=True)


def _given(query: bytes) -> Mapping[str, Sequence[str]]:
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs(query):
        if name not in PARAMETERS:
            message = f"There is no parameter {name[:80]!r} here. There are {', '.join(PARAMETERS)}."
            raise errors.ArgumentError(message, path=(name[:80],))
        if name in values and name not in _REPEATED:
            raise errors.ArgumentError("The parameter is given twice.", path=(name,))
        values[name].append(value)
    return values


def _mapping(layer: Layer, given: Sequence[str]) -> Mapping[str, str]:
    columns = writable(layer)
    names = {name for attribute, field in columns.items() for name in (attribute, field.name)}
    mapping: dict[str, str] = {}
    for pair in given:
        field, equals, source = pair.partition("=")
        if not equals or field not in names:
            message = f"{pair[:80]!r} maps nothing. Write map=FIELD=SOURCE_FIELD with a field of {layer.name}; "
            known = f"There are {', '.join(columns)}."
            raise errors.BadMapping(f"{message}FIELD= leaves one out.", path=("map",), names=known)
        mapping[field] = source
    return mapping


def _srid(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise errors.BadCrs(f"{text[:40]!r} is no EPSG code. Write srid=2249.", path=("srid",))
    try:
        return parse_crs(f"EPSG:{int(text):04}")
    except errors.BadCrs as error:
        raise errors.BadCrs(error.message, path=("srid",)) from None


def _choice(kind: type[Choice], name: str, given: Mapping[str, str], default: Choice) -> Choice:
    text = given.get(name, default.value)
    if text not in set(kind):
        raise errors.ArgumentError(f"{name} is one of {', '.join(kind)}, not {text[:40]!r}.", path=(name,))
    return kind(text)


def _flag(name: str, given: Mapping[str, str]) -> bool:
    text = given.get(name, "false").lower()
    if text not in _YES | _NO:
        raise errors.ArgumentError(f"{name} is true or false, not {text[:40]!r}.", path=(name,))
    return text in _YES


def _number(name: str, given: Mapping[str, str], default: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise errors.ArgumentError(f"{name} is a whole number, not {text[:40]!r}.", path=(name,))
    return int(text)


def _decimal(name: str, given: Mapping[str, str], default: float) -> float:
    text = given.get(name, str(default))
    if not _DECIMAL.fullmatch(text):
        raise errors.ArgumentError(f"{name} is a number above 0, not {text[:40]!r}.", path=(name,))
    return float(text)


def _seconds(given: Mapping[str, str]) -> float:
    seconds = _decimal("repair-seconds", given, IngestOptions.repair_seconds)
    if seconds > _MOST_SECONDS:  # a worker of the server is busy for so long, for each geometry
        raise errors.ArgumentError(f"repair-seconds is {_MOST_SECONDS} at most here.", path=("repair-seconds",))
    return seconds


def _start(given: Mapping[str, str]) -> Start:
    resume, restart = _flag("resume", given), _flag("restart", given)
    if resume and restart:
        raise errors.ArgumentError("resume and restart exclude each other. Give one of them.", path=("restart",))
    return Start.RESUME if resume else Start.RESTART if restart else Start.AUTO
