"""What a principal may see; enters settings and layers, leaves the layers with what is withheld marked.

Parsers, plans, tiles and exports work on the layers that they are given: a withheld column is null in all of them, a
withheld member of `attributes` is left out, and no filter or order takes either.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

from gateway.errors import SetupError
from gateway.identity.backends import parse_scopes
from gateway.identity.principal import OWN, Principal, Scope
from gateway.layers import Layer, Layers
from gateway.models.jurisdiction import ALL
from gateway.models.members import Members, exactly, expression
from gateway.settings import AuthSettings, Settings
from gateway.settings.jurisdictions import Private, private_of

Key = TypeVar("Key")
Column = tuple[str, str]  # layer and attribute
Scopes = frozenset[Scope]  # all of which it takes
Patterns = Mapping[str, Mapping[str, Scopes]]  # by layer: patterns of members, each with the scopes that show it

NAMED = Scope.WRITE  # shows members that ingest was told to hide
_COLUMNS, _MEMBERS = "GATEWAY_AUTH_PRIVATE", "GATEWAY_AUTH_PRIVATE_MEMBERS"
_OWN = "GATEWAY_JURISDICTIONS"


class Access:
    """Private columns and members of `attributes` of what is served as one, and who sees them."""

    def __init__(self, settings: AuthSettings, layers: Layers, own: Sequence[Mapping[str, Private]] = ({},)) -> None:
        """`own` is what differs in each jurisdiction whose rows are read: what one of them hides is hidden of all."""
        self._scopes: Mapping[Column, Scopes] = _united([_columns(settings, layers, each) for each in own])
        patterns = [_patterns(settings, layers, each) for each in own]
        self._patterns: Patterns = {layer.name: _united([each[layer.name] for each in patterns]) for layer in layers}
        self._named: Mapping[str, frozenset[str]] = {}
        self.asked = asyncio.Event()  # by someone from whom named members are withheld
        self.layers = Layers(tuple(self._with_private(layer) for layer in layers))
        self._seen = lru_cache(maxsize=None)(self._seen_with)  # bounded by the sets of scopes and of relations

    @classmethod
    def of(cls, settings: Settings, layers: Layers, code: str = OWN, parts: Sequence[str] = ()) -> "Access":
        """That of the jurisdiction `code`, or of the `parts` that are read together.

        Of ALL it is that of each that the settings name: one that is added is read at once.
        """
        codes = parts or (code,)
        if code == ALL:
            codes = (OWN, *(settings.jurisdictions or {}))
        return cls(settings.auth, layers, private_of(settings, codes))

    def seen_by(self, principal: Principal, kept: frozenset[str] = frozenset()) -> Layers:
        """The layers as the principal may see them; `kept` names the tables of pairs that relations are read from."""
        if not principal.may(NAMED):
            self.asked.set()
        return self._seen(principal.scopes, kept)

    def views(self, scope: Scope) -> Sequence[Layers]:
        """The layers as each principal sees them that has a scope, with whatever else it has."""
        others = [each for each in Scope if each not in {scope, Scope.ADMIN}]
        sets = (frozenset({scope, *more}) for count in range(len(others) + 1) for more in combinations(others, count))
        return [self._seen(granted, frozenset()) for granted in (*sets, frozenset({Scope.ADMIN}))]

    def learn(self, named: Mapping[str, frozenset[str]]) -> None:
        """Take the names of members by layer that the table `private_members` holds now."""
        if named != self._named:
            self._named = named
            self._seen.cache_clear()

    def scope(self, layer: str, attribute: str) -> Scope:
        """The scope that shows a private column."""
        return _one(self._scopes[layer, attribute])

    def member_scope(self, layer: str) -> Scope:
        """The scope that shows all members of `attributes`."""
        return _one(frozenset({NAMED}).union(*self._patterns[layer].values()))

    def _with_private(self, layer: Layer) -> Layer:
        private = frozenset(attribute for name, attribute in self._scopes if name == layer.name)
        return replace(layer, private=private, private_members=tuple(self._patterns[layer.name]))

    def _seen_with(self, scopes: frozenset[Scope], kept: frozenset[str]) -> Layers:
        granted = frozenset(Scope) if Scope.ADMIN in scopes else scopes
        return Layers(tuple(self._layer_with(granted, layer) for layer in self.layers), kept)

    def _layer_with(self, granted: frozenset[Scope], layer: Layer) -> Layer:
        withheld = frozenset(name for name in layer.private if not self._scopes[layer.name, name] <= granted)
        patterns = [pattern for pattern, scopes in self._patterns[layer.name].items() if not scopes <= granted]
        named = NAMED not in granted
        names = sorted(self._named.get(layer.name, ())) if named else ()
        whole = "|".join([*filter(None, [expression(patterns)]), *map(exactly, names)])
        members = Members(layer.name, whole, named) if whole or named else None
        return replace(layer, withheld=withheld, members=members)


def _one(scopes: Scopes) -> Scope:
    """The one scope that is to be asked for: that for everything, where it takes several."""
    return next(iter(scopes)) if len(scopes) == 1 else Scope.ADMIN


def _united(parts: Sequence[Mapping[Key, Scopes]]) -> Mapping[Key, Scopes]:
    """What any of the parts hides, with all scopes that it takes to see it in each."""
    united: dict[Key, Scopes] = {}
    for part in parts:
        for key, scopes in part.items():
            united[key] = united.get(key, frozenset()) | scopes
    return united


def _columns(settings: AuthSettings, layers: Layers, own: Mapping[str, Private]) -> Mapping[Column, Scopes]:
    """The columns that the server hides, with what a jurisdiction says of them or of others."""
    server = _declared(layers) if settings.private is None else _set(settings.private, layers, _COLUMNS)
    return {**server, **_set(own.get("private") or {}, layers, _OWN)}


def _declared(layers: Layers) -> Mapping[Column, Scopes]:
    return {(layer.name, name): frozenset({Scope.WRITE}) for layer in layers for name in layer.private}


def _set(private: Private, layers: Layers, setting: str) -> Mapping[Column, Scopes]:
    scopes: dict[Column, Scopes] = {}
    for column, scope in private.items():
        layer, _, attribute = column.partition(".")
        if layer not in layers.by_name or attribute not in layers[layer].concealable:
            message = f"{setting} names {column!r}. Write layer.column, as parcels.owner_name; "
            raise SetupError(f"{message}keys, versions, times and geometries can't be private.")
        scopes[layer, attribute] = parse_scopes([scope])
    return scopes


def _patterns(settings: AuthSettings, layers: Layers, own: Mapping[str, Private]) -> Patterns:
    """The patterns of each layer: those that are set, of all layers or its own, else those that it declares."""
    if settings.private_members is None:
        server: Patterns = {
            layer.name: dict.fromkeys(layer.private_members, frozenset({Scope.WRITE})) for layer in layers
        }
    else:
        server = _set_patterns(settings.private_members, layers, _MEMBERS)
    more = _set_patterns(own.get("private_members") or {}, layers, _OWN)
    return {name: {**patterns, **more[name]} for name, patterns in server.items()}


def _set_patterns(private: Private, layers: Layers, setting: str) -> Patterns:
    scopes: dict[str, dict[str, Scopes]] = {layer.name: {} for layer in layers}
    for given, word in private.items():
        head, _, tail = given.partition(".")
        names, pattern = ([head], tail) if head in scopes else (list(scopes), given)
        if not pattern.strip("*"):
            raise SetupError(f"{setting} names {given!r}. Write a name, as *owner*, or layer.name.")
        for name in names:
            scopes[name][pattern] = parse_scopes([word])
    return scopes
