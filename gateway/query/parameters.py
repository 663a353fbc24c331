"""Query strings of URLs; enters bytes, leaves each parameter once, by name."""

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from gateway import errors

_MOST = 100


def pairs(query: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; BAD_JSON where the bytes are not percent-encoded UTF-8."""
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError as error:
        raise errors.BadJson("The query string is not percent-encoded UTF-8.") from error


def parameters(query: bytes, names: Collection[str]) -> Mapping[str, str]:
    """Parameters that are among `names`; another one, or one given twice, may be a typing error and is refused."""
    given: dict[str, str] = {}
    for name, value in pairs(query):
        if name not in names:
            message = f"There is no parameter {name[:80]!r} here. There are {', '.join(sorted(names))}."
            raise errors.ArgumentError(message, path=(name[:80],))
        if name in given:
            raise errors.ArgumentError("The parameter is given twice. Give each once.", path=(name,))
        given[name] = value
    return given
