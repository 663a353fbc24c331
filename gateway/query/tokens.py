"""Filters in URLs; enters the mapping of a `filters` argument, leaves a token, and back.

    f1.<deflated JSON>                              a filter as anyone may write it
    f1.<deflated JSON>.<claims>.<signature>         the same, signed for a principal: claims say what it may show

Parts are base64url without padding. The JSON is that of the GraphQL argument with sorted keys, so equal filters have
equal URLs. A token is data from outside: what it holds is read within the limits of a GraphQL request.
"""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from gateway import errors
from gateway.geo.positions import Path
from gateway.identity.principal import Principal, Scope
from gateway.layers import Layer
from gateway.query.json_text import read_json
from gateway.query.numbers import as_json
from gateway.query.signing import Signer, packed, unpacked
from gateway.settings import LimitSettings

_VERSION = "f1"
_DIGEST = 16
_PURPOSE = b"signed url"  # the same key signs cursors


@dataclass(frozen=True, slots=True)
class Signed:
    """What a URL of a principal may show: one `form` (tiles, or the ending of an export) with these parameters."""

    principal: Principal
    form: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilterToken:
    """What a URL asks for: the mapping of a filter, and what was signed, if it speaks for a principal."""

    filters: Mapping[str, object]
    signed: Signed | None = None


class FilterCodec:
    """Writes and reads filters in URLs."""

    def __init__(self, secret: bytes, limits: LimitSettings, clock: Callable[[], float] = time.time) -> None:
        self._signer = Signer(secret, _PURPOSE, _DIGEST)
        self._limits = limits
        self._clock = clock

    def encode(
        self, layer: Layer, filters: Mapping[str, object], signed: Signed | None = None, seconds: float = 0
    ) -> str:
        """The token of a filter; a signed one is for this layer alone, and good for `seconds`, as its principal is.

        Raises:
            FilterTooLong: the token would be longer than a URL may hold.
        """
        text = f"{_VERSION}.{packed(zlib.compress(_dump(filters), 9))}"
        if signed is not None:
            text = self._signer.signed(f"{text}.{packed(orjson.dumps(self._claims(layer, signed, seconds)))}")
        self._check_length(text, ("filters",))
        return text

    def decode(self, layer: Layer, text: str, *, path: Path = ("filters",)) -> FilterToken:
        """Read a token, or a filter as plain JSON.

        Raises:
            FilterTooLong, BadFilterToken, FilterExpired, BadJson, BadText: as their names say.
        """
        self._check_length(text, path)
        if text.lstrip()[:1] == "{":
            return FilterToken(self._read(text.encode(errors="surrogatepass"), path))
        version, *parts = text.split(".")
        if version != _VERSION or len(parts) not in {1, 3}:
            raise _bad(path)
        signed = self._signed(layer, text, parts[1], path) if len(parts) == 3 else None
        return FilterToken(self._read(self._inflate(_unpack(parts[0], path), path), path), signed)

    def _claims(self, layer: Layer, signed: Signed, seconds: float) -> Mapping[str, object]:
        principal, end = signed.principal, self._clock() + seconds
        return {
            "exp": int(end if principal.until is None else min(end, principal.until)),
            "layer": layer.name,
            "form": signed.form,
            "parameters": dict(signed.parameters),
            "sub": principal.name,
            "id": principal.identity,
            "scope": " ".join(sorted(principal.scopes)),
        }

    def _signed(self, layer: Layer, text: str, claims: str, path: Path) -> Signed:
        if not self._signer.holds(text):
            raise _bad(path)
        claimed = orjson.loads(_unpack(claims, path))  # ours: it is signed
        if claimed["layer"] != layer.name:
            raise _bad(path)
        if claimed["exp"] <= self._clock():
            raise errors.FilterExpired("The URL has expired. Ask GraphQL for it again.", path=path)
        principal = Principal(claimed["sub"], frozenset(map(Scope, claimed["scope"].split())), identity=claimed["id"])
        return Signed(principal, claimed["form"], claimed["parameters"])

    def _read(self, raw: bytes, path: Path) -> Mapping[str, object]:
        try:
            value = read_json(raw, self._limits)
        except (errors.BadJson, errors.BadText) as error:
            raise error.at(*path) from error
        if not isinstance(value, dict):
            raise errors.ArgumentError('A filter is a JSON object such as {"zoneCode":{"exact":"R1"}}.', path=path)
        return value

    def _inflate(self, data: bytes, path: Path) -> bytes:
        """Inflate no further than a GraphQL body may be long, whatever the data says."""
        reader = zlib.decompressobj()
        try:
            raw = reader.decompress(data, self._limits.body_bytes)
        except zlib.error as error:
            raise _bad(path) from error
        if not reader.eof or reader.unused_data:
            raise _bad(path)
        return raw

    def _check_length(self, text: str, path: Path) -> None:
        most = self._limits.url_filter_bytes
        if len(text) > most:
            message = f"The filter has {len(text)} characters in the URL; at most {most} are taken. Simplify it."
            raise errors.FilterTooLong(message, path=path, limit=most)


def _dump(filters: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(filters, default=as_json, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        message = "The filter has a text or a number that JSON has no form for, so it has no URL."
        raise errors.ArgumentError(message, path=("filters",)) from error


def _unpack(text: str, path: Path) -> bytes:
    if (data := unpacked(text)) is None:
        raise _bad(path)
    return data


def _bad(path: Path) -> errors.BadFilterToken:
    message = (
        'This is no filter of this server. Take URLs from GraphQL, or write JSON such as {"zoneCode":{"exact":"R1"}}.'
    )
    return errors.BadFilterToken(message, path=path)
